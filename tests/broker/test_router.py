import pytest

from mcollective_py.broker.destinations import parse_destination
from mcollective_py.broker.frames import RefusedFrame
from mcollective_py.broker.messages import Subscription
from mcollective_py.broker.router import Router
from mcollective_py.broker.selector import parse_selector
from mcollective_py.broker.settings import BrokerLimits


class Reader:
    """Keeps what it is given; has enough after `room` messages."""

    def __init__(self, room=1000):
        self.got, self.room, self.waiters, self.is_reading = [], room, set(), True

    @property
    def is_ready(self):
        return len(self.got) < self.room

    @property
    def is_backlogged(self):
        return not self.is_ready and self.is_reading

    def deliver(self, subscription, message):
        self.got.append((message.destination, message.tail[1:-1].decode()))


class Sender:
    def __init__(self):
        self.released_by = []

    def hold(self, holder):
        holder.waiters.add(self)

    def release(self, holder):
        holder.waiters.discard(self)
        self.released_by.append(holder)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def make(**limits):
    clock = Clock()
    return Router(BrokerLimits(**limits), clock), clock


def subscribe(router, reader, destination, selector=None):
    subscription = Subscription(reader, parse_destination(destination), selector=parse_selector(selector) if selector else None)
    router.subscribe(subscription)
    return subscription


def send(router, destination, body, **headers):
    address = parse_destination(destination)
    return router.publish(address, router.new_message(address, headers, body.encode()))


def test_a_topic_reaches_every_subscriber_whose_selector_agrees():
    router, _ = make()
    all_of_it, blue = Reader(), Reader()
    subscribe(router, all_of_it, "/topic/a.*")
    subscribe(router, blue, "/topic/a.b", "colour = 'blue'")
    send(router, "/topic/a.b", "1", colour="red")
    send(router, "/topic/a.b", "2", colour="blue")
    assert all_of_it.got == [("/topic/a.b", "1"), ("/topic/a.b", "2")]
    assert blue.got == [("/topic/a.b", "2")]


def test_nobody_hears_a_topic_after_unsubscribing():
    router, _ = make()
    reader = Reader()
    router.unsubscribe(subscribe(router, reader, "/topic/a"))
    send(router, "/topic/a", "1")
    assert reader.got == []


def test_a_queue_keeps_messages_until_a_consumer_with_a_matching_selector_comes():
    router, _ = make()
    for who in ("web1", "web2", "web1"):
        send(router, "/queue/c.nodes", who, mc_identity=who)
    web1 = Reader()
    subscribe(router, web1, "/queue/c.nodes", "mc_identity = 'web1'")
    assert web1.got == [("/queue/c.nodes", "web1")] * 2
    web2 = Reader()
    subscribe(router, web2, "/queue/c.nodes", "mc_identity = 'web2'")
    assert web2.got == [("/queue/c.nodes", "web2")]
    assert router.kept_bytes == 0


def test_a_reader_that_has_enough_gets_the_rest_when_it_is_ready_again():
    router, _ = make()
    reader = Reader(room=2)
    subscription = subscribe(router, reader, "/queue/a")
    for number in range(5):
        send(router, "/queue/a", str(number))
    assert [body for _, body in reader.got] == ["0", "1"]
    reader.room = 100
    router.refill(subscription)
    assert [body for _, body in reader.got] == ["0", "1", "2", "3", "4"]


def test_expired_messages_are_not_delivered():
    router, clock = make()
    reader = Reader()
    send(router, "/queue/a", "old", expires="1005000")
    send(router, "/queue/a", "relative", expiration="4000")
    send(router, "/queue/a", "for ever", expires="0")
    send(router, "/queue/a", "odd", expires="soon")
    clock.now = 1006.0
    subscribe(router, reader, "/queue/a")
    assert [body for _, body in reader.got] == ["for ever", "odd"]
    send(router, "/queue/a", "too late already", expires="1005000")
    assert len(reader.got) == 2
    assert router.counters["expired"] == 3


def test_a_full_queue_drops_its_oldest_messages():
    router, _ = make(queue_messages=3)
    for number in range(5):
        send(router, "/queue/a", str(number))
    reader = Reader()
    subscribe(router, reader, "/queue/a")
    assert [body for _, body in reader.got] == ["2", "3", "4"]
    assert router.counters["dropped"] == 2


def test_bytes_are_bounded_for_a_queue_and_for_all_of_them():
    router, _ = make(queue_bytes=10_000, kept_bytes=15_000)
    for number in range(20):
        send(router, f"/queue/{number % 2}", "x" * 1000)
    assert router.kept_bytes <= 15_000
    send(router, "/queue/2", "x" * 20_000)
    assert router.kept_bytes <= 15_000


def test_the_number_of_queues_is_bounded():
    router, _ = make(queues=2)
    send(router, "/queue/a", "1")
    send(router, "/queue/b", "1")
    with pytest.raises(RefusedFrame, match="2 queues"):
        send(router, "/queue/c", "1")


def test_idle_queues_are_collected_and_stale_messages_dropped():
    router, clock = make(keep_s=100, idle_s=50)
    send(router, "/queue/a", "1")
    clock.now += 101
    router.sweep()
    assert (router.queue_count, router.kept_bytes) == (0, 0)
    subscription = subscribe(router, Reader(), "/queue/b")
    clock.now += 1000
    router.sweep()
    assert router.queue_count == 1
    router.unsubscribe(subscription)
    clock.now += 51
    router.sweep()
    assert router.queue_count == 0


def test_a_temporary_queue_is_known_by_a_name_nobody_can_guess():
    router, _ = make()
    first = router.new_temp_queue(parse_destination("/temp-queue/replies"))
    second = router.new_temp_queue(parse_destination("/temp-queue/replies"))
    assert first.kind == "reply-queue"
    assert len(first.name) == 32
    assert first != second
    reader = Reader()
    subscribe(router, reader, str(first))
    send(router, str(first), "answer")
    assert reader.got == [("/temp-queue/replies", "answer")]


def test_an_answer_to_somebody_who_has_gone_makes_no_queue():
    router, _ = make()
    own = router.new_temp_queue(parse_destination("/temp-queue/replies"))
    router.end_queue(own)
    send(router, str(own), "late")
    send(router, "/reply-queue/0123", "guess")
    assert router.queue_count == 0


def test_a_publisher_waits_for_a_backlogged_subscriber():
    router, _ = make()
    slow = Reader(room=1)
    subscribe(router, slow, "/topic/a")
    assert send(router, "/topic/a", "2") == [slow]
    slow.is_reading = False
    assert send(router, "/topic/a", "3") == []


def test_a_publisher_waits_for_a_half_full_queue_that_is_read_and_goes_on_when_there_is_room():
    router, _ = make(queue_messages=10)
    slow, sender = Reader(room=1), Sender()
    subscription = subscribe(router, slow, "/queue/a")
    holders = [holder for number in range(8) for holder in send(router, "/queue/a", str(number))]
    assert holders
    sender.hold(holders[0])
    slow.room = 100
    router.refill(subscription)
    assert sender.released_by == [holders[0]]


def test_nobody_waits_for_a_consumer_that_is_not_there():
    router, _ = make(queue_messages=10)
    subscribe(router, Reader(), "/queue/c.nodes", "mc_identity = 'web1'")
    assert [holder for number in range(20) for holder in send(router, "/queue/c.nodes", str(number), mc_identity="absent")] == []


def test_publishers_are_let_go_when_the_consumer_leaves_or_stops_reading():
    router, _ = make()
    subscription = subscribe(router, Reader(room=0), "/queue/a")
    queue_holder = send_until_held(router)
    sender = Sender()
    sender.hold(queue_holder)
    router.release_publishers(subscription)
    sender.hold(queue_holder)
    router.unsubscribe(subscription)
    assert sender.released_by == [queue_holder, queue_holder]


def send_until_held(router):
    for number in range(20_000):
        holders = send(router, "/queue/a", str(number))
        if holders:
            return holders[0]
    raise AssertionError("never held")


def test_a_send_that_may_make_no_queue_is_for_nobody_until_somebody_reads_there():
    router, _ = make()
    address = parse_destination("/queue/c.reply.1")
    router.publish(address, router.new_message(address, {}, b"lost"), makes_queue=False)
    assert (router.queue_count, router.kept_bytes, router.counters["nobody"]) == (0, 0, 1)
    reader = Reader()
    subscribe(router, reader, "/queue/c.reply.1")
    router.publish(address, router.new_message(address, {}, b"found"), makes_queue=False)
    assert reader.got == [("/queue/c.reply.1", "found")]


def test_at_the_limit_a_new_reader_gets_the_place_of_the_queue_that_is_longest_out_of_use():
    router, _ = make(queues=3)
    subscribe(router, Reader(), "/queue/read")
    for name in ("first", "second", "first"):
        send(router, f"/queue/{name}", name)
    with pytest.raises(RefusedFrame, match="has 3 queues"):
        send(router, "/queue/third", "no place for what only sends")
    subscribe(router, Reader(), "/queue/new")
    late, gone = Reader(), Reader()
    subscribe(router, late, "/queue/first")
    assert late.got == [("/queue/first", "first")] * 2
    with pytest.raises(RefusedFrame, match="has 3 queues"):
        subscribe(router, gone, "/queue/second")
    assert router.counters["queues given up"] == 1


def test_a_queue_whose_last_reader_left_can_be_given_up():
    router, _ = make(queues=1)
    subscription = subscribe(router, Reader(), "/queue/a")
    with pytest.raises(RefusedFrame):
        subscribe(router, Reader(), "/queue/b")
    router.unsubscribe(subscription)
    subscribe(router, Reader(), "/queue/b")
    assert router.queue_count == 1


def test_when_all_queues_together_are_full_the_fullest_loses_and_not_the_newcomer():
    router, _ = make(kept_bytes=160_000)
    for number in range(300):
        send(router, "/queue/greedy", f"{number:03}" + "x" * 1000)
    send(router, "/queue/c.nodes", "please", mc_identity="web1")
    assert router.kept_bytes <= 160_000
    reader, greedy = Reader(), Reader()
    subscribe(router, reader, "/queue/c.nodes", "mc_identity = 'web1'")
    assert reader.got == [("/queue/c.nodes", "please")]
    subscribe(router, greedy, "/queue/greedy")
    assert 80 < len(greedy.got) < 160
    assert greedy.got[-1][1].startswith("299")
    assert router.kept_bytes == 0


def test_one_bounded_sender_has_its_share_of_the_memory_and_gets_it_back():
    router, clock = make(node_kept_bytes=20_000, keep_s=10)
    address = parse_destination("/queue/c.reply.1")

    def send_as(sender, count):
        for _ in range(count):
            router.publish(address, router.new_message(address, {}, b"x" * 1000, sender))

    send_as("evil", 100)
    assert 15_000 < router.kept_bytes <= 20_000
    before = router.kept_bytes
    send_as("web1", 5)
    send_as(None, 5)
    assert router.kept_bytes > before + 10_000
    clock.now += 11
    router.sweep()
    assert router.kept_bytes == 0
    send_as("evil", 5)
    assert router.kept_bytes > 5_000
    router.end_queue(address)
    assert router.kept_bytes == 0
