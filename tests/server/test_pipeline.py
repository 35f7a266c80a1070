from dataclasses import replace
from pathlib import Path

import pytest

from mcollective_py.ddl.model import DDL
from mcollective_py.errors import (
    AuditFailed,
    BadFilter,
    Busy,
    ClockSkew,
    Denied,
    Filtered,
    InClear,
    Inconsistent,
    InvalidRPCData,
    MCollectiveError,
    MissingRPCData,
    NotSigned,
    Rejected,
    Replayed,
    TTLExpired,
    UnknownAction,
    UnknownAgent,
)
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter
from mcollective_py.message import EVERY_AGENT, Delivery, Destination, Kind, Reply, Request
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.loader import LoadedAgent, load_agent
from mcollective_py.security.base import Sealed, Unverified
from mcollective_py.server.call import Outcome
from mcollective_py.server.pipeline import Audit, Rules, admit, authorize_call, check_consistency, open_delivery
from mcollective_py.server.replay import ReplayMemory
from mcollective_py.shipped import shipped_libdir

NOW = 1_700_000_000.0
BROADCAST = Request(
    id="1" * 32,
    caller="cert=alice.mcollective",
    sender="ops1",
    collective="mcollective",
    agent="rpcutil",
    action="ping",
    body={},
    filter=Filter(agents=("rpcutil",)),
    time=NOW,
    ttl=60,
    reply_to="/queue/mcollective.reply.ops1_1.a",
)
DIRECT = replace(BROADCAST, targets=("web1", "web2"))
WEB1 = NodeView("web1", agents=frozenset({"rpcutil", "echo"}), classes=frozenset({"role::web"}), facts={"country": "uk"})
TOPIC = Destination(Kind.AGENT, "mcollective", "rpcutil")
BY_NAME = Destination(Kind.NODE, "mcollective", "web1")


class Opens:
    """A security plugin for which every payload is a signed copy of one request, and `forged` is not."""

    caller = "cert=web1"

    def __init__(self, request: Request, covers: frozenset[str] = frozenset({"reply_to", "targets"})) -> None:
        self._request, self.covers = request, covers

    def read(self, payload: bytes) -> Unverified:
        return Unverified("request", payload)

    def open_request(self, unverified: Unverified) -> Request:
        if unverified.content == b"forged":
            raise NotSigned("the signature does not hold")
        return self._request

    def seal_request(self, request: Request) -> Sealed:
        raise AssertionError("a host seals no requests here")

    def seal_reply(self, reply: Reply, request: Request) -> list[bytes]:
        return [repr(reply).encode()]

    def open_reply(self, unverified: Unverified) -> Reply:
        raise AssertionError("a host opens no replies")


class Notes:
    """An audit that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "", *, only_reads: bool = False) -> None:
        self.lines.append(("allowed", rule))

    def refused(self, request: Request, ddl: DDL | None, error: MCollectiveError) -> None:
        self.lines.append(("refused", type(error).__name__))

    def invalid(self, delivery: Delivery, error: MCollectiveError) -> None:
        raise AssertionError("that is the runner's")

    def finished(self, request: Request, outcome: Outcome) -> None:
        raise AssertionError("nothing runs here")

    def close(self) -> None:
        raise AssertionError("nothing is open here")


class Unwritable(Notes):
    """An audit whose disk is full."""

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "", *, only_reads: bool = False) -> None:
        raise AuditFailed("web1 cannot write its audit log, so nothing is done: the disk is full")


class Allows:
    """An authorization that lets one caller do everything."""

    def authorize(self, request: Request, view: NodeView) -> str:
        if request.caller != "cert=alice.mcollective":
            raise Denied(f"{request.caller} may not call {request.agent}")
        return "rpcutil.policy:1"


def admitted(
    request: Request,
    source: Destination = TOPIC,
    *,
    payload: bytes = b"signed",
    now: float = NOW,
    view: NodeView = WEB1,
    replay: ReplayMemory | None = None,
    reply_to: str | None = BROADCAST.reply_to,
    audit: Audit | None = None,
) -> Request:
    memory = ReplayMemory() if replay is None else replay
    delivery = Delivery(payload, source, reply_to)
    opened = open_delivery(delivery, Opens(request), view.identity)
    admit(opened, delivery, view, memory, Rules(), audit or Notes(), now)
    return opened


def test_a_genuine_fresh_new_and_matching_request_is_admitted() -> None:
    assert admitted(BROADCAST) == BROADCAST
    assert admitted(DIRECT, BY_NAME) == DIRECT


def test_a_forged_payload_is_refused_before_anything_else_is_looked_at() -> None:
    replay = ReplayMemory()
    with pytest.raises(NotSigned) as refusal:
        admitted(BROADCAST, payload=b"forged", replay=replay)
    assert refusal.value.request is None
    assert len(replay) == 0


@pytest.mark.parametrize(
    ("request_", "source"),
    [
        (BROADCAST, Destination(Kind.AGENT, "mcollective", "echo")),  # another agent's topic
        (BROADCAST, Destination(Kind.AGENT, "dmz", "rpcutil")),  # another collective's
        (BROADCAST, BY_NAME),  # a broadcast sent to one node
        (DIRECT, TOPIC),  # a directed request on a topic
        (replace(DIRECT, targets=("web2",)), BY_NAME),  # meant for another node
        (replace(DIRECT, targets=()), BY_NAME),  # an empty target list is nobody
        (replace(BROADCAST, collective="dmz"), Destination(Kind.AGENT, "dmz", "rpcutil")),  # a collective we are not in
        (BROADCAST, Destination(Kind.REPLY, "mcollective", "/queue/x")),
    ],
)
def test_a_request_that_came_another_way_than_it_says_is_refused(request_: Request, source: Destination) -> None:
    with pytest.raises(Inconsistent):
        check_consistency(request_, Delivery(b"signed", source), WEB1)


def test_a_frame_that_names_another_reply_destination_is_refused() -> None:
    with pytest.raises(Inconsistent):
        admitted(BROADCAST, reply_to="/queue/mcollective.reply.mallory_1.a")


def test_a_frame_without_a_reply_header_is_answered_where_the_signed_part_says() -> None:
    assert admitted(BROADCAST, reply_to=None).reply_to == "/queue/mcollective.reply.ops1_1.a"


@pytest.mark.parametrize(("now", "refusal"), [(NOW + 66, TTLExpired), (NOW - 6, ClockSkew)])
def test_freshness_comes_before_replay_and_filter(now: float, refusal: type[Rejected]) -> None:
    replay = ReplayMemory()
    with pytest.raises(refusal) as error:
        admitted(replace(BROADCAST, filter=Filter(classes=("role::mail",))), now=now, replay=replay)
    assert len(replay) == 0
    assert error.value.request.id == BROADCAST.id


def test_a_second_copy_is_refused_even_where_the_filter_does_not_match() -> None:
    replay, elsewhere = ReplayMemory(), replace(BROADCAST, filter=Filter(classes=("role::mail",)))
    with pytest.raises(Filtered):
        admitted(elsewhere, replay=replay)
    with pytest.raises(Replayed):
        admitted(elsewhere, replay=replay)


def test_a_copy_sent_by_name_instead_of_broadcast_is_not_run_again() -> None:
    replay = ReplayMemory()
    admitted(DIRECT, BY_NAME, replay=replay)
    with pytest.raises((Replayed, Inconsistent)):
        admitted(DIRECT, TOPIC, replay=replay)
    with pytest.raises(Replayed):
        admitted(DIRECT, BY_NAME, replay=replay)


def test_a_copy_is_refused_though_its_entry_is_gone_and_a_reload_has_raised_the_skew() -> None:
    replay = ReplayMemory()
    for request, now, skew in ((BROADCAST, NOW, 5.0), (replace(BROADCAST, id="2" * 32, time=NOW + 100), NOW + 100, 5.0)):
        admit(request, Delivery(b"signed", TOPIC), WEB1, replay, Rules(skew), Notes(), now)
    assert len(replay) == 1
    with pytest.raises(Replayed):
        admit(BROADCAST, Delivery(b"signed", TOPIC), WEB1, replay, Rules(300.0), Notes(), NOW + 101)


@pytest.mark.parametrize(
    "filter_",
    [
        Filter(classes=("role::mail",)),
        Filter.parse(facts=["country=de"]),
        Filter(identities=("web2",)),
        Filter(agents=("package",)),
        Filter(compound=([{"not": "not"}, {"statement": "country=uk"}],)),
    ],
)
def test_a_filter_that_does_not_match_drops_the_request(filter_: Filter) -> None:
    with pytest.raises(Filtered):
        admitted(replace(BROADCAST, filter=filter_))


def test_who_names_this_host_is_told_that_it_has_no_such_agent_unless_all_else_means_others() -> None:
    named = replace(DIRECT, agent="package", filter=Filter(agents=("package",)))
    admitted(named, BY_NAME)
    with pytest.raises(UnknownAgent, match="no agent package is active here"):
        authorized(named)
    for other in (Filter(agents=("package", "service")), Filter(agents=("package",), classes=("role::mail",))):
        with pytest.raises(Filtered):
            admitted(replace(named, filter=other), BY_NAME)


@pytest.mark.parametrize(
    "filter_",
    [
        Filter(classes=("/(/",)),
        Filter(facts=(FactTest("nosuch", "=~", "/[/"),)),
        Filter(identities=("/(?=web)/", "web1")),
        Filter(facts=(FactTest("country", "=~", "(.)\\1"),)),
    ],
)
def test_a_filter_that_no_host_can_apply_is_refused_and_not_taken_for_one_that_means_others(filter_: Filter) -> None:
    audit = Notes()
    with pytest.raises(BadFilter, match="cannot be applied"):
        admitted(replace(BROADCAST, filter=filter_), audit=audit)
    assert audit.lines == [("refused", "BadFilter")]


def test_without_known_facts_no_fact_filter_matches() -> None:
    with pytest.raises(Filtered):
        admitted(replace(BROADCAST, filter=Filter.parse(facts=["country=uk"])), view=replace(WEB1, facts=None))


@pytest.mark.parametrize(
    "reply_to",
    ["/topic/mcollective.package.agent", "/topic/dmz.agents", "/queue/mcollective.nodes", "/exchange/mcollective_directed/web2"],
)
def test_a_request_for_replies_where_other_requests_travel_is_refused(reply_to: str) -> None:
    with pytest.raises(Inconsistent, match="which is no place for replies"):
        admitted(replace(BROADCAST, reply_to=reply_to), reply_to=reply_to)


def test_a_request_that_wants_no_reply_is_admitted() -> None:
    assert admitted(replace(BROADCAST, reply_to=None), reply_to=None).reply_to is None


@pytest.mark.parametrize(
    ("request_", "now", "lines"),
    [
        (replace(BROADCAST, agent="echo"), NOW, [("refused", "Inconsistent")]),
        (BROADCAST, NOW + 66, [("refused", "TTLExpired")]),
        (BROADCAST, NOW - 6, [("refused", "ClockSkew")]),
        (replace(BROADCAST, ttl=61), NOW, [("refused", "TTLTooLong")]),
        (replace(BROADCAST, filter=Filter(classes=("role::mail",))), NOW, []),
    ],
)
def test_a_refused_request_is_audited_unless_it_is_for_others(request_: Request, now: float, lines: list[tuple[str, str]]) -> None:
    audit = Notes()
    with pytest.raises(Rejected):
        admitted(request_, now=now, audit=audit)
    assert audit.lines == lines


def test_a_replayed_request_and_one_too_many_are_audited_and_a_forged_one_is_nobodys() -> None:
    audit, replay = Notes(), ReplayMemory(capacity=1)
    admitted(BROADCAST, replay=replay, audit=audit)
    with pytest.raises(Replayed):
        admitted(BROADCAST, replay=replay, audit=audit)
    with pytest.raises(Busy):
        admitted(replace(BROADCAST, id="2" * 32), replay=replay, audit=audit)
    with pytest.raises(NotSigned):
        admitted(BROADCAST, payload=b"forged", replay=replay, audit=audit)
    assert audit.lines == [("refused", "Replayed"), ("refused", "Busy")]


AGENTS = {name: load_agent(shipped_libdir() / "agents" / name) for name in ("rpcutil", "echo", "discovery")}


def authorized(request: Request, audit: Audit | None = None, replay: ReplayMemory | None = None) -> tuple[LoadedAgent, Request]:
    memory = ReplayMemory() if replay is None else replay  # an empty one is false
    return authorize_call(request, WEB1, AGENTS, Allows(), audit or Notes(), lambda order: memory.remember_proof(order, request.time))


def test_an_order_whose_signature_was_seen_under_another_id_is_refused_and_audited() -> None:
    audit, replay = Notes(), ReplayMemory()
    order = replace(BROADCAST, agent="echo", action=None, body="x", proof="a" * 64)
    authorized(order, audit, replay)
    with pytest.raises(Replayed):
        authorized(replace(order, id="2" * 32), audit, replay)
    assert audit.lines[-1] == ("refused", "Replayed")


def test_a_question_may_come_twice_in_a_second_with_the_same_signature() -> None:
    replay = ReplayMemory()
    for number in "12":
        authorized(replace(BROADCAST, id=number * 32, proof="a" * 64), replay=replay)


def test_a_call_comes_back_with_its_agent_and_checked_inputs() -> None:
    agent, request = authorized(replace(BROADCAST, action="get_fact", body={"fact": "country"}))
    assert (agent.name, request.body) == ("rpcutil", {"fact": "country"})


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"agent": "nosuch"}, UnknownAgent),
        ({"action": "nosuch"}, UnknownAction),
        ({"action": "__class__"}, UnknownAction),
        ({"action": "get_fact"}, MissingRPCData),
        ({"action": "get_fact", "body": {"fact": 5}}, InvalidRPCData),
        ({"action": "get_fact", "body": {"fact": "a b; id"}}, InvalidRPCData),
        ({"action": "ping", "body": {"undeclared": 1}}, InvalidRPCData),
        ({"action": "ping", "body": ["not", "a", "mapping"]}, InvalidRPCData),
        ({"action": None}, InvalidRPCData),
        ({"agent": "echo", "action": "handlemsg"}, UnknownAction),
    ],
)
def test_a_wrong_call_is_answered_with_its_status(change: dict[str, object], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        authorized(replace(BROADCAST, **change))


def test_a_plain_agent_takes_any_value() -> None:
    agent, request = authorized(replace(BROADCAST, agent="echo", action=None, body=[1.5, None]))
    assert (agent.folder, request.body) == (Path(shipped_libdir() / "agents" / "echo"), [1.5, None])


def test_an_allowed_call_is_audited_with_its_rule_before_it_runs() -> None:
    audit = Notes()
    authorized(BROADCAST, audit)
    assert audit.lines == [("allowed", "rpcutil.policy:1")]


def test_validation_comes_before_authorization_and_both_refusals_are_audited() -> None:
    audit = Notes()
    with pytest.raises(UnknownAction):
        authorized(replace(BROADCAST, caller="cert=mallory", action="nosuch"), audit)
    with pytest.raises(Denied):
        authorized(replace(BROADCAST, caller="cert=mallory"), audit)
    assert audit.lines == [("refused", "UnknownAction"), ("refused", "Denied")]


def test_by_another_of_its_names_an_agent_is_judged_by_the_policy_of_its_own() -> None:
    asked: list[str] = []

    class Judge(Allows):
        def authorize(self, request: Request, view: NodeView) -> str:
            asked.append(request.agent)
            return super().authorize(request, view)

    _, request = authorize_call(
        replace(BROADCAST, agent="other"), WEB1, {"other": AGENTS["rpcutil"]}, Judge(), Notes(), lambda order: None
    )
    assert (asked, request.agent) == (["rpcutil"], "other")


def test_what_cannot_be_audited_is_not_done() -> None:
    audit = Unwritable()
    with pytest.raises(AuditFailed):
        authorized(BROADCAST, audit)
    assert audit.lines == [("refused", "AuditFailed")]


# --- a wire that signs neither targets nor the place for replies ------------------------------------------------------

UNSIGNED = frozenset({"body"})
RUBYS = replace(BROADCAST, caller="uid=0", reply_to=None)  # as a security plugin of Ruby's wire opens it
ANSWERS = "/queue/mcollective.reply.ops1_1.a"


def ruby_admitted(request: Request = RUBYS, source: Destination = TOPIC, reply_to: str | None = ANSWERS) -> Request:
    delivery = Delivery(b"signed", source, reply_to)
    opened = open_delivery(delivery, Opens(request, UNSIGNED), WEB1.identity)
    admit(opened, delivery, WEB1, ReplayMemory(), Rules(), Notes(), NOW)
    return opened


def test_where_no_reply_destination_is_signed_the_frame_says_it() -> None:
    assert ruby_admitted().reply_to == "/queue/mcollective.reply.ops1_1.a"
    assert ruby_admitted(reply_to=None).reply_to is None


def test_a_caller_that_waits_for_no_reply_gets_none_though_its_frame_names_a_place() -> None:
    assert ruby_admitted(replace(RUBYS, wants_reply=False)).reply_to is None


def test_where_no_targets_are_signed_a_request_is_direct_that_came_by_name() -> None:
    assert ruby_admitted(source=BY_NAME).targets == ("web1",)
    assert ruby_admitted().targets is None


def test_what_a_plugin_does_not_sign_never_comes_from_its_request() -> None:
    forged = replace(RUBYS, reply_to="/queue/mcollective.reply.mallory_1.a", targets=("web2",))
    admitted = ruby_admitted(forged)
    assert (admitted.reply_to, admitted.targets) == (ANSWERS, None)


@pytest.mark.parametrize("place", ["/topic/mcollective.package.agent", "/queue/mcollective.nodes", "/exchange/a_broadcast/b", "x", ""])
def test_a_frame_cannot_send_replies_where_none_belong(place: str) -> None:
    with pytest.raises(Inconsistent, match="which is no place for replies"):
        ruby_admitted(reply_to=place)


def test_an_unsigned_agent_still_has_to_be_that_of_the_topic() -> None:
    with pytest.raises(Inconsistent):
        ruby_admitted(replace(RUBYS, agent="package"))


def test_a_topic_of_all_agents_brings_requests_for_any_of_them() -> None:
    everybody = Destination(Kind.AGENT, "mcollective", EVERY_AGENT)
    assert ruby_admitted(source=everybody).agent == "rpcutil"
    assert admitted(BROADCAST, everybody) == BROADCAST
    with pytest.raises(Inconsistent):
        admitted(DIRECT, everybody)
    with pytest.raises(Inconsistent):
        admitted(replace(BROADCAST, collective="dmz"), everybody)


def test_a_signed_request_gets_nothing_from_its_frame() -> None:
    signed = replace(BROADCAST, reply_to=None)
    with pytest.raises(Inconsistent):
        admitted(signed, reply_to=ANSWERS)
    assert admitted(signed, reply_to=None).reply_to is None
    with pytest.raises(Inconsistent):
        admitted(signed, BY_NAME, reply_to=None)


def test_what_is_sensitive_and_came_in_clear_is_refused_before_the_policy_and_nothing_of_it_is_told() -> None:
    filemgr = load_agent(shipped_libdir() / "agents" / "filemgr")
    put = replace(BROADCAST, agent="filemgr", action="put", body={"file": "/tmp/x", "content": "c2VjcmV0", "sha256": "0" * 64})
    get = replace(put, action="get", body={"file": "/tmp/x"})

    def call(request: Request, takes_clear: bool = False) -> Request:
        audit = Notes()
        try:
            found = authorize_call(request, WEB1, {"filemgr": filemgr}, Allows(), audit, lambda order: None, takes_clear)[1]
        except InClear as error:
            assert audit.lines == [("refused", "InClear")]
            assert (error.statuscode, error.refusal, error.stage) == (4, "inclear", "inputs")
            assert "c2VjcmV0" not in str(error) and "content of filemgr" in str(error)
            raise
        return found

    for request in (put, get):
        with pytest.raises(InClear):
            call(request)
        assert call(request, takes_clear=True).action == call(replace(request, is_secret=True)).action == request.action
    assert call(replace(put, action="digest", body={"file": "/tmp/x"})).action == "digest"
