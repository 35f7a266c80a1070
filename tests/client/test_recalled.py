"""A call that goes out without a discovery before it, over a broker in memory."""

import threading

import pytest

from mcollective_py.client.results import exitcode
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.filter import Filter
from tests.client.conftest import CONFIG
from tests.waiting import wait_until

DDL = ddl_from_yaml(
    """
metadata: {name: probe, description: d, author: a, license: l, version: "1", url: u, timeout: 30}
actions:
  - {action: look, description: Looks, impact: read}
  - {action: act, description: Acts}
""",
    "probe",
)
AGENTS = ("discovery", "probe")
FEW = CONFIG + "direct_addressing_threshold = 1\ndiscovery_timeout = 0.5\n"


def answer(node, request):
    return "pong" if request.agent == "discovery" else {"looked": True}


@pytest.fixture
def fleet_of_three(fleet):
    for name in ("web1", "web2", "web3"):
        fleet.node(name, answer, agents=AGENTS)
    return fleet


def known(fleet):
    """A client that knows the hosts of the fleet, and what it calls."""
    client = fleet.client(FEW)
    client.connect()
    client.discover(agent="probe", full=True)
    for node in fleet.nodes.values():
        node.requests.clear()
    return RPCClient(client, "probe", DDL)


def asked(fleet, agent):
    return [request for node in fleet.nodes.values() for request in node.requests if request.agent == agent]


def test_where_hosts_are_known_a_call_that_reads_goes_out_without_a_discovery(fleet_of_three):
    probe = known(fleet_of_three)
    results = probe.call_known("look")
    assert sorted(result.sender for result in results) == ["web1", "web2", "web3"]
    stats = results.stats
    assert (stats.discovered, stats.no_response, stats.unexpected, stats.silent_known) == (("web1", "web2", "web3"), (), (), ())
    assert (stats.did_discovery, stats.discovery_ended, exitcode(stats, strict=True)) == (True, "known", 0)
    assert (len(asked(fleet_of_three, "probe")), asked(fleet_of_three, "discovery")) == (3, [])


def test_a_call_that_changes_something_or_means_a_part_of_them_is_none_of_these(fleet_of_three):
    probe = known(fleet_of_three)
    assert probe.call_known("act") is None
    for name, value in (("limit", 1), ("batch", "1"), ("exclude", "web1"), ("full", True), ("nodes", ["web1"])):
        other = RPCClient(probe.client, "probe", DDL)
        setattr(other, name, value)
        assert other.call_known("look") is None, name
    probe.filter = Filter.parse(identities=["web1"])
    assert probe.call_known("look") is None
    probe.filter = Filter.parse(classes=["role::unknown"])  # nothing is known of that question
    assert probe.call_known("look") is None
    assert asked(fleet_of_three, "probe") == []


def test_a_new_host_that_answers_is_one_of_them(fleet_of_three):
    probe = known(fleet_of_three)
    fleet_of_three.node("web4", answer, agents=AGENTS)
    results = probe.call_known("look")
    senders = {result.sender for result in results}
    assert {"web1", "web2", "web3"} <= senders  # the new one only where it was not the last
    assert set(results.stats.discovered) == senders
    assert results.stats.unexpected == ()


def test_a_known_host_that_is_away_is_told_apart_and_not_waited_for(fleet_of_three):
    probe = known(fleet_of_three)
    gone = fleet_of_three.nodes.pop("web3")
    gone.connector.close()
    gone.thread.join(5)
    results = probe.call_known("look")  # its timeout is 30 s
    assert sorted(result.sender for result in results) == ["web1", "web2"]
    stats = results.stats
    assert stats.agent_time < 15
    assert (stats.discovered, stats.no_response, stats.silent_known) == (("web1", "web2"), (), ("web3",))
    assert (exitcode(stats), exitcode(stats, strict=True)) == (0, 5)


def test_a_host_that_is_there_and_takes_its_time_is_waited_for(fleet_of_three):
    ready = threading.Event()

    probe = known(fleet_of_three)
    busy = fleet_of_three.nodes["web3"]
    replies = []

    def later(node, request):
        if request.agent == "discovery":
            return "pong"
        threading.Thread(target=lambda: replies.append(ready.wait(20) and node.send(request, {"looked": True})), daemon=True).start()
        return None

    busy.answer = later
    results = probe.call_known("look")
    first = [next(results).sender, next(results).sender]
    taken = []
    reader = threading.Thread(target=lambda: taken.extend(results), daemon=True)
    reader.start()
    wait_until("it is asked whether it is there", lambda: any(r.agent == "discovery" for r in busy.requests))
    ready.set()
    reader.join(20)
    assert sorted(first) == ["web1", "web2"]
    assert [result.sender for result in taken] == ["web3"]
    assert (results.stats.no_response, results.stats.silent_known) == ((), ())


def test_it_can_be_closed_at_any_time(fleet_of_three):
    probe = known(fleet_of_three)
    fleet_of_three.nodes["web3"].answer = lambda node, request: None
    results = probe.call_known("look")
    assert {next(results).sender, next(results).sender} == {"web1", "web2"}
    results.close()
    assert list(results) == []
    assert results.stats.no_response == ("web3",)
