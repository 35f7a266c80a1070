import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.errors import UsageError


class Asking(Application):
    sections = ("common", "filter")


class Counting(Application):
    sections = ("common", "filter", "calls", "json")


def said(application, *words):
    return parse(parser_for("ask", application()), words)


def test_options_of_calls_are_taken_and_passed_over_where_nothing_is_called(capsys):
    options = said(Asking, "--np", "--sort", "--display", "ok", "--batch", "10%", "--batch-sleep", "1", "--limit-seed", "5", "-q", "-1")
    assert options.limit is None
    assert capsys.readouterr() == ("", "")


def test_who_would_reach_fewer_hosts_is_told_that_all_are_meant(capsys):
    said(Asking, "--limit", "5")
    assert capsys.readouterr().err == "mco ask: --limit has no effect: every host is meant\n"


def test_answers_cannot_go_elsewhere():
    with pytest.raises(UsageError, match="`mco ask` shows the answers itself"):
        said(Asking, "--reply-to", "/queue/x")


def test_they_are_out_of_sight():
    assert "--batch" not in parser_for("ask", Asking()).format_help()


def test_where_hosts_can_be_limited_they_are():
    assert said(Counting, "--limit", "5", "--np").limit == "5"


@pytest.mark.parametrize(
    ("word", "near"),
    [("--disc", "--discovery-timeout or --disc-method or --disc-option"), ("--limt=5", "--limit"), ("--Quiet", "--quiet")],
)
def test_a_mistyped_or_shortened_option_gets_the_nearest(word, near):
    with pytest.raises(UsageError, match=f"did you mean {near}\\?"):
        said(Asking, word)
