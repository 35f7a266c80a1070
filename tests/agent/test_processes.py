"""Processes out of /proc: recorded texts, and this machine's own."""

import os
import subprocess
import sys

import pytest

from mcollective_py.agent.processes import (
    Process,
    parse_cgroup,
    parse_cmdline,
    parse_machine,
    parse_stat,
    read_machine,
    read_process,
    read_processes,
    read_unit,
    terminal_name,
)
from tests.waiting import wait_until

STAT = (
    "1234 (my (odd) name\n) S 1 1234 1230 34819 -1 4194304 100 0 0 0 250 50 0 0 20 -5 3 0 98765 10485760 512 18446744073709551615 "
    "1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
)


def test_a_stat_is_read_whatever_the_name_holds():
    process = parse_stat(STAT, ("app", "-x"), 33, 34)
    assert (process.pid, process.name, process.state, process.ppid) == (1234, "my (odd) name\n", "S", 1)
    assert (process.tty_nr, process.utime, process.stime, process.nice, process.nlwp) == (34819, 250, 50, -5, 3)
    assert (process.key, process.ticks) == ((1234, 98765), 300)
    assert (process.vsize, process.rss, process.uid, process.gid, process.cmdline) == (10485760, 512, 33, 34, "app -x")
    assert not process.is_kernel_thread and not process.is_zombie


def test_a_thread_of_the_kernel_is_known_by_its_flags_and_shown_by_its_name():
    process = parse_stat("15 (kworker/0:1-events) I 2 0 0 0 -1 69238880 0 0 0 0 0 9 0 0 20 0 1 0 14 0 0 0 0 0")
    assert process.is_kernel_thread and process.cmdline == "kworker/0:1-events"


@pytest.mark.parametrize("text", ["", "1 (x) S 1", "1 (x) S a b", "no stat"])
def test_what_is_no_stat_is_an_error(text):
    with pytest.raises(ValueError):
        parse_stat(text)


def test_words_are_parted_by_nul():
    assert parse_cmdline(b"/bin/app\0--x\0\0") == ("/bin/app", "--x")
    assert parse_cmdline(b"app \xff\0") == ("app �",)
    assert parse_cmdline(b"") == ()


@pytest.mark.parametrize(
    ("text", "unit", "container"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service", ""),
        ("0::/user.slice/user-1000.slice/session-3.scope", "session-3.scope", ""),
        ("12:pids:/x\n1:name=systemd:/system.slice/cron.service\n0::/\n", "cron.service", ""),
        (f"0::/system.slice/docker-{'ab12' * 16}.scope", f"docker-{'ab12' * 16}.scope", "ab12ab12ab12"),
        (
            f"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-{'0f' * 32}.scope",
            f"cri-containerd-{'0f' * 32}.scope",
            "0f0f0f0f0f0f",
        ),
        (f"1:name=systemd:/docker/{'cd' * 32}", "", "cdcdcdcdcdcd"),
        ("0::/lxc.payload.web7/system.slice/ssh.service", "ssh.service", "web7"),
        ("0::/", "", ""),
        ("", "", ""),
    ],
)
def test_unit_and_container_are_in_the_cgroup(text, unit, container):
    assert parse_cgroup(text) == (unit, container)


def test_the_machine_is_what_processes_are_measured_by():
    machine = parse_machine(
        "cpu  1 2\ncpu0 1 2\ncpu1 1 2\nbtime 1700000000\n", "1000.50 900.00\n", "MemTotal: 2048 kB\nMemAvailable: 1024 kB\n",
        "0.50 0.25 0.10 1/99 4242\n",
    )  # fmt: skip
    assert (machine.cpus, machine.memory, machine.available, machine.load) == (2, 2097152, 1048576, (0.5, 0.25, 0.1))
    process = parse_stat(STAT)
    assert machine.started(process) == 1700000987.65
    assert round(machine.age(process), 2) == 12.85


@pytest.mark.parametrize(("number", "name"), [(0, "?"), (34819, "pts/3"), (1025, "tty1"), (1088, "ttyS0"), (2049, "8:1")])
def test_terminals_have_their_names(number, name):
    assert terminal_name(number) == name


def test_this_process_is_among_those_of_this_machine():
    own = {process.pid: process for process in read_processes()}[os.getpid()]
    assert own.ppid == os.getppid() and own.uid == os.geteuid() and own.state == "R" and own.rss > 0
    machine = read_machine()
    assert 0 <= machine.age(own) < machine.uptime and machine.cpus >= 1 and machine.memory > machine.available > 0
    assert read_unit(os.getpid()) == read_unit(os.getpid())


def test_what_is_gone_is_nothing():
    assert read_process(2**22 + 1) is None
    assert read_unit(2**22 + 1) == ("", "")


def test_a_zombie_is_one_by_its_name():
    child = subprocess.Popen([sys.executable, "-c", ""])
    try:
        found: list[Process] = []

        def is_zombie() -> bool:
            found[:] = [process] if (process := read_process(child.pid)) else []
            return bool(found) and found[0].is_zombie

        wait_until("the child is a zombie", is_zombie)
        assert found[0].words == () and found[0].cmdline == found[0].name
    finally:
        child.wait()
