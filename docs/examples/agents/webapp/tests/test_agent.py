import pytest

from mcollective_py.testing import assert_aborted, assert_invalid, assert_missing, assert_ok

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]


@pytest.fixture
def agent_config(tmp_path):
    return {"path": str(tmp_path / "release")}


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems):
    assert agent_problems == []


def test_a_release_is_deployed_and_shown(agent):
    assert_ok(agent.call("status"), release="none")
    assert_ok(agent.call("deploy", release="1.5"), before="none")
    assert_ok(agent.call("status"), release="1.5")


def test_noop_changes_nothing(agent):
    assert_ok(agent.call("deploy", release="1.5", noop=True), before="none")
    assert_ok(agent.call("status"), release="none")


def test_what_is_no_release_never_reaches_the_agent(agent):
    assert_invalid(agent.call("deploy", release="latest; reboot"))
    assert_missing(agent.call("deploy"))


class TestWithoutItsFolder:
    @pytest.fixture
    def agent_config(self):
        return {"path": "/no/such/folder/release"}

    def test_it_says_so_and_gives_up(self, agent):
        assert_aborted(agent.call("deploy", release="1.5"), "no folder /no/such/folder")


def test_on_a_collective_only_hosts_with_the_setting_have_it(collective, tmp_path):
    collective.add("web1", "web2", classes=["role::web"], settings={"plugin.webapp.path": str(tmp_path / "release")})
    collective.add("db1")
    webapp = collective.rpcclient("webapp")
    assert sorted(webapp.discover()) == ["web1", "web2"]
    for result in webapp.deploy(release="2.0"):
        assert_ok(result)
    assert {result["release"] for result in webapp.status()} == {"2.0"}
