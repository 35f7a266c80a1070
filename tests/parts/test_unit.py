"""The packaged unit under a real systemd: it is watched, comes back, stops with an action running, and closes what it says."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.parts.require import require_lab, require_programs
from tests.parts.systemdlab import DAEMON, SystemdLab, systemd_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

HOST = "unit1"


@pytest.fixture(scope="module")
def lab() -> Iterator[SystemdLab]:
    require_lab()
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-unit-") as folder,
        systemd_lab(Path(folder), [HOST], settings={HOST: {"plugin.shell.enabled": "1"}}) as made,
    ):
        yield made


def shown(lab: SystemdLab, name: str) -> str:
    return lab.shell(HOST, f"systemctl show -P {name} {DAEMON}").strip()


def answers(lab: SystemdLab) -> bool:
    return lab.mco("ping", "-I", HOST, "--strict").returncode == 0


def comes_back(lab: SystemdLab, former: str) -> None:
    wait_until("systemd has started it anew", lambda: shown(lab, "MainPID") not in ("0", former), 60)
    wait_until("it answers again", lambda: answers(lab), 60)


def test_a_killed_daemon_comes_back(lab: SystemdLab) -> None:
    pid = shown(lab, "MainPID")
    lab.shell(HOST, f"kill -9 {pid}")
    comes_back(lab, pid)
    assert shown(lab, "NRestarts") == "1"


def test_a_daemon_that_no_longer_works_is_started_anew(lab: SystemdLab) -> None:
    lab.shell(HOST, f"mkdir -p /run/systemd/system/{DAEMON}.d; printf '[Service]\\nWatchdogSec=6\\nRestartSec=1\\n'"
                    f" >/run/systemd/system/{DAEMON}.d/fast.conf; systemctl daemon-reload; systemctl restart {DAEMON}")  # fmt: skip
    wait_until("it answers", lambda: answers(lab), 60)
    pid = shown(lab, "MainPID")
    lab.shell(HOST, "sleep 10")
    assert shown(lab, "MainPID") == pid, "a daemon at work gives signs of life"
    lab.shell(HOST, f"kill -STOP {pid}")
    comes_back(lab, pid)
    assert shown(lab, "NRestarts") == "1"


def test_a_stop_lets_a_running_action_end(lab: SystemdLab) -> None:
    command = "command=touch /run/begun; sleep 3; touch /run/ended"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(lab.rpc, HOST, "shell", "run", command, "timeout=20")
        wait_until("the action runs", lambda: lab.run(HOST, "test", "-e", "/run/begun").returncode == 0, 30)
        lab.shell(HOST, f"systemctl stop {DAEMON}; test -e /run/ended")
        assert asked.result(30)["data"]["exitcode"] == 0, "its reply was sent before the end"
    assert shown(lab, "Result") == "success"
    lab.shell(HOST, f"systemctl start {DAEMON}")
    wait_until("it answers", lambda: answers(lab), 60)


def test_what_the_unit_closes_is_closed_and_the_rest_is_not(lab: SystemdLab) -> None:
    def run(command: str) -> dict[str, object]:
        return lab.rpc(HOST, "shell", "run", f"command={command}", "timeout=20")["data"]

    assert run("unshare --net true")["exitcode"] != 0
    assert run("date -s @5")["exitcode"] != 0
    for command in ("mount -t tmpfs none /mnt && umount /mnt", "hostname $(hostname)", "mknod /tmp/null c 1 3 && rm /tmp/null",
                    "su -s /bin/sh nobody -c true", "chroot / true"):  # fmt: skip
        assert run(command)["exitcode"] == 0, (command, run(command))


def test_the_unit_scores_seven_or_better(tmp_path: Path) -> None:
    require_programs("systemd-analyze")
    unit = Path(__file__).parents[2] / "packaging/systemd" / DAEMON
    text = re.sub(r"(?m)^ExecStart=.*", "ExecStart=/bin/true", unit.read_text())
    (tmp_path / DAEMON).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", str(tmp_path / DAEMON)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    (score,) = re.findall(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert float(score) <= 7.0, done.stdout
