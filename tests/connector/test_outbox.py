import threading

from mcollective_py.connector.outbox import Outbox, Parcel


def send(body: bytes) -> Parcel:
    return Parcel.message({"destination": "/queue/a"}, body, 170.0)


def never() -> bool:
    return False


def always() -> bool:
    return True


def test_a_message_says_its_length_even_when_it_is_empty_and_when_it_dies():
    assert send(b"") == Parcel("SEND", {"destination": "/queue/a", "content-length": "0"}, b"", 170.0)


def test_what_was_put_first_is_taken_first_and_what_goes_back_comes_before_it():
    outbox = Outbox(threading.Condition())
    for body in (b"1", b"2", b"3"):
        assert outbox.put(send(body), 0, always)
    taken = outbox.take(2)
    outbox.put_first(taken)
    assert [parcel.body for parcel in outbox.take()] == [b"1", b"2", b"3"]


def test_a_full_outbox_says_no_when_patience_has_run_out():
    outbox = Outbox(threading.Condition(), most=1)
    assert outbox.put(send(b"1"), 0, always)
    assert not outbox.put(send(b"2"), 0.01, always)
    assert not outbox.put(send(b"2"), 60, never)


def test_bytes_are_bounded_but_one_large_message_always_passes():
    outbox = Outbox(threading.Condition(), most_bytes=10)
    assert outbox.put(send(b"x" * 50), 0, always)
    assert not outbox.put(send(b"y"), 0, always)


def test_who_waits_for_room_goes_on_when_there_is_some():
    outbox, done = Outbox(threading.Condition(), most=1), threading.Event()
    outbox.put(send(b"1"), 0, always)

    def put() -> None:
        if outbox.put(send(b"2"), 30, always):
            done.set()

    threading.Thread(target=put, daemon=True).start()
    assert outbox.take()[0].body == b"1"
    assert done.wait(10)


def test_commands_have_room_and_are_forgotten_with_their_connection():
    outbox = Outbox(threading.Condition(), most=1)
    outbox.put(send(b"1"), 0, always)
    outbox.put_command(Parcel("SUBSCRIBE", {}))
    outbox.forget_commands()
    assert [parcel.command for parcel in outbox.take()] == ["SEND"]


def test_a_cleared_outbox_tells_how_many_messages_were_lost():
    outbox = Outbox(threading.Condition())
    outbox.put(send(b"1"), 0, always)
    outbox.put_command(Parcel("SUBSCRIBE", {}))
    assert outbox.clear() == 1
    assert len(outbox) == 0
