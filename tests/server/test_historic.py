"""The words of a node with Ruby: each literal here is what MCollective 2.12.5 gives for the same DDL and value."""

from typing import Any

import pytest

from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.ddl.validate import validate
from mcollective_py.errors import AuditFailed, Denied, InvalidRPCData, RPCError, UnknownAgent
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.historic import fault, refusal
from mcollective_py.wire.symbol import Symbol

DDL = ddl_from_yaml(
    """
metadata: {name: probe, description: d, author: a, license: l, version: "1", url: u, timeout: 5}
actions:
  - action: go
    description: d
    impact: read
    input:
      msg: {prompt: p, description: d, type: string, validation: '^[a-z]+$', maxlength: 10, optional: true}
      safe: {prompt: p, description: d, type: string, validation: shellsafe, maxlength: 100, optional: true}
      ip: {prompt: p, description: d, type: string, validation: ipv4address, maxlength: 100, optional: true}
      ip6: {prompt: p, description: d, type: string, validation: ipv6address, maxlength: 100, optional: true}
      unit: {prompt: p, description: d, type: string, validation: service_name, maxlength: 100, optional: true}
      mode: {prompt: p, description: d, type: list, list: [fast, slow], optional: true}
      flag: {prompt: p, description: d, type: boolean, optional: true}
      count: {prompt: p, description: d, type: integer, optional: true}
      ratio: {prompt: p, description: d, type: float, optional: true}
      amount: {prompt: p, description: d, type: number, optional: true}
      secret: {prompt: p, description: d, type: string, validation: shellsafe, maxlength: 9, optional: true, sensitive: true}
    output:
      state: {description: d, display_as: s, default: unknown}
      other: {description: d, display_as: s}
  - action: needs
    description: d
    impact: read
    input:
      msg: {prompt: p, description: d, type: string, validation: '.', maxlength: 10}
""",
    "probe",
)


def request(action: str | None, body: Any) -> Request:
    return Request("1" * 32, "uid=0", "ops1", "mcollective", "probe", action, body, Filter(), 1_700_000_000.0, 60)


def refused(action: str, **inputs: Any) -> tuple[tuple[int, str] | None, Any]:
    try:
        validate(DDL, action, inputs)
    except RPCError as error:
        outcome = refusal(error, request(action, inputs), DDL)
        assert outcome is not None
        return outcome.historic, outcome.body
    raise AssertionError("nothing was refused")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("msg", 5, "value should be a string"),
        ("msg", None, "value should be a string"),
        ("msg", Symbol("abc"), "value should be a string"),
        ("msg", "aaaaaaaaaaa", "Input string is longer than 10 character(s)"),
        ("msg", "AAAAAAAAAAA", "Input string is longer than 10 character(s)"),  # the length before the regex
        ("msg", "A", "value should match ^[a-z]+$"),
        ("msg", b"\xff\xfe", "value should match ^[a-z]+$"),
        ("safe", "a;b", "value should not have ; in it"),
        ("safe", "a && b > c", "value should not have && in it"),  # in Ruby's order, not in that of the text
        ("safe", "a\nb", "must not contain control or invisible characters"),  # Ruby lets it through: our own words
        ("safe", 5, "value should be a string"),
        ("safe", b"\xff", "must be text (string), these bytes are no UTF-8"),
        ("ip", "300.1.1.1", "value should be an ipv4 address"),
        ("ip6", "1.2.3.4", "value should be an ipv6 address"),
        ("unit", "/", "must be a service name"),  # no validator of Ruby's
        ("mode", "x", "value should be one of fast, slow"),
        ("mode", 1, "value should be one of fast, slow"),
        ("flag", "yes", "value should be a boolean"),
        ("count", 1.5, "value should be a integer"),
        ("ratio", 1, "value should be a float"),
        ("amount", "1", "value should be a number"),
        ("secret", "a;b", "is not valid"),
    ],
)
def test_a_value_that_is_not_valid_is_refused_in_the_words_of_ruby(name: str, value: object, words: str) -> None:
    assert refused("go", **{name: value})[0] == (4, f"Cannot validate input {name}: {words}")


def test_a_missing_input_and_an_unknown_action_have_status_4_as_on_ruby() -> None:
    assert refused("needs")[0] == (4, "Action needs needs a msg argument")
    assert refused("nope")[0] == (4, "Attempted to call action nope for probe but it's not declared in the DDL")


def test_the_data_of_a_refusal_are_the_defaults_of_the_ddl_and_nothing_for_an_unknown_action() -> None:
    assert refused("go", count="1")[1] == {"state": "unknown", "other": None}
    assert refused("nope")[1] == {}


def test_a_denial_says_no_more_than_ruby_does() -> None:
    outcome = refusal(Denied("uid=0 may not call probe go on web1: probe.policy:3"), request("go", {}), DDL)
    assert outcome is not None
    assert (outcome.historic, outcome.refusal) == ((1, "You are not authorized to call this agent or action."), "denied")


@pytest.mark.parametrize("error", [AuditFailed("the disk is full"), InvalidRPCData("go has no input 'x'")])
def test_what_ruby_never_refuses_is_said_in_our_own_words(error: RPCError) -> None:
    outcome = refusal(error, request("go", {}), DDL)
    assert outcome is not None
    assert (outcome.historic, outcome.statuscode, outcome.statusmsg) == (None, error.statuscode, str(error))


def test_a_node_without_the_agent_and_one_that_is_sent_no_call_are_silent() -> None:
    assert refusal(UnknownAgent("no agent probe is active here"), request("go", {}), None) is None
    assert refusal(UnknownAgent("no agent probe is active here"), request(None, "ping"), None) is None
    assert refusal(InvalidRPCData("name one of its actions"), request(None, "ping"), DDL) is None


def test_a_plain_message_that_is_refused_is_answered_for_our_clients() -> None:
    found = refusal(Denied("by /etc/x:3"), request(None, "ping"), None)
    assert found is not None
    assert (found.statusmsg, found.refusal) == ("You are not authorized to call this agent or action.", "denied")


def test_an_unforeseen_exception_is_its_bare_message() -> None:
    assert fault(ValueError("this agent crashed")) == (5, "this agent crashed")
    assert fault(ValueError()) == (5, "ValueError")
