import pytest

from mcollective_py.client.filterwords import narrowed
from mcollective_py.errors import PluginError
from mcollective_py.testing import Collective, assert_data, assert_ok, assert_refused
from tests.testing.shelf import DDL

AGENT = """\
from mcollective_py.agent import Agent, action

class Shelf(Agent):
    @action
    def put(self, request, reply):
        reply["here"] = [request["what"], self.node.identity, self.fact("os.family"), request.caller, self.config.get("size")]
"""


@pytest.fixture
def libdir(tmp_path):
    folder = tmp_path / "libdir" / "agents" / "shelf"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "ddl.yaml").write_text(DDL)
    return folder.parents[1]


@pytest.fixture
def collective(tmp_path, libdir):
    policies = {"shelf": "policy default deny\nallow\t*\t*\t*\trole::web\n"}
    with Collective(tmp_path, libdirs=[libdir], policies=policies) as made:
        made.add("web1", "web2", classes=["role::web"], facts={"os": {"family": "Debian"}}, settings={"plugin.shelf.size": "3"})
        made.add("db1", facts={"os": {"family": "RedHat"}})
        yield made


def test_hosts_are_found_by_facts_and_classes_and_run_their_agents(collective):
    shelf = collective.rpcclient("shelf", narrowed(fact="os.family=Debian"))
    results = sorted(shelf.put(what="book"), key=lambda result: result.sender)
    for result, name in zip(results, ("web1", "web2"), strict=True):
        assert_ok(result, here=["book", name, "Debian", collective.caller, "3"])
    assert shelf.stats.ok == 2


def test_policies_hold(collective):
    shelf = collective.rpcclient("shelf")
    shelf.discover(["db1"])
    (result,) = shelf.put(what="book")
    assert_refused(result, "denied", "cert=demo.mcollective")


def test_the_daemon_reports_of_itself(collective):
    rpcutil = collective.rpcclient("rpcutil")
    rpcutil.discover(["web1"])
    (result,) = rpcutil.inventory()
    assert "role::web" in assert_data(result, agents=list)["classes"]
    assert {"discovery", "echo", "rpcutil", "shelf"} <= set(result.data["agents"])


def test_a_host_that_is_stopped_is_silent_and_named(collective):
    collective.hosts["web2"].stop()
    shelf = collective.rpcclient("shelf", timeout=0.5)
    shelf.discover(["web1", "web2"])
    assert [result.sender for result in shelf.put(what="book")] == ["web1"]
    assert shelf.stats.no_response == ("web2",)


def test_an_agent_that_does_not_load_fails_the_test_that_adds_the_host(collective, libdir):
    (libdir / "agents" / "shelf" / "agent.py").write_text("class Shelf:\n    pass\n")
    with pytest.raises(PluginError, match="neither an Agent"):
        collective.add("web3")
