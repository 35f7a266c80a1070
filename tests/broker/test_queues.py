from mcollective_py.broker.destinations import parse_destination
from mcollective_py.broker.messages import Message, Subscription
from mcollective_py.broker.queues import Queue
from mcollective_py.broker.selector import parse_selector

NODES = parse_destination("/queue/mcollective.nodes")


class Reader:
    def __init__(self, *, is_ready=True, is_reading=True):
        self.is_ready, self.is_reading = is_ready, is_reading


def message(body, **headers):
    return Message(body, str(NODES), headers, body.encode(), arrived=0.0, expires=None)


def consumer(selector=None, **state):
    return Subscription(Reader(**state), NODES, selector=parse_selector(selector) if selector else None)


def queue_of(*messages, consumers=()):
    queue = Queue(str(NODES), 0.0)
    for one in consumers:
        queue.add(one)
    for one in messages:
        queue.keep(one)
    return queue


def bodies(messages):
    return [one.id for one in messages]


def test_consumers_take_turns():
    first, second = consumer(), consumer()
    queue = queue_of(consumers=(first, second))
    assert [queue.consumer_for(message("m")) for _ in range(4)] == [first, second, first, second]


def test_a_message_goes_to_the_consumer_whose_selector_takes_it():
    web1, web2 = consumer("mc_identity = 'web1'"), consumer("mc_identity = 'web2'")
    queue = queue_of(consumers=(web1, web2))
    assert queue.consumer_for(message("m", mc_identity="web2")) is web2
    assert queue.consumer_for(message("m", mc_identity="web3")) is None
    assert queue.consumer_for(message("m")) is None


def test_a_consumer_that_has_enough_is_passed_over():
    full, other = consumer(is_ready=False), consumer()
    queue = queue_of(consumers=(full, other))
    assert [queue.consumer_for(message("m")) for _ in range(2)] == [other, other]
    assert queue_of(consumers=(full,)).consumer_for(message("m")) is None


def test_a_consumer_that_left_gets_nothing():
    web1, anybody = consumer("mc_identity = 'web1'"), consumer()
    queue = queue_of(consumers=(web1, anybody))
    queue.remove(web1)
    queue.remove(anybody)
    assert not queue.has_consumers
    assert queue.consumer_for(message("m", mc_identity="web1")) is None


def test_waiting_messages_come_oldest_first_and_only_those_that_are_wanted():
    queue = queue_of(message("a", mc_identity="web1"), message("b", mc_identity="web2"), message("c", mc_identity="web1"), message("d"))
    assert bodies(queue.waiting_for(consumer("mc_identity = 'web1'"))) == ["a", "c"]
    assert bodies(queue.waiting_for(consumer())) == ["b", "d"]
    assert (len(queue), queue.bytes) == (0, 0)


def test_messages_passed_over_by_a_narrower_selector_keep_their_place():
    queue = queue_of(
        message("a", mc_identity="web1"), message("b", mc_identity="web1", colour="blue"), message("c", mc_identity="web1")
    )
    assert bodies(queue.waiting_for(consumer("mc_identity = 'web1' AND colour = 'blue'"))) == ["b"]
    assert bodies(queue.waiting_for(consumer("mc_identity = 'web1'"))) == ["a", "c"]


def test_the_oldest_is_dropped_first():
    queue = queue_of(message("a"), message("b"))
    assert queue.drop_oldest().id == "a"
    assert queue.drop_oldest().id == "b"
    assert queue.drop_oldest() is None


def test_expired_and_stale_messages_are_dropped():
    soon = Message("soon", str(NODES), {}, b"", arrived=0.0, expires=10.0)
    never = Message("never", str(NODES), {}, b"", arrived=0.0, expires=None)
    later = Message("later", str(NODES), {}, b"", arrived=15.0, expires=100.0)
    queue = queue_of(soon, never, later)
    assert bodies(queue.drop_expired(10.0, keep_s=20.0)) == ["soon"]
    assert bodies(queue.drop_expired(21.0, keep_s=20.0)) == ["never"]
    assert bodies(queue.waiting_for(consumer())) == ["later"]


def test_a_slow_reader_is_worth_waiting_for_only_while_it_reads_and_wants_the_message():
    slow = consumer("mc_identity = 'web1'", is_ready=False)
    queue = queue_of(consumers=(slow,))
    assert queue.is_read_slowly(message("m", mc_identity="web1"))
    assert not queue.is_read_slowly(message("m", mc_identity="web2"))
    slow.receiver.is_reading = False
    assert not queue.is_read_slowly(message("m", mc_identity="web1"))
