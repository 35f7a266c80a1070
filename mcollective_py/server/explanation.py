"""What would become of a request that was never sent: it walks the pipeline's own stages, and the one that refuses it says why. Pure.

The caller is always the one who signed the question. What an answer tells he would learn by sending the request, except for reasons of
which a host is silent: the first condition of the filter that does not hold, never a fact's value, and why an agent is not active.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..agent.rpc import RPCRequest
from ..ddl.model import DDL
from ..errors import FilterError, InvalidRPCData, MCollectiveError, Rejected, RPCError
from ..filter import Filter
from ..message import Delivery, Destination, Kind, Request
from ..names import is_action, is_agent, is_collective
from ..node.view import NodeView
from ..plugins.loader import AgentIndex, LoadedAgent
from .call import Outcome
from .endings import NOT_SEEN, Ending, reason_of, told
from .pipeline import Authorization, Rules, admit, authorize_call
from .replay import ReplayMemory

SUBSCRIPTION, RUN = "subscription", "run"


class HostParts(Protocol):
    """What of host.Host the stages need."""

    @property
    def agents(self) -> AgentIndex: ...
    @property
    def authorization(self) -> Authorization: ...
    @property
    def rules(self) -> Rules: ...


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it might be sent. collective: its own. filter: whom it would be for. body: its inputs, or None for a plain message.

    withheld: names of inputs that are not told, and so not checked. is_direct: sent to this host by name, not broadcast.
    """

    agent: str
    action: str | None
    collective: str
    filter: Filter
    body: Any
    ttl: int
    withheld: tuple[str, ...] = ()
    is_direct: bool = True

    @classmethod
    def of_inputs(cls, request: RPCRequest) -> "Question":
        """That of `rpcutil explain`'s inputs. Raises InvalidRPCData."""
        action, collective = request.get("action"), request.get("collective", request.collective)
        if not is_agent(request["agent"]) or not (action is None or is_action(action)) or not is_collective(collective):
            raise InvalidRPCData("agent, action and collective are names")
        try:
            filter = Filter.from_wire(request["filter"]) if "filter" in request else Filter(agents=(request["agent"],))
        except FilterError as error:
            raise InvalidRPCData(f"the filter: {error}", input="filter", reason=str(error)) from None
        withheld = request.get("withheld", [])
        if not all(isinstance(name, str) for name in withheld):
            raise InvalidRPCData("withheld is a list of names", input="withheld", reason="is a list of names")
        body = None if action is None else request.get("inputs", {})
        ttl, is_direct = request.get("ttl", request.ttl), request.get("direct", True)
        return cls(request["agent"], action, collective, filter, body, ttl, tuple(withheld), is_direct)

    def source(self, identity: str) -> Destination:
        """Where the host would have to be subscribed."""
        kind, name = (Kind.NODE, identity) if self.is_direct else (Kind.AGENT, self.agent)
        return Destination(kind, self.collective, name)


@dataclass(frozen=True, slots=True)
class Explanation:
    """stage: the one that it would end at, `run` where none. word: the counters' word for the refusal, empty where there is none.

    reason: why, in words. rule: what allows it, `FILE:LINE`, where a line does.
    """

    stage: str
    word: str = ""
    reason: str = ""
    rule: str = ""


def explain(
    question: Question,
    asked: RPCRequest,
    host: HostParts,
    view: NodeView,
    subscriptions: Collection[Destination],
    replay: ReplayMemory,
    check_room: Callable[[str, bool], None],
    now: float,
) -> Explanation:
    """Walk the request of a question through all stages as if it came now.

    asked: the signed question, for caller, sender and time. subscriptions: of this host, the one topic of all agents included.
    check_room: raises Busy where a caller's call (the flag: one that only reads) would find no room. now: seconds since the epoch.
    """
    request, source = _request(question, asked, view), question.source(view.identity)
    why = why_not_active(question.agent, host.agents)
    reason = _not_subscribed(question, source, view, subscriptions)
    if reason is not None:
        return Explanation(SUBSCRIPTION, "", f"{reason}{f': {why}' if why and not question.is_direct else ''}")
    audit = _Unwritten()
    agents = _lenient(host.agents, question)
    try:
        admit(request, Delivery(b"", source), view, _OnlyLooks(replay), host.rules, audit, now)
        agent, _ = authorize_call(request, view, agents, host.authorization, audit, lambda order: None)
        check_room(asked.caller, agent.only_reads(question.action))
    except (Rejected, RPCError) as error:
        reason = reason_of(error)
        for name in (*question.filter.agents, question.agent):
            if reason in (f"agent {name}: not on this host", f"no agent {name} is active here") and is_agent(name):
                reason = f"agent {name}: {why_not_active(name, host.agents)}"
        word = error.reason if isinstance(error, Rejected) else error.refusal
        return Explanation(error.stage, word or "", reason)
    return Explanation(RUN, rule=audit.rule)


def answer(
    explanation: Explanation, asked: RPCRequest, ddl: DDL | None, rules: Rules, now: float, earlier: Ending | None = None
) -> dict[str, Any]:
    """The outputs of `rpcutil explain`. ddl: that of the agent in question. earlier: how the request went that was asked after."""
    answered: dict[str, Any] = {
        "stage": explanation.stage,
        "word": explanation.word,
        "reason": explanation.reason,
        "rule": explanation.rule,
        "time": now,
        "asked": asked.time,
        "skew": rules.skew,
        "max_ttl": rules.max_ttl,
        "ddl_version": ddl.metadata.version if ddl else "",
    }
    if earlier is not None and earlier.state != NOT_SEEN:
        answered["earlier"] = told(earlier, now)
    return answered


def why_not_active(name: str, agents: AgentIndex) -> str | None:
    """Why an agent is not active on this host; None where it is."""
    if name in agents:
        return None
    if name in agents.inactive:
        return f"is there, and not active: {agents.inactive[name]}"
    broken = next((error.reason for error in agents.skipped if error.plugin == name), None)
    return f"cannot be loaded: {broken}" if broken else "is not installed on this host"


class _OnlyLooks:
    """The memory of requests, of which nothing is taken in."""

    def __init__(self, memory: ReplayMemory) -> None:
        self._memory = memory

    def remember(self, request: Request, now: float, skew: float = 5.0) -> None:
        self._memory.check(request)

    def remember_proof(self, request: Request, now: float, skew: float = 5.0) -> None:
        """Its signature does not exist yet, so that it is no copy."""


class _Unwritten:
    """An audit of what does not happen; keeps the rule that would allow it."""

    rule = ""

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "", *, only_reads: bool = False) -> None:
        self.rule = rule

    def refused(self, request: Request, ddl: DDL | None, error: MCollectiveError) -> None: ...
    def invalid(self, delivery: Delivery, error: Rejected) -> None: ...
    def finished(self, request: Request, outcome: Outcome) -> None: ...
    def close(self) -> None: ...


def _request(question: Question, asked: RPCRequest, view: NodeView) -> Request:
    # An id that nobody has sent: that of the question itself is in the memory already.
    unused = hashlib.sha256(f"explain {asked.id}".encode()).hexdigest()[:32]
    return Request(
        id=unused,
        caller=asked.caller,
        sender=asked.sender,
        collective=question.collective,
        agent=question.agent,
        action=question.action,
        body=question.body,
        filter=question.filter,
        time=asked.time,
        ttl=question.ttl,
        targets=(view.identity,) if question.is_direct else None,
        wants_reply=False,
        is_secret=True,  # as a client sends what is sensitive; of a question none of it is told
        certificate=asked.certificate,
        extensions=asked.extensions,
        delegate=asked.delegate,
    )


def _not_subscribed(question: Question, source: Destination, view: NodeView, subscriptions: Collection[Destination]) -> str | None:
    if question.collective not in view.collectives:
        return f"this host is not in the collective {question.collective}; it is in {', '.join(view.collectives)}"
    if source in subscriptions:
        return None
    if question.is_direct:
        return "this host takes no requests by its name (direct_addressing = 0)"
    return f"this host is not subscribed to the agent {question.agent} in {question.collective}"


def _lenient(agents: AgentIndex, question: Question) -> Mapping[str, LoadedAgent]:
    """The agents, the one in question without its demand for inputs that are not told."""
    agent = agents.get(question.agent)
    declared = agent.ddl.actions.get(question.action or "") if agent and agent.ddl else None
    if agent is None or agent.ddl is None or declared is None or not question.withheld:
        return agents
    inputs = {name: replace(wanted, optional=True) if name in question.withheld else wanted for name, wanted in declared.inputs.items()}
    ddl = replace(agent.ddl, actions={**agent.ddl.actions, declared.name: replace(declared, inputs=inputs)})
    return {**agents, question.agent: replace(agent, ddl=ddl)}
