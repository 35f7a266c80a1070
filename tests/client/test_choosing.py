import pytest

from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.filter import Filter
from mcollective_py.plugins.ddlfiles import agent_ddl

NAMES = ("web1", "web2", "web3")


@pytest.fixture
def rpcutil(fleet):
    for name in NAMES:
        fleet.node(name)
    return RPCClient(fleet.client(), "rpcutil", agent_ddl("rpcutil", []))


def discoveries(fleet):
    return [request.agent for request in fleet.nodes["web1"].requests].count("discovery")


def test_who_was_found_is_kept_until_somebody_else_is_meant(fleet, rpcutil):
    assert (rpcutil.discover(), rpcutil.discover(), discoveries(fleet)) == (NAMES, NAMES, 1)
    rpcutil.timeout, rpcutil.limit = 1.0, "34%"
    assert (rpcutil.discover(), discoveries(fleet)) == (("web1",), 1)
    rpcutil.limit = None
    rpcutil.reset()
    assert (rpcutil.discover(), discoveries(fleet)) == (NAMES, 2)


def test_each_word_narrows_and_identities_are_alternatives(fleet, rpcutil):
    rpcutil.fact_filter("country=uk")
    rpcutil.class_filter("/^role/")
    rpcutil.agent_filter("puppet")
    rpcutil.compound_filter("a or b")
    rpcutil.identity_filter("web1")
    rpcutil.identity_filter("/3$/")
    assert rpcutil.filter == Filter.parse(
        facts=["country=uk"], classes=["/^role/"], agents=["puppet"], compound=["a or b"], identities=["web1", "/3$/"]
    )
    rpcutil.reset_filter()
    assert (rpcutil.filter, rpcutil.discover()) == (Filter(), NAMES)


def test_hosts_that_are_named_are_not_asked_whether_they_are_there(fleet, rpcutil):
    assert rpcutil.discover(["web[2-3]", "web2"]) == ("web2", "web3")
    assert (rpcutil.audience.discovered, discoveries(fleet)) == (None, 0)
    rpcutil.reset_filter()
    assert rpcutil.discover() == NAMES


def test_a_random_choice_is_made_once_and_the_same_for_the_same_seed(rpcutil):
    rpcutil.limit, rpcutil.limit_method = 2, "random"
    assert len({rpcutil.discover() for _ in range(20)}) == 1
    chosen = set()
    for seed in range(20):
        rpcutil.limit_seed = seed
        chosen.add(rpcutil.discover())
    assert chosen == {("web1", "web2"), ("web1", "web3"), ("web2", "web3")}


def test_how_a_limit_chooses_is_configured(fleet):
    for name in NAMES:
        fleet.node(name)
    rpcutil = RPCClient(fleet.client("rpclimitmethod = random\n"), "rpcutil", agent_ddl("rpcutil", []), limit=1)
    chosen = set()
    for seed in range(20):
        rpcutil.limit_seed = seed
        chosen.add(rpcutil.discover())
    assert chosen == {("web1",), ("web2",), ("web3",)}
    rpcutil.limit_method = "first"
    assert rpcutil.discover() == ("web1",)


def test_hosts_that_were_named_stay_named_whatever_else_is_set(rpcutil):
    rpcutil.nodes = ["web1", "web2"]
    rpcutil.exclude = "web2"
    assert rpcutil.discover() == ("web1",)
    rpcutil.full, rpcutil.collective, rpcutil.method_options = True, None, []
    assert rpcutil.discover() == ("web1",)
    rpcutil.exclude = []
    assert rpcutil.discover() == ("web1", "web2")
    rpcutil.reset()
    assert rpcutil.discover() == NAMES
    rpcutil.nodes = "web[2-3]"
    assert rpcutil.discover() == ("web2", "web3")


def test_another_filter_is_discovered_anew(rpcutil):
    assert rpcutil.discover() == NAMES
    rpcutil.filter = Filter(identities=("web2",))
    assert rpcutil.discover() == ("web2",)
