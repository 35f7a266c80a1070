"""`mco exim top` on a real terminal of 80x24, before two relays with a real Exim: what is seen, and what Exim says afterwards."""

import re
import signal
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest

from tests.parts.eximtop import TopFleet, top_fleet
from tests.parts.terminal import Terminal
from tests.waiting import wait_until

pytestmark = pytest.mark.parts


@pytest.fixture(scope="module")
def fleet() -> Iterator[TopFleet]:
    with top_fleet() as made:
        yield made


@pytest.fixture(scope="module")
def terminal(fleet: TopFleet) -> Iterator[Terminal]:
    with fleet.open() as made:
        made.wait_for("exim: 2 hosts", "mx2")
        wait_until("both told numbers", lambda: sum(map(_fresh, made.lines)) == 2, 30)
        yield made


def _fresh(line: str) -> bool:
    return bool(re.match(r"mx\d +\d", line))


def _frozen(fleet: TopFleet, host: str) -> int:
    return len(fleet.exim.run(host, "exiqgrep", "-i", "-z").stdout.split())


def test_hosts_stand_with_exims_own_numbers(fleet: TopFleet, terminal: Terminal) -> None:
    for host in ("mx1", "mx2"):
        count = fleet.exim.exim(host, "-bpc").strip()
        assert [line for line in terminal.lines if re.match(rf"{host} +{count} +{count} +0 +\d+ ", line)], terminal.text
    assert "2 hosts, 408 messages" in terminal.text
    assert max(map(len, terminal.lines)) <= 80


def test_messages_are_found_marked_and_frozen_and_exim_says_so(fleet: TopFleet, terminal: Terminal) -> None:
    terminal.press("m")
    terminal.wait_for("oldest first", "SENDER", "newsletter@example")
    assert "\\x1b[31mred" in terminal.text
    assert "WIN [bold]" in terminal.text
    # As you type: what is wrong is shown below a list that stays; what is right is asked for.
    terminal.press("/", *"sendr=x")
    terminal.wait_for("there is no field 'sendr'", "    ^")
    assert "SENDER" in terminal.text
    terminal.press(*["backspace"] * 7, *"spam@")
    terminal.wait_for(": 102 messages")
    terminal.press("enter")
    terminal.wait_for("filter: spam@")
    terminal.press("space", "space", "f")
    terminal.wait_for("Freeze 2 messages on mx1?")
    terminal.press("n")
    terminal.wait_for("2 marked")
    assert _frozen(fleet, "mx1") == 0
    terminal.press("a")
    terminal.wait_for("ALL MARKED")
    terminal.press("f")
    terminal.wait_for("Freeze 102 messages on 2 hosts (mx1 101, mx2 1)?")
    terminal.press("y")
    terminal.wait_for("Freeze: 102 done")
    assert (_frozen(fleet, "mx1"), _frozen(fleet, "mx2")) == (101, 1)
    listed = fleet.exim.run("mx1", "exiqgrep", "-z").stdout
    assert set(re.findall(r"<(.*)>", listed)) == {"spam@bad.example"}


def test_one_message_one_is_removed_and_the_list_follows(fleet: TopFleet, terminal: Terminal) -> None:
    terminal.press("escape")
    terminal.wait_for(": 102 messages", "F SENDER")
    terminal.press("home", "enter")
    terminal.wait_for("--- headers ---")
    id = terminal.lines[0].split()[0]
    terminal.press("escape")
    terminal.wait_for("F SENDER")
    terminal.press("x")
    terminal.wait_for("Remove 1 message on mx1?")
    terminal.press("y")
    terminal.wait_for("Remove: 1 done")
    assert id not in fleet.exim.ids("mx1")
    terminal.press("escape")
    terminal.wait_for(": 101 messages")


def test_top_senders_lead_to_their_messages(terminal: Terminal) -> None:
    terminal.press("c", "w")
    terminal.wait_for("top senders of 407 messages")
    terminal.press("tab", "tab", "tab", "tab")
    terminal.wait_for("top errors", "451")
    terminal.press("enter")
    terminal.wait_for("filter: error=/", "SENDER")
    terminal.press("c", "escape")
    terminal.wait_for("MESSAGES*")


def test_another_size_is_drawn_anew(terminal: Terminal) -> None:
    terminal.resize(60, 12)
    terminal.wait_for("HOST", "mx2")
    wait_until("the keys are in the last line", lambda: "quit" in terminal.lines[-1], 20)
    assert len(terminal.lines) == 12
    terminal.resize(80, 24)
    wait_until("and again", lambda: "quit" in terminal.lines[-1] and len(terminal.lines) == 24, 20)


def test_a_silent_host_is_told_as_such_and_comes_back(fleet: TopFleet, terminal: Terminal) -> None:
    fleet.pause("mx2")
    try:
        terminal.wait_for("1 SILENT", "silent for", ", had 4")
        assert not any(_fresh(line) for line in terminal.lines if line.startswith("mx2"))
        assert any(_fresh(line) for line in terminal.lines if line.startswith("mx1"))
    finally:
        fleet.pause("mx2", goes_on=True)
    wait_until("it is there again", lambda: "SILENT" not in terminal.text, 40)


def test_q_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.press("q")
    assert terminal.end() == 0
    assert terminal.is_clean


@pytest.mark.parametrize(("how", "code"), [("ctrl+c", 0), ("TERM", 143)])
def test_ctrl_c_and_term_leave_it_clean_without_colours_too(fleet: TopFleet, how: str, code: int) -> None:
    with fleet.open("--select", "frozen", "--max-messages", "5", NO_COLOR="1") as terminal:
        terminal.wait_for("mx1", "100", "filter: frozen")
        if how == "ctrl+c":
            terminal.press("m")
            terminal.wait_for("SENDER", "spam@")
            terminal.press("a", "x")
            terminal.wait_for("are more than 5: nothing was", "--max-messages 101")
            terminal.press("/", "z", "ctrl+c")
        else:
            terminal.process.send_signal(signal.SIGTERM)
        assert terminal.end() == code
        assert terminal.is_clean
        assert not re.search(rb"\x1b\[[0-9;]*(3[0-8]|4[0-8]|9[0-7])[;m]", terminal.written)


def test_without_a_terminal_it_says_what_would_do(fleet: TopFleet) -> None:
    done = fleet.exim.lab.run_outside(*fleet.command()[3:])
    assert done.returncode == 1
    assert "wants a terminal: `mco exim top senders`" in done.stderr


def test_the_picture_is_a_drawing_of_what_is_seen(tmp_path) -> None:
    terminal = Terminal([sys.executable, "-c", "print('\\x1b[7m<a & b>\\x1b[0m', end='\\x1b[?1049l', flush=True)"], {}, 40, 4)
    try:
        terminal.end()
        drawn = ET.fromstring(terminal.svg("a title"))
    finally:
        terminal.close()
    assert "<a & b>" in ["".join(one.itertext()) for one in drawn.iter("{http://www.w3.org/2000/svg}text")]
