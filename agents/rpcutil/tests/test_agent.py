import time
from pathlib import Path

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.node.view import NodeView
from mcollective_py.testing import AgentHarness, DaemonStandIn

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]

FOLDER = Path(__file__).parents[1]

STATS = {
    "threads": ["main"],
    "agents": ["discovery", "rpcutil"],
    "pid": 42,
    "times": {"utime": 0.5},
    "validated": 5,
    "unvalidated": 1,
    "passed": 4,
    "filtered": 1,
    "starttime": 1_700_000_000,
    "total": 6,
    "replies": 4,
    "replieslost": 0,
    "faults": 0,
    "dropped": 3,
    "late": 1,
    "troubles": ["no such file"],
    "refused": {"replayed": 1},
    "configfile": "/etc/mcollective/server.cfg",
    "version": "0.1.0",
    "ttlexpired": 0,
}


def data(plugin, query):
    if plugin == "fstat":
        if query is None:
            raise RPCAborted("the data plugin fstat needs a query")
        return {"name": query, "size": 5}
    return None


NODE = NodeView(
    "node1.example.net",
    collectives=("mcollective", "uk"),
    main_collective="mcollective",
    agents=frozenset({"rpcutil", "discovery"}),
    classes=frozenset({"web", "base"}),
    facts={"os": {"family": "Debian"}, "cpus": [{"mhz": 1800.5}], "empty": None},
    data_plugins=("fstat", "agent"),
    data=data,
)

DAEMON = DaemonStandIn(STATS, [{"agent": "rpcutil", "timeout": 10.0}], {"identity": "node1", "plugin.psk": "(redacted)"})


@pytest.fixture
def agent_node():
    return NODE


@pytest.fixture
def agent_daemon():
    return DAEMON


@pytest.fixture
def rpcutil(agent):
    return agent


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems):
    assert agent_problems == []


def test_inventory_has_all_that_filters_can_find_the_host_by(rpcutil):
    assert rpcutil.call("inventory").data == {
        "agents": ["discovery", "rpcutil"],
        "facts": {"os": {"family": "Debian"}, "cpus": [{"mhz": 1800.5}], "empty": None},
        "classes": ["base", "web"],
        "version": "0.1.0",
        "main_collective": "mcollective",
        "collectives": ["mcollective", "uk"],
        "data_plugins": ["agent_data", "fstat_data"],
    }


def test_inventory_of_a_host_without_facts_and_classes_is_still_one():
    reply = AgentHarness(FOLDER, node=NodeView("n", facts=None, classes=None), daemon=DAEMON).call("inventory")
    assert (reply.statuscode, reply.data["facts"], reply.data["classes"]) == (0, {}, [])


@pytest.mark.parametrize(
    ("fact", "value"),
    [("os.family", "Debian"), ("os", {"family": "Debian"}), ("cpus.0.mhz", 1800.5), ("empty", None), ("absent", None)],
)
def test_get_fact_gives_one_fact_by_its_path(rpcutil, fact, value):
    assert rpcutil.call("get_fact", fact=fact).data == {"fact": fact, "value": value}


@pytest.mark.parametrize("fact", ["", "a b", "os.family\n", "a;b", "a" * 41])
def test_get_fact_refuses_what_is_no_name(rpcutil, fact):
    assert rpcutil.call("get_fact", fact=fact).statuscode == 4


def test_get_facts_gives_several_by_name(rpcutil):
    assert rpcutil.call("get_facts", facts="os.family, cpus.0.mhz ,absent").data == {
        "values": {"os.family": "Debian", "cpus.0.mhz": 1800.5, "absent": None}
    }


@pytest.mark.parametrize("facts", ["", "a,,b", ",a", "a,", "a b", "a\n;b"])
def test_get_facts_refuses_what_is_no_list_of_names(rpcutil, facts):
    assert rpcutil.call("get_facts", facts=facts).statuscode == 4


@pytest.mark.parametrize(("action", "inputs"), [("get_fact", {"fact": "os"}), ("get_facts", {"facts": "os"})])
def test_facts_that_are_not_known_at_all_are_an_error_and_not_null(action, inputs):
    reply = AgentHarness(FOLDER, node=NodeView("n", facts=None)).call(action, **inputs)
    assert (reply.statuscode, reply.statusmsg) == (1, "no facts are known on this host: see the daemon's log")


def test_daemon_stats_gives_every_declared_counter_and_no_other():
    reply = AgentHarness(FOLDER, daemon=DaemonStandIn({**STATS, "internal": 1})).call("daemon_stats")
    assert reply.data == STATS


def test_agent_inventory_gives_one_entry_an_agent(rpcutil):
    assert rpcutil.call("agent_inventory").data == {"agents": [{"agent": "rpcutil", "timeout": 10.0}]}


def test_get_config_item_gives_the_value_in_use(rpcutil):
    assert rpcutil.call("get_config_item", item="identity").data == {"item": "identity", "value": "node1"}


def test_get_config_item_gives_only_what_the_daemon_lets_out(rpcutil):
    assert rpcutil.call("get_config_item", item="plugin.psk").data == {"item": "plugin.psk", "value": "(redacted)"}


def test_get_config_item_says_what_it_does_not_know(rpcutil):
    reply = rpcutil.call("get_config_item", item="identitty")
    assert (reply.statuscode, reply.statusmsg) == (1, "Unknown config property identitty")
    assert reply.data == {"item": None, "value": None}


def test_get_config_item_tells_one_that_is_not_set_from_one_that_is_unknown():
    rpcutil = AgentHarness(FOLDER, daemon=DaemonStandIn(settings={"logfile": None}))
    assert (rpcutil.call("get_config_item", item="logfile").statuscode, rpcutil.call("get_config_item", item="log").statuscode) == (
        0,
        1,
    )


def test_get_data_asks_a_data_plugin(rpcutil):
    assert rpcutil.call("get_data", source="fstat", query="/etc/hosts").data == {"name": "/etc/hosts", "size": 5}


@pytest.mark.parametrize("source", ["fstat_data", "Fstat"])
def test_get_data_knows_the_historic_names_of_plugins(rpcutil, source):
    assert rpcutil.call("get_data", source=source, query="/etc/hosts").data["size"] == 5


def test_get_data_passes_on_why_there_is_no_answer(rpcutil):
    reply = rpcutil.call("get_data", source="fstat")
    assert (reply.statuscode, reply.statusmsg) == (1, "the data plugin fstat needs a query")


def test_get_data_names_the_plugins_there_are(rpcutil):
    reply = rpcutil.call("get_data", source="fstats")
    assert (reply.statuscode, reply.statusmsg) == (5, "No plugin fstats_data defined; there are: agent, fstat")


@pytest.mark.parametrize("inputs", [{"source": "a.b"}, {"source": "fstat", "query": "a\nb"}, {"source": "fstat", "query": "x" * 201}])
def test_get_data_refuses_what_is_no_question(rpcutil, inputs):
    assert rpcutil.call("get_data", **inputs).statuscode == 4


def test_ping_gives_the_hosts_clock_in_whole_seconds(rpcutil):
    before = int(time.time())
    pong = rpcutil.call("ping").data["pong"]
    assert isinstance(pong, int)
    assert before <= pong <= time.time()


def test_collective_info_gives_main_and_all(rpcutil):
    assert rpcutil.call("collective_info").data == {"main_collective": "mcollective", "collectives": ["mcollective", "uk"]}


@pytest.mark.parametrize("action", ["inventory", "daemon_stats", "agent_inventory"])
def test_what_only_the_daemon_knows_is_refused_elsewhere(rpcutil, action):
    rpcutil.daemon = None
    assert rpcutil.call(action).statusmsg == "only the running daemon can answer this"


def test_every_action_only_reads(rpcutil):
    assert all(rpcutil.agent.only_reads(action) for action in rpcutil.agent.actions)


def test_the_actions_and_summaries_are_the_historic_ones_and_a_few_are_ours(rpcutil):
    summaries = {
        name: [(aggregate.function, aggregate.output) for aggregate in action.aggregates]
        for name, action in rpcutil.agent.ddl.actions.items()
    }
    assert summaries == {
        "inventory": [],
        "get_fact": [("summary", "value")],
        "get_facts": [],
        "daemon_stats": [("summary", "version"), ("summary", "agents")],
        "agent_inventory": [],
        "get_config_item": [("summary", "value")],
        "get_data": [],
        "ping": [],
        "collective_info": [("summary", "collectives")],
        "explain": [],
        "request_status": [("summary", "state")],
        "find_request": [],
        "trusted": [("summary", "ca"), ("summary", "crl")],
    }


def test_explain_hands_the_question_to_the_daemon_and_gives_its_answer(rpcutil):
    assert rpcutil.call("explain", agent="echo").data["stage"] == "run"


def test_explain_takes_no_name_that_is_none(rpcutil):
    assert rpcutil.call("explain", agent="../echo").statuscode == 4


def test_a_question_about_a_request_has_nothing_that_must_be_encrypted(rpcutil):
    """Sensitive inputs are withheld from it, so that it can be asked on any wire."""
    assert rpcutil.agent.ddl.actions["explain"].secrets({"inputs": {"service": "exim4"}, "withheld": ["password"]}) == ()


def test_a_request_that_never_came_is_told_as_such(rpcutil):
    assert rpcutil.call("request_status", request="a" * 32).data["state"] == "not seen"
    assert rpcutil.call("find_request", request="a" * 32).data["requests"] == []


@pytest.mark.parametrize("action", ["request_status", "find_request"])
def test_what_is_no_id_is_not_asked_after(rpcutil, action):
    assert rpcutil.call(action, request="A" * 32).statuscode == 4
    assert rpcutil.call(action).statuscode == 3


def test_trusted_has_what_the_daemon_tells(rpcutil):
    reply = rpcutil.call("trusted")
    assert (reply.statuscode, reply.data["provider"], reply.data["trouble"]) == (0, "x509", "nobody is trusted")
