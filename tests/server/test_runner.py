"""The runner over the loopback broker, with a real host's keys and agents; time stands still at NOW."""

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcollective_py.agent.rpc import RPCRequest
from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.config import Config
from mcollective_py.connector.loopback import LoopbackBroker, LoopbackConnector
from mcollective_py.errors import AuditFailed, Busy, JournalFailed
from mcollective_py.filter import Filter
from mcollective_py.message import EVERY_AGENT, Delivery, Destination, Kind, Publication, Reply, Request
from mcollective_py.security.base import SecurityPlugin
from mcollective_py.security.load import security_plugin
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.executor import Done, ThreadExecutor
from mcollective_py.server.host import Host, build_host
from mcollective_py.server.journal import Journal
from mcollective_py.server.runner import Runner, destinations
from mcollective_py.server.stats import Stats
from mcollective_py.wire.symbol import Symbol
from tests.waiting import wait_until

ANSWERS = Destination(Kind.REPLY, "mcollective", "/queue/mcollective.reply.ops_1.abc")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    made = Site(tmp_path_factory.mktemp("site"))
    made.write_client(SiteBroker(61613))
    return made


@pytest.fixture(scope="module")
def now(site: Site) -> float:
    return site.authority.certificate.not_valid_before_utc.timestamp() + 90_000


class Full:
    """An executor without any room."""

    def submit(self, call: Call, done: Done) -> None:
        raise Busy("8 requests are running here and 128 waiting: try again later")

    def check_room(self, caller: str) -> None:
        raise Busy("8 requests are running here and 128 waiting: try again later")

    def running(self) -> int:
        return 8

    def shutdown(self, timeout: float) -> bool:
        return True


class Lossy:
    """A connector that has lost some messages."""

    def __init__(self, connector: LoopbackConnector, dropped: int) -> None:
        self._connector, self.dropped = connector, dropped

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)


class Desk:
    """One running host, and an operator on the same loopback broker."""

    def __init__(
        self,
        site: Site,
        now: float,
        outcome: Outcome | Callable[[Call], Outcome],
        changes: Any = None,
        journal: Journal | None = None,
        **settings: str,
    ) -> None:
        self.now, self._broker = now, LoopbackBroker(lambda: now)
        config = Config.from_file(
            site.write_host(SiteHost("web1", ("role::web",), {"country": "uk"}, settings), SiteBroker(61613)), "server"
        )
        self.host: Host = build_host(config, lambda: now)
        self.calls: list[Call] = []

        def perform(call: Call) -> Outcome:
            self.calls.append(call)
            return outcome if isinstance(outcome, Outcome) else outcome(call)

        self.stats = Stats(now)
        self.subscribed = threading.Event()
        self.runner = Runner(
            self.host,
            self._broker.connector("web1"),
            ThreadExecutor(perform),
            changes or ThreadExecutor(perform),
            self.stats,
            lambda: self.now,
            lambda identity: self.subscribed.set(),
            journal,
        )
        self.security = self.clients_plugin(site)
        self.connector: LoopbackConnector = self._broker.connector("ops", is_daemon=False)
        self.connector.connect()
        self.connector.subscribe([ANSWERS])
        self._thread = threading.Thread(target=self.runner.run, daemon=True)
        self._thread.start()
        assert self.subscribed.wait(10)

    def clients_plugin(self, site: Site) -> SecurityPlugin:
        return security_plugin(Config.from_file(site.client_config, "client"), "client", lambda: self.now)

    def request(self, agent: str = "rpcutil", action: str | None = "ping", body: Any = None, **changes: Any) -> Request:
        inputs = {} if action and body is None else body
        made = Request(
            secrets.token_hex(16), self.security.caller, "ops", "mcollective", agent, action, inputs, Filter(agents=(agent,)), self.now,
            60, ANSWERS.name,
        )  # fmt: skip
        return replace(made, **changes)

    def send(self, request: Request, reply_to: str | None = None) -> None:
        """reply_to: of the frame, where it is another than the request's."""
        payload = self.security.seal_request(request).payload
        kind, name = (Kind.NODE, "web1") if request.targets else (Kind.AGENT, request.agent)
        to = Destination(kind, request.collective, name)
        self.connector.publish([Publication(payload, to, "ops", self.now, 60, reply_to or request.reply_to)])

    def reply(self, timeout: float = 5.0) -> Reply | None:
        delivery = self.connector.receive(timeout)
        return None if delivery is None else self.security.open_reply(self.security.read(delivery.payload))

    def ask(self, request: Request) -> Reply | None:
        self.send(request)
        return self.reply()

    def end(self) -> None:
        self.runner.stop(5.0)
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def desk(site: Site, now: float) -> Iterator[Desk]:
    made = Desk(site, now, Outcome(body={"pong": 1.5}))
    yield made
    made.end()


def test_a_request_is_answered_and_counted(desk: Desk) -> None:
    request = desk.request()
    reply = desk.ask(request)
    assert reply is not None
    assert (reply.request_id, reply.sender, reply.statuscode, reply.body) == (request.id, "web1", 0, {"pong": 1.5})
    assert [call.action for call in desk.calls] == ["ping"]
    report = desk.stats.report()
    assert (report["total"], report["validated"], report["passed"]) == (1, 1, 1)


def test_a_directed_request_is_answered(desk: Desk) -> None:
    assert desk.ask(desk.request(targets=("db1", "web1"))) is not None


def test_a_host_subscribes_to_its_agents_and_to_itself(desk: Desk) -> None:
    assert Destination(Kind.NODE, "mcollective", "web1") in destinations(desk.host)
    assert Destination(Kind.AGENT, "mcollective", "rpcutil") in destinations(desk.host)


def test_a_request_that_wants_no_reply_runs_and_stays_silent(desk: Desk) -> None:
    desk.send(desk.request(reply_to=None))
    assert desk.ask(desk.request()) is not None  # the second one's; the first had none
    assert len(desk.calls) == 2


@pytest.mark.parametrize(
    ("age", "word"), [(100.0, "ttlexpired"), (-100.0, "clockskew")]
)  # fmt: skip
def test_a_caller_with_a_wrong_clock_is_told(desk: Desk, age: float, word: str) -> None:
    reply = desk.ask(desk.request(time=desk.now - age))
    assert reply is not None and (reply.statuscode, reply.refusal) == (5, word)
    assert "clocks" in reply.statusmsg
    assert desk.calls == []


def test_wrong_clocks_without_end_are_answered_a_few_times_a_second_only(desk: Desk) -> None:
    for _ in range(50):
        desk.send(desk.request(time=desk.now - 100))
    desk.send(desk.request())
    told = 0
    while (reply := desk.reply()) is not None and reply.refusal:
        told += 1
    assert told == 5  # time stands still: all in one second


@pytest.mark.parametrize(
    ("agent", "action", "body", "status"),
    [("rpcutil", "nosuch", {}, 2), ("rpcutil", "get_fact", {}, 3), ("rpcutil", "get_fact", {"fact": 1}, 4), ("rpcutil", None, 1, 4)],
)
def test_a_wrong_call_is_told_and_not_run(desk: Desk, agent: str, action: str | None, body: object, status: int) -> None:
    reply = desk.ask(desk.request(agent, action, body))
    assert reply is not None and reply.statuscode == status
    assert desk.calls == []


def test_a_full_executor_is_told_as_busy(site: Site, now: float) -> None:
    desk = Desk(site, now, Outcome(), changes=Full())
    try:
        reply = desk.ask(desk.request("echo", None, "hello"))
        assert reply is not None and (reply.statuscode, reply.refusal) == (5, "busy")
        assert desk.stats.report()["refused"] == {"busy": 1}
    finally:
        desk.end()


def test_a_full_executor_and_a_copy_leave_their_lines_in_the_audit(site: Site, now: float, tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    desk = Desk(site, now, Outcome(), changes=Full(), **{"rpcaudit": "1", "plugin.rpcaudit.logfile": str(path)})
    try:
        request = desk.request("echo", None, "hello")
        assert desk.ask(request) is not None
        desk.send(request)
        assert desk.ask(desk.request()) is not None
    finally:
        desk.end()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["agent"], line["decision"], line["data"]) for line in lines] == [
        ("echo", "allow", "hello"),
        ("echo", "deny", None),
        ("echo", "deny", None),
        ("rpcutil", "allow", {}),
        ("rpcutil", "allow", None),
    ]
    assert "8 requests are running here" in lines[1]["reason"] and "was accepted before" in lines[2]["reason"]


def test_without_a_reply_of_the_agent_nothing_is_sent(site: Site, now: float) -> None:
    desk = Desk(site, now, Outcome(body=None))
    try:
        desk.send(desk.request("discovery", None, "hush"))
        reply = desk.ask(desk.request())
        assert reply is not None and reply.agent == "rpcutil"
    finally:
        desk.end()


@pytest.mark.parametrize("body", [{"bytes": b"x"}, {"nan": float("nan")}, {1: "number"}, {"set": {1}}])
def test_a_value_that_cannot_travel_is_told_by_name_and_never_dropped(site: Site, now: float, body: dict[Any, Any]) -> None:
    desk = Desk(site, now, Outcome(body=body))
    try:
        reply = desk.ask(desk.request())
        assert reply is not None and reply.statuscode == 5 and reply.statusmsg
    finally:
        desk.end()


def test_an_audit_that_cannot_be_written_refuses_the_request(site: Site, now: float, tmp_path: Path) -> None:
    settings = {"rpcaudit": "1", "plugin.rpcaudit.logfile": str(tmp_path / "audit" / "log")}
    (tmp_path / "audit").mkdir()
    desk = Desk(site, now, Outcome(), **settings)
    try:
        (tmp_path / "audit" / "log").unlink()
        (tmp_path / "audit" / "log").mkdir()
        reply = desk.ask(desk.request())
        assert reply is not None and (reply.statuscode, reply.refusal) == (AuditFailed.statuscode, AuditFailed.refusal)
        assert desk.calls == []
    finally:
        desk.end()


def test_an_order_that_no_journal_can_take_is_refused_and_told_and_a_question_is_answered(
    site: Site, now: float, tmp_path: Path
) -> None:
    journal, log = Journal(tmp_path, clock=lambda: now), tmp_path / "audit.log"
    journal.open()
    desk = Desk(site, now, Outcome(), journal=journal, **{"rpcaudit": "1", "plugin.rpcaudit.logfile": str(log)})
    try:
        (tmp_path / "requests.journal").unlink()
        (tmp_path / "requests.journal.new").mkdir()  # in the way of a new one
        order = desk.request("echo", None, "hello")
        reply = desk.ask(order)
        assert reply is not None and (reply.statuscode, reply.refusal) == (JournalFailed.statuscode, "journalfailed")
        assert "the journal of requests cannot be written, so nothing is done" in reply.statusmsg
        assert desk.calls == []
        assert json.loads(log.read_text().splitlines()[-1])["decision"] == "deny"
        assert desk.ask(desk.request()) is not None
        assert [call.action for call in desk.calls] == ["ping"]
        assert journal.status(order.caller, order.id).stage == "journal"
    finally:
        desk.end()
        journal.close()


def test_what_runs_is_in_the_journal_before_and_its_end_behind_it(site: Site, now: float, tmp_path: Path) -> None:
    states: list[str] = []
    journal = Journal(tmp_path, clock=lambda: now)
    journal.open()

    def look(call: Call) -> Outcome:
        states.append(journal.status(call.request.caller, call.request.id).state)
        assert call.request.id in (tmp_path / "requests.journal").read_text()
        return Outcome(3, "it broke")

    desk = Desk(site, now, look, journal=journal)
    try:
        order = desk.request("echo", None, "hello")
        assert desk.ask(order) is not None
        assert states == ["running"]
        found = journal.status(order.caller, order.id)
        assert (found.state, found.code, found.reason) == ("failed", 3, "it broke")
    finally:
        desk.end()
        journal.close()


def test_a_reload_takes_agents_away_without_a_new_connection(desk: Desk, site: Site) -> None:
    settings = {"plugin.echo.activate_agent": "0"}
    config = Config.from_file(site.write_host(SiteHost("web1", (), {}, settings), SiteBroker(61613)), "server")
    desk.runner.reload(build_host(config, lambda: desk.now, desk.host))
    desk.send(desk.request("echo", None, 1))
    assert desk.ask(desk.request()) is not None
    assert [call.request.agent for call in desk.calls] == ["rpcutil"]


def test_a_reload_with_a_new_connector_goes_on_there(desk: Desk) -> None:
    desk.subscribed.clear()
    desk.runner.reload(desk.host, desk._broker.connector("web1"))
    assert desk.subscribed.wait(5)
    assert desk.ask(desk.request()) is not None


def test_a_reload_to_another_audit_closes_the_old_one(site: Site, now: float, tmp_path: Path) -> None:
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    desk = Desk(site, now, Outcome(), **{"rpcaudit": "1", "plugin.rpcaudit.logfile": str(first)})
    try:
        assert desk.ask(desk.request()) is not None
        assert str(first) in open_files()
        settings = {"rpcaudit": "1", "plugin.rpcaudit.logfile": str(second)}
        config = Config.from_file(site.write_host(SiteHost("web1", (), {}, settings), SiteBroker(61613)), "server")
        desk.runner.reload(build_host(config, lambda: now, desk.host))
        assert str(first) not in open_files()
        assert desk.ask(desk.request()) is not None
        assert str(second) in open_files()
    finally:
        desk.end()


def open_files() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the listing's own
            found.add(os.readlink(f"/proc/self/fd/{name}"))
    return found


def test_what_connectors_lost_is_counted_over_a_change_of_connector(desk: Desk) -> None:
    lossy = Lossy(desk._broker.connector("web1"), 5)
    desk.subscribed.clear()
    desk.runner.reload(desk.host, lossy)
    assert desk.subscribed.wait(5)
    assert desk.runner.dropped == 5
    desk.subscribed.clear()
    desk.runner.reload(desk.host, Lossy(desk._broker.connector("web1"), 2))
    assert desk.subscribed.wait(5)
    assert desk.runner.dropped == 7


def test_warnings_that_were_held_back_are_counted_in_the_log(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    forged = Delivery(b"forged", Destination(Kind.AGENT, "mcollective", "rpcutil"), None, "mallory")
    for _ in range(30):
        desk.runner.handle(forged)
    desk.now += 2
    desk.runner.handle(forged)
    messages = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert sum(message.startswith("refused a message (malformed) from mallory") for message in messages) == 21
    assert "refused 10 more messages before, too many to log each" in messages


def test_a_fault_of_ours_drops_one_message_and_the_next_is_answered(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def authorize(self, request: Request, view: object) -> str:
            raise ZeroDivisionError("a fault")

    good = desk.host
    desk.runner.host = replace(good, authorization=Broken())
    desk.send(desk.request())
    assert desk.reply(0.5) is None
    desk.runner.host = good
    assert desk.ask(desk.request()) is not None
    assert desk.stats.report()["faults"] == 1
    assert "a fault of ours" in caplog.text


class Hanging(Full):
    """An executor with an action that does not end."""

    def shutdown(self, timeout: float) -> bool:
        return threading.Event().wait(timeout)


def test_a_stop_takes_its_timeout_once_though_two_executors_hang(site: Site, now: float) -> None:
    desk = Desk(site, now, Outcome(), changes=Hanging())
    desk.runner._reads = Hanging()
    started = time.monotonic()
    assert desk.runner.stop(3) is False
    assert time.monotonic() - started < 5.5


# --- subcollectives and topics ----------------------------------------------------------------------------------------


def test_a_host_of_two_collectives_answers_in_each_and_in_no_other(site: Site, now: float) -> None:
    desk = Desk(site, now, Outcome(), collectives="mcollective,uk", main_collective="uk")
    try:
        assert desk.host.node.view().main_collective == "uk"
        for collective in ("mcollective", "uk"):
            for targets in (None, ("web1",)):
                assert desk.ask(desk.request(collective=collective, targets=targets)) is not None
        for targets in (None, ("web1",)):
            desk.send(desk.request(collective="us", targets=targets))
        assert desk.ask(desk.request()) is not None
        assert len(desk.calls) == 5
        assert destinations(desk.host)[-2:] == [Destination(Kind.NODE, name, "web1") for name in ("mcollective", "uk")]
    finally:
        desk.end()


def test_a_host_asks_for_the_one_topic_of_all_agents_where_they_share_it(site: Site) -> None:
    settings = {"plugin.stomp.agents_multiplex": "1", "collectives": "mcollective,uk", "direct_addressing": "0"}
    config = Config.from_file(site.write_host(SiteHost("web1", (), {}, settings), SiteBroker(61613)), "server")
    assert destinations(build_host(config, lambda: 1_800_000_000.0)) == [
        Destination(Kind.AGENT, "mcollective", EVERY_AGENT),
        Destination(Kind.AGENT, "uk", EVERY_AGENT),
    ]


# --- the wire of Ruby ---------------------------------------------------------------------------------------------------

PSK = "nXq2vK8mT4sW6yR0"


class RubyDesk(Desk):
    """The same with psk, where clients may be Ruby's: nothing but bodies is signed."""

    def __init__(self, site: Site, now: float, outcome: Outcome | Callable[[Call], Outcome], **settings: str) -> None:
        own = {"securityprovider": "psk", "plugin.psk": PSK, "identity": "web1", "rpcauthorization": "0"}
        super().__init__(site, now, outcome, **own | settings)

    def clients_plugin(self, site: Site) -> SecurityPlugin:
        text = f"securityprovider = psk\nplugin.psk = {PSK}\nplugin.psk.callertype = identity\nidentity = ops\n"
        return security_plugin(Config.from_text(text, "client"), "client", lambda: self.now)


def echo(call: Call) -> Outcome:
    return Outcome(body=call.request.body)


@pytest.fixture
def ruby(site: Site, now: float) -> Iterator[RubyDesk]:
    made = RubyDesk(site, now, echo)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("action", "body", "status", "message", "data"),
    [
        ("nosuch", {}, 4, "Attempted to call action nosuch for rpcutil but it's not declared in the DDL", {}),
        ("get_fact", {}, 4, "Action get_fact needs a fact argument", {"fact": None, "value": None}),
        ("get_fact", {"fact": 1}, 4, "Cannot validate input fact: value should be a string", {"fact": None, "value": None}),
        ("ping", {"more": 1}, 4, "ping has no input 'more': it takes none", {"pong": None}),  # let through by a node with Ruby
    ],
)
def test_a_wrong_call_is_told_as_by_a_node_with_ruby(
    ruby: RubyDesk, action: str, body: object, status: int, message: str, data: dict[str, Any]
) -> None:
    reply = ruby.ask(ruby.request("rpcutil", action, body))
    assert reply is not None
    assert (reply.statuscode, reply.statusmsg, reply.body) == (status, message, data)


def test_a_denial_is_rubys_and_the_log_has_the_rule(site: Site, now: float, caplog: pytest.LogCaptureFixture) -> None:
    desk = RubyDesk(site, now, echo, rpcauthorization="1")
    try:
        plain = desk.ask(desk.request("echo", None, "x"))
        assert plain is not None and (plain.statuscode, plain.refusal) == (1, "denied")
        (site.folder / "hosts" / "web1" / "policies" / "rpcutil.policy").write_text("policy default deny\n")
        reply = desk.ask(desk.request())
        assert reply is not None
        assert (reply.statuscode, reply.statusmsg) == (1, "You are not authorized to call this agent or action.")
        assert "rpcutil.policy" in caplog.text
    finally:
        (site.folder / "hosts" / "web1" / "policies" / "rpcutil.policy").unlink()
        desk.end()


def test_an_action_that_breaks_is_told_by_its_message_alone(site: Site, now: float) -> None:
    desk = RubyDesk(site, now, Outcome(5, "ValueError: no such thing", {"a": 1}, historic=(5, "no such thing")))
    try:
        reply = desk.ask(desk.request())
        assert reply is not None
        assert (reply.statuscode, reply.statusmsg, reply.body) == (5, "no such thing", {"a": 1})
    finally:
        desk.end()


def test_bytes_symbols_and_numbers_go_there_and_back(ruby: RubyDesk) -> None:
    body = {"blob": b"\x00\xff", "state": Symbol("running"), "load": float("inf"), "none": None, "nested": [{1: "a"}]}
    reply = ruby.ask(ruby.request("echo", None, body))
    assert reply is not None
    assert reply.body == body
    assert type(reply.body["state"]) is Symbol


def test_an_action_whose_caller_waits_for_nothing_runs_and_is_not_answered(ruby: RubyDesk) -> None:
    ruby.send(ruby.request(wants_reply=False), ANSWERS.name)
    ruby.send(ruby.request(reply_to=None, wants_reply=True))
    assert ruby.ask(ruby.request("echo", None, "answered")) is not None
    assert [call.request.agent for call in ruby.calls] == ["rpcutil", "rpcutil", "echo"]


def test_an_agent_that_is_not_there_is_answered_by_silence(ruby: RubyDesk) -> None:
    ruby.send(ruby.request("nosuch", "run", {}, targets=("web1",), filter=Filter()))
    reply = ruby.ask(ruby.request("echo", None, "answered"))
    assert reply is not None and reply.agent == "echo"


def test_a_directed_request_comes_by_name_and_is_answered(ruby: RubyDesk) -> None:
    reply = ruby.ask(ruby.request("echo", None, 1, targets=("web1",)))
    assert reply is not None and reply.body == 1
    assert ruby.calls[0].request.targets == ("web1",)


def test_a_wrong_clock_is_told_to_the_caller_of_an_action_and_beside_the_answers_to_a_discovery(ruby: RubyDesk) -> None:
    asked = ruby.request("discovery", None, "ping", time=ruby.now - 1000)
    reply = ruby.ask(asked)
    assert reply is not None
    assert (reply.request_id, reply.statuscode, reply.refusal) == (asked.id, 5, "ttlexpired")
    assert "check the clocks" in reply.statusmsg
    reply = ruby.ask(ruby.request(time=ruby.now - 1000))
    assert reply is not None
    assert (reply.agent, reply.statuscode) == ("rpcutil", 5)
    assert "check the clocks" in reply.statusmsg


def test_facts_of_such_a_host_are_text(site: Site, now: float) -> None:
    facts = {"cpus": 4, "virtual": True, "os": {"major": 12}}
    own = {"securityprovider": "psk", "plugin.psk": PSK, "identity": "web2"}
    config = Config.from_file(site.write_host(SiteHost("web2", (), facts, own), SiteBroker(61613)), "server")
    assert build_host(config, lambda: now).node.view().facts == {"cpus": "4", "virtual": "true", "os": {"major": "12"}}


def about(desk: Desk, **inputs: Any) -> RPCRequest:
    return RPCRequest(desk.request(action="explain", body=inputs))


def test_a_running_host_explains_what_would_become_of_a_request(desk: Desk) -> None:
    view = desk.host.node.view()
    assert desk.runner.explain(about(desk, agent="rpcutil", action="ping"), view)["stage"] == "run"
    filtered = desk.runner.explain(about(desk, agent="rpcutil", action="ping", filter=Filter(classes=("role::db",)).to_wire()), view)
    assert (filtered["stage"], filtered["reason"]) == ("filter", "class role::db: not on this host")
    assert desk.runner.explain(about(desk, agent="echo"), view)["stage"] == "run"


def test_a_running_host_tells_a_caller_how_a_request_of_his_ended(desk: Desk) -> None:
    filtered = desk.request(filter=Filter(agents=("rpcutil",), classes=("role::db",)))
    desk.send(filtered)
    taken = desk.request()
    assert desk.ask(taken) is not None
    view = desk.host.node.view()
    told = {each.id: desk.runner.explain(about(desk, agent="rpcutil", request=each.id), view)["earlier"] for each in (filtered, taken)}
    refused = {"state": "refused", "stage": "filter", "word": "filtered", "reason": "class role::db: not on this host", "ago": 0.0}
    assert told[filtered.id] == refused | {"agent": "rpcutil", "action": "ping"}
    assert (told[taken.id]["stage"], told[taken.id]["state"], told[taken.id]["code"]) == ("accepted", "ok", 0)
    assert "earlier" not in desk.runner.explain(about(desk, agent="rpcutil", request="0" * 32), view)


def test_it_is_seen_for_how_long_a_message_has_been_in_hand(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ends = threading.Event(), threading.Event()

    def hang(delivery: Delivery) -> None:
        begun.set()
        ends.wait(10)

    assert desk.runner.in_hand() == 0
    monkeypatch.setattr(desk.runner, "handle", hang)
    desk.send(desk.request())
    assert begun.wait(5)
    time.sleep(0.05)
    assert 0.05 <= desk.runner.in_hand() < 10
    ends.set()
    wait_until("the message is out of hand", lambda: desk.runner.in_hand() == 0, 5)
