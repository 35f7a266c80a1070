"""Bans that are collected and sent as one request, by real processes and locks."""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from agents.iptables.spool import MOST, Spool, key_of, send_all, spooled
from mcollective_py.errors import ConnectorError, UsageError
from tests.waiting import wait_until


def answer(sender: str, is_ok: bool = True, statusmsg: str = "OK") -> SimpleNamespace:
    return SimpleNamespace(sender=sender, is_ok=is_ok, statusmsg=statusmsg, statuscode=0 if is_ok else 4)


class Fleet:
    """What sends, written by hand: keeps what came, fails as often as told, refuses what it is told to."""

    def __init__(
        self, spool: Spool | None = None, *, fails: int = 0, refuses: str = "", own: str = "", later: Sequence[str] = ()
    ) -> None:
        self.sent: list[tuple[list[str], Sequence[str] | None]] = []
        self.said: list[str] = []
        self.paused: list[float] = []
        self._own = own
        self._spool, self._fails, self._refuses, self._later = spool, fails, refuses, list(later)

    def send(self, lines: Sequence[str], hosts: Sequence[str] | None):
        if self._own and self._own in lines:
            raise UsageError(f"{self._own} is where you are yourself")
        if self._later and self._spool:
            self._spool.keep([self._later.pop()])  # one that comes while others are being sent
        if self._fails:
            self._fails -= 1
            raise ConnectorError("no broker")
        self.sent.append((list(lines), hosts))
        refused = bool(self._refuses) and any(self._refuses in line for line in lines)
        return [
            answer(host, not (refused and host == "web2"), f"{self._refuses} is the default gateway")
            for host in hosts or ("web1", "web2")
        ]


def run(spool: Spool, fleet: Fleet) -> None:
    lock = spool.sender_lock()
    assert lock is not None
    send_all(spool, fleet.send, lock, sleep=fleet.paused.append, tell=fleet.said.append)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "spool", "k")


def test_many_bans_are_one_request_and_each_is_in_it_once(spool: Spool):
    for number in (7, 8, 7, 9):
        spool.keep([f"192.0.2.{number} reason=x"])
    fleet = Fleet()
    run(spool, fleet)
    assert fleet.sent == [(["192.0.2.7 reason=x", "192.0.2.8 reason=x", "192.0.2.9 reason=x"], None)]
    assert fleet.said == ["3 bans sent to 2 hosts"]
    assert sorted(path.name for path in spool.waiting.parent.iterdir()) == ["k.lock", "k.sender"]


def test_there_is_one_sender_and_what_comes_meanwhile_is_its_own(spool: Spool):
    spool.keep(["192.0.2.7"])
    fleet = Fleet(spool, later=["192.0.2.8"])
    lock = spool.sender_lock()
    assert lock is not None and spool.sender_lock() is None
    send_all(spool, fleet.send, lock, sleep=lambda seconds: None, tell=fleet.said.append)
    assert [lines for lines, _ in fleet.sent] == [["192.0.2.7"], ["192.0.2.8"]]
    again = spool.sender_lock()
    assert again is not None  # who ends gives the lock back
    os.close(again)


def test_without_a_broker_bans_wait_and_are_tried_again(spool: Spool):
    spool.keep(["192.0.2.7"])
    fleet = Fleet(fails=2)
    run(spool, fleet)
    assert [lines for lines, _ in fleet.sent] == [["192.0.2.7"]]
    assert fleet.paused == [2.0, 5.0, 2.0, 10.0, 2.0, 2.0]
    spool.keep(["192.0.2.8"])
    never = Fleet(fails=100)
    run(spool, never)
    assert "given up for now: no broker" in never.said[-1]
    spool.keep(["192.0.2.9"])
    later = Fleet()
    run(spool, later)  # the next ban takes along what was left
    assert later.sent == [(["192.0.2.8", "192.0.2.9"], None)]


def test_bans_whose_end_has_come_and_lines_that_were_cut_off_are_not_sent(spool: Spool):
    spool.keep([f"192.0.2.7 until={int(time.time()) - 1}", f"192.0.2.8 until={int(time.time()) + 600}", '192.0.2.9 reason="cut'])
    fleet = Fleet()
    run(spool, fleet)
    assert [[line.split()[0] for line in lines] for lines, _ in fleet.sent] == [["192.0.2.8"]]


def test_one_ban_that_a_host_must_refuse_does_not_keep_the_others_from_it(spool: Spool):
    spool.keep(["192.0.2.1", "192.0.2.7"])
    fleet = Fleet(refuses="192.0.2.1")
    run(spool, fleet)
    assert fleet.sent == [(["192.0.2.1", "192.0.2.7"], None), (["192.0.2.1"], ["web2"]), (["192.0.2.7"], ["web2"])]
    assert fleet.said == ["web2: 192.0.2.1 is the default gateway", "2 bans sent to 2 hosts"]


def test_of_many_bans_the_refused_one_is_found_by_halves(spool: Spool):
    spool.keep([f"192.0.2.{n}" for n in range(1, 101)])
    fleet = Fleet(refuses="192.0.2.77")
    run(spool, fleet)
    assert {line for lines, hosts in fleet.sent if hosts == ["web2"] and "192.0.2.77" not in lines for line in lines} == {
        f"192.0.2.{n}" for n in range(1, 101) if n != 77
    }
    assert len(fleet.sent) <= 16
    assert fleet.said == ["web2: 192.0.2.77 is the default gateway", "100 bans sent to 2 hosts"]


def test_who_may_not_be_asked_is_told_of_once(spool: Spool):
    spool.keep(["192.0.2.7", "192.0.2.8"])
    sent, told = [], []
    lock = spool.sender_lock()
    assert lock is not None

    def send(lines: Sequence[str], hosts: Sequence[str] | None):
        sent.append(list(lines))
        return [SimpleNamespace(sender="web1", is_ok=False, statusmsg="you are not authorized", statuscode=1)]

    send_all(spool, send, lock, sleep=lambda seconds: None, tell=told.append)
    assert sent == [["192.0.2.7", "192.0.2.8"]]
    assert told == ["web1: you are not authorized", "2 bans sent to 1 host"]


def test_a_ban_of_the_host_that_sends_keeps_no_other_back(spool: Spool):
    spool.keep(["192.0.2.1", "192.0.2.7"])
    fleet = Fleet(own="192.0.2.1")
    run(spool, fleet)
    assert fleet.sent == [(["192.0.2.7"], None)]
    assert fleet.said[0] == "not sent: 192.0.2.1 is where you are yourself"
    assert not spool.waiting.exists() and not spool.sending.exists()


def test_bans_that_no_host_has_heard_of_wait(spool: Spool):
    spool.keep(["192.0.2.7"])
    told: list[str] = []
    lock = spool.sender_lock()
    assert lock is not None
    send_all(spool, lambda lines, hosts: [], lock, sleep=lambda seconds: None, tell=told.append)
    assert told[0] == "1 ban not sent, again in 5 s: no host answered"
    assert spool.sending.read_text() == "192.0.2.7\n"


def test_a_spool_that_nobody_empties_ends_somewhere(spool: Spool):
    spool.waiting.write_text("x" * (MOST * 40 + 1))
    with pytest.raises(UsageError, match="too many bans wait"):
        spool.keep(["192.0.2.7"])


def options(folder: Path, **more: object) -> argparse.Namespace:
    config = folder / "client.cfg"
    config.write_text(f"plugin.iptables.spool_directory = {folder / 'spool'}\n")
    plain = dict.fromkeys(("for", "reason", "ticket", "proto", "ports", "confirm", "noop"))
    return argparse.Namespace(**{**plain, "config": str(config), "quiet": True, "words": [], "spool": True, **more})


def test_only_bans_for_the_same_hosts_go_together(tmp_path: Path):
    one = key_of(options(tmp_path, **{"for": "2h"}, words=["block", "192.0.2.7"], identity=["web1"]))
    assert one == key_of(options(tmp_path, reason="x", words=["block", "192.0.2.8"], identity=["web1"]))
    assert one != key_of(options(tmp_path, identity=["web2"]))


def test_the_command_returns_at_once_and_leaves_one_sender_behind(tmp_path: Path):
    sent = tmp_path / "sent"

    def send(lines: Sequence[str], given: argparse.Namespace, hosts: Sequence[str] | None):
        assert (given.yes, given.quiet) == (True, True)
        with sent.open("a") as file:
            file.write(f"{os.getpid()} {len(lines)}\n")
        return [answer("web1")]

    for number in range(40):
        assert spooled([f"192.0.2.{number}"], options(tmp_path, **{"for": "10m"}), send) == 0
    wait_until("all bans are sent", lambda: sent.exists() and sum(int(line.split()[1]) for line in sent.read_text().splitlines()) >= 40)
    lines = [line.split() for line in sent.read_text().splitlines()]
    assert {pid for pid, _ in lines}.isdisjoint({str(os.getpid())})
    assert len(lines) <= 5, lines  # one, unless this machine took seconds for forty commands
    folder = tmp_path / "spool"
    wait_until("the sender has ended", lambda: not any(path.suffix in (".waiting", ".sending") for path in folder.iterdir()))


def test_a_ban_without_an_end_in_the_words_of_fail2ban_has_none(tmp_path: Path):
    given = options(tmp_path, **{"for": "-1"})
    spool = Spool(tmp_path / "spool", key_of(given))
    lock = spool.sender_lock()
    assert lock is not None  # as if another were sending: this one only keeps its ban
    assert spooled(["192.0.2.7"], given, lambda *asked: []) == 0
    assert spool.waiting.read_text() == "192.0.2.7\n"
    os.close(lock)


def test_what_no_host_would_take_is_told_to_who_bans(tmp_path: Path):
    for things, more, reason in (
        (["www.example.net"], {}, "names are not looked up"),
        (["192.0.2.7"], {"confirm": "60"}, "--spool answers before anything is sent"),
        (["192.0.2.7"], {"for": "soon"}, "must be a duration"),
    ):
        with pytest.raises(UsageError, match=reason):
            spooled(things, options(tmp_path, **more), lambda *given: [])
