"""Every recorded frame of real Ruby daemons and clients: read, verified, understood, written again, and refused once tampered with."""

import copy
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mcollective_py.errors import Malformed, NotSigned, OtherAgent
from mcollective_py.facttest import FactTest
from mcollective_py.message import Delivery, Destination, Kind, Reply
from mcollective_py.security.rubyfilter import filter_to_ruby
from mcollective_py.server.pipeline import open_delivery
from mcollective_py.wire import marshal
from mcollective_py.wire.symbol import Regexp, Symbol
from tests.wire.recorded import LOST, SETS, Recording, for_each, opened, plugins, recordings, serializer, shape

# Bodies as no client writes them, made by hand for the recording; what we write in their place has another form.
BY_HAND = {"string-key-body.request", "data-nil.request", "action-symbol.request"}
# The reply to string keys has one output twice, by symbol and by string: one name here.
TWICE = {"string-key-body.reply"}

each = for_each()
each_request = for_each(lambda recording: recording.role == "request")
each_reply = for_each(lambda recording: recording.role == "reply")
BY_A_HOST = "cert=server-public"  # its registration


def test_all_of_five_sets_are_here():
    assert [len(recordings(name)) for name in SETS] == [99] * 5
    assert {recording.role for name in SETS for recording in recordings(name)} == {"request", "reply"}


@each
def test_a_frame_is_read_to_exactly_what_it_means(recording):
    read = serializer(recording.set).loads
    envelope = read(recording.payload)
    assert shape(envelope) == shape(recording.envelope)
    body = envelope["body"]
    assert shape(read(body if isinstance(body, bytes) else body.encode())) == shape(recording.body)


def test_a_reply_with_aliases_is_lost_as_between_ruby_and_ruby():
    (lost,) = (recording for name in SETS for recording in recordings(name) if str(recording) in LOST)
    with pytest.raises(Malformed):
        opened(lost)


def message(recording: Recording):
    """The body proper: without what ssl wraps round that of a request."""
    return recording.body["ssl_msg"] if recording.role == "request" and "ssl" in recording.set else recording.body


@each_request
def test_a_request_is_verified_and_understood(recording):
    request, said, envelope = opened(recording), message(recording), recording.envelope
    assert (request.id, request.caller, request.sender) == (envelope["requestid"], envelope["callerid"], envelope["senderid"])
    assert (request.collective, request.agent) == (envelope["collective"], envelope["agent"])
    assert (request.ttl, request.time, request.reply_to, request.targets) == (envelope["ttl"], envelope["msgtime"], None, None)
    is_call = isinstance(said, dict)
    if recording.name == "data-nil.request":
        assert (request.action, request.body, request.wants_reply) == ("types", None, False)
    elif is_call:
        data = dict(said["data"])
        wants_reply = data.pop("process_results", True)
        assert request.action == ("" if isinstance(said["action"], Symbol) else said["action"])
        assert (request.body, request.wants_reply) == (data, wants_reply)
        assert all(type(key) is str for key in request.body)
        assert [shape(value) for value in request.body.values()] == [shape(value) for value in data.values()]
    else:
        assert (request.action, shape(request.body), request.wants_reply) == (None, shape(said), request.caller != BY_A_HOST)


@each_request
def test_the_filter_of_a_request_is_understood(recording):
    found, said = opened(recording).filter, recording.envelope["filter"]
    assert found.facts == tuple(FactTest(entry["fact"], entry["operator"], entry["value"]) for entry in said["fact"])
    assert (found.classes, found.agents, found.identities) == (tuple(said["cf_class"]), tuple(said["agent"]), tuple(said["identity"]))
    assert len(found.compound) == len(said["compound"])
    written = filter_to_ruby(found)
    assert written == {key: value for key, value in said.items() if key != "collective"}


def test_a_function_that_compares_with_a_regular_expression_has_it_as_text_here_and_as_one_on_the_wire():
    (recording,) = (one for one in recordings("activemq-psk") if one.name == "discovery-compound-function.request")
    calls = [element["fstatement"] for stack in opened(recording).filter.compound for element in stack if "fstatement" in element]
    compared = [call["r_compare"] for call in calls]
    assert all(type(value) is str for value in compared)
    assert any(re.fullmatch("/.+/", value) for value in compared)
    said = [element["fstatement"] for stack in recording.envelope["filter"]["compound"] for element in stack if "fstatement" in element]
    assert any(isinstance(call["r_compare"], Regexp) for call in said)


@each_reply
def test_a_reply_is_verified_and_understood(recording):
    reply, said, envelope = opened(recording), recording.body, recording.envelope
    assert (reply.request_id, reply.sender, reply.agent) == (envelope["requestid"], envelope["senderid"], envelope["senderagent"])
    assert (reply.time, reply.request_digest, reply.is_whole) == (envelope["msgtime"], "", True)
    if isinstance(said, dict):
        assert (reply.statuscode, reply.statusmsg) == (said["statuscode"], said["statusmsg"])
        assert all(type(key) is str for key in reply.body)
        assert [(key, shape(value)) for key, value in reply.body.items()] == [
            (key, shape(value)) for key, value in said["data"].items()
        ]
    else:
        assert (reply.statuscode, shape(reply.body)) == (0, shape(said))


@each_request
def test_the_frame_completes_a_request(recording):
    destination = recording.sent["destination"]
    is_direct = "directed" in destination or destination.endswith(".nodes")
    source = Destination(Kind.NODE if is_direct else Kind.AGENT, recording.envelope["collective"], recording.envelope["agent"])
    delivery = Delivery(recording.payload, source, recording.sent.get("reply-to"), recording.sent["mc_sender"])
    request = open_delivery(delivery, plugins(recording.set)[0], "node1.example")
    is_silent = recording.name in ("data-nil.request", "no-reply-wanted.request") or request.caller == BY_A_HOST
    assert request.reply_to == (None if is_silent else recording.sent.get("reply-to"))
    assert request.targets == (("node1.example",) if is_direct else None)
    assert recording.sent["mc_sender"] == request.sender


# --- what we write ----------------------------------------------------------------------------------------------------


@for_each(lambda recording: recording.role == "request" and recording.name not in BY_HAND)
def test_a_request_of_ours_means_what_the_recorded_one_does(recording):
    node, client = plugins(recording.set)
    request = opened(recording)
    own = node if request.caller == BY_A_HOST else client
    if request.wants_reply:
        request = replace(request, reply_to="/queue/mcollective.reply.client.example_1.1")
    payload = own.seal_request(request).payload
    read = serializer(recording.set).loads
    envelope = read(payload)
    expected = dict(recording.envelope)
    expected["filter"] = {key: value for key, value in expected["filter"].items() if key != "collective"}
    own_hash, own_body = envelope.pop("hash"), envelope.pop("body")
    recorded_hash, recorded_body = expected.pop("hash"), expected.pop("body")
    assert envelope == expected
    assert [type(key) for key in envelope] == [Symbol] * len(envelope)
    body = read(own_body if isinstance(own_body, bytes) else own_body.encode())
    said = copy.deepcopy(recording.body)
    call = said.get("ssl_msg", said) if isinstance(said, dict) else said
    if isinstance(call, dict) and "data" in call:
        call["data"].setdefault(Symbol("process_results"), True)  # some were recorded without, which means the same
    assert sorted_shape(body) == sorted_shape(said)
    if own_body == recorded_body:
        assert own_hash == recorded_hash
    assert node.open_request(node.read(payload)).body == request.body


def sorted_shape(value):
    """shape, for hashes whose order does not matter."""
    if isinstance(value, dict):
        return "hash", sorted((str(shape(key)), sorted_shape(item)) for key, item in value.items())
    return ("array", [sorted_shape(item) for item in value]) if isinstance(value, list) else shape(value)


@for_each(lambda recording: recording.role == "reply" and recording.name not in TWICE)
def test_a_reply_of_ours_means_what_the_recorded_one_does(recording):
    node, client = plugins(recording.set)
    (asked,) = (one for one in recordings(recording.set) if one.name == recording.name.replace(".reply", ".request"))
    said = recording.body
    request = opened(asked)
    if isinstance(said, dict):
        reply = Reply(
            request.id, "", recording.envelope["senderid"], request.agent, request.action, said["data"], recording.envelope["msgtime"]
        )
        reply = Reply(*[getattr(reply, name) for name in list(Reply.__slots__)[:7]], said["statuscode"], said["statusmsg"])
    else:
        reply = Reply(request.id, "", recording.envelope["senderid"], request.agent, None, said, recording.envelope["msgtime"])
    (payload,) = node.seal_reply(reply, request)
    read = serializer(recording.set).loads
    envelope, expected = read(payload), dict(recording.envelope)
    own_hash, own_body = envelope.pop("hash"), envelope.pop("body")
    recorded_hash, recorded_body = expected.pop("hash"), expected.pop("body")
    assert shape(envelope) == shape(expected)
    body = read(own_body if isinstance(own_body, bytes) else own_body.encode())
    symbols = {Symbol(key): value for key, value in said["data"].items()} if isinstance(said, dict) else None
    assert shape(body) == shape(said if symbols is None else {**said, Symbol("data"): symbols})
    if own_body == recorded_body:
        assert own_hash == recorded_hash
    assert client.open_reply(client.read(payload)).body == opened(recording).body


@pytest.mark.parametrize("name", [name for name in SETS if serializer(name) is marshal])
def test_a_reply_without_repeated_strings_is_written_byte_for_byte_as_ruby_does(name):
    (recording,) = (one for one in recordings(name) if one.name == "ping-direct.reply")
    reply = opened(recording)
    node = plugins(name)[0]
    (asked,) = (one for one in recordings(name) if one.name == "ping-direct.request")
    us_ascii, utf8 = b"\x06;\x06F", b"\x06;\x06T"  # Ruby calls hex and base64 the one, we call all text the other
    assert recording.payload.count(us_ascii) == 2
    request = replace(opened(asked), action="ping")
    assert node.seal_reply(reply, request) == (recording.payload.replace(us_ascii, utf8),)


# --- tampered twins ---------------------------------------------------------------------------------------------------


def flipped(payload: bytes, positions: Iterator[int] | list[int]) -> Iterator[bytes]:
    for position in positions:
        yield payload[:position] + bytes([payload[position] ^ 0x01]) + payload[position + 1 :]


@each
def test_a_frame_with_a_byte_of_its_body_or_of_its_proof_changed_is_refused(recording):
    payload, marshalled = recording.payload, serializer(recording.set).__name__.endswith("marshal")
    if marshalled:  # the body stands in it as it is
        start = payload.index(recording.envelope["body"])
        places = list(range(start, start + len(recording.envelope["body"])))
    else:  # indented there
        start = payload.index(b"\n", payload.index(b":body:")) + 1
        places = [start + offset for offset in range(2, 30) if payload[start + offset : start + offset + 1].isalnum()]
    places = places[:: max(1, len(places) // 12)]
    proof = re.search(rb"(?:[A-Za-z0-9+/]{59,60}|\b[0-9a-f]{32}\b(?=[^0-9a-f]*\Z))", payload[payload.index(b"hash") :])
    assert proof is not None
    first = payload.index(b"hash") + proof.start()
    for twin in flipped(payload, [*places, first, first + 20]):
        with pytest.raises(NotSigned):
            opened(recording, twin)


@each
def test_a_frame_with_another_body_proof_or_key_is_refused(recording):
    wire = serializer(recording.set)
    other = next(one for one in recordings(recording.set) if one.role == recording.role and one.body != recording.body)
    for changed in (
        {**recording.envelope, Symbol("body"): other.envelope["body"]},
        {**recording.envelope, Symbol("hash"): other.envelope["hash"]},
        {**recording.envelope, Symbol("hash"): ""},
        {**recording.envelope, Symbol("hash"): None},
        {key: value for key, value in recording.envelope.items() if key != "hash"},
        {str(key): value for key, value in recording.envelope.items()},
    ):
        with pytest.raises(NotSigned):
            opened(recording, wire.dumps(changed))
    with pytest.raises(NotSigned):
        opened(recording, by_strangers=True)


@each
def test_a_frame_that_is_cut_short_or_goes_on_is_refused(recording):
    length = len(recording.payload)
    for twin in (recording.payload[: length // 2], recording.payload[: length - length // 5], recording.payload + b"\0garbage: ["):
        with pytest.raises(NotSigned):
            opened(recording, twin)


@for_each(lambda recording: recording.role == "request" and isinstance(message(recording), dict))
def test_a_call_that_is_redirected_to_another_agent_is_refused(recording):
    changed = {**recording.envelope, Symbol("agent"): "shell"}
    with pytest.raises(OtherAgent):
        opened(recording, serializer(recording.set).dumps(changed))


@for_each(lambda recording: recording.role == "request", [name for name in SETS if "ssl" in name])
def test_ssl_refuses_another_ttl_time_or_caller_than_was_signed(recording):
    other = "server-public" if recording.envelope["callerid"] == "cert=testuser-public" else "testuser-public"
    for key, value in (("ttl", 61), ("msgtime", recording.envelope["msgtime"] + 1), ("ttl", None), ("callerid", f"cert={other}")):
        with pytest.raises(NotSigned):
            opened(recording, serializer(recording.set).dumps({**recording.envelope, Symbol(key): value}))
    for key in ("ttl", "msgtime", "callerid"):
        without = {name: value for name, value in recording.envelope.items() if name != key}
        with pytest.raises(NotSigned):
            opened(recording, serializer(recording.set).dumps(without))


@each_request
def test_what_no_ruby_plugin_signs_can_be_changed_and_still_verifies(recording):
    """This is what psk and ssl warn of at the start; tests/trust/test_ruby_plugins.py has what stands behind it."""
    changed = {
        **recording.envelope,
        Symbol("filter"): {key: [] for key in ("fact", "cf_class", "agent", "identity", "compound")},
        Symbol("collective"): "other",
        Symbol("requestid"): "0" * 32,
        Symbol("senderid"): "mallory",
    }
    if "psk" in recording.set:
        changed |= {Symbol("callerid"): "uid=12345", Symbol("ttl"): 299, Symbol("msgtime"): recording.envelope["msgtime"] + 5}
    if recording.envelope["callerid"] == BY_A_HOST:
        changed[Symbol("filter")] = recording.envelope["filter"]  # with another it is no registration
    request = opened(recording, serializer(recording.set).dumps(changed))
    assert request.filter.is_empty or request.caller == BY_A_HOST
    assert (request.collective, request.id, request.sender) == ("other", "0" * 32, "mallory")
    assert request.caller == changed["callerid"]
