import math
from dataclasses import replace

import pytest

from mcollective_py import names
from mcollective_py.errors import Malformed, NotSigned, OtherAgent, ReplyTooLarge, UnsendableValue, UsageError
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security import rubyenvelope
from mcollective_py.security.base import Unverified
from mcollective_py.security.rubyenvelope import Envelope
from mcollective_py.wire import marshal
from mcollective_py.wire.rubylimits import REQUEST, RubyLimits
from mcollective_py.wire.symbol import Symbol

NOW = 1_800_000_000
ID = "0123456789abcdef0123456789abcdef"
REQUEST_FIELDS = {
    "body": b"...",
    "senderid": "desk",
    "requestid": ID,
    "filter": {"agent": ["service"]},
    "collective": "mcollective",
    "agent": "service",
    "callerid": "uid=500",
    "ttl": 60,
    "msgtime": NOW,
}
REPLY_FIELDS = {"senderid": "web1", "requestid": ID, "senderagent": "service", "msgtime": NOW, "body": b"..."}
CALL = {"agent": "service", "action": "status", "caller": "uid=500", "data": {"service": "exim4", "process_results": True}}
ANSWER = {"statuscode": 0, "statusmsg": "OK", "data": {"status": "running"}}


def symbols(fields):
    return {Symbol(key): value for key, value in fields.items()}


def request(body=CALL, time=NOW, ttl=60, **changes):
    fields = symbols(REQUEST_FIELDS) | symbols(changes)
    return rubyenvelope.request_from_ruby(Envelope(fields, b""), body, time=time, ttl=ttl)


def reply(body=ANSWER, **changes):
    fields = {key: value for key, value in (symbols(REPLY_FIELDS) | symbols(changes)).items() if value is not None}
    return rubyenvelope.reply_from_ruby(Envelope(fields, b""), body)


def read(value, limits=REQUEST):
    return rubyenvelope.read(marshal.dumps(value), marshal, limits, "ssl")


# --- envelopes --------------------------------------------------------------------------------------------------------


def test_an_envelope_is_read_with_the_bytes_that_its_proof_is_over():
    found = read(symbols(REQUEST_FIELDS) | symbols({"hash": "abc"}))
    assert (found.kind, found.content.body, found.content.proof) == ("request", b"...", b"abc")
    found = read(symbols(REPLY_FIELDS | {"body": "näh"}))
    assert (found.kind, found.content.body, found.content.proof) == ("reply", "näh".encode(), b"")


@pytest.mark.parametrize("key", [*REQUEST_FIELDS, "hash", "senderagent", "sslkey"])
def test_a_key_that_is_a_string_is_refused(key):
    fields = symbols(REQUEST_FIELDS)
    fields.pop(Symbol(key), None)
    with pytest.raises(Malformed, match=f"whose key {key} is a string, not a symbol"):
        read(fields | {key: "x"})


def test_unknown_keys_of_whatever_type_are_passed_over():
    assert read(symbols(REQUEST_FIELDS) | {"more": 1, 5: "x", Symbol("tracing"): None}).kind == "request"


@pytest.mark.parametrize("value", [[], "x", None, {}, {Symbol("body"): None}, {Symbol("body"): 5}, {Symbol("body"): Symbol("x")}])
def test_what_is_no_hash_with_a_body_is_refused(value):
    with pytest.raises(Malformed):
        read(value)


@pytest.mark.parametrize(("payload", "who"), [(b"---\n:body: x\n", "YAML"), (b"\x04\x08[\x00", "Marshal")])
def test_a_message_of_another_kind_of_fleet_is_named(payload, who):
    with pytest.raises(Malformed, match=rf"\(it begins as {who}\)"):
        rubyenvelope.read(payload, marshal, REQUEST, "ssl")


def test_a_message_of_x509_is_named_with_what_is_spoken_here():
    with pytest.raises(Malformed, match=r"^this is mcpy/1 \(securityprovider = x509\), only ssl is spoken here$"):
        rubyenvelope.read(b'{"p":"mcpy/1","t":"x"}', marshal, REQUEST, "ssl")


def test_a_message_beyond_the_limit_is_not_read():
    with pytest.raises(Malformed, match="the limit is 100"):
        read(symbols(REQUEST_FIELDS), RubyLimits(size=100))


def test_a_message_of_one_kind_is_none_of_the_other():
    with pytest.raises(Malformed, match="no reply comes where a reply"):
        rubyenvelope.envelope_of(read(symbols(REQUEST_FIELDS)), "reply")
    with pytest.raises(Malformed, match="no request comes where a request"):
        rubyenvelope.envelope_of(Unverified("request", object()), "request")


# --- requests ---------------------------------------------------------------------------------------------------------


def test_a_call_is_understood():
    assert request() == Request(
        id=ID,
        caller="uid=500",
        sender="desk",
        collective="mcollective",
        agent="service",
        action="status",
        body={"service": "exim4"},
        filter=Filter(agents=("service",)),
        time=float(NOW),
        ttl=60,
        wants_reply=True,
    )


def test_keys_of_a_call_may_be_symbols_or_strings_and_inputs_are_plain_words():
    by_symbols = request(symbols({**CALL, "data": symbols(CALL["data"])}))
    assert by_symbols == request()
    assert [type(key) for key in by_symbols.body] == [str]


def test_values_of_inputs_stay_what_they_are():
    found = request({**CALL, "data": {"a": Symbol("running"), "b": b"\xff", "c": {Symbol("d"): [1.5, None]}}}).body
    assert (type(found["a"]), type(found["b"]), type(next(iter(found["c"])))) == (Symbol, bytes, Symbol)


@pytest.mark.parametrize(("wish", "wanted"), [(True, True), (False, False), (None, False), (0, True), ("no", True), ([], True)])
@pytest.mark.parametrize("key", ["process_results", Symbol("process_results")])
def test_whether_a_reply_is_wanted_is_ruby_s_truth_and_no_input(key, wish, wanted):
    found = request({**CALL, "data": {key: wish}})
    assert (found.wants_reply, found.body) == (wanted, {})


def test_a_call_that_does_not_say_wants_a_reply():
    assert request({**CALL, "data": {}}).wants_reply is True


@pytest.mark.parametrize("data", [None, [], "x", 5])
def test_a_call_without_inputs_gets_no_reply_and_has_nothing_to_call_with(data):
    found = request({**CALL, "data": data})
    assert (found.action, found.body, found.wants_reply) == ("status", None, False)


@pytest.mark.parametrize("action", [Symbol("status"), None, 5, "no such\nname", "", "x" * 65, "../status"])
def test_a_call_whose_action_is_no_name_calls_none(action):
    assert request({**CALL, "action": action}).action == ""


@pytest.mark.parametrize("body", ["ping", None, 5, ["a"], {"facts": {}, "classes": []}, {Symbol("agentlist"): ["x"]}, b"\xff", 1.5])
def test_any_other_body_is_a_plain_message(body):
    found = request(body)
    assert (found.action, found.body, found.wants_reply) == (None, body, True)


@pytest.mark.parametrize("agent", ["shell", None, Symbol("service"), "service\n", ["service"], 5, "Service"])
def test_a_call_for_another_agent_than_the_envelopes_is_refused(agent):
    with pytest.raises(OtherAgent):
        request({**CALL, "agent": agent})
    with pytest.raises(OtherAgent):
        request({key: value for key, value in CALL.items() if key != "agent"})


def test_another_agent_is_a_refusal_of_security_that_no_reply_tells():
    assert issubclass(OtherAgent, NotSigned)
    assert (OtherAgent.reason, OtherAgent.is_security, OtherAgent.is_told) == ("otheragent", True, False)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("requestid", value) for value in (None, "", "my-request.1", ID.upper(), ID + "\n", Symbol(ID), 5)],
        *[("callerid", value) for value in (None, "", "someone", "uid=../x", "bad/thing\nuid=0", "uid=0\n", "uid=", "uid=\u0661")],
        *[("senderid", value) for value in (None, "", "../x", "a/b", "a\0b", ".", "..", "x" * 256, "desk\n", "\u2024\u2024")],
        *[("collective", value) for value in (None, "", "a.b", "../x", "x" * 65, "a b")],
        *[("agent", value) for value in (None, "", "Service", "../../open", "a-b", "service\n", "x" * 65)],
        *[("filter", value) for value in (None, [], "x", {"bogus": 1}, {"agent": [5]})],
    ],
)
def test_a_field_without_its_form_is_refused_by_name(field, value):
    with pytest.raises(Malformed, match=f"the field {field}"):
        request("ping", **{field: value})


def test_byte_strings_in_ascii_are_taken_for_text():
    found = request("ping", **{key: value.encode() for key, value in REQUEST_FIELDS.items() if isinstance(value, str)})
    assert (found.id, found.caller, found.agent, type(found.id)) == (ID, "uid=500", "service", str)


@pytest.mark.parametrize("time", [None, "1800000000", True, 0, -1, 2**63, math.inf, -math.inf, math.nan, [], b"1"])
def test_a_time_that_is_none_is_refused(time):
    with pytest.raises(Malformed, match="msgtime"):
        request(time=time)


@pytest.mark.parametrize("ttl", [None, "60", True, 0, -1, 60.0, 2**31, 2**63])
def test_a_ttl_that_is_none_is_refused(ttl):
    with pytest.raises(Malformed, match="ttl"):
        request(ttl=ttl)


def test_a_time_with_a_fraction_is_one():
    assert request(time=NOW + 0.25).time == NOW + 0.25


# --- replies ----------------------------------------------------------------------------------------------------------


def test_a_reply_of_an_action_is_understood():
    expected = Reply(ID, "", "web1", "service", None, {"status": "running"}, float(NOW), 0, "OK")
    assert reply() == reply(symbols({**ANSWER, "data": symbols(ANSWER["data"])})) == expected


def test_a_plain_reply_is_its_body():
    assert [reply(body).body for body in ("pong", None, ["a"], {"x": 1}, b"\xff")] == ["pong", None, ["a"], {"x": 1}, b"\xff"]
    assert reply("pong").statuscode == 0


@pytest.mark.parametrize(
    ("message", "text"), [("é", "é"), (b"\xff", "\ufffd"), (None, ""), (Symbol("x"), "x"), (5, "5"), ([1], "(no text)")]
)
def test_a_statusmsg_is_text_whatever_an_agent_gave(message, text):
    found = reply({**ANSWER, "statuscode": 99, "statusmsg": message})
    assert (found.statuscode, found.statusmsg, type(found.statusmsg)) == (99, text, str)


@pytest.mark.parametrize("code", [None, "0", True, 1.0, 2**31])
def test_a_statuscode_that_is_no_whole_number_is_refused(code):
    with pytest.raises(Malformed, match="statuscode"):
        reply({**ANSWER, "statuscode": code})


def test_a_reply_without_data_has_none():
    assert reply({"statuscode": 1, "statusmsg": "no"}).body == reply({"statuscode": 1, "statusmsg": "no", "data": None}).body == {}
    with pytest.raises(Malformed, match="data"):
        reply({**ANSWER, "data": [1]})


def test_outputs_are_by_plain_words_and_a_later_one_of_the_same_name_counts():
    found = reply({**ANSWER, "data": {Symbol("a"): 1, 5: 2, b"b": 3, 1.5: 4}}).body
    assert [(key, type(key)) for key in found] == [("a", str), ("5", str), ("b", str), ("1.5", str)]
    with pytest.raises(Malformed, match="no text"):
        reply({**ANSWER, "data": {None: 1}})


@pytest.mark.parametrize(("field", "value"), [("requestid", "x"), ("senderid", "../x"), ("senderagent", None), ("senderagent", "A")])
def test_a_reply_with_a_field_without_its_form_is_refused(field, value):
    with pytest.raises(Malformed, match=f"the field {field}"):
        reply(**{field: value})


@pytest.mark.parametrize("time", [None, "x", math.nan])
def test_nobody_minds_the_time_of_a_reply(time):
    assert reply(msgtime=time).sender == "web1"


# --- writing ----------------------------------------------------------------------------------------------------------


def sealed(answer, asked, **changes):
    closed = []
    payloads = rubyenvelope.seal_reply(
        replace(answer, **changes), asked, marshal, lambda fields, body: closed.append((dict(fields), body))
    )
    return payloads, closed


def test_a_call_is_written_as_rubys_clients_do():
    asked = replace(request(), reply_to="/queue/mcollective.reply.desk_1.1")
    body = rubyenvelope.call_to_ruby(asked)
    assert body == CALL
    assert {type(key) for key in (*body, *body["data"])} == {Symbol}
    fields = rubyenvelope.request_to_ruby(asked, b"...")
    assert list(fields) == ["body", "senderid", "requestid", "filter", "collective", "agent", "callerid", "ttl", "msgtime"]
    assert {type(key) for key in fields} == {Symbol}
    assert (fields["msgtime"], type(fields["msgtime"])) == (NOW, int)


@pytest.mark.parametrize(
    ("reply_to", "wants_reply", "says"), [("/queue/x", True, True), ("/queue/x", False, False), (None, True, False)]
)
def test_who_wants_no_reply_says_so(reply_to, wants_reply, says):
    asked = replace(request(), reply_to=reply_to, wants_reply=wants_reply)
    assert rubyenvelope.call_to_ruby(asked)["data"]["process_results"] is says


def test_a_plain_message_is_its_body():
    assert rubyenvelope.call_to_ruby(request("ping")) == "ping"


@pytest.mark.parametrize(
    "changes", [{"id": "x"}, {"agent": "A"}, {"sender": "../x"}, {"ttl": 0}, {"collective": "a.b"}, {"caller": "x"}]
)
def test_a_request_that_no_node_would_take_is_not_sent(changes):
    with pytest.raises(UsageError, match="no node would take"):
        rubyenvelope.request_to_ruby(replace(request(), **changes), b"...")


@pytest.mark.parametrize("body", [None, "x", {5: 1}])
def test_a_call_with_inputs_that_have_no_names_is_not_sent(body):
    with pytest.raises(UsageError, match="a mapping of names"):
        rubyenvelope.call_to_ruby(replace(request(), body=body))


ASKED = request()
REPLY = Reply(ID, "", "web1", "service", "status", {"status": "running"}, NOW + 0.7)


def test_a_reply_is_written_as_rubys_nodes_do():
    (payload,), ((closed, body),) = sealed(REPLY, ASKED)
    fields = marshal.loads(payload)
    assert list(fields) == ["senderid", "requestid", "senderagent", "msgtime", "body"]
    assert fields == closed == REPLY_FIELDS | {"body": body}
    said = marshal.loads(body)
    assert said == ANSWER
    assert {type(key) for key in (*said, *said["data"])} == {Symbol}


def test_what_a_ruby_node_says_counts_where_it_differs():
    (_, ((_, body),)) = sealed(REPLY, ASKED, statuscode=2, statusmsg="ours", historic=(4, "Ruby's"))
    assert (marshal.loads(body)["statuscode"], marshal.loads(body)["statusmsg"]) == (4, "Ruby's")


def test_outputs_stay_what_they_are():
    values = {"a": Symbol("running"), "b": b"\xff\xfe", "c": {"d": [1, 2.5, None, True]}, "e": (1, 2)}
    (_, ((_, body),)) = sealed(REPLY, ASKED, body=values)
    said = marshal.loads(body)["data"]
    assert said == {**values, "e": [1, 2]}
    assert (type(said["a"]), type(next(iter(said["c"])))) == (Symbol, str)


def test_a_plain_reply_is_sent_as_it_is():
    (_, ((fields, body),)) = sealed(REPLY, request("ping"), body="pong", action=None)
    assert marshal.loads(body) == "pong"
    assert fields["requestid"] == ID


@pytest.mark.parametrize("refusal", ["ttltoolong", None])
def test_a_refusal_of_a_plain_message_travels_under_another_id_and_opens_under_its_own(refusal):
    (_, ((fields, body),)) = sealed(REPLY, request("ping"), body=None, statuscode=5, statusmsg="clock", refusal=refusal)
    assert names.is_request_id(fields["requestid"]) and fields["requestid"] != ID
    opened = rubyenvelope.reply_from_ruby(Envelope(fields, body), marshal.loads(body))
    assert (opened.request_id, opened.statuscode, opened.statusmsg, opened.refusal) == (ID, 5, "clock", refusal)


def test_a_body_that_names_a_request_under_the_wrong_id_stays_with_that():
    (_, ((fields, body),)) = sealed(REPLY, request("ping"), body=None, statuscode=5, refusal="busy")
    other = "f" * 32
    opened = rubyenvelope.reply_from_ruby(Envelope({**fields, Symbol("requestid"): other}, body), marshal.loads(body))
    assert (opened.request_id, opened.refusal) == (other, None)


@pytest.mark.parametrize("value", [{1, 2}, object(), 1j])
def test_a_value_that_the_wire_has_not_is_an_error_of_the_reply(value):
    with pytest.raises(UnsendableValue):
        sealed(REPLY, ASKED, body={"x": value})


def test_a_reply_beyond_four_mebibytes_is_too_large():
    (payload,), _ = sealed(REPLY, ASKED, body={"x": "x" * (4 * 1024 * 1024 - 300)})
    assert len(payload) < 4 * 1024 * 1024
    for size in (4 * 1024 * 1024 - 60, 4 * 1024 * 1024 + 1):
        with pytest.raises(ReplyTooLarge):
            sealed(REPLY, ASKED, body={"x": "x" * size})


# --- what it says -----------------------------------------------------------------------------------------------------


def test_who_asks_is_a_string_of_either_kind_and_never_a_symbol():
    assert Envelope(symbols({"callerid": b"uid=500"}), b"").caller == "uid=500"
    for fields in ({}, {"callerid": Symbol("uid=500")}, {"callerid": 500}):
        with pytest.raises(NotSigned, match="a request without a caller"):
            _ = Envelope(symbols(fields), b"").caller


def test_its_strings_are_bytes_of_either_kind():
    envelope = Envelope(symbols({"a": "n\u00e4h", "b": b"\xff", "c": Symbol("x"), "d": 1}), b"")
    assert [envelope.string(key) for key in "abcde"] == ["n\u00e4h".encode(), b"\xff", None, None, None]
