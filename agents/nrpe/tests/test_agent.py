import os
from pathlib import Path

import pytest

from mcollective_py.node.view import NodeView
from mcollective_py.plugins.modules import load_class
from mcollective_py.plugins.sitedata import DataSource, load_one
from mcollective_py.testing import AgentHarness, assert_conforms, assert_invalid, assert_missing, assert_ok
from tests.waiting import wait_until

FOLDER = Path(__file__).parents[1]
PLUGIN = """#!/bin/sh
printf '%s\\n' "$2"
exit "$1"
"""


@pytest.fixture
def site(tmp_path):
    """Gives a function that makes the agent of a host with this nrpe.cfg, and a plugin in PLUGIN's words."""
    plugin = tmp_path / "plugin"
    plugin.write_text(PLUGIN)
    plugin.chmod(0o755)

    def agent(text, **config):
        file = tmp_path / "nrpe.cfg"
        file.write_text(text.replace("PLUGIN", str(plugin)))
        return AgentHarness(FOLDER, config={"conf_file": str(file), **config})

    return agent


def test_the_folder_is_as_hosts_and_operators_expect():
    assert_conforms(FOLDER)


def test_a_check_that_is_ok(site):
    reply = site("command[check_x]=PLUGIN 0 'X OK - fine | time=0.5s;1;2;0'\n").call("runcommand", command="check_x")
    data = assert_ok(reply, exitcode=0, output="X OK - fine", perfdata="time=0.5s;1;2;0", command="check_x", state="OK")
    assert [(one["label"], one["value"], one["uom"]) for one in data["metrics"]] == [("time", 0.5, "s")]


@pytest.mark.parametrize(("code", "state"), [(1, "WARNING"), (2, "CRITICAL"), (3, "UNKNOWN"), (127, "UNKNOWN")])
def test_any_other_state_is_a_failure_with_its_name_as_message(site, code, state):
    reply = site(f"command[check_x]=PLUGIN {code} 'not well'\n").call("runcommand", command="check_x")
    assert (reply.statuscode, reply.statusmsg) == (1, state)
    assert (reply.data["exitcode"], reply.data["output"], reply.data["state"]) == (code, "not well", state)


def test_a_check_that_there_is_not_is_unknown_in_the_historic_words(site):
    reply = site("").call("runcommand", command="check_x")
    assert (reply.statuscode, reply.statusmsg) == (1, "UNKNOWN")
    assert (reply.data["exitcode"], reply.data["output"]) == (3, "No such command: check_x")


def test_a_line_that_needs_a_shell_is_refused_alone(site):
    agent = site("command[bad]=PLUGIN 0 x | /usr/bin/tail\ncommand[good]=PLUGIN 0 x\n")
    assert "nrpe.cfg:1: | is a pipe" in agent.call("runcommand", command="bad").data["output"]
    assert_ok(agent.call("runcommand", command="good"), output="x")
    listed = assert_ok(agent.call("list"))
    assert list(listed["commands"]) == ["good"] and list(listed["refused"]) == ["bad"]


def test_arguments_are_filled_in_by_their_number(site):
    agent = site("command[check_x]=PLUGIN $ARG1$ '$ARG2$ of $ARG1$'\n")
    reply = agent.call("runcommand", command="check_x", args="2!a b")
    assert (reply.data["exitcode"], reply.data["output"]) == (2, "a b of 2")
    refused = agent.call("runcommand", command="check_x", args="2")
    assert (refused.statuscode, refused.data["exitcode"]) == (4, 3) and "takes 2 arguments, 1 was given" in refused.statusmsg


@pytest.mark.parametrize("word", ["0", "off", "False"])
def test_a_host_may_refuse_arguments(site, word):
    agent = site("command[check_x]=PLUGIN 0 $ARG1$\n", allow_arguments=word)
    reply = agent.call("runcommand", command="check_x", args="a")
    assert reply.statuscode == 4 and "plugin.nrpe.allow_arguments" in reply.statusmsg


@pytest.mark.parametrize("args", ["a;id", "a\nid", "a\0", "`id`", "$(id)", "a|b", "a&b", "a>b", "é", "a\r", "x" * 51, "'a'"])
def test_what_a_shell_could_trip_over_never_reaches_a_check(site, args):
    assert_invalid(site("command[check_x]=PLUGIN 0 $ARG1$\n").call("runcommand", command="check_x", args=args))


@pytest.mark.parametrize("command", ["", "a/b", "../x", "a b", "a\n", "x" * 51, "-a;b"])
def test_what_is_no_name_of_a_check_is_refused(site, command):
    assert site("").call("runcommand", command=command).statuscode == 4


def test_the_name_must_be_given(site):
    assert_missing(site("").call("runcommand"))


def has_ended(status):
    try:
        return "State:\tZ" in status.read_text()  # init may take its time to notice
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_check_that_hangs_is_ended_at_command_timeout_with_what_it_started(site, tmp_path):
    pid = tmp_path / "pid"
    reply = site(f"command_timeout=1\ncommand[slow]=/bin/sh -c 'echo waiting; sleep 600 & echo $! >{pid}; wait'\n").call(
        "runcommand", command="slow"
    )
    assert (reply.data["exitcode"], reply.data["output"]) == (3, "slow took longer than 1 s and was ended: waiting")
    wait_until("what it started has ended", lambda: has_ended(Path(f"/proc/{pid.read_text().strip()}/status")))


def test_a_plugin_that_breaks_says_so_in_its_own_words(site):
    reply = site("command[broken]=/bin/sh -c 'echo no such library >&2; exit 127'\n").call("runcommand", command="broken")
    assert (reply.data["exitcode"], reply.data["output"]) == (127, "no such library")
    gone = site("command[gone]=/no/such/plugin\n").call("runcommand", command="gone")
    assert gone.data["output"].startswith("/no/such/plugin is not installed (") and gone.data["exitcode"] == 3


def test_a_program_that_others_could_change_is_not_run(site, tmp_path):
    agent = site("command[check_x]=PLUGIN 0 x\n")
    (tmp_path / "plugin").chmod(0o777)
    assert "can be written by others" in agent.call("runcommand", command="check_x").data["output"]


def test_a_file_that_others_could_change_has_no_checks(site, tmp_path):
    agent = site("command[check_x]=PLUGIN 0 x\n")
    (tmp_path / "nrpe.cfg").chmod(0o666)
    assert "nrpe.cfg can be written by others" in agent.call("runcommand", command="check_x").data["output"]


def test_all_checks_run_at_once_a_few_at_a_time(site):
    agent = site(
        "command[a]=PLUGIN 0 fine\ncommand[b]=PLUGIN 1 'so so | x=1'\ncommand[c]=PLUGIN 2 bad\ncommand[d]=/no/such\n"
        "command[e]=PLUGIN 0 $ARG1$\ncommand[f]=PLUGIN 0; id\n",
        parallel="2",
    )
    data = assert_ok(agent.call("runallcommands"), exitcode=2, ok=1, warning=1, critical=1, unknown=1)
    assert data["commands"]["a"] == {"exitcode": 0, "output": "fine", "state": "OK"}
    assert data["commands"]["b"] == {"exitcode": 1, "output": "so so | x=1", "state": "WARNING"}
    assert list(data["commands"]) == ["a", "b", "c", "d"]
    assert data["skipped"]["e"] == "takes arguments: 1" and "; ends a command" in data["skipped"]["f"]


def test_a_host_without_checks_is_unknown(site):
    assert_ok(site("").call("runallcommands"), exitcode=3, commands={})


def test_a_setting_that_is_no_number_is_named(site):
    reply = site("command[a]=PLUGIN 0 x\n", parallel="many").call("runallcommands")
    assert reply.statuscode == 1 and "plugin.nrpe.parallel" in reply.statusmsg


def test_files_are_found_as_ever_and_by_nrpe_cfg(tmp_path):
    folder = tmp_path / "nrpe.d"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.cfg").write_text("command[a]=/bin/true\n")
    (folder / "a.checks").write_text("command[c]=/bin/true\n")
    (folder / "deep" / "b.cfg").write_text("command[b]=/bin/true\n")
    main = tmp_path / "nrpe.cfg"
    main.write_text(
        f"# comment\nserver_port=5666\ncommand[a]=/bin/false\ninclude_dir={folder}\ninclude={tmp_path}/none.cfg\ncommand[m]=/bin/true\n"
        f"include={main}\n"
    )

    def names(**config):
        return sorted(AgentHarness(FOLDER, config=config).call("list").data["commands"])

    assert names(conf_dir=str(folder)) == ["a"]
    assert names(conf_dir=str(folder), conf_file="*.checks") == ["c"]
    assert names(conf_dir=str(folder), conf_file="a.checks") == ["c"]
    assert names(conf_path=f"{folder}:{folder}/deep") == ["a", "b"]
    listed = AgentHarness(FOLDER, config={"nrpe_cfg": str(main)}).call("list").data
    assert {"a", "b", "m"} <= set(listed["commands"])
    assert listed["commands"]["a"]["program"] == "/bin/true"  # the last one of a name
    assert listed["problems"] == [f"there is no file {tmp_path}/none.cfg"]


def test_a_prefix_stands_before_every_command(site):
    agent = site("command_prefix=/usr/bin/env A=1\ncommand[a]=/bin/sh -c 'echo $A'\n")
    assert agent.call("runcommand", command="a").data["output"] == "1"


def test_a_filter_asks_for_the_exit_code(site, tmp_path):
    site("command[a]=PLUGIN 2 bad\ncommand[b]=PLUGIN 0 $ARG1$\n")
    plugin = load_one(DataSource("nrpe", FOLDER / "data" / "nrpe", {"conf_file": str(tmp_path / "nrpe.cfg")}, ()))
    node = NodeView("node1")
    assert plugin.query("a", node) == {"exitcode": 2}
    assert plugin.query("none", node) == {"exitcode": 3}
    with pytest.raises(Exception, match="takes 1 argument, 0 were given"):
        plugin.query("b", node)


def test_a_host_may_do_without_questions_in_filters():
    data = load_class("nrpe", FOLDER / "data" / "nrpe", "data")
    assert [data.activate_when(NodeView("node1"), config) for config in ({}, {"data": "1"}, {"data": "0"})] == [True, True, False]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs as somebody else")
def test_checks_run_as_another_user_where_the_site_says_so(site):
    agent = site("command[who]=/usr/bin/id -un\n", runas_user="nobody")
    assert agent.call("runcommand", command="who").data["output"] == "nobody"
    absent = site("command[who]=/no/such\n", runas_user="nobody").call("runcommand", command="who")
    assert absent.data["exitcode"] == 3
    assert "there is no user nosuch" in site("", runas_user="nosuch").call("runcommand", command="who").statusmsg
