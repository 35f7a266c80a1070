from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness, assert_aborted, assert_invalid, assert_missing

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]

FOLDER = Path(__file__).parents[1]
CHANGES = ("start", "stop", "restart", "try_restart", "reload", "enable", "disable", "mask", "unmask", "reset_failed")
ABOUT_ONE = ("is_active", "is_enabled", "is_failed", "show", "logs")


@pytest.fixture
def agent_config():
    return {"provider": "systemd"}


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems):
    assert agent_problems == []


def test_the_historic_actions_take_and_give_what_they_always_did(agent):
    ddl = agent.agent.ddl
    for name in ("status", "start", "stop", "restart"):
        action = ddl.actions[name]
        assert (action.inputs["service"].type, action.inputs["service"].maxlength) == ("string", 90)
        assert action.outputs["status"].default == "unknown"
        assert ("summary", "status") in [(one.function, one.output) for one in action.aggregates]
    assert (ddl.metadata.timeout, ddl.actions["status"].display, ddl.actions["restart"].display) == (60, "always", "failed")


def test_what_changes_can_say_what_it_would_do_and_what_reads_changes_nothing(agent):
    ddl = agent.agent.ddl
    assert all("noop" in ddl.actions[name].inputs for name in CHANGES)
    assert all(ddl.actions[name].only_reads for name in (*ABOUT_ONE, "status", "list"))
    assert {name for name in ddl.actions if ddl.actions[name].impact == "destructive"} == {"stop", "disable", "mask"}


@pytest.mark.parametrize("action", ["status", *CHANGES, *ABOUT_ONE])
def test_a_service_is_to_be_named(agent, action):
    assert_missing(agent.call(action))


@pytest.mark.parametrize("action", ["status", *CHANGES, *ABOUT_ONE])
@pytest.mark.parametrize("service", ["-x", "a b", "a;id", "ssh\n", "--force", "../x", "a" * 91])
def test_what_is_no_name_never_reaches_the_agent(agent, action, service):
    assert_invalid(agent.call(action, service=service))


@pytest.mark.parametrize("pattern", ["-x", "a b", "a;b", "a\n", "$(id)"])
def test_nor_does_what_is_no_pattern(agent, pattern):
    assert_invalid(agent.call("list", pattern=pattern))


@pytest.mark.parametrize("wait", [-1, 111, float("inf"), float("nan")])
def test_nobody_waits_longer_than_the_action_may_take(agent, wait):
    assert_invalid(agent.call("restart", service="ssh", wait=wait))


@pytest.mark.parametrize("lines", [0, -5, 1001])
def test_a_log_is_asked_for_a_bounded_number_of_lines(agent, lines):
    assert_invalid(agent.call("logs", service="ssh", lines=lines))


def test_a_wrong_setting_is_named_with_what_would_do():
    assert_aborted(
        AgentHarness(FOLDER, config={"provider": "upstart"}).call("status", service="ssh"), "there are systemd, service, puppet"
    )
    wrong = AgentHarness(FOLDER, config={"provider": "systemd", "settle": "long"}).call("restart", service="ssh")
    assert_aborted(wrong, r"plugin\.service\.settle is 'long': it must be a number from 0 to 3600")


def test_a_wait_beyond_what_an_action_has_is_refused_where_it_is_configured_too():
    wrong = AgentHarness(FOLDER, config={"provider": "systemd", "wait": "111"}).call("restart", service="ssh")
    assert_aborted(wrong, r"plugin\.service\.wait is '111': it must be a number from 0 to 110")


def test_a_provider_says_what_it_cannot_do():
    scripts = AgentHarness(FOLDER, config={"provider": "service"})
    assert_aborted(scripts.call("mask", service="ssh"), "the provider service of this host cannot mask")
    assert_aborted(scripts.call("daemon_reload"), "cannot daemon-reload")
    assert_aborted(scripts.call("list"), "init scripts do not tell which services failed")
    assert_aborted(scripts.call("logs", service="ssh"), "there is no journal to read")
