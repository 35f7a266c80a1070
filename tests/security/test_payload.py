from dataclasses import replace

import pytest

from mcollective_py.errors import Malformed
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.payload import reply_from_wire, reply_to_wire, request_from_wire, request_to_wire

REQUEST = Request(
    id="0123456789abcdef0123456789abcdef",
    caller="cert=alice.mcollective",
    sender="desk.example.com",
    collective="mcollective",
    agent="service",
    action="restart",
    body={"service": "exim4"},
    filter=Filter.parse(facts=["country=uk"], classes=["mail"]),
    time=1_800_000_000.25,
    ttl=60,
    reply_to="/queue/mcollective.reply.desk",
    digest="d" * 64,
)
FIELDS = {
    "v": 1,
    "id": "0123456789abcdef0123456789abcdef",
    "caller": "cert=alice.mcollective",
    "sender": "desk.example.com",
    "collective": "mcollective",
    "agent": "service",
    "action": "restart",
    "data": {"service": "exim4"},
    "filter": {
        "fact": [{"fact": "country", "operator": "==", "value": "uk"}],
        "cf_class": ["mail"],
        "agent": [],
        "identity": [],
        "compound": [],
    },
    "to": None,
    "iat": 1_800_000_000_250,
    "ttl": 60,
    "reply": "/queue/mcollective.reply.desk",
    "want": {"sign": True, "enc": "no", "all": True},
}
REPLY = Reply(REQUEST.id, "d" * 64, "web1.example.com", "service", "restart", {"status": "ok"}, 1_800_000_001.5, 1, "was not", "denied")
REPLY_FIELDS = {
    "v": 1,
    "rid": REQUEST.id,
    "rh": "d" * 64,
    "node": "web1.example.com",
    "agent": "service",
    "action": "restart",
    "iat": 1_800_000_001_500,
    "seq": 0,
    "last": True,
    "code": 1,
    "msg": "was not",
    "data": {"status": "ok"},
    "refusal": "denied",
}


def opened(fields):
    return request_from_wire(fields, digest="d" * 64)


def test_a_request_is_these_fields_and_is_read_from_them():
    assert request_to_wire(REQUEST) == FIELDS
    assert opened(FIELDS) == REQUEST


def test_a_plain_message_has_no_action_and_any_value():
    for body in (None, "hello", 2.5, [1, {"a": None}], {"a": 1}, True):
        plain = replace(REQUEST, action=None, body=body, reply_to=None, targets=("web1", "web2"))
        assert opened(request_to_wire(plain)) == plain


def test_a_reply_is_these_fields_and_is_read_from_them():
    assert reply_to_wire(REPLY, REQUEST) == REPLY_FIELDS
    assert reply_from_wire(REPLY_FIELDS) == REPLY
    plain = replace(REPLY, refusal=None, action=None, body=1.0, seq=0, last=True)
    assert "refusal" not in reply_to_wire(plain, REQUEST)
    assert reply_from_wire(reply_to_wire(plain, REQUEST)) == plain


def test_a_reply_is_bound_to_the_request_that_it_answers_whatever_it_says_itself():
    fields = reply_to_wire(replace(REPLY, request_id="f" * 32, request_digest="e" * 64), REQUEST)
    assert (fields["rid"], fields["rh"]) == (REQUEST.id, REQUEST.digest)


@pytest.mark.parametrize("key", FIELDS)
def test_a_request_without_one_of_its_fields_is_refused(key):
    with pytest.raises(Malformed, match=f"without the field {key}"):
        opened({name: value for name, value in FIELDS.items() if name != key})


@pytest.mark.parametrize("key", [key for key in REPLY_FIELDS if key != "refusal"])
def test_a_reply_without_one_of_its_fields_is_refused(key):
    with pytest.raises(Malformed, match=f"without the field {key}"):
        reply_from_wire({name: value for name, value in REPLY_FIELDS.items() if name != key})


@pytest.mark.parametrize("key", ["epk", "n", "", "V", "id ", "obo "])
def test_a_field_that_is_not_known_is_refused(key):
    with pytest.raises(Malformed, match="unknown field"):
        opened(FIELDS | {key: None})
    with pytest.raises(Malformed, match="unknown field"):
        reply_from_wire(REPLY_FIELDS | {key: None})


def test_who_signs_for_another_says_for_whom_beside_himself():
    delegated = replace(REQUEST, caller="sso=alice", delegate="cert=portal.mcollective")
    fields = request_to_wire(delegated)
    assert (fields["caller"], fields["obo"]) == ("cert=portal.mcollective", "sso=alice")
    assert opened(fields) == delegated
    for value in (None, "", "alice", "sso=", "sso=al ice", "sso=alice\n", ["sso=alice"], 1, True):
        with pytest.raises(Malformed, match="field obo"):
            opened(FIELDS | {"obo": value})


BAD_NAMES = ("../../open", "a b", "a\n", "a\x00", "ä", "", "a" * 300, "/etc", ".a", None, 1, True, ["a"])


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("v", (0, 2, True, 1.0, "1", None)),
        ("id", ("0" * 31, "0" * 33, "G" * 32, "A" * 32, "0" * 32 + "\n", None, 1)),
        ("caller", ("cert=alice\ncert=admin", "alice", "cert=", "=alice", "cert=al ice", "cert=älice", *BAD_NAMES)),
        ("sender", BAD_NAMES),
        ("collective", ("a.b", *BAD_NAMES)),
        ("agent", ("Service", "1a", "a-b", *BAD_NAMES)),
        ("action", ("1a", "a-b", "__class__", *(name for name in BAD_NAMES if name is not None))),
        ("data", (None, [], "x", 1, True)),
        (
            "filter",
            (None, {}, [], FIELDS["filter"] | {"more": []}, FIELDS["filter"] | {"cf_class": "mail"}, FIELDS["filter"] | {"fact": [1]}),
        ),
        ("to", ([], "web1", {"web1": 1}, ["web1", "web1"], ["../x"], [None], [["web1"]], ["w"] * 1001, True)),
        ("iat", (0, -1, 2**48, 2**63, 1.0, 1_800_000_000_250.0, "1", None, True)),
        ("ttl", (0, -1, 2**31, 1.5, "60", None, True)),
        ("reply", ("x", "/queue/", "/queue/a b", "/queue/a\n", "/file/x", "", 1, [])),
        (
            "want",
            (None, {}, {"sign": 1, "enc": "no", "all": True}, {"sign": True, "enc": "must", "all": True}, FIELDS["want"] | {"x": 1}),
        ),
    ],
)
def test_a_request_with_a_value_out_of_form_is_refused(key, values):
    for value in values:
        with pytest.raises(Malformed):
            opened(FIELDS | {key: value})


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("rid", ("x", None, 1)),
        ("rh", ("", "a" * 63, "A" * 64, "a" * 64 + "\n", None)),
        ("node", BAD_NAMES),
        ("agent", BAD_NAMES),
        ("action", ("a b", "", 1)),
        ("iat", (0, 1.5, None)),
        ("seq", (-1, 0.0, True, None, 10**9)),
        ("last", (1, 0, None, "true")),
        ("code", (-1, 1.0, True, None, 2**31)),
        ("msg", (None, 1, [])),
        ("refusal", (None, "", "Not A Word", 1)),
    ],
)
def test_a_reply_with_a_value_out_of_form_is_refused(key, values):
    for value in values:
        with pytest.raises(Malformed):
            reply_from_wire(REPLY_FIELDS | {key: value})


def test_a_part_of_a_reply_carries_text():
    assert reply_from_wire(REPLY_FIELDS | {"seq": 1, "data": "[1,"}).body == "[1,"
    for part in ({"seq": 1}, {"last": False}, {"seq": 1, "data": None}):
        with pytest.raises(Malformed, match="data"):
            reply_from_wire(REPLY_FIELDS | part)


@pytest.mark.parametrize("value", [None, [], "x", 1, [FIELDS]])
def test_a_payload_that_is_no_object_is_refused(value):
    with pytest.raises(Malformed, match="no object"):
        opened(value)
    with pytest.raises(Malformed, match="no object"):
        reply_from_wire(value)
