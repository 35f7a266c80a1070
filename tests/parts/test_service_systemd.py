"""The service agent on hosts that systemd runs, with units of every temper, on one with init scripts, and by Puppet."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.parts.agentalone import call_alone
from tests.parts.require import require_lab, require_programs
from tests.parts.systemdlab import DAEMON, SystemdLab, systemd_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

_SLEEP = "[Service]\nExecStart=/bin/sleep 3600\n"
_STAYS = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n"  # running, and nobody waits whether it lives
UNITS = {
    "good.service": f"[Unit]\nDescription=A good one\n{_SLEEP}[Install]\nWantedBy=multi-user.target\nAlias=better.service\n",
    "dies.service": '[Service]\nExecStart=/bin/sh -c "echo cannot read /etc/dies.conf >&2; exit 3"\n',
    "noexec.service": "[Service]\nExecStart=/opt/nosuch\n",
    "later.service": '[Service]\nRestart=always\nRestartSec=600\nExecStart=/bin/sh -c "sleep 0.3; echo lost my database; exit 1"\n',
    "hangs.service": '[Service]\nTimeoutStopSec=1\nExecStart=/bin/sh -c "trap : TERM; while :; do sleep 0.1; done"\n',
    "once.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "oncefails.service": '[Service]\nType=oneshot\nExecStart=/bin/sh -c "echo no such table >&2; exit 1"\n',
    "needs.service": f"[Unit]\nRequires=oncefails.service\nAfter=oncefails.service\n{_SLEEP}",
    "cond.service": f"[Unit]\nConditionPathExists=/nosuch/file\n{_SLEEP}",
    "slow.service": '[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sh -c "sleep 1; systemd-notify --ready; sleep 3600"\n',
    "app@.service": f"[Unit]\nDescription=App %i\n{_STAYS}",
    "odd\\x2dname.service": _STAYS,
    "tick.timer": "[Timer]\nOnCalendar=daily\nUnit=once.service\n[Install]\nWantedBy=timers.target\n",
    "sock.socket": "[Socket]\nListenStream=/run/sock.sock\n",
    "sock.service": _SLEEP,
    "sshd-like.service": f"{_SLEEP}[Install]\nAlias=sshd.service\n",
}
SCRIPT = """#!/bin/sh
### BEGIN INIT INFO
# Provides: labsvc
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
pid=/run/labsvc.pid
up() { [ -s $pid ] && kill -0 $(cat $pid) 2>/dev/null; }
case "$1" in
    start) [ ! -e /etc/labsvc.broken ] || { echo "labsvc: no licence" >&2; exit 1; }
           up || { setsid sleep 3600 </dev/null >/dev/null 2>&1 & echo $! >$pid; } ;;
    stop) up && kill $(cat $pid); rm -f $pid ;;
    restart|force-reload) $0 stop; $0 start ;;
    status) up && exit 0; exit 3 ;;
    *) echo "Usage: labsvc {start|stop|restart|status}" >&2; exit 2 ;;
esac
"""


_ASKED_BY_FILTERS = (("sd1", "dies"), ("sv1", "labsvc"))


@pytest.fixture(scope="module")
def lab() -> Iterator[SystemdLab]:
    """sd1: systemd; sv1: init scripts, and the historic failures."""
    require_lab()
    require_programs("systemctl", "puppet")
    settings = {"sv1": {"plugin.service.strict": "1"}}
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name,
        systemd_lab(Path(name), ["sd1"], plain=["sv1"], settings=settings) as lab,
    ):
        for unit, text in UNITS.items():
            lab.lab.write("sd1", f"/etc/systemd/system/{unit}", text)
        lab.lab.write("sv1", "/etc/init.d/labsvc", SCRIPT)
        lab.shell("sv1", "chmod 755 /etc/init.d/labsvc")
        assert ask(lab, "daemon_reload")["statuscode"] == 0
        yield lab


def ask(lab: SystemdLab, action: str, *inputs: str, host: str = "sd1") -> dict[str, Any]:
    return lab.rpc(host, "service", action, *inputs)


def several(lab: SystemdLab, action: str, *names: str) -> dict[str, tuple[str, str]]:
    """What became of several services in one request: status and message by name."""
    reply = ask(lab, action, f"services={','.join(names)}")
    return {row["service"]: (row["status"], row.get("message", "")) for row in reply["data"]["services"]}


def test_services_of_every_temper_are_started_in_one_request_and_each_is_told_as_it_ended(lab: SystemdLab) -> None:
    found = several(lab, "start", "good", "dies", "noexec", "later", "once", "oncefails", "needs", "cond", "slow", "nosuch")
    assert found["good"] == ("running", "good.service started")
    assert found["slow"] == ("running", "slow.service started")
    assert found["once"] == ("stopped", "once.service ran and ended well")
    assert {name: status for name, (status, _) in found.items() if name not in ("good", "slow", "nosuch")} == dict.fromkeys(
        ("dies", "noexec", "later", "once", "oncefails", "needs", "cond"), "stopped"
    )
    assert found["dies"][1].startswith("it did not stay up\nit is failed: exit-code, main process exited 3\nlast log lines:\n")
    assert "cannot read /etc/dies.conf" in found["dies"][1]
    assert "exited 203" in found["noexec"][1]
    assert "it is activating (auto-restart)" in found["later"][1] and "lost my database" in found["later"][1]
    assert found["oncefails"][1].startswith("Job for oncefails.service failed because the control process exited")
    assert "no such table" in found["oncefails"][1]
    assert found["needs"][1].startswith("A dependency job for needs.service failed.")
    assert "was skipped because of an unmet condition" in found["cond"][1]
    assert found["nosuch"] == ("unknown", "Unit nosuch.service not found.")


def test_what_runs_already_is_left_alone_and_its_process_stays(lab: SystemdLab) -> None:
    first = ask(lab, "restart", "service=good")
    assert (first["statuscode"], first["data"]["changed"], first["data"]["status"]) == (0, True, "running")
    again = ask(lab, "start", "service=good")
    assert (again["statuscode"], again["data"]["changed"], again["data"]["pid"]) == (0, False, first["data"]["pid"])


def test_a_stop_that_hangs_is_told_and_goes_on_by_itself(lab: SystemdLab) -> None:
    assert ask(lab, "start", "service=hangs")["statuscode"] == 0
    reply = ask(lab, "stop", "service=hangs", "wait=0.5")
    assert reply["statuscode"] == 1
    assert reply["statusmsg"].startswith(
        "Could not stop service 'hangs': not done after 0.5 s, it goes on by itself\nit is deactivating"
    )
    later = ask(lab, "stop", "service=hangs")  # waits for the job that is under way: systemd kills it after a second
    assert later["data"]["status"] == "stopped", later
    assert ask(lab, "reset_failed", "service=hangs")["data"]["active"] == "inactive"


def test_templates_odd_names_and_units_that_are_no_services(lab: SystemdLab) -> None:
    found = several(lab, "start", "app@bar-baz.service", "odd\\x2dname", "tick.timer", "sock.socket", "sock")
    assert {status for status, _ in found.values()} == {"running"}, found
    template = ask(lab, "start", "service=app@")
    assert template["statuscode"] == 1 and "app@.service" in template["statusmsg"]
    stopped = ask(lab, "stop", "service=sock")
    assert stopped["statuscode"] == 0 and "can still be activated by:\n  sock.socket" in stopped["data"]["warning"]
    timers = ask(lab, "list", "state=all", "pattern=tick*")["data"]
    assert [(row["unit"], row["active"], row["sub"]) for row in timers["units"]] == [("tick.timer", "active", "waiting")]


def test_starting_with_the_host_and_not_at_all(lab: SystemdLab) -> None:
    assert ask(lab, "enable", "service=good", "noop=true")["data"]["message"] == "would enable good.service"
    assert ask(lab, "is_enabled", "service=good")["data"] == {"enabled": "disabled", "is_enabled": False}
    enabled = ask(lab, "enable", "service=good")
    assert (enabled["statuscode"], enabled["data"]["changed"], enabled["data"]["enabled"]) == (0, True, "enabled")
    assert ask(lab, "enable", "service=better")["data"]["changed"] is False, "an alias is the same unit"
    found = several(lab, "disable", "good", "dies")
    assert found["good"][1] == "good.service disabled"
    assert "it has no [Install] section" in ask(lab, "enable", "service=dies")["statusmsg"]
    assert "already exists" in ask(lab, "mask", "service=good")["statusmsg"], "systemd does not mask what lies in /etc"
    assert "Unit nosuch.service not found" in ask(lab, "mask", "service=nosuch")["statusmsg"]
    masked = ask(lab, "mask", "service=nosuch", "force=true")
    assert (masked["statuscode"], masked["data"]["enabled"]) == (0, "masked")
    assert ask(lab, "start", "service=nosuch")["statusmsg"] == "Could not start service 'nosuch': it is masked"
    assert ask(lab, "unmask", "service=nosuch")["data"]["changed"] is True


def test_what_keeps_the_host_in_reach_is_not_stopped_by_mistake(lab: SystemdLab) -> None:
    lab.shell("sd1", "systemctl enable --now sshd-like")
    pid = ask(lab, "show", "service=sshd-like")["data"]["pid"]
    found = several(lab, "stop", "mcollectived", "sshd-like", "dbus", "systemd-journald")
    assert all("it is protected" in message for _, message in found.values()), found
    ending = several(lab, "start", "poweroff.target", "rescue.target", "runlevel0.target")
    assert all("it would end other services, or the host itself" in message for _, message in ending.values()), ending
    restarted = ask(lab, "restart", "service=sshd")
    assert restarted["statuscode"] == 0 and restarted["data"]["pid"] not in (None, pid)
    assert ask(lab, "stop", "service=sshd", "force=true")["data"]["status"] == "stopped"


def test_our_own_daemon_answers_before_it_is_restarted(lab: SystemdLab) -> None:
    before, subscribed = lab.shell("sd1", f"systemctl show -p MainPID {DAEMON}"), lab.log("sd1").count("subscribed as sd1")
    reply = ask(lab, "restart", "service=mcollectived")
    assert reply["statuscode"] == 0 and "will restart in a moment" in reply["data"]["message"]
    wait_until("it is back", lambda: lab.log("sd1").count("subscribed as sd1") > subscribed, 60)
    assert lab.shell("sd1", f"systemctl show -p MainPID {DAEMON}") != before
    assert ask(lab, "is_active", "service=mcollectived")["data"]["is_active"] is True


def test_questions_have_answers_for_people_and_for_filters(lab: SystemdLab) -> None:
    several(lab, "start", "good", "dies")
    shown = ask(lab, "show", "service=good")["data"]
    assert (shown["description"], shown["fragment"]) == ("A good one", "/etc/systemd/system/good.service")
    assert abs(shown["since"] - time.time()) < 300 and shown["pid"] > 1
    assert "dies.service" in [row["unit"] for row in ask(lab, "list")["data"]["units"]]
    assert any("cannot read /etc/dies.conf" in line for line in ask(lab, "logs", "service=dies", "lines=4")["data"]["lines"])
    newest = ask(lab, "logs", "service=dies", "lines=1", "since=3600")["data"]["lines"]
    assert newest[0].endswith("dies.service: Failed with result 'exit-code'."), "the last lines since then, not the first"
    answers = [lab.rpc(host, "rpcutil", "get_data", "source=service", f"query={name}")["data"] for host, name in _ASKED_BY_FILTERS]
    assert [(answer["status"], answer.get("failed")) for answer in answers] == [("stopped", True), ("stopped", False)]
    status = lab.mco("service", "status", "good", "dies", "-I", "sd1")
    assert (status.returncode, status.stdout.splitlines()[0]) == (0, "   sd1: good running, dies stopped (failed)")


def test_the_command_says_where_it_did_not_work_in_the_hosts_own_words(lab: SystemdLab) -> None:
    done = lab.mco("service", "restart", "good", "-I", "sd1", "-I", "sv1")
    assert done.returncode == 2
    assert done.stdout.startswith("   sv1: Could not restart service 'good': there is no /etc/init.d/good\n"), done.stdout
    assert "1 ok, 1 failed" in done.stdout
    unfiltered = lab.mco("service", "good", "stop")
    assert (unfiltered.returncode, unfiltered.stdout) == (1, "") and "--yes" in unfiltered.stderr
    would = lab.mco("service", "stop", "good", "--noop", "-I", "sd1")
    assert would.stdout.startswith("   sd1: would stop good.service\n") and would.returncode == 0


def test_init_scripts_are_started_and_stopped_with_the_historic_failures(lab: SystemdLab) -> None:
    def on(action: str, *inputs: str) -> dict[str, Any]:
        return ask(lab, action, "service=labsvc", *inputs, host="sv1")

    assert on("status")["data"] == {"status": "stopped", "enabled": "disabled"}
    assert on("start")["data"]["status"] == "running"
    again = on("start")
    assert (again["statuscode"], again["statusmsg"]) == (1, "Could not start service 'labsvc': Service is already running")
    assert again["data"]["status"] == "running"
    assert on("try_restart")["data"]["changed"] is True
    assert on("enable")["data"]["enabled"] == "enabled"
    assert on("disable")["data"]["enabled"] == "disabled"
    assert on("stop")["data"]["status"] == "stopped"
    assert on("stop")["statusmsg"] == "Could not stop service 'labsvc': Service is already stopped"
    asked = ask(lab, "status", "services=labsvc,nosuch,hwclock.sh", host="sv1")
    assert [row["status"] for row in asked["data"]["services"]] == ["stopped", "unknown", "unknown"], asked
    lab.shell("sv1", "touch /etc/labsvc.broken")
    assert on("start")["statusmsg"].startswith("Could not start service 'labsvc': labsvc: no licence\n")


def test_puppet_restarts_what_its_own_providers_know(lab: SystemdLab) -> None:
    lab.shell("sv1", "rm -f /etc/labsvc.broken; /etc/init.d/labsvc start")
    pid = lab.shell("sv1", "cat /run/labsvc.pid")
    ((code, message, data),) = call_alone(lab.lab, "sv1", "service", {"provider": "puppet"}, ("restart", {"service": "labsvc"}))
    assert (code, data["status"], data["changed"]) == (0, "running", True), message
    assert lab.shell("sv1", "cat /run/labsvc.pid") != pid
