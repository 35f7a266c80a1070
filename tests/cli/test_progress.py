import io
import os
import re
import sys
import threading

import pytest

from mcollective_py.cli.progress import Progress
from tests.cli.screen import rows_of


class Terminal(io.StringIO):
    def __init__(self):
        super().__init__()
        self.written = threading.Condition()

    def write(self, text):
        with self.written:
            self.written.notify_all()
            return super().write(text)

    def isatty(self):
        return True

    def lines(self):
        """What is to be seen."""
        return [line for line in rows_of(self.getvalue()) if line.strip()]

    def wait_for(self, pattern):
        with self.written:
            assert self.written.wait_for(lambda: re.search(pattern, (self.lines() or [""])[-1]), 20), self.lines()


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")


def test_the_bar_says_how_far_it_is_and_goes_away():
    terminal = Terminal()
    with Progress(terminal, 4, beside=terminal) as progress:
        progress.advance()
        terminal.wait_for(r" 1/4 0:00:0\d")
        progress.advance()
        terminal.wait_for(r" 2/4 ")
    assert terminal.lines() == []
    assert terminal.getvalue().endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # the cursor is to be seen again


def test_lines_printed_aside_never_share_a_line_with_the_bar_which_comes_back_below():
    terminal = Terminal()
    with Progress(terminal, 4, beside=terminal) as progress:
        for number in range(1, 4):
            terminal.wait_for(f" {number - 1}/4 ")
            with progress.aside():
                assert terminal.lines() == [f"web{one}" for one in range(1, number)]
                print(f"web{number}", file=terminal)
            progress.advance()
        terminal.wait_for(" 3/4 ")
        assert terminal.lines()[:3] == ["web1", "web2", "web3"]
    assert terminal.lines() == ["web1", "web2", "web3"]


def test_it_goes_away_before_an_error_is_told():
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt), Progress(terminal, 4, beside=terminal):
        terminal.wait_for(" 0/4 ")
        raise KeyboardInterrupt
    assert terminal.lines() == []


def test_without_colours_there_are_none():
    terminal = Terminal()
    with Progress(terminal, 4, beside=terminal, color=False):
        terminal.wait_for(" 0/4 ")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", terminal.getvalue())


def undrawn(stream, total=4, **fields):
    """True where a bar has no thread that could draw it."""
    with Progress(stream, total, **{"beside": stream, **fields}) as progress:
        return not progress._thread.is_alive()


@pytest.mark.parametrize(
    ("stream", "fields"),
    [(io.StringIO(), {}), (Terminal(), {"total": 0}), (Terminal(), {"is_wanted": False})],
    ids=["file", "nobody", "unwanted"],
)
def test_it_is_not_drawn_where_it_is_not_wanted(stream, fields):
    assert undrawn(stream, **fields)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("term", "is_undrawn"), [("dumb", True), ("", True), ("xterm-256color", False)])
def test_a_terminal_that_cannot_go_back_has_no_bar(monkeypatch, term, is_undrawn):
    monkeypatch.setenv("TERM", term)
    assert undrawn(Terminal()) is is_undrawn


def test_results_that_go_into_a_pipe_have_no_bar_beside_them(tmp_path):
    reader, writer = os.pipe()
    with open(reader), open(writer, "w") as pipe, (tmp_path / "file").open("w") as file:
        assert undrawn(Terminal(), beside=pipe)
        assert not undrawn(Terminal(), beside=file)


def test_where_rich_is_missing_there_is_no_bar_and_no_fault(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    terminal = Terminal()
    with Progress(terminal, 4, beside=terminal) as progress:
        progress._thread.join(20)
        assert not progress._thread.is_alive()
    assert terminal.getvalue() == ""


def test_what_is_over_at_once_is_never_drawn():
    terminal = Terminal()
    with Progress(terminal, 4, beside=terminal):
        pass
    assert terminal.getvalue() == ""
