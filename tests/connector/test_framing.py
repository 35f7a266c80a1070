import random
import time

import pytest

from mcollective_py.connector.framing import MAX_BODY, BrokenFrame, FrameSplitter

MESSAGE = b"MESSAGE\nsubscription:a\ncontent-length:3\n\n\0\n\0\0"


def test_a_frame_with_a_length_keeps_its_nuls():
    assert FrameSplitter().feed(MESSAGE) == [MESSAGE]


def test_a_frame_without_a_length_ends_at_its_nul():
    assert FrameSplitter().feed(b"ERROR\nmessage:no\n\nbecause\0RECEIPT\nreceipt-id:1\n\n\0") == [
        b"ERROR\nmessage:no\n\nbecause\0",
        b"RECEIPT\nreceipt-id:1\n\n\0",
    ]


def test_frames_come_out_the_same_however_they_are_cut():
    stream = b"\n" + MESSAGE + b"\n\r\n" + b"ERROR\n\nx\0" + MESSAGE * 2
    for seed in range(50):
        source, splitter, frames, rest = random.Random(seed), FrameSplitter(), [], stream
        while rest:
            size = source.randint(1, 30)
            frames += splitter.feed(rest[:size])
            rest = rest[size:]
        assert frames == [MESSAGE, b"ERROR\n\nx\0", MESSAGE, MESSAGE]


def test_heartbeats_are_no_frames():
    assert FrameSplitter().feed(b"\n\n\r\n\n") == []


@pytest.mark.parametrize("has_length", [True, False])
def test_a_body_that_is_too_large_is_read_past_without_being_kept(has_length: bool):
    splitter = FrameSplitter(max_body=1000)
    head = b"MESSAGE\ncontent-length:100000\n\n" if has_length else b"MESSAGE\na:b\n\n"
    frames = splitter.feed(head)
    for _ in range(100):
        frames += splitter.feed(b"x" * 1000)
        assert len(splitter._buffer) < 3000
    assert frames + splitter.feed(b"\0" + MESSAGE) == [MESSAGE]
    assert splitter.skipped == 1


def test_headers_without_an_end_are_not_collected_for_ever():
    splitter = FrameSplitter(max_head=1000)
    with pytest.raises(BrokenFrame, match="headers"):
        for _ in range(3):
            splitter.feed(b"MESSAGE\n" + b"a:b\n" * 200)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", "speaks TLS"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0"),
        (b"MESSAGE\ncontent-length:2\n\nabcd\0", "longer"),
        (b"MESSAGE\ncontent-length:99999999999999\n\n", "digits"),
        (b"MESSAGE\r\na:b\r\n\r\n\0", "CR LF"),
        (b"MESSAGE\na:b\0", "headers"),
        (b"CONNECT\n\n\0", "does not speak STOMP"),
    ],
)
def test_what_is_no_stomp_is_refused_in_words(data: bytes, words: str):
    with pytest.raises(BrokenFrame, match=words):
        FrameSplitter().feed(data)


def test_a_large_binary_body_costs_time_in_proportion_to_its_size():
    body = random.Random(1).randbytes(MAX_BODY)
    frame = b"MESSAGE\ncontent-length:%d\n\n" % len(body) + body + b"\0"
    splitter, frames = FrameSplitter(), []
    start = time.process_time()
    for at in range(0, len(frame), 16384):
        frames += splitter.feed(frame[at : at + 16384])
    assert frames == [frame]
    assert time.process_time() - start < 1.0  # 0.01 s here; the library's own reader needs minutes for a few of these


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_frame_that_ends_within_its_headers_is_refused_in_whatever_pieces_it_comes(size: int):
    splitter = FrameSplitter()
    data = b"RECEIPT\nreceipt-id:1\0\n\nERROR\nmessage:x\n\n\0"
    with pytest.raises(BrokenFrame):
        for at in range(0, len(data), size):
            splitter.feed(data[at : at + size])


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_an_end_of_headers_in_cr_lf_before_an_empty_line_is_refused_in_whatever_pieces_it_comes(size: int):
    splitter = FrameSplitter()
    data = b"RECEIPT\r\n\r\n\nreceipt-id:1\n\n\0"
    with pytest.raises(BrokenFrame, match="CR LF"):
        for at in range(0, len(data), size):
            splitter.feed(data[at : at + size])
