"""What errors say, and the numbers they carry."""

import inspect

import pytest

from mcollective_py import errors


def test_a_mistake_in_a_file_names_file_line_and_key():
    assert str(errors.ConfigError("is no number", file="server.cfg", line=7, key="ttl")) == "server.cfg:7: ttl: is no number"
    assert str(errors.ConfigError("is no number", key="ttl")) == "ttl: is no number"
    assert str(errors.ConfigError("cannot be read", file="server.cfg")) == "server.cfg: cannot be read"


def test_an_unreachable_broker_names_every_broker_tried_and_why():
    error = errors.BrokerUnreachable([("a:61613", "refused"), ("b:61613", "timed out")])
    assert str(error) == "no broker reachable (a:61613: refused; b:61613: timed out)"
    assert error.attempts == (("a:61613", "refused"), ("b:61613", "timed out"))
    assert str(errors.BrokerUnreachable([])) == "no broker reachable (none is configured)"


def test_an_old_request_says_how_old_and_what_to_look_at():
    error = errors.TTLExpired("ab12", age=75.25, ttl=60.0)
    assert str(error) == "request ab12 is 75.2 s old, its ttl is 60 s: check the clocks of both hosts"
    assert (error.request_id, error.age, error.ttl) == ("ab12", 75.25, 60.0)


def test_a_request_from_the_future_says_how_far_ahead():
    assert str(errors.ClockSkew("ab12", ahead=31.0)) == "request ab12 comes 31.0 s from the future: check the clocks of both hosts"


def test_a_ttl_that_is_too_long_names_the_setting():
    assert str(errors.TTLTooLong("ab12", ttl=3600, max_ttl=60)) == (
        "request ab12 has a ttl of 3600 s, this node allows 60 s (plugin.x509.max_ttl)"
    )


def test_a_missing_input_is_named():
    error = errors.MissingRPCData("status", "service")
    assert (str(error), error.statuscode) == ("status needs the input service", 3)


def test_a_broken_plugin_is_named_with_the_reason():
    error = errors.PluginError("/opt/site/agents/hello", "no agent.py")
    assert (str(error), error.plugin, error.reason) == ("/opt/site/agents/hello: no agent.py", "/opt/site/agents/hello", "no agent.py")


@pytest.mark.parametrize(
    ("error", "statuscode"),
    [
        (errors.RPCAborted, 1),
        (errors.Denied, 1),
        (errors.UnknownAction, 2),
        (errors.MissingRPCData, 3),
        (errors.InvalidRPCData, 4),
        (errors.UnknownAgent, 5),
        (errors.RPCError, 5),
    ],
)
def test_status_codes_are_the_wires(error, statuscode):
    assert error.statuscode == statuscode


@pytest.mark.parametrize(
    ("error", "code"),
    [(errors.UsageError, 64), (errors.FilterError, 64), (errors.BrokerUnreachable, 69), (errors.ConfigError, 78)],
)
def test_strict_exit_codes_tell_the_operators_mistakes_apart(error, code):
    assert error.strict_exitcode == code
    assert error.exitcode == 1


def rejections() -> list[type[errors.Rejected]]:
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, errors.Rejected)]


def test_every_refusal_has_a_counter_of_its_own():
    reasons = [kind.reason for kind in rejections()]
    assert len(rejections()) > 8
    assert sorted(set(reasons)) == sorted(reasons)
    assert all(reason.isalpha() and reason.islower() for reason in reasons)


def test_a_request_for_others_and_a_full_queue_are_no_matter_of_security():
    assert [kind.reason for kind in rejections() if not kind.is_security and kind is not errors.Rejected] == ["busy", "filtered"]


def test_a_caller_is_told_of_a_wrong_clock_a_long_ttl_a_full_queue_and_a_lost_memory_alone():
    assert [kind.reason for kind in rejections() if kind.is_told] == ["busy", "clockskew", "maybecopy", "ttlexpired", "ttltoolong"]


def test_everything_that_can_go_wrong_is_of_one_family():
    own = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert all(issubclass(kind, errors.MCollectiveError) for kind in own)
