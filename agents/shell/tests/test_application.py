import argparse
import sys
from pathlib import Path

import pytest

from mcollective_py.cli.commands import load_application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.client.results import RPCResult
from mcollective_py.errors import UsageError


@pytest.fixture(scope="module")
def shell():
    return load_application("shell", str(Path(__file__).parents[1] / "application.py"))


@pytest.fixture
def called(shell):
    def of(*words):
        options: argparse.Namespace = parse(parser_for("shell", shell), list(words))
        action, things = shell._addressed(options)
        return shell._called(action, things, options)

    return of


def result(action, **data):
    return RPCResult("web1", "shell", action, 0, "OK", data)


@pytest.mark.parametrize(
    ("words", "action", "inputs"),
    [
        (["run", "uptime; id"], "run", {"command": "uptime; id"}),
        (["run", "-I", "web1", "--", "ls", "-l", "/tmp"], "run", {"command": "ls -l /tmp"}),
        (["run", "--argv", "--", "ls", "-l", "a b"], "run", {"argv": ["ls", "-l", "a b"]}),
        (["run", "id", "--tail"], "start", {"command": "id"}),
        (["start", "id", "--user", "worker", "--group", "mail"], "start", {"command": "id", "user": "worker", "group": "mail"}),
        (["run", "id", "--env", "A=b=c", "--env", "D="], "run", {"command": "id", "env": {"A": "b=c", "D": ""}}),
        (["run", "id", "--max-time", "5", "--max-memory", "1G", "--max-cpu", "7", "--max-output", "64K"], "run",
         {"command": "id", "timeout": 5.0, "memory": "1G", "cpu": 7, "max_output": "64K"}),
        (["list"], "list", {}),
        (["purge", "--age", "1d"], "purge", {"age": "1d"}),
        (["purge", "a-b"], "purge", {"handles": ["a-b"]}),
    ],
)  # fmt: skip
def test_words_mean_an_action_and_its_inputs(called, words, action, inputs):
    assert called(*words) == (action, inputs)


def test_a_script_is_read_here_and_goes_with_its_checksum_and_arguments(called, tmp_path):
    script, given = tmp_path / "s.sh", tmp_path / "in"
    script.write_text("echo hi\n")
    given.write_text("secret")
    action, inputs = called("script", str(script), "--background", "--stdin", str(given), "--", "-x", "a b")
    assert (action, inputs["script"], inputs["arguments"], inputs["stdin"]) == ("start", "echo hi\n", ["-x", "a b"], "secret")
    assert inputs["sha256"] == "ab08508fdf5ca4da5c4995987bc41c56c048aaa5eeb046417ae4049b7d40286e"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "which action"),
        (["uptime"], "mco shell run 'COMMAND'"),
        (["run"], "which command"),
        (["script"], "which script"),
        (["script", "/nosuch"], "No such file"),
        (["script", "/dev/null"], "there is nothing in"),
        (["start", "id", "--tail"], "--tail is for run"),
        (["run", "id", "--background"], "--background is for script"),
        (["run", "id", "--interpreter", "/bin/sh"], "--interpreter is for"),
        (["run", "id", "--env", "A"], "write NAME=VALUE"),
        (["list", "x"], "list takes no"),
    ],
)
def test_words_that_mean_nothing_are_told_apart(called, words, message):
    with pytest.raises(UsageError, match=message):
        called(*words)


@pytest.mark.parametrize(
    "words",
    [
        ["run", "grep", "-v", "root", "/etc/group"],
        ["start", "apt-get", "-y", "install", "x"],
        ["run", "-I", "web1", "ls", "-la"],
        ["run", "ls", "-la", "/"],
        ["run", "grep", "-v", "--", "root"],
        ["script", "s.sh", "-v", "x"],
        ["script", "s.sh", "--deep"],
    ],
)
def test_an_option_that_may_be_the_commands_own_is_never_taken_out_of_it(shell, words):
    with pytest.raises(UsageError, match=r"meant for the command.*write -- before it"):
        shell.check_words(words, parser_for("shell", shell))


@pytest.mark.parametrize(
    "words",
    [
        ["run", "grep -v root /etc/group", "-v"],
        ["run", "uptime", "-I", "web1", "-q"],
        ["run", "uptime", "-Iweb1", "--user=x"],
        ["-I", "web1", "run", "uptime"],
        ["run", "-I", "web1", "-t", "5", "uptime", "-v"],
        ["run", "-I", "web1", "--", "ls", "-la"],
        ["script", "-v", "s.sh", "a", "--", "--deep"],
        ["run", "df", "-h"],
        ["kill", "h", "--signal", "HUP", "-v", "i"],
        ["list", "-v"],
    ],
)
def test_our_own_options_stand_before_and_behind_a_command(shell, words):
    shell.check_words(words, parser_for("shell", shell))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"stdout": "a\nb\n", "stderr": "", "success": True, "exitcode": 0}, "a\nb"),
        ({"stdout": "", "stderr": "", "success": True, "exitcode": 0}, None),
        ({"stdout": "a\n", "stderr": "x\ny\n", "success": True, "exitcode": 3}, "a\nstderr: x\nstderr: y\nexit code 3"),
        ({"stdout": "", "stderr": "", "success": True, "exitcode": 137, "signal": "KILL"}, "ended by signal KILL"),
        (
            {"stdout": "a", "stderr": "", "success": False, "exitcode": None, "signal": "TERM", "seconds": 5.0},
            "a\nits time was over after 5.0 s",
        ),
        (
            {"stdout": "a" * 500_001, "stderr": "", "success": True, "exitcode": 0},
            "a" * 500_000 + "\n[1 characters more: --json has all that was kept]",
        ),
        ({"stdout": ["x"], "stderr": 5, "success": True, "exitcode": 0}, None),
    ],
)
def test_a_host_says_output_and_how_the_command_ended(shell, data, line):
    assert shell.line(result("run", **data)) == line


def test_a_command_that_did_not_end_with_0_makes_exit_code_2(shell):
    assert shell.exitcode([result("run", exitcode=0)], 0) == 0
    assert shell.exitcode([result("run", exitcode=0), result("run", exitcode=1)], 0) == 2
    assert shell.exitcode([result("run", exitcode=None, success=False)], 5) == 2
    assert shell.exitcode([result("run", exitcode=1)], 130) == 130
    assert shell.exitcode([result("start", handle="h")], 0) == 0
    for ended in ({"status": "stopped", "exitcode": 3}, {"status": "stopped", "exitcode": None}, {"status": "failed"}):
        assert shell.exitcode([result("statuses", statuses={"h": ended})], 0) == 2
    for other in ({"status": "stopped", "exitcode": 0}, {"status": "running", "exitcode": None}, {"status": "error"}):
        assert shell.exitcode([result("statuses", statuses={"h": other})], 0) == 0


def test_a_host_without_the_agent_is_told_how_it_gets_it(shell):
    refused = RPCResult("web1", "shell", "run", 5, "no agent shell is active here", {}, refusal="unknownagent")
    assert "plugin.shell.enabled = 1" in shell.failure(refused)
    assert shell.failure(RPCResult("web1", "shell", "run", 1, "there is no user x here", {})) is None


def test_a_list_has_a_line_a_job(shell):
    jobs = {
        "h1": {"status": "running", "user": "root", "command": "sleep 5"},
        "h2": {"status": "stopped", "exitcode": 3, "user": "a", "command": "x"},
    }
    assert shell.line(result("list", jobs=jobs)) == "h1  running     root  sleep 5\nh2  stopped (exit code 3)  a  x"
    assert shell.line(result("list", jobs={})) is None
    assert shell.line(result("list", jobs=["x"])) is None


def test_a_host_adds_no_jobs_to_those_that_are_watched(shell):
    found = sys.modules[type(shell).__module__]._found
    told = {"!": {"status": "running"}, "b": {"status": "running"}, "c": {"status": "error"}}
    assert [job.handle for job in found(result("statuses", statuses=told), ["b", "c"])] == ["b"]
