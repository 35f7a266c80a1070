"""A call on a real terminal: the bar never tears the lines of results, and is gone at the end."""

import argparse
import os
import pty
import re
import sys
import termios
import threading

import pytest

from mcollective_py.cli.calls import show
from mcollective_py.cli.render import Style
from tests.cli.output.fleet import SERVICE, replies_of, results
from tests.cli.screen import rows_of
from tests.cli.test_golden import PLAIN
from tests.waiting import wait_until


class Screen:
    """The far end of a pseudo terminal of 80 columns, read as it is written."""

    def __init__(self):
        self.end, near = pty.openpty()
        termios.tcsetwinsize(near, (24, 80))
        self.near = open(near, "w", encoding="utf-8", buffering=1)  # noqa: SIM115  closed by close()
        self.text = ""
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while True:
            try:
                self.text += os.read(self.end, 65536).decode("utf-8", "replace")
            except OSError:  # the near end is closed
                return

    def rows(self):
        return [row.rstrip() for row in rows_of(self.text) if row.strip()]

    def close(self):
        self.near.close()
        self._thread.join(10)
        os.close(self.end)


@pytest.fixture
def screen(monkeypatch):
    made = Screen()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    yield made
    made.close()


@pytest.mark.parametrize("format", [None, "jsonl", "senders", "table"])
def test_results_and_the_bar_share_a_terminal_and_no_line(screen, monkeypatch, format):
    options = argparse.Namespace(**{**PLAIN, "format": format, "no_progress": False, "quiet": False, "strict": False})
    waiting = list(replies_of("mixed"))
    is_drawn = format != "jsonl"

    def pump(timeout):
        """One reply each time that the bar is to be seen again below the one before."""
        done = 4 - len(waiting)
        if is_drawn:
            wait_until(f"the bar at {done}/5", lambda: re.search(f" {done}/5 ", (screen.rows() or [""])[-1]), 30)
        if waiting:
            called.replies.deliver(waiting.pop(0))
        else:
            called.replies.collector.window = 0.0
            called.replies.collector.published(0.0)

    called = results("mixed", pump=pump, window=60.0)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", screen.near)
        patch.setattr(sys, "stderr", screen.near)
        show(called, SERVICE, options, Style(is_terminal=True, width=80))
    screen.near.flush()
    last = '"type": "stats"' if format == "jsonl" else "db3" if format == "senders" else "Finished processing 4 / 5"
    wait_until("the last line", lambda: last in "".join(screen.rows()), 30)
    rows = screen.rows()
    assert not [row for row in rows if re.search(r"\d/5 \d:\d\d:\d\d|━|╺", row)]
    if format is None:
        assert [row for row in rows if re.match("(web|db)[12]", row)] == [
            "web2",
            f"{'db1':<40} Request Aborted",
            "web1",
            f"{'db2':<40} Denied",
        ]
    elif format == "senders":
        assert rows == ["web2", "web1", "No response from:", "   db3"]
    elif format == "table":
        assert [row.split()[0] for row in rows[:5]] == ["Host", "db1", "db2", "web1", "web2"]
