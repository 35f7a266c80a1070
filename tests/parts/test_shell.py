"""The shell agent on real hosts: accounts, limits, jobs that outlive daemon and caller, with and without systemd."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.require import require_lab, require_programs
from tests.parts.systemdlab import DAEMON, SystemdLab, systemd_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

UNIT, PLAIN = "unit1", "plain1"
SETTINGS = {"plugin.shell.enabled": "1", "plugin.shell.state_directory": "/var/lib/mcollective/jobs"}


@pytest.fixture(scope="module")
def hosts() -> Iterator[SystemdLab]:
    require_lab()
    require_programs("systemctl", "systemd-run")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name:
        settings = dict.fromkeys((UNIT, PLAIN), SETTINGS)
        with systemd_lab(Path(name), [UNIT], plain=[PLAIN], settings=settings) as lab:
            yield lab


def data(hosts: SystemdLab, host: str, action: str, *inputs: str) -> dict:
    reply = hosts.rpc(host, "shell", action, *inputs)
    assert reply["statuscode"] == 0, reply
    return reply["data"]


def status(hosts: SystemdLab, host: str, handle: str) -> dict:
    return data(hosts, host, "status", f"handle={handle}")


def wait_for_daemon(hosts: SystemdLab, host: str) -> None:
    wait_until(f"{host} answers", lambda: hosts.mco("ping", "-I", host, "-t", "2").returncode == 0, seconds=60)


def innermost(pid: int) -> int:
    """The process at the end of a chain of children: what labhost runs."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return innermost(int(children[0])) if children else pid


def test_a_command_runs_as_the_user_that_was_asked_for_or_not_at_all(hosts: SystemdLab):
    hosts.shell(PLAIN, "useradd -r -G mail -d /srv -s /bin/bash worker")
    ran = data(hosts, PLAIN, "run", "command=id -un; id -gn; id -Gn; echo $HOME $USER; cat /etc/shadow", "user=worker")
    assert ran["stdout"].split("\n")[:4] == ["worker", "worker", "worker mail", "/srv worker"]
    assert (ran["exitcode"], "Permission denied" in ran["stderr"]) == (1, True)
    wrong = hosts.rpc(PLAIN, "shell", "run", "command=id", "user=nosuch")
    assert (wrong["statuscode"], wrong["statusmsg"]) == (1, "there is no user nosuch here")


def test_what_is_over_its_time_is_ended_with_all_that_it_started(hosts: SystemdLab):
    stubborn = "trap '' TERM; setsid sh -c \"trap '' TERM; sleep 4711\" & (trap '' TERM; sleep 4711) & echo begun; sleep 4711"
    ran = data(hosts, PLAIN, "run", f"command={stubborn}", "timeout=0.2")
    assert (ran["success"], ran["exitcode"], ran["stdout"]) == (False, None, "begun\n")
    assert hosts.run(PLAIN, "pgrep", "-f", "sleep 4711").returncode == 1


def test_output_of_all_hosts_is_shown_and_a_failing_command_is_exit_code_2(hosts: SystemdLab):
    well = hosts.mco("shell", "run", "echo same", "--fold", "-I", UNIT, "-I", PLAIN)
    assert (well.returncode, "plain1,unit1 (2): same" in well.stdout) == (0, True), well.stdout + well.stderr
    bad = hosts.mco("shell", "run", "hostname; exit 3", "-I", PLAIN)
    assert (bad.returncode, "plain1: plain1" in bad.stdout, "exit code 3" in bad.stdout) == (2, True, True), bad.stdout


def test_a_script_is_sent_whole_and_reads_what_it_is_given(hosts: SystemdLab):
    script = hosts.site.folder / "count.py"
    script.write_text("#!/usr/bin/python3\nimport sys\nprint(sys.argv[1:], len(sys.stdin.read()))\n")
    secret = hosts.site.folder / "secret"
    secret.write_text("correct horse")
    ran = hosts.mco("shell", "script", str(script), "a b", "$HOME", "--stdin", str(secret), "--user", "nobody", "-I", PLAIN)
    assert (ran.returncode, "['a b', '$HOME'] 13" in ran.stdout) == (0, True), ran.stdout + ran.stderr
    assert "correct horse" not in hosts.log(PLAIN)
    assert hosts.run(PLAIN, "sh", "-c", "ls -d /tmp/mcollective-shell-*").returncode != 0


def test_a_job_outlives_its_daemon_killed_and_the_client_that_left(hosts: SystemdLab):
    hosts.mco("rpc", "shell", "start", "command=echo one; while [ ! -e /run/go ]; do sleep 0.1; done; echo two; exit 4",
              "-I", PLAIN, "--yes", "--no-results")  # fmt: skip
    jobs: dict = {}

    def has_begun() -> bool:
        jobs.update(data(hosts, PLAIN, "list")["jobs"])
        return any(status(hosts, PLAIN, handle)["stdout"] == "one\n" for handle in jobs)

    wait_until("the job runs", has_begun)
    (handle,) = jobs
    hosts.shell(PLAIN, "kill -9 $(cat /run/mcollectived.pid); rm /run/mcollectived.pid; touch /run/go")
    hosts.shell(PLAIN, "/usr/bin/mcollectived --daemonize --pid /run/mcollectived.pid")
    wait_for_daemon(hosts, PLAIN)
    wait_until("the job ends", lambda: status(hosts, PLAIN, handle)["status"] == "stopped")
    told = status(hosts, PLAIN, handle)
    assert (told["stdout"], told["exitcode"], told["signal"]) == ("one\ntwo\n", 4, None)


def test_a_job_has_a_unit_of_its_own_that_no_stop_of_the_daemons_unit_reaches(hosts: SystemdLab):
    hosts.lab.write(UNIT, f"/etc/systemd/system/{DAEMON}.d/all.conf", "[Service]\nKillMode=control-group\n")
    hosts.shell(UNIT, "systemctl daemon-reload")
    started = data(hosts, UNIT, "start", "command=echo one; while [ ! -e /run/go ]; do sleep 0.1; done; echo two")
    handle, unit = started["handle"], started["unit"]
    assert unit == f"mcollective-shell-{handle}.service"
    hosts.shell(UNIT, f"systemctl stop {DAEMON}; systemctl is-active {unit}; touch /run/go; systemctl start {DAEMON}")
    wait_for_daemon(hosts, UNIT)
    wait_until("the job ends", lambda: status(hosts, UNIT, handle)["status"] == "stopped")
    assert (status(hosts, UNIT, handle)["stdout"], status(hosts, UNIT, handle)["exitcode"]) == ("one\ntwo\n", 0)
    wait_until("its unit is gone", lambda: hosts.run(UNIT, "systemctl", "is-active", unit).stdout.strip() == "inactive")


def test_jobs_of_several_hosts_have_one_handle_and_are_watched_and_ended_by_it(hosts: SystemdLab):
    started = hosts.mco("shell", "start", "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done", "-I", UNIT, "-I", PLAIN)
    handles = {line.split()[1] for line in started.stdout.splitlines() if line.strip().startswith(("unit1:", "plain1:"))}
    assert (started.returncode, len(handles)) == (0, 1), started.stdout + started.stderr
    (handle,) = handles
    ended = hosts.mco("shell", "kill", handle)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    watched = hosts.mco("shell", "watch", handle, "-I", UNIT, "-I", PLAIN)
    assert watched.returncode == 2, watched.stdout + watched.stderr
    for host in (UNIT, PLAIN):
        assert f"{host} stdout: up\n" in watched.stdout and f"{host} stdout: bye\n" in watched.stdout
        assert f"{host}: exit code 5; ended by cert=" in watched.stdout
    assert all(handle in data(hosts, host, "list")["jobs"] for host in (UNIT, PLAIN))


def test_a_tail_shows_lines_as_they_come_and_ctrl_c_ends_the_command(hosts: SystemdLab):
    words = ["shell", "run", 'echo "hello from $(hostname)"; exec sleep 4712', "--tail", "-I", UNIT, "-I", PLAIN]
    command = [sys.executable, "-m", "mcollective_py", *words, "--config", str(hosts.site.client_config)]
    output = hosts.site.folder / "tail.txt"
    with output.open("wb") as out:
        environ = {**hosts.lab.environ, "XDG_CACHE_HOME": str(hosts.site.folder)}
        tail = subprocess.Popen(hosts.lab.outside(command), env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                start_new_session=True)  # fmt: skip
    try:
        lines = ("unit1 stdout: hello from unit1\n", "plain1 stdout: hello from plain1\n")
        wait_until("both hosts have said hello", lambda: all(line in output.read_text() for line in lines), seconds=30)
        os.kill(innermost(tail.pid), signal.SIGINT)
        assert tail.wait(30) == 130, output.read_text()
        assert "the commands are ended" in output.read_text()
    finally:
        tail.kill()
        tail.wait()
    for host in (UNIT, PLAIN):
        wait_until("the command has ended", lambda host=host: hosts.run(host, "pgrep", "-f", "sleep 4712").returncode == 1)


def test_a_job_of_a_host_that_was_started_anew_is_said_to_have_failed(hosts: SystemdLab):
    handle = data(hosts, PLAIN, "start", "command=exec sleep 4713")["handle"]
    folder = f"/var/lib/mcollective/jobs/{handle}"
    started = json.loads(hosts.shell(PLAIN, f"cat {folder}/started.json"))
    hosts.shell(PLAIN, f"kill -9 {started['supervisor']}")
    wait_until("its command goes with it", lambda: hosts.run(PLAIN, "pgrep", "-f", "sleep 4713").returncode == 1)
    told = status(hosts, PLAIN, handle)
    assert (told["status"], told["reason"]) == (
        "failed", "its supervisor was ended, and the command with it: how far it came is not known",
    )  # fmt: skip
    hosts.shell(PLAIN, "echo another > /run/boot_id; mount --bind /run/boot_id /proc/sys/kernel/random/boot_id")
    try:
        told = status(hosts, PLAIN, handle)
    finally:
        hosts.shell(PLAIN, "umount /proc/sys/kernel/random/boot_id")
    assert (told["status"], told["reason"]) == (
        "failed", "the host was started anew while it ran: how far it came is not known",
    )  # fmt: skip
