import random

import pytest

from mcollective_py.broker.frames import Frame, FrameReader, RefusedFrame, encode_frame, encode_headers, unescape


def reader(version="1.2", **bounds):
    made = FrameReader(**{"max_head": 1000, "max_headers": 10, "max_body": 1000, **bounds})
    made.version = version
    return made


def frames(data, version="1.2", **bounds):
    made = reader(version, **bounds)
    made.feed(data)
    found = []
    while (frame := made.next()) is not None:
        found.append(frame)
    return found


def test_a_frame_has_command_headers_and_body():
    assert frames(b"SEND\ndestination:/topic/a\ncontent-length:5\n\nhello\0") == [
        Frame("SEND", {"destination": "/topic/a", "content-length": "5"}, b"hello")
    ]


def test_a_body_with_a_length_may_hold_nul_and_empty_lines():
    assert frames(b"SEND\ncontent-length:6\n\na\0\n\nb\0\0")[0].body == b"a\0\n\nb\0"


def test_a_body_without_a_length_ends_at_the_first_nul():
    assert [frame.body for frame in frames(b"SEND\n\nab\0SEND\n\ncd\0")] == [b"ab", b"cd"]


def test_frames_come_out_whole_however_the_bytes_are_cut():
    data = b"\n\nSEND\ndestination:/queue/x\ncontent-length:3\n\na\0b\0\n\nSEND\nk:v\n\nxyz\0DISCONNECT\n\n\0"
    for size in range(1, len(data)):
        made, bodies = reader(), []
        for start in range(0, len(data), size):
            made.feed(data[start : start + size])
            while (frame := made.next()) is not None:
                bodies.append((frame.command, frame.body))
        assert bodies == [("SEND", b"a\0b"), ("SEND", b"xyz"), ("DISCONNECT", b"")], size


def test_lines_may_end_in_cr_lf():
    assert frames(b"SEND\r\ndestination:/topic/a\r\n\r\nhi\0\r\n") == [Frame("SEND", {"destination": "/topic/a"}, b"hi")]


def test_an_empty_line_in_cr_lf_ends_the_head_though_another_empty_line_follows():
    data = b"DISCONNECT\nreceipt:8\r\n\r\n\n\n\0"
    assert frames(data, "1.0") == [Frame("DISCONNECT", {"receipt": "8"}, b"\n\n")]


def test_the_first_of_repeated_headers_counts():
    assert frames(b"SEND\nk:1\nk:2\n\n\0")[0].headers == {"k": "1"}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_headers_are_unescaped_from_1_1_on(version):
    assert frames(b"SEND\na\\cb:c\\\\d\\ne\n\n\0", version)[0].headers == {"a:b": "c\\d\ne"}


def test_headers_of_1_0_and_of_connect_are_taken_as_they_stand():
    assert frames(b"SEND\nk:a\\cb:c\n\n\0", "1.0")[0].headers == {"k": "a\\cb:c"}
    assert frames(b"CONNECT\npasscode:a\\cb\n\n\0", "1.2")[0].headers == {"passcode": "a\\cb"}


@pytest.mark.parametrize("text", ["\\t", "\\", "a\\x", "\\\\\\"])
def test_unknown_escapes_are_refused(text):
    with pytest.raises(RefusedFrame, match="unknown escape"):
        unescape(text)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "not a STOMP command"),
        (b"NONSENSE\n\n\0", "not a STOMP command"),
        (b"X", "not a STOMP command"),
        (b"SENDING", "not a STOMP command"),
        (b"\x16\x03\x01\x02\x00", "looks like TLS"),
        (b"\0", "not a STOMP command"),
        (b"SEND\nnonsense\n\n\0", "without a name and a colon"),
        (b"SEND\n:value\n\n\0", "without a name and a colon"),
        (b"SEND\nk:\xff\n\n\0", "not UTF-8"),
        (b"SEND\nk:a\0b\n\n\0", "a NUL in a header"),
        (b"SEND\nk:a\rb\n\n\0", "a carriage return in a header"),
        (b"SEND\nk:v\n\0", "no empty line"),
        (b"SEND\ncontent-length:abc\n\n\0", "not a number"),
        (b"SEND\ncontent-length:-5\n\n\0", "not a number"),
        (b"SEND\ncontent-length:+5\n\nhello\0", "not a number"),
        (b"SEND\ncontent-length: 5\n\nhello\0", "not a number"),
        ("SEND\ncontent-length:٥\n\nhello\0".encode(), "not a number"),
        (b"SEND\ncontent-length:1001\n\n", "more than 1000 bytes"),
        (b"SEND\ncontent-length:1000000000000000000000000\n\n", "more than 1000 bytes"),
        (b"SEND\ncontent-length:5\ncontent-length:6\n\nhello\0", "two different content-length"),
        (b"SEND\ncontent-length:5\n\nhello!", "does not end after content-length"),
        (b"SEND\nk:" + b"v" * 1000, "headers of more than 1000 bytes"),
        (b"SEND\n" + b"k:v\n" * 11 + b"\n\0", "more than 10 headers"),
        (b"SEND\n\n" + b"x" * 1001, "a body of more than 1000 bytes"),
        (b"SEND\n\n" + b"x" * 1001 + b"\0", "a body of more than 1000 bytes"),
    ],
)
def test_what_is_no_frame_or_too_large_is_refused(data, reason):
    with pytest.raises(RefusedFrame, match=reason):
        frames(data)


def test_random_bytes_give_frames_or_a_refusal_and_nothing_else():
    source = random.Random(20)
    for _ in range(2000):
        try:
            frames(b"SEND\n" + source.randbytes(60))
        except RefusedFrame:
            pass


def test_bounds_may_grow_between_two_frames():
    made = reader(max_body=0)
    made.feed(b"CONNECT\n\n\0SEND\ncontent-length:3\n\nabc\0")
    assert made.next().command == "CONNECT"
    made.max_body = 3
    assert made.next().body == b"abc"


def test_a_large_body_in_many_pieces_is_put_together():
    body = bytes(range(256)) * 4096
    made = reader(max_body=1 << 20)
    data = b"SEND\ncontent-length:%d\n\n%s\0" % (len(body), body)
    for start in range(0, len(data), 10_000):
        made.feed(data[start : start + 10_000])
    assert made.next().body == body


def test_a_frame_is_written_with_its_length():
    assert encode_frame("MESSAGE", {"k": "a:b"}, b"\0x") == b"MESSAGE\nk:a\\cb\ncontent-length:2\n\n\0x\0"
    assert encode_frame("RECEIPT", {"receipt-id": "1"}) == b"RECEIPT\nreceipt-id:1\n\n\0"


HOSTILE = [("a", "x\nstolen:1"), ("b", "\r"), ("c", ":\\"), ("d:e", "v"), ("f", "plain")]


def test_no_header_becomes_two():
    assert encode_headers(HOSTILE, "1.2") == b"a:x\\nstolen\\c1\nb:\\r\nc:\\c\\\\\nd\\ce:v\nf:plain\n"
    assert encode_headers(HOSTILE, "1.1") == b"a:x\\nstolen\\c1\nc:\\c\\\\\nd\\ce:v\nf:plain\n"
    assert encode_headers(HOSTILE, "1.0") == b"c::\\\nf:plain\n"
