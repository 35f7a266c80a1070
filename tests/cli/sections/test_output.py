import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.errors import UsageError


class Call(Application):
    sections = ("common", "filter", "rpc")


class Ask(Application):
    sections = ("common", "filter", "json")


def options(*words, application=Call):
    return parse(parser_for("call", application()), words)


@pytest.mark.parametrize(
    ("words", "format"),
    [
        ((), None),
        (("--json",), "json"),
        (("-j",), "json"),
        (("--jsonl",), "jsonl"),
        (("--table",), "table"),
        (("--senders",), "senders"),
        (("--format", "csv"), "csv"),
        (("--format=json", "-j"), "json"),
        (("--table", "--format", "table"), "table"),
    ],
)
def test_a_format_has_a_name_and_some_an_option_of_their_own(words, format):
    chosen = options(*words)
    assert (chosen.format, chosen.json) == (format, format == "json")


@pytest.mark.parametrize("words", [("--json", "--table"), ("--format", "csv", "--senders"), ("-j", "--format", "text")])
def test_two_formats_are_one_too_many(words):
    with pytest.raises(UsageError, match="one of them at a time"):
        options(*words)


def test_an_unknown_format_is_told_which_there_are():
    with pytest.raises(UsageError, match=r"'xml'.*text.*json.*senders"):
        options("--format", "xml")


@pytest.mark.parametrize(
    ("words", "fold"), [((), None), (("--fold",), True), (("--no-fold",), False), (("--fold", "--no-fold"), False)]
)
def test_folding_is_wished_or_not_or_left_open(words, fold):
    assert options(*words).fold is fold


def test_a_command_without_results_of_actions_has_json_alone():
    assert options("-j", application=Ask).json is True
    assert (options(application=Ask).format, options(application=Ask).output_file) == (None, None)
    with pytest.raises(UsageError, match="unrecognized"):
        options("--table", application=Ask)
