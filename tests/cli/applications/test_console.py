"""The console as an operator sits at it (a real terminal), and as a script reads from a pipe."""

import os
import pty
import re
import select
import signal
import stat
import subprocess
import time

import pytest

from mcollective_py.cli.demoprocesses import MCO


class Terminal:
    """`mco console` on a pty. type() sends keys, until() reads up to a pattern."""

    def __init__(self, desk, state):
        self.desk, self._seen = desk, ""
        self.master, slave = pty.openpty()
        environment = {**desk.environment, "TERM": "xterm", "XDG_STATE_HOME": str(state), "INPUTRC": "/dev/null"}
        command = desk.command(["console"])
        # A session of its own with this terminal, so that Ctrl-C is the terminal's.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command], stdin=slave, stdout=slave, stderr=slave, env=environment, cwd="/", close_fds=True
        )
        os.close(slave)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def until(self, pattern, seconds=30.0):
        """What came up to the pattern, which is taken off; terminal sequences are left out."""
        deadline = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self._seen)
            if found:
                before, self._seen = self._seen[: found.end()], self._seen[found.end() :]
                return before
            left = deadline - time.monotonic()
            assert left > 0, f"no {pattern!r} in {self._seen!r}"
            if select.select([self.master], [], [], left)[0]:
                try:
                    piece = os.read(self.master, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(f"ended; no {pattern!r} in {self._seen!r}") from None
                self._seen += re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]|\r|\x07", "", piece)

    def leaves(self, seconds=20.0):
        """The exit code, once it has left; what it prints on the way is read."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    os.read(self.master, 65536)
                except OSError:
                    pass
        return self.process.wait(5)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal(desk, tmp_path):
    made = Terminal(desk, tmp_path / "state")
    made.state = tmp_path / "state" / "mcollective_py"
    made.until("mco> ")
    yield made
    made.close()


def test_lines_are_run_over_one_connection_and_ctrl_d_leaves(terminal):
    terminal.type("rpcutil get_fact fact=country\n")
    shown = terminal.until("Finished processing 3 / 3 hosts.*\n")
    assert re.search(r"web1.*\n.*uk", shown.replace("\r", "")) or "uk" in shown
    terminal.until("mco> ")
    terminal.type("stats\n")
    assert "3 / 3" in terminal.until("Total Time.*\n")
    terminal.type("last\n")
    terminal.until("Finished processing 3 / 3 hosts.*\n")
    terminal.until("mco> ")
    terminal.type("\x04")
    assert terminal.leaves() == 0


def test_a_filter_stays_and_stands_in_the_prompt_with_the_number_of_its_hosts(terminal):
    terminal.type("filter -C role::web\n")
    terminal.until(r"mco -C role::web \(2\)> ")
    terminal.type("find\n")
    shown = terminal.until(r"mco -C role::web \(2\)> ")
    assert "web1\n" in shown and "web2\n" in shown and "db1" not in shown
    terminal.type("rpcutil ping -F country=uk\n")
    terminal.until("Finished processing 1 / 1 hosts")
    terminal.until(r"\(2\)> ")
    terminal.type("filter -S 'not ('\n")  # a filter that cannot be read leaves the one before
    terminal.until(r"mco -C role::web \(2\)> ")
    terminal.type("filter none\n")
    terminal.until("mco> ")


def test_tab_completes_commands_agents_actions_inputs_and_hosts(terminal):
    terminal.type("rpcu\tget_c\tit\tidentity\n")
    assert "rpcutil get_config_item item=identity" in terminal.until("Finished processing 3 / 3 hosts")
    terminal.until("mco> ")
    terminal.type("rpcutil get_f\t\t\t")
    assert "get_facts" in terminal.until("get_facts")
    terminal.type("\x15")  # Ctrl-U: nothing of it
    terminal.type("ping -I d\t\n")
    terminal.until(r"db1 +time=")
    terminal.until("mco> ")


def test_ctrl_c_ends_a_wait_and_not_the_console(terminal):
    terminal.type("rpcutil ping -I web1 -I gone1 -t 60\n")
    terminal.until(r"\nweb1\W")
    terminal.type("\x03")
    shown = terminal.until("mco> ")
    assert "gone1" in shown and "interrupted" in shown
    terminal.type("half a line")
    terminal.until("half a line")
    # Between drawing and waiting for a key, readline does not hear a signal before the line ends; nor do we then run the line.
    terminal.type("\x03\n")
    terminal.until("mco> ")
    terminal.type("rpcutil ping -I web1\n")
    terminal.until("Finished processing 1 / 1 hosts")
    terminal.until("mco> ")
    terminal.type("quit\n")
    assert terminal.leaves() == 0


def test_the_history_is_its_owners_alone_and_comes_back(terminal, desk, tmp_path):
    terminal.type("rpcutil ping -I web1\n")
    terminal.until("Finished.*\n")
    terminal.until("mco> ")
    terminal.type("servce restart password=hunter2\n")  # not understood: nobody knows what is secret in it
    terminal.until("unknown: servce")
    terminal.until("mco> ")
    terminal.type("\x04")
    assert terminal.leaves() == 0
    file = terminal.state / "console_history"
    assert file.read_text() == "rpcutil ping -I web1\n"
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    again = Terminal(desk, tmp_path / "state")
    try:
        again.until("mco> ")
        again.type("\x10\n")  # Ctrl-P: the line before
        again.until("Finished processing 1 / 1 hosts")
    finally:
        again.close()


def test_term_ends_it(terminal):
    terminal.process.send_signal(signal.SIGTERM)
    terminal.type("\n")
    assert terminal.leaves() == 143


def test_from_a_pipe_it_is_a_script_whose_exit_code_is_the_worst(desk):
    script = (
        "# who is there\nfilter -C role::db\nfind\n\nrpcutil get_fact fact=country --senders\nrpcutil get_fact\nhosts\nquit\nfind\n"
    )
    done = desk.mco("console", input=script)
    assert done.out.split() == ["1", "hosts", "db1", "db1", "db1"]
    assert "get_fact needs the input fact" in done.err
    assert done.code == 1
    assert desk.mco("console", input="find -I web1\n").code == 0
    assert desk.mco("console", input="rpcutil ping -I gone1 -t 0.3\nfind -I web1\n").code == 4


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("fnd", "unknown: fnd: did you mean find?"),
        ("console", "this is the console already"),
        ("find 'web", "the line cannot be read: No closing quotation"),
        ("find --jsn", "unrecognized arguments: --jsn: did you mean --json?"),
        ("last", "nothing was printed yet"),
        ("stats", "nobody was called yet"),
        ("discover all", "discover takes no words"),
    ],
)
def test_a_wrong_line_is_told_and_the_next_one_is_run(desk, line, words):
    done = desk.mco("console", input=f"{line}\nfilter\n")
    assert words in done.err
    assert (done.out, done.code) == ("every host\n", 1)


def test_help_and_doc_explain(desk):
    done = desk.mco("console", input="help\nhelp ping\ndoc rpcutil\n")
    assert done.code == 0
    for words in ("filter -C web", "AGENT ACTION INPUT=VALUE", "usage: mco ping", "get_config_item"):
        assert words in done.out


def test_the_environment_names_its_configuration_too(desk):
    environment = {**desk.environment, "MCOLLECTIVE_EXTRA_OPTS": f"--config {desk.config}"}
    done = subprocess.run(
        [*MCO, "console"], input="find -I web1\n", env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "web1\n")
