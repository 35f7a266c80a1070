"""Ctrl-C on a real terminal: the key, not a signal of ours, and what is on the screen afterwards."""

import fcntl
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import threading

import pytest

from tests.cli.screen import rows_of
from tests.waiting import wait_until

TWICE = """
import signal, sys, threading
from mcollective_py.cli.interrupts import Interrupts
interrupts = Interrupts()
interrupts.listen()
if sys.argv[1] == "armed":
    interrupts.arm()
for turn in range(2):
    try:
        print("waiting", turn, flush=True)
        threading.Event().wait()
    except KeyboardInterrupt:
        print("interrupted", interrupts.exitcode(130), flush=True)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_the_first_ends_the_wait_and_the_second_the_process(number, code):
    with subprocess.Popen([sys.executable, "-c", TWICE, "armed"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting 0\n"
        process.send_signal(number)
        assert process.stdout.readline() == f"interrupted {code}\n"
        assert process.stdout.readline() == "waiting 1\n"
        process.send_signal(number)
        assert (process.stdout.read(), process.wait(10)) == ("", code)


def test_a_command_that_has_something_to_clear_up_is_not_ended_in_the_middle_of_it():
    with subprocess.Popen([sys.executable, "-c", TWICE, "not"], stdout=subprocess.PIPE, text=True) as process:
        for turn in range(2):
            assert process.stdout.readline() == f"waiting {turn}\n"
            process.send_signal(signal.SIGTERM)
            assert process.stdout.readline() == "interrupted 143\n"
        assert process.wait(10) == 0


class Terminal:
    """A command in a session of its own on a pseudo terminal: keys go in, what it writes is kept."""

    def __init__(self, desk, *words, columns=80):
        self.end, near = pty.openpty()
        termios.tcsetwinsize(near, (24, columns))
        self.process = subprocess.Popen(
            desk.command(words),
            env={**desk.environment, "TERM": "xterm"},
            cwd="/",
            stdin=near,
            stdout=near,
            stderr=near,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(near)
        self.text = ""
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait(10)
        self._thread.join(10)
        os.close(self.end)

    def _read(self):
        while True:
            try:
                self.text += os.read(self.end, 65536).decode("utf-8", "replace")
            except OSError:  # whoever had the near end has gone
                return

    def sees(self, pattern):
        wait_until(f"{pattern!r} on the terminal", lambda: re.search(pattern, self.text) or self.process.poll() is not None, 30)
        assert re.search(pattern, self.text), self.text

    def press(self, key=b"\x03"):
        os.write(self.end, key)

    def ends(self):
        code = self.process.wait(30)
        self._thread.join(10)
        return code

    @property
    def rows(self):
        # Without the terminal's own echo of the key: it comes after the signal, so on a busy machine after what that made us say.
        text = re.sub(r"\x1b\[\?25[hl]|\^C", "", self.text)
        return [row.rstrip() for row in rows_of(text) if row.strip()]

    @property
    def has_cursor(self):
        return self.text.rfind("\x1b[?25h") >= self.text.rfind("\x1b[?25l")


def test_the_first_ctrl_c_shows_what_there_is_and_whose_request_it_was(desk):
    with Terminal(desk, "rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "60") as terminal:
        terminal.sees(r"web1\s")
        terminal.sees("1/2")  # the bar is drawn
        termios.tcsetwinsize(terminal.end, (10, 40))
        drawn = terminal.text.count("1/2")
        wait_until("the bar is drawn again after the window has changed", lambda: terminal.text.count("1/2") > drawn + 1, 30)
        terminal.press()
        assert terminal.ends() == 130
        rows = terminal.rows
    assert not [row for row in rows if "1/2" in row]
    assert terminal.has_cursor
    assert "   nosuch" in rows[rows.index("No response from:") :]
    (last,) = re.findall(r"hosts may still be busy with request ([0-9a-f]{32})", terminal.text)
    assert desk.mco("runs", last).lines[1] == "interrupted: hosts that are missing may have been at work on it"


def test_a_second_ctrl_c_leaves_at_once_and_the_terminal_whole(desk):
    with Terminal(desk, "rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "60") as terminal:
        terminal.sees("1/2")
        terminal.press()
        terminal.press()
        assert terminal.ends() == 130
        assert terminal.has_cursor
    assert "Traceback" not in terminal.text


def test_ctrl_c_in_the_pause_between_two_batches_names_who_was_not_asked(desk):
    with Terminal(desk, "rpc", "rpcutil", "ping", "--batch", "1", "--batch-sleep", "60") as terminal:
        terminal.sees(r"db1\s")
        terminal.sees("1/3")
        terminal.press()
        assert terminal.ends() == 130
        rows = terminal.rows
    assert rows[rows.index("Not asked:") + 1].split() == ["web1", "web2"]
    assert "No response from:" not in rows


def test_ctrl_c_in_a_discovery_says_that_nothing_was_sent(desk):
    with Terminal(desk, "rpc", "rpcutil", "ping", "-C", "nosuchclass", "--dt", "60") as terminal:
        terminal.sees("Discovering hosts")
        terminal.press()
        assert terminal.ends() == 130
    assert terminal.rows[-1] == "interrupted: no request was sent"


WIPE = """
metadata: {name: echo, description: d, author: a, license: l, version: "1", url: "https://example.net/", timeout: 5}
actions:
  - {action: all, description: Wipes, impact: destructive}
"""


def test_ctrl_c_at_a_question_is_no(desk, tmp_path):
    (tmp_path / "agents" / "echo").mkdir(parents=True)
    (tmp_path / "agents" / "echo" / "ddl.yaml").write_text(WIPE)
    config = tmp_path / "client.cfg"
    config.write_text(desk.config.read_text() + f"libdir = {tmp_path}\n")
    with Terminal(desk, "rpc", "-c", str(config), "echo", "all") as terminal:
        terminal.sees(r"\(y/N\) ")
        terminal.press()
        assert terminal.ends() == 130
    assert terminal.rows[-1] == "interrupted: no request was sent"


def test_ctrl_c_while_connecting_leaves(desk, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never says a word
        config = tmp_path / "client.cfg"
        text = desk.config.read_text()
        port = re.search(r"pool\.1\.port = (\d+)", text)[1]
        config.write_text(text.replace(port, str(silent.getsockname()[1])))
        with Terminal(desk, "rpc", "-c", str(config), "rpcutil", "ping") as terminal:
            terminal.sees("connecting to the broker")
            terminal.press()
            assert terminal.ends() == 130
    assert "Traceback" not in terminal.text


def test_what_is_piped_has_no_bar(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "1", TERM="xterm")
    assert "\x1b" not in answer.out + answer.err
