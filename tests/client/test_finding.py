import pytest

from mcollective_py.client.rpcclient import rpcclient
from mcollective_py.errors import DiscoveryError, FilterError, UsageError
from mcollective_py.filter import Filter


@pytest.fixture
def hosts(tmp_path):
    file = tmp_path / "hosts.txt"
    file.write_text("web1\nweb2\nnosuch\n")
    return str(file)


def test_a_list_finds_hosts_without_asking_and_they_are_asked_by_name(fleet, hosts):
    web1, web3 = fleet.node("web1"), fleet.node("web3")
    fleet.node("web2")
    with fleet.client() as mco:
        replies = mco.request("echo", 1, method="flatfile", method_options=[hosts], timeout=0.3)
        assert sorted(reply.sender for reply in replies) == ["web1", "web2"]
        stats = replies.stats
    assert (stats.no_response, stats.did_discovery, stats.discovery_method, stats.discovery_ended) == (
        *(("nosuch",), True, "flatfile", "source"),
    )
    assert [(request.agent, request.targets) for request in web1.requests] == [("echo", ("web1", "web2", "nosuch"))]
    assert web3.requests == []


def test_excluded_hosts_get_no_request_also_where_many_are_asked(fleet):
    nodes = {f"web{number}": fleet.node(f"web{number}") for number in range(12)}
    with fleet.client() as mco:
        replies = mco.request("echo", 1, exclude=["/^web1$/"])
        assert sorted(reply.sender for reply in replies) == sorted(set(nodes) - {"web1"})
        assert replies.stats.no_response == ()
    assert [request.agent for request in nodes["web1"].requests] == ["discovery"]


def test_an_excluded_host_stays_known_and_is_waited_for_no_longer(fleet):
    web1, web2 = fleet.node("web1"), fleet.node("web2")
    with fleet.client("discovery_timeout = 0.3\nconnection_timeout = 5\n") as mco:
        assert mco.discover().nodes == ("web1", "web2")
        web2.answer = lambda node, request: None
        found = mco.discover(exclude=["web2"], timeout=30.0)
        assert (found.nodes, found.ended, found.silent_known) == (("web1",), "known", ())
        found = mco.discover(timeout=0.3)
        assert found.silent_known == ("web2",)
    assert len(web1.requests) == 3


def test_more_named_hosts_than_a_message_has_room_for_are_found_beside_other_conditions(fleet):
    web1 = fleet.node("web1")
    fleet.node("web2")
    meant = Filter.parse(identities=["web[1,3-200]"], facts=["country=uk"])
    with fleet.client() as mco:
        assert mco.discover(meant).nodes == ("web1",)
        assert [reply.sender for reply in mco.request("echo", 1, filter=meant)] == ["web1"]
    assert web1.requests[0].filter.identities == ()
    assert web1.requests[-1].targets == ("web1",)


def test_node_sets_name_hosts_in_filters_and_in_lists_of_nodes(fleet):
    for name in ("web1", "web2"):
        fleet.node(name)
    with fleet.client() as mco:
        assert sorted(reply.sender for reply in mco.request("echo", 1, identity="web[1-2]")) == ["web1", "web2"]
        assert [reply.sender for reply in mco.request("echo", 1, nodes=["web[1-2]"], exclude=["web2"])] == ["web1"]
        assert [reply.sender for reply in mco.ping(Filter.parse(identities=["web[1-2]"]), exclude=["web1"])] == ["web2"]
        with pytest.raises(FilterError, match="belongs into the filter"):
            mco.named(["/web/"])


def test_what_says_whom_a_discovery_finds_is_forgotten_with_what_it_found(fleet, hosts, tmp_path):
    for name in ("web1", "web2"):
        fleet.node(name, agents=("discovery", "rpcutil"))
    with fleet.client() as mco, rpcclient("rpcutil", client=mco, method="flatfile", method_options=[hosts]) as rpc:
        assert rpc.discover() == ("web1", "web2", "nosuch")
        rpc.exclude = ["nosuch"]
        assert rpc.discover() == ("web1", "web2")
        rpc.method, rpc.method_options, rpc.exclude = None, (), ["web2"]
        assert rpc.discover() == ("web1",)
        assert rpc.discover(["web[1-9]", "db1"]) == (*("web1", *(f"web{number}" for number in range(3, 10))), "db1")


def test_a_source_that_fails_is_never_nobody_and_never_everybody(fleet, tmp_path):
    node = fleet.node("web1")
    (tmp_path / "empty").write_text("# nobody\n")
    with fleet.client() as mco:
        for file in ("empty", "nosuch"):
            with pytest.raises(DiscoveryError):
                mco.request("echo", 1, method="flatfile", method_options=[str(tmp_path / file)])
        with pytest.raises(UsageError, match="there is no discovery method"):
            mco.discover(method="tarot")
        with pytest.raises(UsageError, match="an empty word excludes nobody"):
            mco.discover(exclude=[""])
    assert node.requests == []
