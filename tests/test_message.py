"""The values that travel."""

from dataclasses import FrozenInstanceError, replace

import pytest

from mcollective_py.filter import Filter
from mcollective_py.message import Destination, Kind, Publication, Reply, Request

REQUEST = Request(
    id="0123456789abcdef0123456789abcdef",
    caller="cert=alice.mcollective",
    sender="desk",
    collective="mcollective",
    agent="echo",
    action=None,
    body=3.25,
    filter=Filter(),
    time=1700000000.5,
    ttl=60,
)
REPLY = Reply(
    request_id=REQUEST.id, request_digest="ab", sender="web1", agent="rpcutil", action="ping", body={"pong": 1}, time=1700000001.0
)


def test_a_request_with_named_targets_is_direct_even_where_they_are_none():
    assert REQUEST.is_direct is False
    assert replace(REQUEST, targets=("web1",)).is_direct is True
    assert replace(REQUEST, targets=()).is_direct is True  # nobody, and never everybody


def test_the_outputs_of_a_reply_are_its_body():
    assert REPLY.data == {"pong": 1}


def test_a_plain_reply_has_no_outputs():
    assert replace(REPLY, action=None, body=3.25).data == {}


def test_a_reply_is_whole_unless_it_is_one_part_of_several():
    assert REPLY.is_whole is True
    assert replace(REPLY, seq=0, last=False).is_whole is False
    assert replace(REPLY, seq=1, last=True).is_whole is False


def test_what_was_verified_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        REQUEST.agent = "shell"  # type: ignore[misc]  # that it cannot is the point


def test_a_publication_expires_ten_seconds_after_its_time_to_live():
    assert Publication(b"x", Destination(Kind.NODE, "mcollective", "web1"), "ops1", time=1000.5, ttl=60).expires == 1070.5
