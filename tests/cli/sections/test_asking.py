import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.errors import UsageError


class Ask(Application):
    sections = ("common",)


def options(*words):
    return parse(parser_for("ask", Ask()), words)


def test_times_are_seconds_and_a_ttl_is_whole():
    chosen = options("-t", "2.5", "--dt", "1", "--ttl", "30", "--connection-timeout", "4", "--publish_timeout", "5")
    assert (chosen.timeout, chosen.discovery_timeout, chosen.ttl) == (2.5, 1.0, 30)
    assert (chosen.connection_timeout, chosen.publish_timeout) == (4.0, 5.0)


@pytest.mark.parametrize("words", [("-t", "0"), ("--ttl", "1.5"), ("--dt", "nan")])
def test_a_wrong_time_is_a_usage_error(words):
    with pytest.raises(UsageError):
        options(*words)


def test_what_other_sections_would_say_is_there_all_the_same():
    chosen = options()
    assert (chosen.json, chosen.limit, chosen.batch, chosen.full_discovery) == (False, None, None, False)


def test_somebody_may_ask_on_behalf_of_another():
    assert options().on_behalf_of is None
    assert options("--on-behalf-of", "sso=alice").on_behalf_of == "sso=alice"
