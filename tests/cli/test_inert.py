import pytest

from mcollective_py.cli.inert import inert, inert_lines
from tests.cputime import cpu_seconds


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "\\x1b[2J\\x1b]0;owned\\x07"),
        ("a\rb\x08\x7f", "a\\x0db\\x08\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("user\u202egnp.exe", "user\\u202egnp.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("\ud800", "\\ud800"),
        ("\U000e0001", "\\U000e0001"),
        ("line\nline", "line\\x0aline"),
        ("grün ✓ 漢字", "grün ✓ 漢字"),
        ("{0.__class__} %s ${HOME} `id`", "{0.__class__} %s ${HOME} `id`"),
    ],
)
def test_what_a_host_sent_cannot_act_on_the_terminal(hostile, shown):
    assert inert(hostile) == shown


def test_the_lines_of_a_text_are_kept_and_each_is_inert():
    assert inert_lines("one\r\n\x1b[2Jtwo\tthree\n") == ["one", "\\x1b[2Jtwo\tthree", ""]


def test_a_text_is_cut_at_a_mebibyte_with_a_word_on_how_much_is_left_out():
    assert inert("x" * (1024 * 1024)) == "x" * (1024 * 1024)
    assert inert("x" * (1024 * 1024 + 7)) == "x" * (1024 * 1024) + "... (7 more characters)"


def test_a_mebibyte_of_escapes_takes_no_longer_than_one_of_text():
    flood = "\x1b" * (1024 * 1024)
    assert inert(flood) == "\\x1b" * (1024 * 1024)
    assert cpu_seconds(lambda: inert(flood), 0.8) < 0.8  # 0.08 s; 1.5 s character by character
