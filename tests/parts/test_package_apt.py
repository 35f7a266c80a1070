"""`mco package` on a host with apt: a real daemon, a real repository with packages in two versions, and what goes wrong with them."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.agentalone import call_alone
from tests.parts.aptlab import AptLab, apt_lab
from tests.parts.require import require_lab, require_programs
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

# Holds both locks until its pipe is written to; what it prints tells that it has them.
HOLDER = """
import fcntl, os
os.mkfifo("/run/lab-lock.pipe")
locks = [open(path, "w") for path in ("/var/lib/dpkg/lock-frontend", "/var/lib/apt/lists/lock")]
for lock in locks:
    fcntl.lockf(lock, fcntl.LOCK_EX)
open("/run/lab-locked", "w").close()
open("/run/lab-lock.pipe").read()
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[AptLab]:
    require_lab()
    require_programs("apt-get", "dpkg-deb")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name, apt_lab(Path(name)) as apt:
        yield apt


@pytest.fixture
def apt(lab: AptLab) -> AptLab:
    lab.reset()
    return lab


def call(apt: AptLab, action: str, packages: str | None = None, *, code: int = 0, **inputs: object):
    """An action on the host by the running daemon; what it answered: status, message, outputs."""
    names = {} if packages is None else {"packages" if set(packages) & set(",=") else "package": packages}
    answer = apt.call(action, **names, **inputs)
    assert answer[0] == code, answer
    return answer


def told(data):
    return [(change["action"], change["name"], change.get("old"), change.get("new")) for change in data["changes"]]


def test_the_command_shows_what_changed_and_failures_in_full(apt: AptLab):
    done = apt.mco("package", "install", "labpkg=1.0", "labbroken", "-I", apt.host)
    assert done.returncode == 2, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0] == f"{apt.host}: no room for labbroken"
    assert "changed all the same: labbroken half-configured 1.0, labpkg installed 1.0" in lines
    assert lines[-1].endswith("0 ok, 1 failed")
    done = apt.mco("package", "labpkg", "status", "-I", apt.host)
    assert done.stdout.splitlines()[0].strip() == f"{apt.host}: labpkg-1.0.all"
    assert apt.mco("package", "install", "labdep").returncode == 1  # no filter, and nobody to be asked
    assert apt.installed("labdep") == ""


def test_what_noop_says_is_what_then_happens_and_a_second_time_nothing(apt: AptLab):
    words = ("install", "labdep,labpkg=1.0")
    _, _, tried = call(apt, *words, noop=True)
    assert apt.installed("labpkg") == ""
    _, _, done = call(apt, *words)
    assert sorted(told(tried)) == sorted(told(done)) == [("install", "labdep", None, "1.0"), ("install", "labpkg", None, "1.0")]
    assert (tried["changed"], done["changed"]) == (True, True)
    assert (apt.installed("labpkg"), apt.installed("labdep")) == ("ii 1.0", "ii 1.0")
    _, _, again = call(apt, *words)
    assert (again["changed"], again["changes"]) == (False, [])


def test_pin_upgrade_downgrade_hold_remove_and_purge(apt: AptLab):
    _, _, data = call(apt, "install", "labpkg", version="1.0")
    assert [data[name] for name in ("name", "ensure", "epoch", "version", "release", "arch", "provider")] == [
        "labpkg", "1.0", "0", "1.0", "", "all", "apt",
    ]  # fmt: skip
    assert told(call(apt, "update", "labpkg")[2]) == [("upgrade", "labpkg", "1.0", "1.1")]
    _, message, _ = call(apt, "install", "labpkg=1.0", code=1)
    assert "Packages were downgraded" in message and "--downgrade" in message
    assert told(call(apt, "install", "labpkg=1.0", downgrade=True)[2]) == [("downgrade", "labpkg", "1.1", "1.0")]
    assert call(apt, "hold", "labpkg")[2]["held"] == ["labpkg"]
    assert call(apt, "hold", "labpkg")[2]["changed"] is False
    assert call(apt, "upgrade")[2]["changed"] is False
    assert "Held packages were changed" in call(apt, "update", "labpkg", code=1)[1]
    assert told(call(apt, "update", "labpkg", change_held=True)[2]) == [("upgrade", "labpkg", "1.0", "1.1")]
    assert call(apt, "unhold", "labpkg")[2]["held"] == []
    assert told(call(apt, "uninstall", "labpkg")[2]) == [("remove", "labpkg", "1.1", None)]
    assert apt.installed("labpkg") == "rc 1.1"
    assert call(apt, "status", "labpkg")[2]["ensure"] == "absent"
    assert call(apt, "uninstall", "labpkg")[2]["changed"] is False
    assert told(call(apt, "purge", "labpkg")[2]) == [("purge", "labpkg", None, None)]
    assert call(apt, "status", "labpkg")[2]["ensure"] == "purged"
    assert call(apt, "purge", "labpkg")[2]["changed"] is False
    assert call(apt, "update", "labpkg", code=1)[1] == "Package is not present on the system"


def test_security_updates_alone_and_then_all(apt: AptLab):
    call(apt, "install", "labpkg=1.0,labsec=1.0-1,labother=1:2.0-1")
    _, _, checked = call(apt, "checkupdates")
    assert {(row["package"], row["version"], row["repo"]) for row in checked["outdated_packages"]} == {
        ("labpkg", "1.1", "Lab:lab"), ("labsec", "1.1-1", "Lab:lab"), ("labother", "1:2.1-1", "Lab:lab"),
    }  # fmt: skip
    (row,) = call(apt, "checkupdates", security=True)[2]["outdated_packages"]
    assert (row["package"], row["version"]) == ("labsec", "1.0-1+deb1")
    assert told(call(apt, "upgrade", security=True, noop=True)[2]) == [("upgrade", "labsec", "1.0-1", "1.0-1+deb1")]
    assert told(call(apt, "upgrade", security=True)[2]) == [("upgrade", "labsec", "1.0-1", "1.0-1+deb1")]
    assert call(apt, "compare", "labsec", version="1.0-1+deb2")[2]["relation"] == "older"
    assert [name for _, name, _, _ in told(call(apt, "upgrade")[2])] == ["labother", "labpkg", "labsec"]
    shown = apt.mco("package", "older", "labpkg", "1.10", "-I", apt.host)
    assert f"{apt.host}: 1.1\n" in shown.stdout


def test_configuration_files_that_somebody_changed_are_kept_or_replaced(apt: AptLab):
    call(apt, "install", "labpkg=1.0")
    apt.lab.write(apt.host, "/etc/labpkg.conf", "mine\n")
    call(apt, "update", "labpkg")
    assert apt.run("cat", "/etc/labpkg.conf").stdout == "mine\n"
    call(apt, "install", "labpkg=1.0", downgrade=True, config_files="replace")
    assert apt.run("cat", "/etc/labpkg.conf").stdout == "v=1.0\n"


def test_what_cannot_be_is_told_in_the_words_of_apt_and_changes_nothing(apt: AptLab):
    assert call(apt, "install", "nosuchlab", code=1)[1] == "Unable to locate package nosuchlab"
    assert call(apt, "install", "lab.kg", code=1)[1] == "Unable to locate package lab.kg"  # apt would find labpkg by it
    assert "Version '9' for 'labpkg' was not found; there are 1.1, 1.0" in call(apt, "install", "labpkg=9", code=1)[1]
    assert "Depends: labnowhere" in call(apt, "install", "labneeds", code=1)[1]
    assert "Failed to fetch" in call(apt, "install", "labgone", code=1)[1]
    assert all(apt.installed(name) == "" for name in ("labpkg", "labneeds", "labgone"))


def test_no_repository_within_reach_is_a_failure_of_a_refresh(apt: AptLab):
    apt.lab.write(apt.host, "/etc/apt/sources.list.d/away.list", "deb http://192.0.2.1/debian bookworm main\n")
    try:
        assert "192.0.2.1" in call(apt, "refresh", code=1)[1]
    finally:
        apt.run("rm", "/etc/apt/sources.list.d/away.list")
    assert call(apt, "refresh")[2]["exitcode"] == 0


def test_a_package_that_breaks_says_why_and_a_repair_mends_it(apt: AptLab):
    _, message, data = call(apt, "install", "labbroken,labpkg=1.0", code=1)
    assert message.startswith("no room for labbroken\ndpkg: error processing package labbroken (--configure):")
    assert told(data) == [("half-configured", "labbroken", None, "1.0"), ("install", "labpkg", None, "1.0")]
    assert "no room for labbroken" in call(apt, "repair", code=1)[1]
    apt.run("touch", "/etc/labbroken.ok")
    assert told(call(apt, "repair")[2]) == [("configure", "labbroken", "1.0", "1.0")]
    assert apt.installed("labbroken") == "ii 1.0"


def test_a_lock_is_waited_for_and_its_holder_named_where_it_takes_too_long(apt: AptLab):
    in_background = 'setsid "$@" </dev/null >/dev/null 2>&1 &'
    apt.run("sh", "-c", in_background, "sh", sys.executable, "-c", HOLDER)
    try:
        wait_until("it has the locks", lambda: apt.run("test", "-e", "/run/lab-locked").returncode == 0, 60)
        assert "held by process" in call(apt, "install", "labpkg", lock_wait=0, code=1)[1]
        assert "held by process" in call(apt, "refresh", lock_wait=0, code=1)[1]
        waiting = apt.start("package", "install", "labpkg", "-I", apt.host)
        wait_until("apt waits", lambda: apt.run("pgrep", "-x", "apt-get").returncode == 0, 60)
    finally:
        apt.run("sh", "-c", "echo >/run/lab-lock.pipe")
    assert waiting.wait(60) == 0
    assert apt.installed("labpkg") == "ii 1.1"


def test_a_timeout_ends_all_that_apt_started_and_says_what_to_run(apt: AptLab):
    ((code, message, data),) = call_alone(apt.lab, apt.host, "package", {"timeout": "4"}, ("install", {"package": "labslow"}))
    assert code == 1 and "apt-get took too long and was ended: packages may be half configured: `mco package repair`" in message
    assert data["changes"][0]["action"] == data["packages"][0]["trouble"] == "half-configured"
    assert apt.run("pgrep", "-f", "apt-get|dpkg|labslow.p").returncode == 1
    assert "dpkg was interrupted" in call(apt, "install", "labpkg", code=1)[1]
    apt.run("touch", "/etc/labslow.ok")
    call(apt, "repair")
    assert apt.installed("labslow") == "ii 1.0"


def test_apt_goes_on_when_the_client_leaves(apt: AptLab):
    client = apt.start("package", "install", "labslow", "-I", apt.host)
    wait_until("the package is being configured", lambda: apt.run("test", "-e", "/run/labslow.pid").returncode == 0, 60)
    client.kill()
    client.wait(10)
    apt.run("sh", "-c", "echo >/run/labslow.pipe")
    wait_until("it is there", lambda: apt.installed("labslow") == "ii 1.0", 60)


def test_strict_keeps_the_historic_failures(apt: AptLab):
    call(apt, "install", "labpkg=1.0")
    absent = {"package": "labdep"}
    install, uninstall, purge, pinned = call_alone(
        apt.lab, apt.host, "package", {"strict": "1"}, ("install", {"package": "labpkg"}), ("uninstall", absent), ("purge", absent),
        ("install", {"package": "labpkg", "version": "1.0"}),
    )  # fmt: skip
    assert install[:2] == [5, "Package is already installed"]
    assert uninstall[:2] == purge[:2] == [5, "Package is not present on the system"]
    assert pinned[0] == 0


def test_the_historic_actions_have_their_historic_outputs(apt: AptLab):
    lines = [line for line in apt.run("dpkg", "--list").stdout.split("\n") if line.startswith("ii")]
    md5 = apt.run("sh", "-c", "dpkg --list | grep ^ii | head -c -1 | md5sum").stdout.split()[0]
    assert [call(apt, "count")[2][name] for name in ("output", "exitcode")] == [str(len(lines)), 0]
    assert call(apt, "md5")[2]["output"] == md5
    assert call(apt, "search", "labp")[2] == {
        "package_count": 1, "available_packages": [{"name": "labpkg", "version": "1.1", "summary": "lab package labpkg"}],
    }  # fmt: skip
