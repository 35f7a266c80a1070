import argparse

import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.errors import UsageError


class Call(Application):
    description = "Call something"
    usage = "WORDS"
    sections = ("common", "filter", "rpc")

    def arguments(self, parser):
        parser.add_argument("words", nargs="*")


def options(*words, application=Call):
    return parse(parser_for("call", application()), words)


def test_options_may_stand_between_the_words():
    found = options("service", "-t", "2.5", "status", "--dt", "1", "service=exim4", "-v", "-j")
    assert found.words == ["service", "status", "service=exim4"]
    assert (found.timeout, found.discovery_timeout, found.verbose, found.json) == (2.5, 1.0, 1, True)


@pytest.mark.parametrize(
    "words",
    [("-t", "0"), ("-t", "x"), ("-t", "nan"), ("--ttl", "-1"), ("--ttl", "1.5"), ("--nosuch",), ("--display", "some"), ("--tim", "1")],
)
def test_a_wrong_option_is_a_usage_error_that_names_the_help(words):
    with pytest.raises(UsageError, match="mco help call"):
        options(*words)


def test_a_command_has_only_the_sections_that_it_asks_for():
    class Plain(Application):
        sections = ()

    assert vars(options(application=Plain)) == {"strict": False}


def test_a_command_with_parts_of_its_own_is_parsed_too():
    class Parts(Application):
        sections = ("common",)

        def arguments(self, parser):
            parser.add_subparsers(dest="verb").add_parser("new").add_argument("name")

    found = options("-v", "new", "x", application=Parts)
    assert (found.verb, found.name, found.verbose) == ("new", "x", 1)


def test_help_leaves_with_0(capsys):
    with pytest.raises(SystemExit) as left:
        options("--help")
    assert left.value.code == 0
    assert "usage: mco call [options] WORDS" in capsys.readouterr().out


def test_each_way_to_call_a_command_has_a_line_of_its_own():
    application = Application()
    application.usage = "HOST  |  --script FILE"
    assert parser_for("inventory", application).format_usage() == (
        "usage: mco inventory [options] HOST\n       mco inventory [options] --script FILE\n"
    )


@pytest.mark.parametrize("words", [("--threaded",), ("--publish_timeout", "5"), ("--dm", "mc"), ("--disc-method", "mc"), ("--np",)])
def test_historic_options_that_change_nothing_are_taken(words):
    assert options(*words).words == []


class Ask(Application):
    sections = ("common", "filter")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("web1",), "a host is chosen with -I web1"),
        (("country=uk",), "chosen with -F 'country=uk'"),
        (("--with-clas", "x"), "did you mean --with-class?"),
        (("--zzz",), "unrecognized arguments: --zzz\n"),
    ],
)
def test_words_that_a_command_does_not_take_are_answered_with_what_was_meant(words, says):
    with pytest.raises(UsageError, match=says):
        options(*words, application=Ask)


def test_a_limit_below_0_is_answered_as_a_limit():
    with pytest.raises(UsageError, match="a limit is a number above 0 or a percentage"):
        options("--limit", "-1")


def test_the_namespace_is_argparses():
    assert isinstance(options(), argparse.Namespace)
