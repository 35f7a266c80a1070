from mcollective_py.server.auditoutbox import Outbox


def test_lines_come_out_as_they_went_in_and_no_more_than_are_wanted():
    outbox = Outbox()
    outbox.put([b"one\n", b"two\n", b"three\n"])
    assert outbox.take(9) == [b"one\n", b"two\n"]
    assert outbox.take(1) == [b"three\n"]  # one at least
    assert outbox.take(100) == []


def test_what_could_not_be_sent_comes_first_again():
    outbox = Outbox()
    outbox.put([b"one\n", b"two\n"])
    outbox.put_back(outbox.take(5))
    assert outbox.take(100) == [b"one\n", b"two\n"]


def test_where_it_is_full_the_oldest_lines_go_and_are_counted():
    outbox = Outbox(capacity=10)
    for line in (b"one\n", b"two\n", b"six\n", b"ten\n"):
        outbox.put([line])
    assert (outbox.take(100), outbox.dropped) == ([b"six\n", b"ten\n"], 2)


def test_waiting_ends_with_the_first_line_or_with_the_time():
    outbox = Outbox()
    assert outbox.wait(0.0) is False
    outbox.put([b"one\n"])
    assert outbox.wait(None) is True
