import argparse

import pytest

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.chosen import check_output, display_mode, is_drawn, is_folded, open_output, place_of_ending
from mcollective_py.cli.output.folded import Folded
from mcollective_py.cli.output.jsondocument import JSONDocument
from mcollective_py.cli.output.text import Text
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats
from mcollective_py.errors import UsageError
from tests.cli.output.fleet import SERVICE

WATCHED = Style(is_terminal=True, fold_above=20)


def options(format=None, **fields):
    plain = {"display": None, "output_file": None, "fold": None, "no_progress": False, "quiet": False}
    return argparse.Namespace(format=format, **{**plain, "json": format == "json", **fields})


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        (options("json", fold=True), "--fold is for text: json is never folded"),
        (options("senders", display="none"), "shows nothing"),
        (options(output_file="/nowhere/x"), "there is no folder /nowhere"),
    ],
)
def test_options_that_speak_against_one_another_are_refused(chosen, says):
    with pytest.raises(UsageError, match=says):
        check_output(chosen)


@pytest.mark.parametrize("chosen", [options("csv"), options("jsonl"), options(output_file="x")])
def test_without_results_there_is_nothing_to_show_or_to_write(chosen):
    with pytest.raises(UsageError, match="no results are waited for"):
        check_output(chosen, has_results=False)


@pytest.mark.parametrize("chosen", [options(), options("json"), options(fold=True), options("json", fold=False)])
def test_a_request_id_can_be_told_as_text_and_as_json(chosen):
    check_output(chosen, has_results=False)


@pytest.mark.parametrize(
    ("chosen", "style", "hosts", "folded"),
    [
        (options(), WATCHED, 21, True),
        (options(), WATCHED, 20, False),
        (options(), Style(fold_above=20), 21, False),
        (options(), Style(is_terminal=True), 21, False),
        (options(), Style(is_terminal=True, fold_above=20, verbose=True), 21, False),
        (options(output_file="x"), WATCHED, 21, False),
        (options(fold=False), WATCHED, 21, False),
        (options(fold=True), Style(), 2, True),
    ],
)
def test_many_hosts_are_folded_where_somebody_looks_or_asks_for_it(chosen, style, hosts, folded):
    assert is_folded(chosen, style, hosts) is folded
    assert isinstance(open_output(chosen, None, style, ["web"] * hosts), Folded if folded else Text)


def test_only_text_is_folded():
    assert isinstance(open_output(options("json"), None, WATCHED, ["web"] * 1000), JSONDocument)


@pytest.mark.parametrize(
    ("chosen", "action", "style", "mode"),
    [
        (options(), "status", Style(), "always"),
        (options(), "restart", Style(), "failed"),
        (options(), "restart", Style(verbose=True), "all"),
        (options(display="ok"), "restart", Style(verbose=True), "ok"),
        (options("json"), "restart", Style(), "all"),
        (options("table"), "restart", Style(), "all"),
        (options("csv", display="failed"), "status", Style(), "failed"),
        (options("senders"), "status", Style(), "ok"),
        (options(), None, Style(), "all"),
    ],
)
def test_which_results_are_shown(chosen, action, style, mode):
    assert display_mode(chosen, SERVICE, action, style) == mode


@pytest.mark.parametrize(
    ("format", "place", "drawn"),
    [
        (None, "stdout", True),
        ("table", "stdout", True),
        ("senders", "stderr", True),
        ("csv", "stderr", True),
        ("json", "none", False),
        ("jsonl", "none", False),
        ("yaml", "none", False),
    ],
)
def test_people_are_told_how_it_went_where_no_program_reads(format, place, drawn):
    assert (place_of_ending(options(format)), is_drawn(options(format))) == (place, drawn)
    assert (place_of_ending(options(format, output_file="x")), is_drawn(options(format, output_file="x"))) == ("stdout", True)
    assert not is_drawn(options(format, no_progress=True))


@pytest.mark.parametrize("format", ["text", "table"])
def test_a_file_has_no_colours_and_no_width_of_a_terminal(format):
    style = Style(color=True, is_terminal=True, width=20)
    output = open_output(options(format, output_file="x"), None, style, ["web1"])
    result = RPCResult("web1", "a", "b", 1, "x" * 50, {})
    text = output.result(result) + output.end(Ending(RPCStats()))
    assert "\x1b" not in text
    assert "x" * 50 in text
