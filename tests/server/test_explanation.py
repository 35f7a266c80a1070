"""Which stage a request would end at, asked of the stages themselves; the order is proved against requests that are really sent."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mcollective_py.agent.rpc import RPCRequest
from mcollective_py.errors import Busy, InvalidRPCData, PluginError, Rejected, RPCError
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Request
from mcollective_py.node.view import NodeView
from mcollective_py.plugins.loader import AgentIndex, load_agent
from mcollective_py.server.endings import Ending
from mcollective_py.server.explanation import Explanation, Question, answer, explain
from mcollective_py.server.pipeline import Authorization, Rules, admit, authorize_call
from mcollective_py.server.policyfiles import Authorizer, PolicyFiles
from mcollective_py.server.replay import ReplayMemory
from mcollective_py.shipped import shipped_libdir

NOW = 1_700_000_000.0
ALICE = "cert=alice.mcollective"
WEB1 = NodeView(
    "web1",
    collectives=("mcollective", "uk"),
    agents=frozenset({"rpcutil", "vault", "discovery"}),
    classes=frozenset({"role::web"}),
    facts={"country": "uk", "secret": "hunter2"},
)
SUBSCRIPTIONS = frozenset(
    Destination(kind, collective, name)
    for collective in WEB1.collectives
    for kind, name in ((Kind.NODE, "web1"), *((Kind.AGENT, agent) for agent in WEB1.agents))
)
VAULT_DDL = """
metadata: {name: vault, description: d, author: a, license: l, version: "2.1", url: u, timeout: 5}
actions:
  - action: unlock
    description: Opens it
    input:
      name: {prompt: p, description: d, type: string, validation: '^[a-z]+$', maxlength: 8}
      password: {prompt: p, description: d, type: string, maxlength: 8, sensitive: true}
"""
VAULT = """
from mcollective_py.agent import Agent, action

class Vault(Agent):
    @action
    def unlock(self, request, reply):
        raise ValueError
"""
INPUTS = {"name": "safe"}


@dataclass
class Host:
    agents: AgentIndex
    authorization: Authorization
    rules: Rules


@pytest.fixture
def host(tmp_path: Path) -> Host:
    folder = tmp_path / "agents" / "vault"
    folder.mkdir(parents=True)
    (folder / "ddl.yaml").write_text(VAULT_DDL)
    (folder / "agent.py").write_text(VAULT)
    policies = tmp_path / "policies"
    policies.mkdir(mode=0o755)
    (policies / "vault.policy").write_text(f"policy default deny\nallow\tcert=bob\t*\t*\t*\nallow\t{ALICE}\tunlock\t*\t*\n")
    agents = {name: load_agent(shipped_libdir() / "agents" / name) for name in ("rpcutil", "discovery")}
    index = AgentIndex(
        agents | {"vault": load_agent(folder)}, [PluginError("broken", "no ddl.yaml")], {"puppet": "its activate_when says no"}
    )
    return Host(index, Authorizer(PolicyFiles(policies)), Rules())


def asked(caller: str = ALICE, time: float = NOW, **inputs: object) -> RPCRequest:
    return RPCRequest(Request("a" * 32, caller, "ops1", "mcollective", "rpcutil", "explain", inputs, Filter(), time, 60))


QUESTION = Question("vault", "unlock", "mcollective", Filter(agents=("vault",)), INPUTS, 60, ("password",))


def room(caller: str, only_reads: bool) -> None:
    assert (caller, only_reads) == (ALICE, False)


def explained(
    host: Host, question: Question = QUESTION, *, caller: str = ALICE, now: float = NOW, replay: ReplayMemory | None = None
) -> Explanation:
    memory = ReplayMemory() if replay is None else replay
    return explain(question, asked(caller), host, WEB1, SUBSCRIPTIONS, memory, lambda caller, only_reads: None, now)


def test_what_would_run_names_the_line_that_allows_it(host: Host) -> None:
    found = explained(host)
    assert (found.stage, found.word, found.reason) == ("run", "", "")
    assert found.rule.endswith("/policies/vault.policy:3")


def test_a_question_about_an_order_asks_whether_the_executor_of_changes_has_room(host: Host) -> None:
    explain(QUESTION, asked(), host, WEB1, SUBSCRIPTIONS, ReplayMemory(), room, NOW)


@pytest.mark.parametrize(
    ("changes", "stage", "word", "reason"),
    [
        ({"collective": "de"}, "subscription", "", "this host is not in the collective de; it is in mcollective, uk"),
        (
            {"agent": "nosuch", "is_direct": False},
            "subscription",
            "",
            "this host is not subscribed to the agent nosuch in mcollective: is not installed on this host",
        ),
        ({"ttl": 61}, "freshness", "ttltoolong", "the request has a ttl of 61 s, this node allows 60 s (plugin.x509.max_ttl)"),
        (
            {"filter": Filter.parse(classes=["role::db"])},
            "filter",
            "filtered",
            "class role::db: not on this host",
        ),
        ({"filter": Filter.parse(facts=["secret=x"])}, "filter", "filtered", "fact secret==x: does not hold"),
        ({"filter": Filter.parse(compound=["role::web and country=de"])}, "filter", "filtered", None),
        (
            {"agent": "puppet", "filter": Filter(agents=("puppet",))},
            "agent",
            "unknownagent",
            "agent puppet: is there, and not active: its activate_when says no",
        ),
        (
            {"agent": "broken", "filter": Filter()},
            "agent",
            "unknownagent",
            "agent broken: cannot be loaded: no ddl.yaml",
        ),
        ({"action": "nosuch"}, "action", "", "vault has no action 'nosuch': it has unlock"),
        ({"body": {}}, "inputs", "", "unlock needs the input name"),
        ({"body": {"name": "UPPER"}}, "inputs", "", None),
        ({"withheld": ()}, "inputs", "", "unlock needs the input password"),
        ({"body": {"name": "safe", "colour": 1}}, "inputs", "", None),
    ],
)
def test_each_stage_says_why_it_would_refuse(host: Host, changes: dict[str, object], stage: str, word: str, reason: str | None) -> None:
    found = explained(host, replace(QUESTION, **changes))
    assert (found.stage, found.word) == (stage, word)
    if reason is not None:
        assert found.reason.startswith(reason)
    assert "hunter2" not in found.reason and "UPPER" not in found.reason


def test_why_an_agent_that_cannot_be_loaded_is_not_there_is_told(host: Host) -> None:
    found = explained(host, replace(QUESTION, agent="broken", filter=Filter(agents=("broken",))))
    assert found.reason == "agent broken: cannot be loaded: no ddl.yaml"


@pytest.mark.parametrize(("now", "word"), [(NOW + 66, "ttlexpired"), (NOW - 6, "clockskew")])
def test_clocks_are_told_with_numbers_both_ways(host: Host, now: float, word: str) -> None:
    found = explained(host, now=now)
    assert (found.stage, found.word) == ("freshness", word)
    assert ("66.0 s old" if word == "ttlexpired" else "6.0 s from the future") in found.reason


def test_a_denial_names_file_line_caller_and_action_and_nothing_of_others(host: Host) -> None:
    found = explained(host, caller="cert=carol.mcollective")
    assert (found.stage, found.word) == ("policy", "denied")
    assert found.reason.startswith("cert=carol.mcollective may not call vault unlock on web1: ")
    assert found.reason.endswith("/policies/vault.policy:1 denies it by default: no other line matches")
    assert "bob" not in found.reason and "alice" not in found.reason


def test_no_room_is_a_stage_too(host: Host) -> None:
    def full(caller: str, only_reads: bool) -> None:
        raise Busy("8 requests are running here and 128 waiting: try again later")

    found = explain(QUESTION, asked(), host, WEB1, SUBSCRIPTIONS, ReplayMemory(), full, NOW)
    assert found == Explanation("room", "busy", "8 requests are running here and 128 waiting: try again later")


def test_a_full_memory_of_requests_would_refuse_it_as_busy(host: Host) -> None:
    replay = ReplayMemory(capacity=1)
    replay.remember(sent(QUESTION), NOW)
    assert explained(host, replay=replay).stage == "room"


def test_a_question_leaves_no_trace_in_the_memory_of_requests(host: Host) -> None:
    replay = ReplayMemory()
    explained(host, replay=replay)
    assert len(replay) == 0


def test_a_host_without_direct_addressing_takes_nothing_by_its_name(host: Host) -> None:
    topics = {each for each in SUBSCRIPTIONS if each.kind is Kind.AGENT}
    found = explain(QUESTION, asked(), host, WEB1, topics, ReplayMemory(), room, NOW)
    assert found == Explanation("subscription", "", "this host takes no requests by its name (direct_addressing = 0)")


# --- the same order as what is really sent ----------------------------------------------------------------------------


def sent(question: Question, caller: str = ALICE) -> Request:
    targets = ("web1",) if question.is_direct else None
    return Request(
        "b" * 32, caller, "ops1", question.collective, question.agent, question.action, question.body, question.filter, NOW,
        question.ttl, None, targets, wants_reply=False, is_secret=True,
    )  # fmt: skip


class Notes:
    def __getattr__(self, name: str) -> object:
        return lambda *words, **more: None


def real_stage(host: Host, request: Request, now: float) -> str:
    try:
        source = Destination(Kind.NODE, request.collective, "web1")
        admit(request, Delivery(b"", source), WEB1, ReplayMemory(), host.rules, Notes(), now)
        authorize_call(request, WEB1, host.agents, host.authorization, Notes(), lambda order: None)
    except (Rejected, RPCError) as error:
        return error.stage
    return "run"


# Each is wrong in one more way; whoever is wrong in many ends at the first stage of them all.
WRONGS: list[dict[str, object]] = [
    {"caller": "cert=carol.mcollective"},
    {"body": {}, "withheld": ()},
    {"action": "nosuch"},
    {"filter": Filter.parse(classes=["role::db"])},
    {"now": NOW + 100},
]


@pytest.mark.parametrize("count", range(len(WRONGS) + 1))
def test_a_request_that_is_sent_ends_at_the_stage_that_was_told(host: Host, count: int) -> None:
    wrong: dict[str, object] = {}
    for each in WRONGS[:count]:
        wrong |= each
    caller, now = str(wrong.pop("caller", ALICE)), float(str(wrong.pop("now", NOW)))
    question = replace(QUESTION, withheld=(), body={"name": "safe", "password": "x"})
    question = replace(question, **wrong)
    told = explained(host, question, caller=caller, now=now).stage
    assert told == real_stage(host, sent(question, caller), now)
    assert told == ["run", "policy", "inputs", "action", "filter", "freshness"][count]


# --- the question and the answer --------------------------------------------------------------------------------------


def test_a_question_is_read_from_the_inputs_of_the_action() -> None:
    filter = Filter.parse(classes=["role::web"])
    found = Question.of_inputs(
        asked(
            agent="vault", action="unlock", filter=filter.to_wire(), inputs={"name": "x"}, withheld=["password"], ttl=30, direct=False
        )
    )
    assert found == Question("vault", "unlock", "mcollective", filter, {"name": "x"}, 30, ("password",), False)
    assert Question.of_inputs(asked(agent="echo")) == Question("echo", None, "mcollective", Filter(agents=("echo",)), None, 60)


@pytest.mark.parametrize("inputs", [{"filter": {"fact": []}}, {"collective": "a b"}, {"withheld": [1]}, {"action": "../x"}])
def test_a_question_that_means_nothing_is_refused(inputs: dict[str, object]) -> None:
    with pytest.raises(InvalidRPCData):
        Question.of_inputs(asked(**{"agent": "vault", **inputs}))


def test_the_answer_has_the_clocks_the_limits_and_the_version_of_the_ddl(host: Host) -> None:
    told = answer(Explanation("run", rule="a.policy:3"), asked(time=NOW - 2), host.agents["vault"].ddl, Rules(), NOW)
    assert told == {
        "stage": "run", "word": "", "reason": "", "rule": "a.policy:3", "time": NOW, "asked": NOW - 2, "skew": 5.0, "max_ttl": 60.0,
        "ddl_version": "2.1",
    }  # fmt: skip


REFUSED = Ending("refused", NOW - 12, "filter", "filtered", "class a: not on this host")


def test_the_answer_says_how_an_earlier_request_ended() -> None:
    told = answer(Explanation("run"), asked(), None, Rules(), NOW, REFUSED)
    earlier = {"state": "refused", "stage": "filter", "word": "filtered", "reason": "class a: not on this host", "ago": 12.0}
    assert told["earlier"] == earlier
    assert "earlier" not in answer(Explanation("run"), asked(), None, Rules(), NOW, Ending("not seen", NOW, ""))
