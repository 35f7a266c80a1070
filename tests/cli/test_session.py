import io

import pytest

from mcollective_py.cli.session import print_json, remark, wants_color


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "configured", "environment", "wanted"),
    [
        (Terminal(), True, {}, True),
        (Terminal(), False, {}, False),
        (io.StringIO(), True, {}, False),
        (Terminal(), True, {"NO_COLOR": "1"}, False),
        (Terminal(), True, {"NO_COLOR": ""}, True),
        (Terminal(), True, {"TERM": "dumb"}, False),
        (io.StringIO(), False, {"CLICOLOR_FORCE": "1"}, True),
        (io.StringIO(), True, {"CLICOLOR_FORCE": "0"}, False),
        (io.StringIO(), True, {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals_and_who_asks(stream, configured, environment, wanted):
    assert wants_color(stream, configured, environment) is wanted


def test_a_remark_goes_to_stderr_and_is_inert(capsys):
    remark("a\x1b[2Jb")
    assert capsys.readouterr() == ("", "a\\x1b[2Jb\n")


def test_json_is_one_line_where_no_human_looks(capsys):
    print_json({"a": [1, "ü"]})
    assert capsys.readouterr().out == '{"a": [1, "\\u00fc"]}\n'


def test_a_cache_that_cannot_be_written_is_told_once_to_who_asks(desk):
    words = ("find", "-C", "role::db", "--dt", "0.5")
    assert desk.mco(*words, XDG_CACHE_HOME="/dev/null").err == ""
    told = desk.mco(*words, "-v", XDG_CACHE_HOME="/dev/null")
    assert (told.code, told.lines) == (0, ["db1"])
    assert told.err.count("known hosts cannot be kept in /dev/null/mcollective_py/known") == 1
