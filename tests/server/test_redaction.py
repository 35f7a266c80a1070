import hashlib

import pytest

from mcollective_py.ddl.model import DDL, ActionDDL, Input, Metadata
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.redaction import data_of, harmless, harmless_text, redacted, secrets_of, without

INPUTS = {
    "user": Input("user", "User", "Whose", "string"),
    "password": Input("password", "Password", "The new one", "string", sensitive=True),
    "env": Input("env", "Environment", "Variables", "hash"),
}
ACTION = ActionDDL("set", "Sets a user's password", inputs=INPUTS)
DOCUMENT = DDL(Metadata("passwd", "Passwords", "us", "Apache-2.0", "1.0", "none", 5.0), {"set": ACTION})
REDACTED = {"redacted": True}
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"


def a_request(body=None, action="set"):
    body = {"user": "bob", "password": "hush"} if body is None else body
    return Request("0" * 32, "cert=alice", "desk", "eu", "passwd", action, body, Filter(), 1700000000.25, 60)


def test_inputs_that_are_sensitive_or_that_no_ddl_speaks_of_are_redacted():
    assert data_of(a_request(), DOCUMENT) == {"user": "bob", "password": REDACTED}
    assert data_of(a_request(), None) == {"user": REDACTED, "password": REDACTED}
    assert data_of(a_request({"pasword": "hush"}), DOCUMENT) == {"pasword": REDACTED}
    assert data_of(a_request(action="other"), DOCUMENT) == {"user": REDACTED, "password": REDACTED}
    assert data_of(a_request("hush"), DOCUMENT) == REDACTED


def test_additional_inputs_are_shown_where_the_ddl_allows_them():
    ddl = DDL(DOCUMENT.metadata, {"set": ActionDDL("set", "Sets", ACTION.inputs, additional_inputs=True)})
    assert data_of(a_request({"extra": 1, "password": "hush"}), ddl) == {"extra": 1, "password": REDACTED}


def test_a_plain_message_is_shown_but_for_what_looks_like_a_secret():
    assert data_of(a_request("ping", action=None), None) == "ping"
    assert data_of(a_request({"token": "x1"}, action=None), None) == {"token": REDACTED}


def test_what_looks_like_a_secret_in_an_open_input_is_redacted():
    body = {"user": "https://bob:hush@example.net/", "env": {"DB_PASSWORD": "hush", "PATH": "/bin", "KEY": PEM}}
    assert data_of(a_request(body), DOCUMENT) == {
        "user": "https://***@example.net/",
        "env": {"DB_PASSWORD": REDACTED, "PATH": "/bin", "KEY": "***"},
    }


def test_a_digest_tells_equal_secrets_of_one_host_and_nothing_without_the_salt():
    one, other = redacted("hush", b"salt"), redacted("hush", b"another")
    assert one == redacted("hush", b"salt") != redacted("husH", b"salt")
    assert one != other
    assert one["sha256_8"] != hashlib.sha256(b"hush").hexdigest()[:8]
    assert redacted({"b": 1, "a": 2}, b"salt") == redacted({"a": 2, "b": 1}, b"salt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mysql --password=hush -u bob", "mysql --password=*** -u bob"),
        ("DB_TOKEN=hush run", "DB_TOKEN=*** run"),
        ('{"secret": "hush", "user": "bob"}', '{"secret": "***", "user": "bob"}'),
        ("'api_token' => 'hush'", "'api_token' => '***'"),
        ("ftp://bob:hush@host and http://x/", "ftp://***@host and http://x/"),
        (f"key:\n{PEM}\nend", "key:\n***\nend"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", "***"),  # cut off
        ("the input password is not valid", "the input password is not valid"),
        ("plugin.psk: must be longer: write plugin.psk = ...", "plugin.psk: must be longer: write plugin.psk = ..."),
        ("mail to bob@example.net", "mail to bob@example.net"),
        ("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----"),
    ],
)
def test_texts_lose_what_looks_like_a_secret_and_nothing_else(text, expected):
    assert harmless_text(text) == expected


def test_a_long_text_takes_no_long_time():
    text = "secret" * 20_000
    assert harmless_text(text) == text
    assert harmless_text("password=" * 5000).count("*") >= 3


def test_values_that_json_has_not_are_shown_as_it_can():
    assert harmless([b"\xff", float("nan"), {1: b"ok"}], b"") == [{"base64": "/w=="}, "NaN", {"1": "ok"}]


def test_deep_values_end():
    deep = "x"
    for _ in range(200):
        deep = [deep]
    assert harmless(deep, b"") is not None


def test_secrets_are_found_at_any_depth_and_taken_out_of_texts_however_they_are_quoted():
    request = a_request({"user": "bob", "password": {"a": ['hu"sh\nhush', 12345, True, "abc"]}})
    found = secrets_of(request, ["password"])
    assert found == ('hu"sh\nhush', "12345")
    for form in ('hu"sh\nhush', repr('hu"sh\nhush'), '{"a": "hu\\"sh\\nhush"}'):
        assert "hush" not in without(f"ValueError: {form} bob", found)
    assert without("bob has 12345 and abc", found) == "bob has *** and abc"
    assert secrets_of(a_request("hush"), ["password"]) == ()
