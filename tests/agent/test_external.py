"""Agents of other languages, as the daemon loads and runs them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcollective_py.agent import external
from mcollective_py.errors import PluginError
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.loader import load_agent
from mcollective_py.testing import AgentHarness, assert_aborted, assert_conforms, assert_failed, assert_invalid, assert_ok
from tests.waiting import wait_until

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "agents"
DDL = """\
metadata: {name: shelf, description: D, author: A, license: L, version: "1", url: U, timeout: 5}
actions:
  - action: put
    description: Puts something down
    impact: read
    input:
      what: {prompt: P, description: D, type: string, maxlength: 50, optional: true}
      many: {prompt: P, description: D, type: integer, default: 2}
      code: {prompt: P, description: D, type: string, maxlength: 50, optional: true, sensitive: true}
    output:
      here: {description: D, display_as: H}
      size: {description: D, display_as: S, default: small}
"""
NODE = NodeView("web1", facts={"os": {"family": "Debian"}})


@pytest.fixture
def shelf(tmp_path):
    """Writes the agent shelf, whose program is this shell script; gives its harness."""

    def write(script, ddl=DDL, name="agent.sh", **files):
        folder = tmp_path / "agents" / "shelf"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ddl.yaml").write_text(ddl)
        for file, text in {name: script, **files}.items():
            (folder / file).write_text(text if text.startswith("#!") or file.endswith(".py") else f"#!/bin/sh\n{text}")
            (folder / file).chmod(0o755)
        return AgentHarness(folder, node=NODE, config={"path": "/x"})

    return write


def test_the_shell_example_answers_and_its_exit_codes_are_status_codes():
    assert_conforms(EXAMPLES / "diskspace")
    diskspace = AgentHarness(EXAMPLES / "diskspace")
    data = assert_ok(diskspace.call("usage", folder="/"), mount="/", percent=int, free_kb=int)
    assert 0 <= data["percent"] <= 100
    assert_invalid(diskspace.call("usage", folder="/no/such"), "^there is no folder /no/such$")
    assert_invalid(diskspace.call("usage", folder="; reboot"), "folder")


def test_the_perl_example_answers_and_its_exit_codes_are_status_codes():
    if subprocess.run(["perl", "-MJSON::PP", "-e", "1"], capture_output=True, check=False).returncode:
        pytest.skip("there is no perl with JSON::PP")
    assert_conforms(EXAMPLES / "account")
    account = AgentHarness(EXAMPLES / "account")
    assert_ok(account.call("lookup", user="root"), uid=0, home=str, groups=list)
    assert_aborted(account.call("lookup", user="nobody_here"), "^there is no account nobody_here$")


def test_a_program_gets_the_request_on_stdin_in_a_file_and_as_variables(shelf):
    harness = shelf("""
        [ "$(cat)" = "$(cat "$1")" ] && [ "$1 $2" = "$MCOLLECTIVE_REQUEST_FILE $MCOLLECTIVE_REPLY_FILE" ] || exit 1
        [ "$1 $2 $3" = "$CHORIA_EXTERNAL_REQUEST $CHORIA_EXTERNAL_REPLY $CHORIA_EXTERNAL_PROTOCOL" ] || exit 1
        { printf '{"here": ["%s", "%s", "%s", "%s"], ' "$MCOLLECTIVE_ACTION" "$MCOLLECTIVE_INPUT_what" "$MCOLLECTIVE_INPUT_many" "$3"
          printf '"size": %s}' "$(cat "$1")"; } > "$2"
    """)
    data = assert_ok(harness.call("put", what="a 'b' \"c\"; $(d)".replace('"', "")))
    assert data["here"] == ["put", "a 'b' c; $(d)", "2", "io.choria.mcorpc.external.v1.rpc_request"]
    request = data["size"]
    assert request.pop("msgtime") <= time.time()
    assert request == {
        "$schema": "https://choria.io/schemas/mcorpc/external/v1/rpc_request.json",
        "protocol": "io.choria.mcorpc.external.v1.rpc_request",
        "agent": "shelf",
        "action": "put",
        "requestid": "0" * 32,
        "uniqid": "0" * 32,
        "senderid": "tester.example.net",
        "sender": "tester.example.net",
        "callerid": "cert=tester",
        "collective": "mcollective",
        "ttl": 60,
        "data": {"what": "a 'b' c; $(d)", "many": 2},
    }


def test_facts_and_settings_are_files_and_the_environment_is_clean(shelf, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_DAEMON", "x")
    harness = shelf("""
        printf '{"here": %s, "size": "%s %s %s"}' "$(cat "$MCOLLECTIVE_FACTS_FILE")" "$(cat "$CHORIA_EXTERNAL_CONFIG")" "$LC_ALL" \\
            "$SECRET_OF_THE_DAEMON$(pwd)"
    """)
    assert_ok(harness.call("put"), here={"os": {"family": "Debian"}}, size="path = /x C /")


def test_a_sensitive_input_is_in_the_request_and_not_in_the_environment(shelf):
    harness = shelf("""printf '{"here": "%s", "size": %s}' "$(env | grep -c pa55)" "$(grep -c pa55)" """)
    assert_ok(harness.call("put", code="pa55word"), here="0", size=1)


@pytest.mark.parametrize(
    ("script", "statuscode", "message"),
    [
        ("exit 0", 0, "OK"),
        ("echo no room >&2; exit 1", 1, "no room"),
        ("exit 3", 3, "agent.sh ended with 3 and said nothing on stderr"),
        ("exit 5", 5, "agent.sh ended with 5 and said nothing on stderr"),
        ("exit 77", 5, "agent.sh ended with 77 and said nothing on stderr"),
        ("kill -9 $$", 5, "agent.sh was ended by signal 9 and said nothing on stderr"),
        ("echo '[1]' > $2", 5, "agent.sh gave an answer that cannot be read: it is no mapping of outputs"),
        ("echo warned >&2", 0, "OK"),
        ("echo just words", 0, "OK"),
        ("rm $2", 0, "OK"),
        ("""echo '{"statuscode": 1, "statusmsg": "full", "data": {}}' > $2""", 1, "full"),
        ("""echo '{"statuscode": 0, "statusmsg": "lost", "data": {}}' > $2; exit 2""", 2, "lost"),
        ("""echo '{"statuscode": 9}' > $2""", 5, "agent.sh gave an answer that cannot be read: its statuscode is a number from 0 to 5"),
    ],
)
def test_how_a_program_ends_is_the_status(shelf, script, statuscode, message):
    reply = shelf(script).call("put")
    assert (reply.statuscode, reply.statusmsg) == (statuscode, message)


def test_outputs_of_a_failure_and_defaults_are_kept_and_choria_answers_in_an_envelope(shelf):
    reply = shelf("""echo '{"here": 1}' > $2; exit 1""").call("put")
    assert_aborted(reply)
    assert reply.data == {"here": 1, "size": "small"}
    envelope = '{"protocol": "io.choria.mcorpc.external.v1.rpc_reply", "statuscode": 0, "statusmsg": "OK", "data": {"here": 2}}'
    assert_ok(shelf(f"echo '{envelope}' > $2").call("put"), here=2, size="small")


def test_a_timeout_ends_the_whole_process_group(shelf, tmp_path):
    pids = tmp_path / "pids"
    harness = shelf(f"sleep 60 & echo $! $$ > {pids}; wait", DDL.replace("timeout: 5", "timeout: 0.3"))
    assert_failed(harness.call("put"), 5, r"^agent.sh took longer than 0.3 s and was ended$")
    for pid in pids.read_text().split():
        wait_until(f"{pid} is gone", lambda pid=pid: not Path(f"/proc/{pid}").exists())


def test_an_answer_beyond_all_bounds_is_refused_and_not_kept(shelf):
    reply = shelf("head -c 5000000 /dev/zero > $2").call("put")
    assert_aborted(reply, "agent.sh cannot be read")
    assert_failed(shelf("printf '{'; head -c 5000000 /dev/zero").call("put"), 5, "printed more than 1048576 bytes")


def test_a_reply_that_is_a_link_or_a_fifo_is_not_followed_for_ever(shelf):
    assert_aborted(shelf("rm $2; mkfifo $2").call("put"), "cannot be read")


def test_nothing_is_left_behind(shelf, tmp_path, monkeypatch):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    assert_ok(shelf("exit 0").call("put"))
    assert list((tmp_path / "tmp").iterdir()) == []


def is_running(pid):
    """Whether it still runs; one that only waits for its parent to notice does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_process_that_is_told_to_end_takes_the_program_and_its_files_with_it(shelf, tmp_path):
    pid_file = tmp_path / "pid"
    folder = shelf(f"echo $$ > {pid_file}; sleep 60").agent.folder
    program = (
        "import sys; from pathlib import Path; from mcollective_py.testing import AgentHarness\n"
        "AgentHarness(Path(sys.argv[1])).call('put')"
    )
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    process = subprocess.Popen([sys.executable, "-c", program, str(folder)], env=environment)
    wait_until("the program runs", lambda: pid_file.exists() and pid_file.read_text().strip(), 30)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 143
    assert list((tmp_path / "tmp").iterdir()) == []
    wait_until("the program is gone", lambda: not is_running(int(pid_file.read_text())), 30)


def test_an_action_can_have_a_program_of_its_own(shelf):
    ddl = DDL.replace("    impact: read\n", "    impact: read\n    implemented_by: put.sh\n")
    harness = shelf('echo \'{"here": "agent"}\'', ddl, **{"put.sh": 'echo \'{"here": "put"}\''})
    assert_ok(harness.call("put"), here="put")


def test_python_and_programs_share_an_agent(shelf):
    ddl = (
        DDL.replace("    impact: read\n", "    impact: read\n    implemented_by: put.sh\n")
        + "  - {action: get, description: Gets, impact: read}\n"
    )
    code = (
        "from mcollective_py.agent import Agent, action\n"
        "class Shelf(Agent):\n    @action\n    def get(self, request, reply): reply['here'] = 1\n"
    )
    harness = shelf("echo '{\"here\": 2}'", ddl, name="put.sh", **{"agent.py": code})
    assert (harness.call("get").data["here"], harness.call("put").data["here"]) == (1, 2)
    assert (harness.agent.only_reads("get"), harness.agent.only_reads("put")) == (True, False)  # a program gets a process of its own


def test_a_program_that_others_could_change_is_not_run(shelf):
    harness = shelf("exit 0")
    (harness.agent.folder / "agent.sh").chmod(0o777)
    assert_aborted(harness.call("put"), "will not run .* can be written by others")
    with pytest.raises(PluginError, match="not loaded for safety"):
        load_agent(harness.agent.folder, only_owned=True)


@pytest.mark.parametrize(("script", "is_wanted"), [("exit 0", True), ("exit 1", False)])
def test_a_program_called_activate_says_whether_the_agent_is_wanted_here(shelf, script, is_wanted):
    harness = shelf(
        "exit 0", activate=f'[ "$(cat "$MCOLLECTIVE_FACTS_FILE")" = \'{{"os": {{"family": "Debian"}}}}\' ] || exit 9\n{script}'
    )
    assert harness.agent.cls.activate_when(NODE, {}) is is_wanted


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo broken >&2; exit 2", "the activation check ended with 2: broken"),
        ("kill -9 $$", "the activation check ended with -9"),
    ],
)
def test_an_activation_check_that_breaks_is_an_error_and_not_a_no(shelf, script, words):
    with pytest.raises(PluginError, match=words):
        shelf("exit 0", activate=script).agent.cls.activate_when(NODE, {})


def test_an_external_agent_of_choria_is_asked_as_choria_asks(tmp_path, monkeypatch):
    monkeypatch.setattr(external, "ACTIVATION_TIMEOUT", 60.0)  # a Python starts twice, on whatever machine
    folder = tmp_path / "agents" / "hello_world"
    folder.mkdir(parents=True)
    metadata = {"license": "L", "author": "A", "timeout": 5, "name": "hello_world", "version": "1", "url": "U", "description": "D"}
    action = {
        "action": "ping",
        "input": {},
        "output": {"text": {"description": "D", "display_as": "T"}},
        "display": "always",
        "description": "D",
    }
    schema = "https://choria.io/schemas/mcorpc/ddl/v1/agent.json"
    ddl = {"$schema": schema, "metadata": {**metadata, "provider": "external"}, "actions": [action]}
    (folder / "ddl.json").write_text(json.dumps(ddl))
    (folder / "hello_world").write_text(
        f"#!{sys.executable}\n"
        "import json, os\n"
        "asked = json.load(open(os.environ['CHORIA_EXTERNAL_REQUEST']))\n"
        "assert asked['protocol'] == os.environ['CHORIA_EXTERNAL_PROTOCOL'] and asked['agent'] == 'hello_world'\n"
        "facts = json.load(open(os.environ['CHORIA_EXTERNAL_FACTS']))\n"
        "if asked['protocol'].endswith('activation_request'):\n"
        "    answer = {'activate': facts['os']['family'] == 'Debian'}\n"
        "else:\n"
        "    answer = {'statuscode': 0, 'statusmsg': 'OK', 'data': {'text': 'hello ' + asked['callerid']}}\n"
        "json.dump(answer, open(os.environ['CHORIA_EXTERNAL_REPLY'], 'w'))\n"
    )
    (folder / "hello_world").chmod(0o755)
    harness = AgentHarness(folder, node=NODE)
    assert_ok(harness.call("ping"), text="hello cert=tester")
    assert harness.agent.cls.activate_when(NODE, {}) is True
    assert harness.agent.cls.activate_when(NodeView("web2", facts={"os": {"family": "RedHat"}}), {}) is False
