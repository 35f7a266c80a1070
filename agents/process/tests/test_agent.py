"""The agent process: its actions on this machine's processes, none of which but its own are changed."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcollective_py.testing import assert_aborted, assert_conforms, assert_invalid, assert_ok
from tests.waiting import wait_until

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]


@pytest.fixture
def sleeper():
    """A process that does nothing, with a mark of its own in its words."""
    made = []

    def make(mark="", code="import time; time.sleep(300)"):
        process = subprocess.Popen([sys.executable, "-c", code, f"mark-{os.getpid()}-{mark}"])
        made.append(process)
        with_mark = f"mark-{os.getpid()}-{mark}".encode()
        wait_until("its words are there", lambda: with_mark in Path(f"/proc/{process.pid}/cmdline").read_bytes())
        return process

    yield make
    for process in made:
        process.kill()
        process.wait()


def pids(entries):
    return [entry["pid"] for entry in entries]


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems, agent_folder):
    assert agent_problems == []
    assert_conforms(agent_folder)


def test_a_list_has_the_historic_names(agent, sleeper):
    process = sleeper("list")
    reply = agent.call("list", pattern=f"mark-{os.getpid()}-list")
    assert_ok(reply, truncated=False)
    (entry,) = reply.data["pslist"]
    assert (entry["pid"], entry["ppid"], entry["uid"]) == (process.pid, os.getpid(), os.geteuid())
    assert entry["state"] in "RSD"  # on a busy machine it may not sleep yet
    assert {"username", "cmdline", "vsize", "rss", "tty", "tty_nr", "starttime", "nice", "utime", "stime", "pctcpu"} <= set(entry)
    assert 500 < entry["rss"] * 1024 < entry["vsize"]
    assert abs(entry["started"] - time.time()) < 60


def test_a_user_is_named_or_numbered_and_an_unknown_one_has_no_processes(agent, sleeper):
    process = sleeper("user")
    for user, found in (("root", [process.pid]), ("0", [process.pid]), ("nosuchuser", []), ("nobody", [])):
        if os.geteuid() == 0:
            assert pids(agent.call("list", pattern=f"mark-{os.getpid()}-user", user=user).data["pslist"]) == found


def test_just_zombies_lists_zombies_only(agent):
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        wait_until("the zombie is listed", lambda: child.pid in pids(agent.call("list", just_zombies=True).data["pslist"]))
        assert {entry["state"] for entry in agent.call("list", just_zombies=True).data["pslist"]} == {"Z"}
    finally:
        child.wait()
    assert child.pid not in pids(agent.call("list", just_zombies=True).data["pslist"])


def test_states_narrow_and_contradict(agent, sleeper):
    process = sleeper("stop")
    process.send_signal(signal.SIGSTOP)
    wait_until("it has stopped", lambda: process.pid in pids(agent.call("list", state="Tt").data["pslist"]))
    assert_invalid(agent.call("list", state="T", just_zombies=True))
    assert_invalid(agent.call("list", state="Q"))


def test_passwords_are_neither_listed_nor_found(agent):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", f"--key-{os.getpid()}", "--password=hunter2"])
    try:
        wait_until("it is listed", lambda: agent.call("list", pattern=f"key-{os.getpid()} --password").data["pslist"])
        (entry,) = agent.call("list", pattern=f"key-{os.getpid()} --password").data["pslist"]
        assert entry["cmdline"].endswith("--password=***") and entry["masked"] is True
        assert agent.call("list", pattern="password=hun").data["pslist"] == []
        assert agent.call("count", pattern=f"key-{os.getpid()} --password=h").data["count"] == 0
    finally:
        process.kill()
        process.wait()


def test_a_pattern_that_is_none_and_a_user_that_cannot_be_are_refused(agent):
    for pattern in ("(", "(?=x)", r"(a)\1", "x" * 51):
        assert_invalid(agent.call("list", pattern=pattern))
    for user in ("-x", "a;b", "$(id)", "a\nb"):
        assert_invalid(agent.call("list", user=user))


def test_processes_are_counted(agent, sleeper):
    sleeper("count")
    sleeper("count")
    assert_ok(agent.call("count", pattern=f"mark-{os.getpid()}-count"), count=2)


def test_the_busiest_comes_first(agent, sleeper):
    busy = sleeper("busy", "while True: pass")
    sleeper("idle")
    wait_until("it computes", lambda: agent.call("list", pattern=f"mark-{os.getpid()}-busy").data["pslist"][0]["utime"] > 20)
    reply = agent.call("top", pattern=f"mark-{os.getpid()}", count=2, seconds=0.3)
    assert_ok(reply)
    assert reply.data["pslist"][0]["pid"] == busy.pid
    assert reply.data["pslist"][0]["cpu"] > reply.data["pslist"][1]["cpu"] >= 0
    assert reply.data["cpus"] >= 1 and reply.data["memory"] > reply.data["available"] > 0 and len(reply.data["load"]) == 3


def test_who_holds_most_memory_comes_first(agent, sleeper):
    large = sleeper("large", "import time; x = bytearray(90_000_000); time.sleep(300)")
    sleeper("small")
    wait_until(
        "it has its memory",
        lambda: agent.call("list", pattern=f"mark-{os.getpid()}-large").data["pslist"][0]["rss"] > 90_000,
    )
    reply = agent.call("top", pattern=f"mark-{os.getpid()}", sort="memory", count=1)
    assert pids(reply.data["pslist"]) == [large.pid]


def test_bounds_of_numbers_are_said(agent):
    for inputs in ({"count": 0}, {"count": 101}, {"seconds": 11.0}, {"seconds": 0.1}, {"sort": "name"}):
        assert_invalid(agent.call("top", **inputs))
    assert_invalid(agent.call("ports", port=0))


def test_listeners_have_the_process_that_listens(agent):
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        (entry,) = agent.call("ports", port=tcp.getsockname()[1]).data["listeners"]
        assert (entry["protocol"], entry["address"], entry["pid"], entry["pids"]) == ("tcp", "127.0.0.1", os.getpid(), [os.getpid()])
        (entry,) = agent.call("ports", port=udp.getsockname()[1]).data["listeners"]
        assert (entry["protocol"], entry["pid"]) == ("udp", os.getpid())
        assert agent.call("ports", port=tcp.getsockname()[1], pattern="^nosuchprogram").data["listeners"] == []
    assert entry["port"] not in [one["port"] for one in agent.call("ports").data["listeners"]]


def test_a_signal_reaches_those_that_are_meant_and_noop_only_says_so(agent, sleeper):
    first, second, other = sleeper("hit"), sleeper("hit"), sleeper("miss")
    mark = f"mark-{os.getpid()}-hit"
    reply = agent.call("signal", pattern=mark, noop=True)
    assert_ok(reply, count=2, changed=False)
    assert pids(reply.data["processes"]) == sorted([first.pid, second.pid])
    assert first.poll() is second.poll() is None
    reply = agent.call("signal", pattern=mark, wait=10)
    assert_ok(reply, count=2, changed=True, ended=2, alive=[], failed=[])
    assert (first.wait(5), second.wait(5), other.poll()) == (-signal.SIGTERM, -signal.SIGTERM, None)
    assert_ok(agent.call("signal", pattern=mark), count=0, changed=False)


def test_a_signal_is_the_one_that_was_asked_for(agent, sleeper):
    process = sleeper("usr1", "import signal, sys; signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7)); signal.pause()")
    wait_until("it listens", lambda: agent.call("list", pattern=f"mark-{os.getpid()}-usr1").data["pslist"][0]["state"] == "S")
    assert_ok(agent.call("signal", signal="USR1", pid=process.pid, wait=10), count=1, ended=1)
    assert process.wait(5) == 7
    assert_invalid(agent.call("signal", signal="SEGV", pid=process.pid))


def test_who_does_not_listen_is_named_and_gets_kill_where_that_is_asked(agent, sleeper):
    process = sleeper("deaf", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); signal.pause()")
    wait_until("it is deaf", lambda: agent.call("list", pattern=f"mark-{os.getpid()}-deaf").data["pslist"][0]["state"] == "S")
    reply = agent.call("signal", pid=process.pid, wait=0.2)
    assert_aborted(reply, "1 of 1 processes are still there")
    assert pids(reply.data["alive"]) == [process.pid]
    assert_ok(agent.call("signal", pid=process.pid, wait=0.2, kill=True), killed=1, ended=1, alive=[])
    assert process.wait(5) == -signal.SIGKILL


def test_nobody_in_particular_is_not_meant(agent):
    assert_invalid(agent.call("signal"))
    assert_invalid(agent.call("signal", pattern=""))
    assert_invalid(agent.call("signal", pattern="x", kill=True))
    assert_invalid(agent.call("signal", pid=0))
    assert_invalid(agent.call("signal", pid=-1))


def test_more_than_may_be_are_not_signalled(agent, sleeper):
    processes = [sleeper("many") for _ in range(3)]
    reply = agent.call("signal", pattern=f"mark-{os.getpid()}-many", at_most=2)
    assert_aborted(reply, "3 processes are meant and at most 2 may be: nothing was sent")
    assert all(process.poll() is None for process in processes)


class TestWithABoundOfTheHost:
    @pytest.fixture
    def agent_config(self):
        return {"at_most": "1"}

    def test_it_holds_where_the_request_has_none(self, agent, sleeper):
        sleeper("bound")
        sleeper("bound")
        assert_aborted(agent.call("signal", pattern=f"mark-{os.getpid()}-bound"), "at most 1 may be")


def test_what_must_not_be_ended_is_spared_and_said(agent):
    assert_aborted(agent.call("signal", pid=os.getpid()), "runs this request")
    assert_aborted(agent.call("signal", pid=1, noop=True), "the first process of the host")
    assert_aborted(agent.call("signal", pid=2**22 - 1), "there is no process")


def test_a_process_of_another_start_is_not_meant(agent, sleeper):
    process = sleeper("start")
    (entry,) = agent.call("list", pattern=f"mark-{os.getpid()}-start").data["pslist"]
    assert_aborted(agent.call("signal", pid=process.pid, started=entry["started"] - 5), "is not the one that is meant")
    assert process.poll() is None
    assert_ok(agent.call("signal", pid=process.pid, started=entry["started"], wait=10), ended=1)
