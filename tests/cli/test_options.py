import argparse

import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.options import filter_of, parse, parser_for
from mcollective_py.errors import FilterError, UsageError
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter


class Call(Application):
    description = "Call something"
    usage = "WORDS"
    sections = ("common", "filter", "rpc")

    def arguments(self, parser):
        parser.add_argument("words", nargs="*")


def options(*words, application=Call):
    return parse(parser_for("call", application()), words)


def test_the_historic_names_of_filter_options_mean_the_same():
    short = options("-F", "a=1", "-C", "web", "-A", "x", "-I", "h1", "-W", "b=2 db")
    middle = options("--wf", "a=1", "--wc", "web", "--wa", "x", "--wi", "h1", "--with", "b=2 db")
    long = options("--with-fact", "a=1", "--with-class", "web", "--with-agent", "x", "--with-identity", "h1", "-W", "b=2 db")
    expected = Filter(
        facts=(FactTest("a", "==", "1"), FactTest("b", "==", "2")), classes=("web", "db"), agents=("x",), identities=("h1",)
    )
    assert filter_of(short) == filter_of(middle) == filter_of(long) == expected


def test_a_filter_that_cannot_be_read_is_an_error_and_never_everybody():
    with pytest.raises(FilterError):
        filter_of(options("-F", "nonsense"))
    with pytest.raises(FilterError):
        filter_of(options("-C", ""))


def test_options_may_stand_between_the_words():
    found = options("service", "-t", "2.5", "status", "--dt", "1", "service=exim4", "-v", "-j")
    assert found.words == ["service", "status", "service=exim4"]
    assert (found.timeout, found.discovery_timeout, found.verbose, found.json) == (2.5, 1.0, 1, True)


def test_one_is_a_limit_of_one():
    assert (options("-1").limit, options("--ln", "25%").limit, options().limit) == ("1", "25%", None)


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

    assert vars(options(application=Plain)) == {}


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


@pytest.mark.parametrize("words", [("--threaded",), ("--publish_timeout", "5"), ("--dm", "mc"), ("--disc-method", "mc"), ("--np",)])
def test_historic_options_that_change_nothing_are_taken(words):
    assert options(*words).words == []


@pytest.mark.parametrize(
    "words",
    [
        ("--do", "x"),
        ("--nodes", "hosts.txt"),
    ],
)
def test_historic_options_that_are_missing_are_named(words):
    with pytest.raises(UsageError, match=f"^{words[0]} is not in this version yet"):
        options(*words)


def test_batches_have_a_size_and_a_pause():
    chosen = options("--batch", "10%", "--batch-sleep-time", "0", "--limit-seed", "7", "--rt", "/queue/x")
    assert (chosen.batch, chosen.batch_sleep, chosen.limit_seed, chosen.reply_to) == ("10%", 0.0, 7, "/queue/x")


@pytest.mark.parametrize("word", ["-1", "x", "1e9"])
def test_a_pause_that_is_none_is_refused(word):
    with pytest.raises(UsageError, match="is no time: give seconds above 0"):
        options(f"--batch-sleep={word}")


def test_another_discovery_method_is_named():
    with pytest.raises(UsageError, match="the discovery method 'puppetdb' is not in this version yet"):
        options("--dm", "puppetdb")


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


@pytest.mark.parametrize(
    "words", [("-C", "/web(/"), ("-I", "/a{2,1}/"), ("-A", "/[/"), ("-F", "country=~(("), ("-W", "os=/(?=x)/"), ("-S", "not web=/(/")]
)
def test_an_expression_that_no_host_takes_is_an_error(words):
    with pytest.raises(FilterError, match="regular expression"):
        filter_of(options(*words))


def test_the_namespace_is_argparses():
    assert isinstance(options(), argparse.Namespace)
