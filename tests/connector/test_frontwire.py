"""What daemon and front say to each other: whole, bounded, and nothing else than what it is."""

import json
import struct

import pytest

from mcollective_py.connector.frontwire import (
    DELIVERY,
    LINE,
    STATE,
    Frame,
    Frames,
    State,
    delivery_frame,
    destination_words,
    line_frame,
    publication_frame,
    read_delivery,
    read_destination,
    read_line,
    read_publication,
)
from mcollective_py.errors import Malformed
from mcollective_py.message import Delivery, Destination, Kind, Publication

AGENT = Destination(Kind.AGENT, "mcollective", "service")
WORDS = {"source": ["agent", "mcollective", "service"], "reply_to": None, "sender": None}


def carried(*frames, size=1 << 20):
    """What comes out of the pair, byte by byte."""
    reader, found = Frames(1 << 20), []
    for byte in b"".join(frame.to_bytes() for frame in frames):
        found += reader.feed(bytes([byte]))
    return found


@pytest.mark.parametrize("reply_to", [None, "/queue/mcollective.reply.x"])
@pytest.mark.parametrize("sender", [None, "web1.example.com"])
def test_a_delivery_comes_as_it_was(reply_to, sender):
    delivery = Delivery(bytes(range(256)), AGENT, reply_to, sender)
    (frame,) = carried(delivery_frame(delivery))
    assert read_delivery(frame, {AGENT}) == delivery


def test_a_publication_comes_as_it_was():
    publication = Publication(b"\0\n", Destination(Kind.REPLY, "mcollective", "/queue/x"), "web1", 1700000000.25, 60.0, "/queue/y")
    (frame,) = carried(publication_frame(7, publication))
    assert (frame.number, read_publication(frame)) == (7, publication)


def test_frames_come_in_their_order_with_and_without_words():
    frames = [
        Frame(b"x"),
        Frame(b"y", 1 << 40, ["é", 1, None, True]),
        Frame(b"z", 0, None, b"abc"),
        State("mq:1", 1, 2, True, 3, 4).to_frame(),
    ]
    assert carried(*frames) == frames


def test_a_state_and_a_line_come_as_they_were():
    state = State("mq.example.com:61613", 5, 2, True, 9, 1 << 40)
    (one, other) = carried(state.to_frame(), line_frame(30, "x" * 5000))
    assert State.from_frame(one) == state
    assert read_line(other) == (30, "x" * 1000)


@pytest.mark.parametrize("sizes", [((1 << 16) + 1, 0), (0, (1 << 20) + 1), (0xFFFFFFFF, 0xFFFFFFFF)])
def test_a_length_beyond_the_bounds_is_refused_before_anything_is_kept(sizes):
    with pytest.raises(Malformed, match="a frame of"):
        list(Frames(1 << 20).feed(struct.pack("!cQII", b"d", 0, *sizes)))


@pytest.mark.parametrize("said", [b"{", b'{"a":1,"a":2}', b"[" * 7 + b"]" * 7, b"\xff", b"NaN"])
def test_words_that_are_no_json_of_ours_are_refused(said):
    with pytest.raises(Malformed):
        list(Frames(1 << 20).feed(struct.pack("!cQII", b"d", 0, len(said), 0) + said))


@pytest.mark.parametrize(
    "words",
    [
        None,
        [],
        "x",
        {},
        WORDS | {"more": 1},
        WORDS | {"source": None},
        WORDS | {"source": ["agent", "mcollective"]},
        WORDS | {"source": ["queue", "mcollective", "service"]},
        WORDS | {"source": ["agent", "mcollective", "package"]},
        WORDS | {"source": ["node", "mcollective", "service"]},
        WORDS | {"source": ["agent", "other", "service"]},
        WORDS | {"reply_to": 1},
        WORDS | {"reply_to": "x" * 5000},
        WORDS | {"sender": ["web1"]},
        WORDS | {"sender": "a b"},
        WORDS | {"sender": "web1\nweb2"},
    ],
)
def test_a_delivery_that_is_none_or_for_what_was_not_subscribed_is_refused(words):
    with pytest.raises(Malformed):
        read_delivery(Frame(DELIVERY, 0, words, b"payload"), {AGENT: None})


@pytest.mark.parametrize(
    "words", [None, {}, [], [None, 0, 0, True, 0], [1, 0, 0, True, 0, 0], [None, -1, 0, True, 0, 0], [None, 0, 0, True, 0, 1.5],
              [None, True, 0, True, 0, 0], [None, 0, 0, True, 0, 1 << 70], ["x" * 400, 0, 0, True, 0, 0]]
)  # fmt: skip
def test_a_state_that_is_none_is_refused(words):
    with pytest.raises(Malformed):
        State.from_frame(Frame(STATE, words=words))


@pytest.mark.parametrize("words", [None, 1, ["x"], {"text": "x"}])
def test_a_line_that_is_none_is_refused(words):
    with pytest.raises(Malformed):
        read_line(Frame(LINE, 20, words))


@pytest.mark.parametrize("level", [0, 5, 41, 50, 1 << 40])
def test_a_level_of_no_name_is_an_error(level):
    assert read_line(Frame(LINE, level, "x"))[0] == 40


@pytest.mark.parametrize("destination", [AGENT, Destination(Kind.NODE, "a", "b"), Destination(Kind.REPLY, "a", "/queue/\x00é")])
def test_a_destination_comes_as_it_was(destination):
    assert read_destination(json.loads(json.dumps(destination_words(destination)))) == destination
