pytest_plugins = ["mcollective_py.testing.pytest_plugin"]


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems):
    assert agent_problems == []


def test_it_is_active_only_where_the_host_says_so(agent):
    activates = agent.agent.cls.activate_when
    assert (activates(None, {}), activates(None, {"enabled": "1"})) == (False, True)


def test_it_runs_in_the_daemon(agent):
    assert agent.agent.only_reads(None)
