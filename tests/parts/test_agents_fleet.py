"""Ten hosts take an update and a restart at once, and the one where it does not work is seen."""

import os
import signal
from collections.abc import Iterator

import pytest

from tests.parts.require import require_lab, require_programs
from tests.parts.tenhosts import NEW, NO_LICENCE, NO_ROOM, OLD, PACKAGE, Hosts, hosts
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

BROKEN = "web07"


@pytest.fixture(scope="module")
def ten() -> Iterator[Hosts]:
    require_lab()
    require_programs("systemctl", "apt-get", "dpkg-deb")
    with hosts(10) as ten:
        yield ten


def test_an_update_of_ten_hosts_is_folded_and_tells_of_the_broken_one_in_the_words_of_dpkg(ten: Hosts) -> None:
    ten.lab.shell(BROKEN, "touch /etc/labweb.broken")
    ended = ten.lab.mco("package", "update", PACKAGE, "--yes", "--fold")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert f"web[01-06,08-10] (9): {PACKAGE} {OLD} > {NEW}" in ended.stdout
    failed = next(part for part in ended.stdout.split("\n\n") if NO_ROOM in part)
    assert f"{BROKEN}: {NO_ROOM}" in failed and "post-installation script subprocess returned error exit status 3" in failed
    assert f"{PACKAGE} half-configured {NEW}" in ended.stdout
    assert "10 / 10 hosts" in ended.stdout and "9 ok, 1 failed" in ended.stdout
    assert {name: ten.version(name) for name in ten.names} == dict.fromkeys(ten.names, f"ii {NEW}") | {BROKEN: f"iF {NEW}"}


def test_what_is_in_place_already_is_a_success_that_changed_nothing(ten: Hosts) -> None:
    ended = ten.lab.mco("package", "install", PACKAGE, "--yes", "--fold", "-I", "web01", "-I", "web02")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{OLD} > {NEW}" not in ended.stdout and "2 / 2 hosts" in ended.stdout


def test_a_restart_of_ten_hosts_tells_of_the_failed_one_with_its_last_words(ten: Hosts) -> None:
    ten.lab.shell(BROKEN, "touch /etc/labweb.unlicensed")
    before = {name: ten.main_pid(name) for name in ten.names}
    assert all(before.values())
    ended = ten.lab.mco("service", "restart", "labweb", "--yes", "--fold")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert f"{BROKEN}: Could not restart service 'labweb'" in ended.stdout and NO_LICENCE in ended.stdout
    assert "9 ok, 1 failed" in ended.stdout
    after = {name: ten.main_pid(name) for name in ten.names}
    assert {name for name, pid in after.items() if pid and pid != before[name]} == set(ten.names) - {BROKEN}
    told = ten.lab.mco("service", "status", "labweb", "--fold").stdout
    assert "web[01-06,08-10] (9): running" in told and f"{BROKEN}: stopped (failed)" in told


def test_a_host_whose_repository_is_away_is_told_in_the_words_of_apt(ten: Hosts) -> None:
    ten.lab.shell("web02", "mv /srv/repo /srv/away")
    ended = ten.lab.mco("package", "refresh", "--yes", "--fold", "-I", "web02", "-I", "web03")
    ten.lab.shell("web02", "mv /srv/away /srv/repo")
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert "web02: " in ended.stdout and "file:/srv/repo" in ended.stdout and "1 ok, 1 failed" in ended.stdout


def test_a_client_that_is_killed_stops_nothing_of_what_it_began(ten: Hosts) -> None:
    both = ("web04", "web05")
    for name in both:
        ten.lab.shell(name, f"apt-get install -qq -y --allow-downgrades {PACKAGE}={OLD} 2>&1; touch /etc/labweb.waits")
    client = ten.lab.start_mco("package", "update", PACKAGE, "--yes", "-I", both[0], "-I", both[1])
    wait_until("both are at work", lambda: all(ten.is_at_work(name) for name in both), 60)
    os.killpg(client.pid, signal.SIGKILL)
    client.wait(20)
    for name in both:
        ten.go_on(name)
    wait_until("both have ended it", lambda: all(ten.version(name) == f"ii {NEW}" for name in both), 60)
    assert sorted(ten.lab.mco("find").stdout.split()) == sorted(ten.names)
