from dataclasses import replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import pytest

from mcollective_py.errors import Malformed, UnsendableValue
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.callwire import (
    CALL,
    VIEW,
    Frame,
    Frames,
    decode_call,
    decode_outcome,
    decode_view,
    encode_call,
    encode_outcome,
    encode_view,
)
from mcollective_py.wire.symbol import Symbol


def a_call(**more):
    request = Request(
        id="0123456789abcdef" * 2,
        caller="cert=alice",
        sender="desk",
        collective="mcollective",
        agent="service",
        action="restart",
        body={"service": "exim4", "delay": 1.0},
        filter=Filter.parse(facts=["os=Debian"], classes=["apache"]),
        time=1700000000.25,
        ttl=60,
        reply_to="/queue/mcollective.reply.desk",
        targets=("web1",),
        digest="ab" * 32,
    )
    fields = {"request": request, "folder": Path("/srv/agents/service"), "view": NodeView("web1"), "timeout": 2.5, "only_reads": False}
    return Call(**(fields | more))


def test_a_call_comes_back_as_it_was():
    call = a_call(config={"flag": "1"}, defaults={"changed": False, "lines": [], "at": None})
    assert decode_call(encode_call(call), call.view) == call


def test_a_call_from_the_wire_of_ruby_comes_back_as_it_was():
    call = a_call()
    body = {"state": Symbol("running"), "file": b"\x00\xff", "list": [float("inf"), {1: None, "": 2}]}
    rubys = replace(call, request=replace(call.request, body=body, targets=None, wants_reply=False))
    found = decode_call(encode_call(rubys), call.view)
    assert found == rubys
    assert type(found.request.body["state"]) is Symbol


def test_a_call_for_no_named_targets_comes_back_without_them():
    call = a_call()
    broadcast = replace(call, request=replace(call.request, targets=None, action=None, body="hello"))
    assert decode_call(encode_call(broadcast), call.view) == broadcast


def test_a_view_comes_back_as_it_was():
    facts = {"os": {"a": [1, 2.5]}}
    view = NodeView("web1", ("mcollective", "eu"), "mcollective", frozenset({"echo"}), frozenset({"apache"}), facts, ("agent",))
    assert replace(decode_view(encode_view(view)), data=view.data) == view


def test_a_view_without_classes_and_facts_keeps_it_so_with_its_brokers():
    view = NodeView("web1", classes=None, facts=None, brokers=("b1", "b2"))
    assert replace(decode_view(encode_view(view)), data=view.data) == view


def test_facts_behind_a_read_only_view_come_back():
    view = NodeView("web1", facts=MappingProxyType({"os": MappingProxyType({"family": "Debian"})}))
    assert decode_view(encode_view(view)).facts == {"os": {"family": "Debian"}}


def test_odd_facts_become_text_instead_of_an_error():
    view = NodeView("web1", facts={"installed": date(2024, 2, 29), "sets": {2, 1}, (1, 2): "gone", 5: "five"})
    assert decode_view(encode_view(view)).facts == {"installed": "2024-02-29", "sets": [1, 2], "5": "five"}


def test_inputs_that_are_no_plain_values_are_refused_with_their_place():
    call = a_call()
    with pytest.raises(UnsendableValue, match=r"request\.body\.raw"):
        encode_call(replace(call, request=replace(call.request, body={"raw": object()})))


def test_an_outcome_comes_back_with_the_time_it_took():
    encoded = encode_outcome(Outcome(1, "no", {"a": [1.0]}, "denied", 9.9, (5, "as Ruby says it")))
    assert decode_outcome(encoded, 0.5) == Outcome(1, "no", {"a": [1.0]}, "denied", 0.5, (5, "as Ruby says it"))


@pytest.mark.parametrize("value", [{(): object()}, {"a": {1, 2}}, "\ud800", object()])
def test_an_outcome_that_cannot_be_sent_says_so(value):
    with pytest.raises(UnsendableValue):
        encode_outcome(Outcome(body=value))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"statuscode":0,"statusmsg":"OK","body":null}',
        b'{"statuscode":0,"statusmsg":"OK","body":null,"refusal":null}',
        b'{"statuscode":"0","statusmsg":"OK","body":null,"refusal":null,"historic":null}',
        b'{"statuscode":true,"statusmsg":"OK","body":null,"refusal":null,"historic":null}',
        b'{"statuscode":0,"statusmsg":null,"body":null,"refusal":null,"historic":null}',
        b'{"statuscode":0,"statusmsg":"OK","body":null,"refusal":1,"historic":null}',
        b'{"statuscode":0,"statusmsg":"OK","body":null,"refusal":null,"historic":5}',
        b'{"statuscode":0,"statusmsg":"OK","body":null,"refusal":null,"historic":[5]}',
        b'{"statuscode":0,"statusmsg":"OK","body":null,"refusal":null,"historic":["5","no"]}',
        b'{"statuscode":0,"statusmsg":"OK","body":{"":["pickle","x"]},"refusal":null,"historic":null}',
        b'{"statuscode":0,"statusmsg":"OK","body":null,"refusal":null,"historic":null}trailing',
        b"[" * 100_000,
    ],
)
def test_what_is_no_outcome_is_malformed(payload):
    with pytest.raises(Malformed):
        decode_outcome(payload, 0.0)


def test_frames_are_put_together_from_any_pieces():
    sent = [Frame(VIEW, payload=b"facts"), Frame(CALL, 7, 2.5, b""), Frame(CALL, 8, 0.5, b"x" * 100)]
    data = b"".join(frame.to_bytes() for frame in sent)
    for size in (1, 3, 1000):
        frames, got = Frames(), []
        for start in range(0, len(data), size):
            got += frames.feed(data[start : start + size])
        assert got == sent


def test_a_frame_beyond_the_limit_is_malformed():
    head = Frame(CALL, 1, 0.0, b"").to_bytes()[:-4] + b"\xff\xff\xff\xff"
    with pytest.raises(Malformed):
        list(Frames().feed(head))
