"""The agent on this machine: commands and jobs of its own alone, in a folder of the test."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness, assert_aborted, assert_invalid, assert_missing, assert_ok, conformance_problems
from tests.waiting import wait_until

FOLDER = Path(__file__).parents[1]


@pytest.fixture
def config(tmp_path):
    return {"enabled": "1", "state_directory": str(tmp_path / "jobs"), "systemd": "0"}


@pytest.fixture
def shell(config):
    harness = AgentHarness(FOLDER, config=config)
    yield harness
    jobs = harness.call("list").data["jobs"]
    for handle, job in jobs.items():
        if job["status"] == "running":
            harness.call("kill", handle=handle, signal="KILL")
    wait_until("all jobs have ended", lambda: all(job["status"] != "running" for job in harness.call("list").data["jobs"].values()))


def ended(shell, handle):
    wait_until("the job has ended", lambda: shell.call("status", handle=handle).data["status"] == "stopped")
    return shell.call("status", handle=handle).data


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_folder_is_as_hosts_and_operators_expect():
    assert conformance_problems(FOLDER) == []


def test_it_is_loaded_only_where_the_host_says_so():
    activate = AgentHarness(FOLDER).agent.cls.activate_when
    assert (activate(None, {}), activate(None, {"enabled": "1"})) == (False, True)


def test_a_command_gives_its_output_and_its_exit_code(shell):
    data = assert_ok(
        shell.call("run", command="echo out; echo err >&2; exit 3"), stdout="out\n", stderr="err\n", success=True, exitcode=3
    )
    assert (data["signal"], data["truncated"]) == (None, 0)


def test_a_signal_is_told_apart_from_an_exit_code(shell):
    assert_ok(shell.call("run", command="kill -9 $$"), success=True, exitcode=137, signal="KILL")
    assert_ok(shell.call("run", command="exit 137"), success=True, exitcode=137, signal=None)


def test_words_reach_their_program_without_a_shell(shell, tmp_path):
    canary = tmp_path / "canary"
    word = f"; touch {canary} $(touch {canary}) `touch {canary}`\n* ~"
    assert_ok(shell.call("run", argv=["printf", "%s", word]), stdout=word)
    assert not canary.exists()


@pytest.mark.parametrize("value", ["; touch %s", "$(touch %s)", "`touch %s`", "\n touch %s\n", "' ; touch %s '", "-c touch %s"])
def test_no_input_but_a_command_line_is_ever_read_by_a_shell(shell, tmp_path, value):
    canary = tmp_path / "canary"
    value = value % canary
    assert_ok(shell.call("run", script="printf '%s' \"$1\"", arguments=[value]), stdout=value)
    assert_ok(shell.call("run", command="printf '%s' \"$V\"", env={"V": value}), stdout=value)
    for inputs in ({"argv": [value]}, {"user": value}, {"group": value}, {"cwd": value}, {"umask": value}, {"interpreter": value}):
        assert shell.call("run", **({} if "argv" in inputs else {"command": "true"}), **inputs).statuscode in (1, 4)
    assert shell.call("status", handle=value).statuscode == 4
    assert_aborted(shell.call("purge", handles=[value]))
    assert not canary.exists()


def test_environment_folder_umask_and_input_are_those_that_were_sent(shell, tmp_path):
    command = "pwd; umask; echo $COLOUR; cat"
    data = assert_ok(shell.call("run", command=command, cwd=str(tmp_path), umask="027", env={"COLOUR": "re d"}, stdin="secret"))
    assert data["stdout"] == f"{tmp_path}\n0027\nre d\nsecret"
    assert_ok(shell.call("run", command="cat; echo ${HOME:+home} $LANG"), stdout="home C.UTF-8\n")


def test_nothing_of_the_daemons_environment_and_files_is_handed_on(shell, monkeypatch):
    monkeypatch.setenv("DAEMON_SECRET", "hunter2")
    data = assert_ok(shell.call("run", command="env; ls /proc/self/fd | wc -l"))
    assert "hunter2" not in data["stdout"]
    assert data["stdout"].split()[-1] == "4"  # 0, 1, 2 and that of the folder


@pytest.mark.parametrize("env", [{"A-B": "x"}, {"A": 5}, {"": "x"}, {"A=B": "x"}, {"A": "x\0"}, {f"A{n}": "" for n in range(101)}])
def test_what_is_no_variable_is_refused(shell, env):
    assert_invalid(shell.call("run", command="true", env=env))


def test_a_command_that_is_over_its_time_is_ended_with_what_ran_away_from_it(shell, tmp_path):
    mark = f"{tmp_path}/pid"
    runaway = f"setsid sh -c \"trap '' TERM; echo \\$\\$ > {mark}; exec sleep 300\" &"
    runaway += f" while [ ! -s {mark} ]; do sleep 0.05; done; echo begun; sleep 300"
    assert_ok(shell.call("run", command=runaway, timeout=1.0), success=False, exitcode=None, stdout="begun\n")
    pid = int(Path(mark).read_text())
    assert not is_running(pid)


def test_what_is_left_behind_on_purpose_stays(shell, tmp_path):
    data = assert_ok(shell.call("run", command="sleep 300 >/dev/null 2>&1 & echo $!"))
    pid = int(data["stdout"])
    assert Path(f"/proc/{pid}").exists()
    os.kill(pid, 9)


def test_output_beyond_the_bound_is_counted_and_said(shell):
    data = assert_ok(shell.call("run", command="printf %3000d 1; printf %100d 2 >&2", max_output="1K"))
    assert (len(data["stdout"]), data["truncated"], data["stdout"][1024:]) == (1024 + 33, 1976, "\n[1976 bytes more were not kept]\n")


def test_memory_and_computing_time_are_bounded(shell):
    assert "MemoryError" in assert_ok(shell.call("run", argv=[sys.executable, "-c", "bytearray(1 << 30)"], memory="512M"))["stderr"]
    assert_ok(shell.call("run", command="while :; do :; done", cpu=1), signal="XCPU")
    assert_ok(shell.call("run", command="ulimit -v; ulimit -t", memory="1G", cpu=60), stdout="1048576\n60\n")


def test_what_cannot_be_run_says_why(shell):
    assert_aborted(shell.call("run", argv=["nosuchprogram"]), "cannot run nosuchprogram: No such file")
    assert_aborted(shell.call("run", command="id", cwd="/nosuch"), "cannot start in /nosuch")
    assert_aborted(shell.call("run", command="id", user="nosuch"), "there is no user nosuch here")
    assert_missing(shell.call("run"))
    assert_invalid(shell.call("run", command="id", timeout=-1.0))
    assert_invalid(shell.call("run", command="id", user="root\nx"))
    assert_ok(shell.call("run", command="nosuchprogram"), exitcode=127)


def test_only_users_of_the_list_may_be_named(config):
    shell = AgentHarness(FOLDER, config={**config, "users": "nobody"})
    assert_aborted(shell.call("run", command="id", user="root"), "does not let commands run as root")
    assert_aborted(shell.call("run", command="id"), "does not let commands run as")


def test_a_host_with_a_list_of_commands_runs_nothing_else(config, tmp_path):
    listed = tmp_path / "allow"
    listed.write_text("/bin/echo *\n")
    shell = AgentHarness(FOLDER, config={**config, "allow_file": str(listed)})
    assert_ok(shell.call("run", command="echo hi"), stdout="hi\n")
    assert_ok(shell.call("run", argv=["echo", "a;b"]), stdout="a;b\n")
    for inputs in (
        {"command": "echo a; id"},
        {"command": "id"},
        {"argv": ["echo", "-n"]},
        {"script": "id"},
        {"argv": ["/bin/sh", "-c", "id"]},
    ):
        assert_aborted(shell.call("run", **inputs))
    listed.chmod(0o666)
    assert_aborted(shell.call("run", command="echo hi"), "only root can change")
    listed.unlink()
    assert_aborted(shell.call("run", command="echo hi"), "allows nothing")


def test_a_script_runs_by_its_first_line_and_leaves_no_file(shell, tmp_path):
    before = set(Path("/tmp").glob("mcollective-shell-*"))
    script = f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:])\n"
    assert_ok(shell.call("run", script=script, arguments=["a b", "-c"]), stdout="['a b', '-c']\n")
    assert set(Path("/tmp").glob("mcollective-shell-*")) <= before


def test_a_job_is_started_watched_by_offsets_and_told_of_at_its_end(shell, tmp_path):
    go = tmp_path / "go"
    handle = assert_ok(shell.call("start", command=f"echo one; while [ ! -e {go} ]; do sleep 0.05; done; echo two; exit 4"))["handle"]
    wait_until("it has written", lambda: shell.call("status", handle=handle).data["stdout"] == "one\n")
    assert_ok(shell.call("status", handle=handle), status="running", exitcode=None, stdout_next=4, more=False)
    go.touch()
    ended(shell, handle)
    assert_ok(shell.call("status", handle=handle, stdout_offset=4), status="stopped", exitcode=4, stdout="two\n", stdout_next=8)
    told = assert_ok(shell.call("statuses", handles=[handle, "nope"]))["statuses"]
    assert (told[handle]["status"], told[handle]["stdout"], told["nope"]["status"]) == ("stopped", "one\ntwo\n", "error")
    known = assert_ok(shell.call("statuses", handles=[handle], offsets={"node1.example.net": {handle: [4, 0]}}))["statuses"]
    assert known[handle]["stdout"] == "two\n"
    told = assert_ok(shell.call("statuses", handles=[handle], output=False))["statuses"][handle]
    assert (told["status"], told["exitcode"], told["stdout"], told["stdout_next"], told["more"]) == ("stopped", 4, "", 0, True)
    (job,) = assert_ok(shell.call("list"))["jobs"].values()
    assert (job["id"], job["status"], job["exitcode"], job["caller"]) == (handle, "stopped", 4, "cert=tester")


def test_a_job_is_ended_for_good_with_all_that_it_started(shell, tmp_path):
    mark = tmp_path / "pid"
    command = f"trap '' TERM; setsid sh -c \"trap '' TERM; echo \\$\\$ > {mark}; exec sleep 300\" & sleep 300"
    handle = assert_ok(shell.call("start", command=command))["handle"]
    wait_until("its child runs", lambda: mark.exists() and mark.read_text().strip())
    assert_ok(shell.call("kill", handle=handle, grace=0), signalled=True)
    assert ended(shell, handle)["signal"] == "KILL"
    assert not is_running(int(mark.read_text()))
    assert_ok(shell.call("kill", handle=handle), signalled=False, status="stopped")


def test_a_signal_that_ends_nothing_reaches_the_job(shell, tmp_path):
    handle = assert_ok(shell.call("start", command="trap 'echo got it' USR1; echo up; while :; do sleep 0.05; done"))["handle"]
    wait_until("it is up", lambda: shell.call("status", handle=handle).data["stdout"] == "up\n")
    assert_ok(shell.call("kill", handle=handle, signal="USR1"), status="running")
    wait_until("it heard", lambda: "got it" in shell.call("status", handle=handle).data["stdout"])


def test_a_job_has_its_time_too(shell):
    handle = assert_ok(shell.call("start", command="sleep 300", timeout=0.3))["handle"]
    data = ended(shell, handle)
    assert (data["exitcode"], data["signal"], data["reason"]) == (None, "TERM", "its time was over")


def test_a_job_whose_supervisor_is_killed_has_failed_and_runs_no_more(shell, config):
    handle = assert_ok(shell.call("start", command="exec sleep 300"))["handle"]
    started = json.loads(Path(config["state_directory"], handle, "started.json").read_text())
    os.kill(started["supervisor"], 9)
    wait_until("it has gone", lambda: not is_running(started["pid"]))
    data = shell.call("status", handle=handle).data
    assert (data["status"], data["reason"].split(",")[0]) == ("failed", "its supervisor was ended")


def test_files_of_jobs_are_for_nobody_else_and_secrets_are_gone_once_read(shell, config):
    handle = assert_ok(shell.call("start", command="cat", stdin="hunter2", env={"KEY": "hunter3"}))["handle"]
    assert ended(shell, handle)["stdout"] == "hunter2"
    folder = Path(config["state_directory"], handle)
    assert (folder.parent.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o700, 0o700)
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    assert not any("hunter3" in file.read_text() for file in folder.iterdir() if file.is_file())


def test_a_job_that_cannot_be_started_leaves_nothing(shell):
    assert_aborted(shell.call("start", argv=["nosuchprogram"]), "cannot run nosuchprogram")
    assert_ok(shell.call("list"), jobs={})


def test_jobs_are_bounded_in_number_and_the_oldest_are_forgotten(config):
    shell = AgentHarness(FOLDER, config={**config, "max_jobs": "1", "keep_jobs": "1"})
    handles = []
    for _ in range(3):
        handles.append(assert_ok(shell.call("start", command="true"))["handle"])
        ended(shell, handles[-1])
    assert list(shell.call("list").data["jobs"]) == handles[1:]
    last = assert_ok(shell.call("start", command="sleep 300"))["handle"]
    assert_aborted(shell.call("start", command="true"), "1 jobs are running here already")
    assert_aborted(shell.call("purge", handles=[last]), "still running")
    shell.call("kill", handle=last)
    ended(shell, last)


def test_purge_says_what_it_would_forget_and_forgets_it(shell):
    handle = assert_ok(shell.call("start", command="true"))["handle"]
    ended(shell, handle)
    assert_ok(shell.call("purge", age=3600), purged=[], changed=False)
    assert_ok(shell.call("purge", noop=True), purged=[handle], changed=True)
    assert_ok(shell.call("purge"), purged=[handle])
    assert_aborted(shell.call("status", handle=handle), "there is no job")


def test_of_several_jobs_a_host_forgets_those_that_it_has(shell):
    handle = assert_ok(shell.call("start", command="true"))["handle"]
    ended(shell, handle)
    other = handle[::-1]
    assert_aborted(shell.call("purge", handles=[other]), "there is no job")
    assert_ok(shell.call("purge", handles=[other, handle]), purged=[handle])


@pytest.mark.parametrize("handle", ["", "a", "0" * 36, "--------", "../../../etc"])
def test_what_is_no_handle_is_no_path(shell, handle):
    assert shell.call("status", handle=handle).statuscode in (1, 4)


def test_a_folder_of_somebody_else_is_not_taken(config, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "jobs").symlink_to(tmp_path / "elsewhere")
    shell = AgentHarness(FOLDER, config=config)
    assert_aborted(shell.call("start", command="true"), "will not keep jobs")


def test_a_disk_that_fills_up_costs_output_and_not_the_end_of_the_job(tmp_path, config):
    if os.geteuid() != 0:
        pytest.skip("a full disk of its own needs root")
    code = (
        "import sys, json, subprocess, time; from pathlib import Path; from mcollective_py.testing import AgentHarness\n"
        "state = Path(sys.argv[1]); state.mkdir()\n"
        "subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'none', state], check=True)\n"
        "shell = AgentHarness(Path(sys.argv[2]), config={'enabled': '1', 'systemd': '0', 'state_directory': str(state / 'jobs')})\n"
        "handle = shell.call('start', command='head -c 1000000 /dev/zero; exit 6').data['handle']\n"
        "deadline = time.monotonic() + 20\n"
        "while time.monotonic() < deadline:\n"
        "    told = shell.call('status', handle=handle).data\n"
        "    if told['status'] == 'stopped': break\n"
        "    time.sleep(0.02)\n"
        "print(json.dumps([told['status'], told['exitcode'], told['truncated'] > 500000]))\n"
    )
    words = ["unshare", "--mount", sys.executable, "-c", code, str(tmp_path / "small"), str(FOLDER)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == '["stopped", 6, true]', done.stderr


def test_a_run_takes_little_longer_than_its_command(shell):
    began = time.monotonic()
    assert_ok(shell.call("run", command="true"))
    assert time.monotonic() - began < 5
