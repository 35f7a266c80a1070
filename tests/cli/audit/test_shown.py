import pytest

from mcollective_py.cli.audit.requests import Audited
from mcollective_py.cli.audit.shown import shown

START = {
    "timestamp": "2026-11-23T21:49:11.123456+00:00", "request_id": "ab" * 16, "caller": "cert=alice.mcollective", "obo": None,
    "node": "web1",
    "agent": "service", "action": "restart", "data": {"service": "nginx"}, "decision": "allow", "reason": None, "outcome": None,
}  # fmt: skip
BEFORE = "2026-11-23 21:49:11.123Z  web1  cert=alice.mcollective  service restart service=nginx  "
ID = "ab" * 16


@pytest.mark.parametrize(
    ("start", "end", "how"),
    [
        ({}, {"outcome": 0, "duration_ms": 120.5}, "ok in 120.5 ms"),
        ({}, {"outcome": 1, "duration_ms": None}, "failed with 1"),
        ({}, None, "began, and no end is written"),
        ({"decision": "deny", "reason": "may not"}, None, "denied: may not"),
        ({"decision": "deny", "reason": "a copy", "held_back": 9}, None, "denied: a copy (and 9 more before)"),
    ],
)
def test_a_line_says_when_where_who_what_and_how_it_went(start, end, how):
    assert shown(Audited(START | start, end)) == f"{BEFORE}{how}  {ID}"


def test_a_message_that_nobody_signed_is_of_somebody():
    fields = dict.fromkeys(("caller", "agent", "action", "data", "request_id")) | {
        "decision": "invalid",
        "reason": "unvalidated",
        "sender": "x",
    }
    assert shown(Audited(START | fields)) == "2026-11-23 21:49:11.123Z  web1  somebody (x)  (no request)  invalid: unvalidated"


def test_who_signed_for_whom_is_shown():
    assert "cert=alice.mcollective by cert=sso.mcollective  " in shown(Audited(START | {"obo": "cert=sso.mcollective"}))


def test_inputs_are_short_and_secrets_are_digests():
    assert " password=(redacted 01234567)  " in shown(
        Audited(START | {"data": {"password": {"redacted": True, "sha256_8": "01234567"}}})
    )
    assert " count=5  " in shown(Audited(START | {"data": {"count": 5}}))
    assert len(shown(Audited(START | {"data": {"text": "x" * 100_000}}))) < 600
    assert ' ["a"]  ' in shown(Audited(START | {"data": ["a"]}))
