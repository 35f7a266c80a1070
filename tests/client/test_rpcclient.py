import threading
import time
from copy import copy

import pytest

from mcollective_py.client.client import Client
from mcollective_py.client.rpcclient import RPCClient, rpcclient
from mcollective_py.client.rpcresults import RPCResults
from mcollective_py.config import Config
from mcollective_py.ddl.load import ddl_from_yaml
from mcollective_py.errors import (
    ConnectorClosed,
    DDLError,
    FilterError,
    InvalidRPCData,
    MissingRPCData,
    NotSent,
    UnknownAction,
    UsageError,
)
from mcollective_py.filter import Filter
from mcollective_py.plugins.ddlfiles import agent_ddl
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin
from tests.client.conftest import CONFIG, Node, Site
from tests.waiting import wait_until

SERVICE = """
metadata:
  name: service
  description: Starts and stops services
  author: us
  license: Apache-2.0
  version: "1.0"
  url: https://example.net/
  timeout: 7
actions:
  - action: status
    description: Is it running?
    impact: read
    input:
      service:
        prompt: Service
        description: Which one
        type: string
        validation: "^[a-z0-9]+$"
        maxlength: 30
    output:
      status: {description: Its state, display_as: Status}
  - action: restart
    description: Restart it
"""
DDL = ddl_from_yaml(SERVICE, "service")
AGENTS = ("discovery", "service")


def status(node, request):
    if request.agent == "discovery":
        return "pong"
    return {"status": f"running {request.body['service']}"} if request.action == "status" else {}


@pytest.fixture
def web(fleet):
    for name in ("web1", "web2"):
        fleet.node(name, status, agents=AGENTS)
    return fleet


def test_an_action_is_a_method_and_its_results_come_one_by_one(web):
    with web.client() as mco:
        service = RPCClient(mco, "service", DDL)
        results = service.status(service="exim4")
        assert sorted((result.sender, result["status"]) for result in results) == [
            ("web1", "running exim4"),
            ("web2", "running exim4"),
        ]
        assert (service.stats.ok, service.stats.discovered, service.stats.action) == (2, ("web1", "web2"), "status")


@pytest.mark.parametrize(
    ("inputs", "error"),
    [({}, MissingRPCData), ({"service": "a;b"}, InvalidRPCData), ({"service": 5}, InvalidRPCData), ({"x": "y"}, InvalidRPCData)],
)
def test_wrong_inputs_are_refused_before_anything_is_sent(web, inputs, error):
    with web.client() as mco:
        service = RPCClient(mco, "service", DDL)
        with pytest.raises(error):
            service.status(**inputs)
        with pytest.raises(error):
            service.send("status", inputs)
    assert web.nodes["web1"].requests == []


def test_results_have_the_summaries_that_the_ddl_asks_for(web):
    aggregate = "    aggregate:\n      - {function: summary, args: [status]}\n"
    summed = ddl_from_yaml(SERVICE.replace("  - action: restart", f"{aggregate}  - action: restart"), "service")
    with web.client() as mco:
        results = RPCClient(mco, "service", summed).status(service="exim4")
        assert [found.failure for found in results.summaries] == ["No aggregate summary could be computed"]
        assert len(list(results)) == 2
        assert [found.lines for found in results.summaries] == [("running exim4 = 2",)]
        assert RPCClient(mco, "service", DDL).status(service="exim4").summaries == []


def test_an_action_that_the_ddl_has_not_is_no_method(web):
    with web.client() as mco:
        service = RPCClient(mco, "service", DDL)
        with pytest.raises(AttributeError, match="no action stauts: it has restart, status"):
            service.stauts()
        with pytest.raises(UnknownAction):
            service.call("stauts")


def test_hosts_are_discovered_once_until_reset_or_another_filter(web):
    with web.client() as mco:
        service = RPCClient(mco, "service", DDL)
        assert service.discover() == ("web1", "web2")
        list(service.status(service="a"))
        list(service.status(service="b"))
        asked = [request.agent for request in web.nodes["web1"].requests]
        assert asked == ["discovery", "service", "service"]
        service.reset()
        service.discover()
        service.class_filter("webserver")
        service.fact_filter("country=uk")
        service.agent_filter("puppet")
        service.compound_filter("a or b")
        service.discover()
    last = web.nodes["web1"].requests[-1]
    assert last.filter == Filter.parse(classes=["webserver"], facts=["country=uk"], agents=["puppet", "service"], compound=["a or b"])
    assert [request.agent for request in web.nodes["web1"].requests].count("discovery") == 3


def test_given_nodes_are_asked_without_a_discovery(web):
    with web.client() as mco:
        service = RPCClient(mco, "service", DDL)
        assert service.discover(["web2"]) == ("web2",)
        assert [result.sender for result in service.restart()] == ["web2"]
    assert web.nodes["web1"].requests == []


def test_named_hosts_are_asked_without_a_discovery(web):
    with web.client() as mco:
        service = RPCClient(mco, "service", DDL)
        service.identity_filter("web2")
        service.reset_filter()
        service.identity_filter("web1")
        assert [result.sender for result in service.restart()] == ["web1"]
        assert not service.stats.did_discovery


def test_a_limit_asks_the_first_of_the_hosts_found_by_name(web):
    with web.client() as mco:
        service = RPCClient(mco, "service", DDL, limit="1")
        assert [result.sender for result in service.restart()] == ["web1"]
    assert [request.agent for request in web.nodes["web2"].requests] == ["discovery"]
    assert web.nodes["web1"].requests[-1].targets == ("web1",)


def test_the_wait_is_the_ddls_and_the_discoverys_unless_given(web):
    with web.client() as mco:
        slow = RPCClient(mco, "service", DDL, discovery_timeout=0.25).restart()
        quick = RPCClient(mco, "service", DDL, timeout=1.5).restart()
        assert (slow.replies.collector.window, quick.replies.collector.window) == (7.25, 1.5)
        assert (len(list(slow)), len(list(quick))) == (2, 2)


def test_a_refusal_is_a_result_with_its_word_and_message(web):
    denied = {"reply": {"statuscode": 1, "statusmsg": "policy service.policy:3", "refusal": "denied"}, "body": {}}
    web.nodes["web2"].answer = lambda node, request: "pong" if request.agent == "discovery" else denied
    with web.client() as mco:
        results = sorted(RPCClient(mco, "service", DDL).restart(), key=lambda result: result.sender)
        assert (results[1].refusal, results[1].statusmsg, results[1].is_ok) == ("denied", "policy service.policy:3", False)


def test_the_context_manager_takes_the_words_of_a_filter(web):
    with web.client() as mco, rpcclient("rpcutil", fact="os=Debian", with_class=["a", "b"], client=mco) as util:
        assert util.filter == Filter.parse(facts=["os=Debian"], classes=["a", "b"])
        assert util.discover(["web1"]) == ("web1",)
        assert "ping" in util.ddl.actions


def test_an_agent_without_a_ddl_here_is_an_error_that_says_what_to_do():
    with pytest.raises(DDLError, match="mco plugin doc"):
        agent_ddl("nosuch", ())


def test_a_custom_request_is_for_exactly_the_hosts_given_and_leaves_the_rest_as_it_was(fleet):
    for name in ("web1", "web2", "web3"):
        fleet.node(name)
    rpc = RPCClient(fleet.client(), "rpcutil", agent_ddl("rpcutil", []), filter=Filter(identities=("web3",)), batch=1)
    only_web1 = Filter(identities=("web1",))
    results = rpc.custom_request("ping", {}, ["web1", "web2", "web1"], only_web1)
    assert sorted(result.sender for result in results) == ["web1", "web2"]
    assert (rpc.stats.discovered, rpc.stats.did_discovery, rpc.stats.responses) == (("web1", "web2"), False, 2)
    assert fleet.nodes["web1"].requests[-1].filter.identities == ("web1",)
    assert fleet.nodes["web3"].requests == []
    assert rpc.discover() == ("web3",)
    with pytest.raises(UnknownAction):
        rpc.custom_request("pong", {}, ["web1"])


def test_without_a_with_block_it_connects_when_first_used_and_close_ends_that(fleet, monkeypatch):
    fleet.node("web1")
    own = fleet.client()
    monkeypatch.setattr(Client, "from_config", classmethod(lambda cls, config: own))
    rpc = rpcclient("rpcutil", nodes=["web1"])
    assert [result.sender for result in rpc.ping()] == ["web1"]
    rpc.close()
    with pytest.raises(ConnectorClosed, match="this client is closed: call inside its with block"):
        rpc.ping()


def test_named_hosts_and_a_filter_are_not_taken_together(fleet):
    mco = fleet.client()
    with pytest.raises(UsageError, match=r"custom_request"):
        rpcclient("rpcutil", client=mco, nodes=["web1"], fact="country=uk")
    with pytest.raises(UsageError, match="named by nodes or found by a filter"):
        mco.request("echo", "hello", nodes=["web1"], fact="country=uk")
    rpc = rpcclient("rpcutil", client=mco, nodes=["web1"])
    with pytest.raises(UsageError, match=r"reset\(\) first"):
        rpc.fact_filter("country=uk")
    assert rpc.discover() == ("web1",)


def test_one_text_is_one_host_and_not_its_letters(fleet):
    for name in ("web1", "web2"):
        fleet.node(name)
    mco = fleet.client()
    assert rpcclient("rpcutil", client=mco, nodes="web1").discover() == ("web1",)
    assert rpcclient("rpcutil", client=mco, nodes=(name for name in ["web2"])).discover() == ("web2",)
    assert rpcclient("rpcutil", client=mco, exclude="web1").discover() == ("web2",)
    assert [reply.sender for reply in mco.request("echo", "x", nodes="web1")] == ["web1"]
    assert [reply.sender for reply in mco.request("echo", "x", exclude="web1")] == ["web2"]
    assert mco.discover(with_class="role::web", fact=["country=uk"]).nodes == ("web1", "web2")
    assert fleet.nodes["web1"].requests[-1].filter == Filter.parse(classes=["role::web"], facts=["country=uk"])
    with pytest.raises(UsageError, match="nodes: a text or a list of them, not 7"):
        rpcclient("rpcutil", client=mco, nodes=[7])
    with pytest.raises(FilterError, match="a filter is made by"):
        mco.discover("country=uk")


def test_a_name_that_says_nothing_is_no_attribute_to_set(fleet):
    rpc = RPCClient(fleet.client(), "rpcutil", agent_ddl("rpcutil", []))
    for name, told in [("batch_size", "client.batch is"), ("limits", "client.limit is"), ("fact", "client.fact_filter"),
                       ("class_filter", "class_filter is called"), ("colour", "there are agent, batch")]:  # fmt: skip
        with pytest.raises(AttributeError, match=told):
            setattr(rpc, name, "1")


def test_a_client_is_copied_shown_and_told_with_its_actions(fleet):
    rpc = RPCClient(fleet.client(), "service", DDL)
    assert copy(rpc).agent == "service"
    assert repr(rpc) == "<RPCClient service: every host>"
    rpc.nodes = ["web1", "web2"]
    assert repr(rpc) == "<RPCClient service: web1, web2>"
    assert {"restart", "status", "call"} <= set(dir(rpc))
    with pytest.raises(TypeError, match=r"service.status\(\) takes 0 positional"):
        rpc.status("exim4")
    assert "service: string: " in rpc.status.__doc__


def test_answers_that_nobody_took_before_the_client_was_closed_are_not_an_empty_list(fleet):
    for name in ("web1", "web2"):
        fleet.node(name)
    with fleet.client() as mco:
        rpc = rpcclient("rpcutil", client=mco, nodes=["web1", "web2"])
        untouched, taken = rpc.ping(), rpc.ping()
        assert len(list(taken)) == 2
        assert repr(taken) == "<RPCResults rpcutil ping: 2 of 2 hosts so far>"
        given_up = rpc.ping()
        given_up.close()
    assert list(taken) == []
    assert list(given_up) == []
    with pytest.raises(ConnectorClosed, match="iterate inside its with block"):
        list(untouched)


def test_two_threads_that_wait_on_one_client_are_told_so(fleet):
    gate = threading.Event()
    fleet.node("web1", lambda node, request: gate.wait(20) and {"pong": 1})
    mco = fleet.client()
    first, second = (rpcclient("rpcutil", client=mco, nodes=["web1"], timeout=20).ping() for _ in range(2))
    taken = []
    reader = threading.Thread(target=lambda: taken.extend(first))
    reader.start()
    wait_until("the first waits", mco._reading.locked)
    with pytest.raises(UsageError, match="make one in each thread"):
        list(second)
    gate.set()
    reader.join(20)
    assert [result.sender for result in taken] == ["web1"]


# --- roll-outs --------------------------------------------------------------------------------------------------------


def answering(*, failing=(), silent=()):
    """What a node answers to a status: as always, a failure, or nothing."""

    def answer(node, request):
        if node.identity in silent and request.agent != "discovery":
            return None
        if node.identity in failing and request.agent != "discovery":
            return {"body": {}, "reply": {"statuscode": 1, "statusmsg": "broken"}}
        return status(node, request)

    return answer


def test_a_canary_that_fails_leaves_all_others_alone(fleet):
    for number in range(4):
        fleet.node(f"web{number}", answering(failing=("web0",)), agents=AGENTS)
    with fleet.client() as mco:
        service = RPCClient(mco, "service", DDL, canary=1)
        assert [result.is_ok for result in service.status(service="a")] == [False]
        assert (service.stats.stopped.reason, service.stats.not_asked) == ("canary", ("web1", "web2", "web3"))
    assert [[request.agent for request in node.requests] for node in fleet.nodes.values()] == [
        ["discovery", "service"],
        ["discovery"],
        ["discovery"],
        ["discovery"],
    ]


def test_a_roll_out_grows_under_one_request_id(fleet):
    for number in range(6):
        fleet.node(f"web{number}", status, agents=AGENTS)
    with fleet.client() as mco:
        service = RPCClient(mco, "service", DDL, batch="1,2,100%", batch_sleep=0.0, max_fail="10%")
        results = service.status(service="a")
        assert sorted(result.sender for result in results) == [f"web{number}" for number in range(6)]
        assert (results.batches, service.stats.stopped, service.stats.ok) == (3, None, 6)
    asked = {request.id for node in fleet.nodes.values() for request in node.requests if request.agent == "service"}
    assert asked == {results.request_id}


def test_a_host_that_answers_while_others_are_asked_is_late_and_counts(fleet):
    asked, answered = threading.Event(), threading.Event()

    def slow(node, request):
        if node.identity == "web1":
            assert asked.wait(20)
        else:
            asked.set()
            assert answered.wait(20)
        return status(node, request)

    for name in ("web1", "web2"):
        fleet.node(name, slow, agents=AGENTS)
    with fleet.client() as mco:
        service = RPCClient(mco, "service", DDL, batch=1, batch_sleep=0.0, timeout=0.5)
        service.discover(["web1", "web2"])
        results = service.status(service="a")
        results.replies.wait_published(20)
        results.replies.collector.window = 60.0  # that of the second batch: the first has its half second
        assert next(results).sender == "web1"
        answered.set()
        assert next(results).sender == "web2"
        assert list(results) == []
        assert (service.stats.late, service.stats.no_response, service.stats.ok) == (("web1",), (), 2)


def test_batches_of_the_configuration_hold_unless_told_otherwise(web):
    with web.client("default_batch_size = 1\ndefault_batch_sleep_time = 0\ndiscovery_timeout = 0.3\n") as mco:
        assert RPCClient(mco, "service", DDL, max_fail=0).status(service="a").batches == 2
        results = RPCClient(mco, "service", DDL, batch=5).status(service="a")
        assert type(results) is RPCResults
        assert RPCClient(mco, "service", DDL).send("status", {"service": "a"})


def test_a_request_without_results_takes_no_roll_out(web):
    with web.client() as mco, pytest.raises(UsageError, match="no batch, canary or max_fail"):
        RPCClient(mco, "service", DDL, canary=1).send("status", {"service": "a"})


def test_a_roll_out_needs_hosts_that_are_addressed_by_name(web):
    with (
        web.client("direct_addressing = 0\ndiscovery_timeout = 0.3\n") as mco,
        pytest.raises(UsageError, match="direct_addressing = 1"),
    ):
        RPCClient(mco, "service", DDL, canary=1)


VAULT = ddl_from_yaml(
    """
metadata: {name: vault, description: d, author: us, license: l, version: "1.0", url: "https://example.net/", timeout: 3}
actions:
  - action: put
    description: Keep something
    input:
      name: {prompt: n, description: d, type: string, maxlength: 20, optional: true}
      value: {prompt: v, description: d, type: sensitive, maxlength: 20, optional: true}
  - action: get
    description: What is kept
    impact: read
    output:
      value: {description: d, display_as: v, type: sensitive}
""",
    "vault",
)
PSK = "discovery_timeout = 0.3\nsecurityprovider = psk\nplugin.psk = Xo5ieSh9aechoo3eiRai8iej\n"


def keeps(node, request):
    return "pong" if request.agent == "discovery" else {"value": f"of {node.identity}"}


def asked(node):
    """What a node was asked, and whether it was encrypted."""
    return [(request.agent, request.action, request.is_secret) for request in node.requests]


@pytest.fixture
def vaults(fleet):
    for name in ("web1", "web2"):
        fleet.node(name, keeps, agents=("discovery", "vault"))
    return fleet


def test_sensitive_inputs_and_outputs_go_encrypted_to_hosts_by_name_and_the_rest_does_not(vaults):
    with vaults.client(config="discovery_timeout = 0.3\ndirect_addressing_threshold = 0\n") as mco:
        vault = RPCClient(mco, "vault", VAULT)
        assert len(list(vault.put(value="secret"))) == len(list(vault.get())) == len(list(vault.put(name="plain"))) == 2
        assert vault.call_known("get") is None, "what goes encrypted is no broadcast"
        for node in vaults.nodes.values():
            assert asked(node) == [("discovery", None, False), ("vault", "put", True), ("vault", "get", True), ("vault", "put", False)]
            assert [request.targets and sorted(request.targets) for request in node.requests] == [None, *[["web1", "web2"]] * 2, None]


def test_a_host_that_was_named_is_asked_for_its_certificate_first_and_once(vaults):
    with vaults.client() as mco:
        vault = RPCClient(mco, "vault", VAULT, nodes=["web1"])
        for _ in range(2):
            assert [result["value"] for result in vault.put(value="x")] == ["of web1"]
        assert asked(vaults.nodes["web1"]) == [("discovery", None, False), ("vault", "put", True), ("vault", "put", True)]
        assert vaults.nodes["web2"].requests == []


def test_a_host_that_gives_no_certificate_is_silent_and_is_not_waited_for_twice(vaults):
    with vaults.client() as mco:
        vault = RPCClient(mco, "vault", VAULT, nodes=["web1", "gone1"], timeout=600)
        assert [result.sender for result in vault.put(value="x")] == ["web1"]
        assert vault.stats.no_response == ("gone1",)
        nobody = RPCClient(mco, "vault", VAULT, nodes=["gone1"], timeout=600)
        assert (list(nobody.get()), nobody.stats.no_response) == ([], ("gone1",))


def test_a_roll_out_is_encrypted_batch_by_batch(vaults):
    with vaults.client() as mco:
        vault = RPCClient(mco, "vault", VAULT, nodes=["web1", "gone1", "web2"], batch=1, batch_sleep=0)
        assert [result.sender for result in vault.put(value="x")] == ["web1", "web2"]
        assert vault.stats.no_response == ("gone1",)
        assert {request.is_secret for node in vaults.nodes.values() for request in node.requests if request.agent == "vault"} == {True}


def test_what_cannot_be_kept_secret_is_not_sent(vaults):
    with vaults.client() as mco:
        vault = RPCClient(mco, "vault", VAULT, nodes=["web1"])
        with pytest.raises(UsageError, match="nobody else can read them"):
            vault.send("put", {"value": "x"}, reply_to="/queue/mcollective.elsewhere")
        with pytest.raises(NotSent, match="gone1"):
            RPCClient(mco, "vault", VAULT, nodes=["web1", "gone1"]).send("put", {"value": "x"})
    by_topic_alone = vaults.client(config="discovery_timeout = 0.3\ndirect_addressing = 0\n")
    with by_topic_alone as mco, pytest.raises(UsageError, match="needs direct_addressing = 1"):
        RPCClient(mco, "vault", VAULT, nodes=["web1"]).put(value="x")


def test_on_a_wire_that_keeps_no_secrets_they_are_sent_only_where_the_setting_says_so(fleet):
    psk = security_plugin(Config.from_text(PSK, "server"), "server", time.time)
    node = fleet.nodes["web1"] = Node(fleet.broker, "web1", psk, keeps, agents=("discovery", "vault"))

    def psk_client(setting=""):
        config = Config.from_text(PSK + setting, "client")
        plugin = security_plugin(config, "client", time.time)
        return Client(config, fleet.broker.connector("desk2", is_daemon=False), plugin, identity="desk")

    with psk_client() as mco:
        vault = RPCClient(mco, "vault", VAULT, nodes=["web1"])
        for call in (lambda: vault.put(value="secret"), vault.get, lambda: vault.send("put", {"value": "secret"})):
            with pytest.raises(
                UsageError, match=r"^value of vault \w+ is sensitive, .* = psk\): nothing was sent.*sensitive_in_clear = 1"
            ):
                call()
        vault.send("put", {"name": "plain"})
    with psk_client("sensitive_in_clear = 1\n") as mco:
        RPCClient(mco, "vault", VAULT, nodes=["web1"]).send("put", {"value": "secret"})
    wait_until("both that could be sent are there", lambda: len(node.requests) >= 2)
    assert [request.body for request in node.requests] == [{"name": "plain"}, {"value": "secret"}]


def test_a_host_whose_key_only_signs_is_named_before_anything_is_sent(fleet, tmp_path):
    authority = CertificateAuthority.create(tmp_path / "ca")
    authority.issue("alice.mcollective", "caller")
    authority.issue("web1", "node", key_type="ed25519")
    site = Site.__new__(Site)
    site.folder, site.ca = tmp_path / "ca", authority
    node = fleet.nodes["web1"] = Node(fleet.broker, "web1", site.security("web1"), keeps, agents=("discovery", "vault"))
    client = Client(
        Config.from_text(CONFIG, "client"),
        fleet.broker.connector("desk2", is_daemon=False),
        site.security("alice.mcollective"),
        identity="desk",
    )
    with client as mco, pytest.raises(UsageError, match=r"web1 cannot be sent anything secret: .*Ed25519.*only signs"):
        RPCClient(mco, "vault", VAULT, nodes=["web1"]).put(value="x")
    assert asked(node) == [("discovery", None, False)]
