"""The stages between a frame and an action, in the order that is the security policy of a host.

    read > open > consistency > freshness > replay > filter > validation > authorization > copy > audit > journal > action

Read top to bottom: `open_delivery` has the first two, `admit` those up to the filter, `authorize_call` those up to the audit; the
journal (journal.py) is written by the runner, once the executor has room. Every stage is a
function that lets the request through or raises: Rejected where nobody is answered (or only told why), RPCError where the caller gets
a reply with that status. Nothing can be plugged in between `open` and the action but the configured authorization and audit. What is
refused after `open` is audited too, all but what is meant for other hosts. `copy` is replay once more, by the signature, for what
changes something. Each error's class says the stage it is of; explanation.py walks a request that was never sent through these very
functions, with a memory that only looks and an audit that writes nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ..ddl.model import DDL
from ..ddl.validate import validate
from ..errors import (
    BadFilter,
    Filtered,
    FilterError,
    InClear,
    Inconsistent,
    InvalidRPCData,
    MCollectiveError,
    Rejected,
    RPCError,
    UnknownAction,
    UnknownAgent,
)
from ..matching.matcher import check_expressions, explain
from ..message import EVERY_AGENT, Delivery, Kind, Request
from ..names import is_place_for_replies
from ..node.view import NodeView
from ..plugins.loader import LoadedAgent
from ..security.base import SecurityPlugin
from .call import Outcome
from .freshness import check_freshness


class Authorization(Protocol):
    """Who may do what; server/policyfiles.py has the one of ActionPolicy files."""

    def authorize(self, request: Request, view: NodeView) -> str:
        """The rule that allows it, for the audit. Raises Denied, with a message that names file, line, caller and action."""
        ...


class Audit(Protocol):
    """Where it is written down who had what done, and who was refused; server/audit.py has the one of a log file."""

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "", *, only_reads: bool = False) -> None:
        """Write before the action runs; to the disk, unless it only reads. Raises AuditFailed: what cannot be written down must not be
        done."""
        ...

    def refused(self, request: Request, ddl: DDL | None, error: MCollectiveError) -> None:
        """Write that nothing was done and why. Never raises: it is refused already."""
        ...

    def invalid(self, delivery: Delivery, error: Rejected) -> None:
        """Write that a message came whose signature did not hold: few of them, the rest counted. Never raises."""
        ...

    def finished(self, request: Request, outcome: Outcome) -> None:
        """Write how the action ended. Never raises: it is done already."""
        ...

    def close(self) -> None:
        """Let go of what is open; a record that still comes is written all the same."""
        ...


class Memory(Protocol):
    """What was taken in before; server/replay.py has the one that remembers, explanation.py one that only looks."""

    def remember(self, request: Request, now: float, skew: float = 5.0) -> None:
        """Take the request in, once. Raises Replayed, or Busy where there is no room."""
        ...

    def remember_proof(self, request: Request, now: float, skew: float = 5.0) -> None:
        """The same by its signature."""
        ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What a node allows in time, seconds: skew between clocks, the longest ttl and the setting that says it.

    late: how long after its ttl a request may still come; the skew, where it is None.
    """

    skew: float = 5.0
    max_ttl: float = 60.0
    max_ttl_key: str = "plugin.x509.max_ttl"
    late: float | None = None


def open_delivery(delivery: Delivery, security: SecurityPlugin, identity: str) -> Request:
    """Bytes become a trusted request, or errors.NotSigned flies. identity: this host's own."""
    return _completed(security.open_request(security.read(delivery.payload)), delivery, security.covers, identity)


def _completed(request: Request, delivery: Delivery, covers: frozenset[str], identity: str) -> Request:
    """Where a security plugin signs no targets or place for replies, the frame says them: Ruby's wire has them nowhere else."""
    if "reply_to" not in covers:
        request = replace(request, reply_to=delivery.reply_to if request.wants_reply else None)
    if "targets" not in covers:
        request = replace(request, targets=(identity,) if delivery.source.kind is Kind.NODE else None)
    return request


def check_consistency(request: Request, delivery: Delivery, view: NodeView) -> None:
    """Refuse a request that came another way than its signed fields say. Headers may only speak against a message.

    The frame of a request that wants no reply may name a place for one: Ruby's clients always write it.
    """
    source = delivery.source
    if request.collective != source.collective or request.collective not in view.collectives:
        raise Inconsistent(f"request {request.id} for collective {request.collective} came by that of {source.collective}")
    if source.kind is Kind.AGENT and (source.name not in (request.agent, EVERY_AGENT) or request.is_direct):
        raise Inconsistent(f"request {request.id} for agent {request.agent} came by the topic of {source.name}")
    if source.kind is Kind.NODE and view.identity not in (request.targets or ()):
        raise Inconsistent(f"request {request.id} came to {view.identity} by name, which is not among its targets")
    if source.kind is Kind.REPLY:
        raise Inconsistent(f"request {request.id} came by a reply queue")
    if request.wants_reply and delivery.reply_to is not None and delivery.reply_to != request.reply_to:
        raise Inconsistent(f"request {request.id} was signed for replies to {request.reply_to}, its frame says otherwise")
    # Whoever reads there would take an answer for a request.
    if request.reply_to is not None and not is_place_for_replies(request.reply_to):
        raise Inconsistent(f"request {request.id} wants replies at {request.reply_to}, which is no place for replies")


def check_filter(request: Request, view: NodeView) -> None:
    """Drop, silently for the caller, what is meant for other hosts; BadFilter for what no host could apply.

    Who names this host is told that the agent is not here (check_call): else he waits for it as long as its action may take.
    """
    try:
        check_expressions(request.filter)
    except FilterError as error:
        raise BadFilter(f"request {request.id} by {request.caller} has a filter that cannot be applied: {error}") from None
    asked = request.filter
    if request.is_direct and request.agent not in view.agents:
        asked = replace(asked, agents=tuple(name for name in asked.agents if name != request.agent))
    reason = explain(asked, view)
    if reason is not None:
        raise Filtered(request.id, reason)


def admit(request: Request, delivery: Delivery, view: NodeView, replay: Memory, rules: Rules, audit: Audit, now: float) -> None:
    """Let an opened request through if it is fresh, new and for this host; Rejected otherwise. now: seconds since the epoch.

    A refusal carries the request as `error.request`, so that the caller can be told why.
    """
    try:
        check_consistency(request, delivery, view)
        check_freshness(request, now, rules.skew, rules.max_ttl, rules.max_ttl_key, rules.late)
        replay.remember(request, now, rules.skew)
        if request.is_proof_unique:
            replay.remember_proof(request, now, rules.skew)
        check_filter(request, view)
    except Rejected as error:
        error.request = request
        if not isinstance(error, Filtered):
            audit.refused(request, None, error)
        raise


def authorize_call(
    request: Request,
    view: NodeView,
    agents: Mapping[str, LoadedAgent],
    authorization: Authorization,
    audit: Audit,
    check_copy: Callable[[Request], None],
    takes_clear: bool = False,
) -> tuple[LoadedAgent, Request]:
    """The agent to call, and the request with its inputs checked, once the rules allow it and the audit has it.

    takes_clear: whether what is sensitive may be asked and told without encryption.
    check_copy: refuses an order whose signature was seen before. Raises an RPCError, or Replayed.
    """
    asked = agents.get(request.agent)
    try:
        agent, request = check_call(request, asked, takes_clear)
        # By another of its names an agent allows nobody more: there is one policy, that of its own name.
        rule = authorization.authorize(replace(request, agent=agent.name), view)
        if not request.is_proof_unique and not agent.only_reads(request.action):
            check_copy(request)
        audit.allowed(request, agent.ddl, rule, only_reads=agent.only_reads(request.action))
    except (RPCError, Rejected) as error:
        audit.refused(request, asked.ddl if asked else None, error)
        raise
    return agent, request


def check_call(request: Request, agent: LoadedAgent | None, takes_clear: bool = False) -> tuple[LoadedAgent, Request]:
    """The agent that is asked, and the request with its inputs checked and completed by the DDL. Raises an RPCError.

    takes_clear: see authorize_call.
    """
    if agent is None:
        raise UnknownAgent(f"no agent {request.agent} is active here")
    if agent.ddl is None:
        if request.action is not None:
            raise UnknownAction(f"{request.agent} takes plain messages and has no action {request.action}")
        return agent, request
    if request.action is None:
        raise InvalidRPCData(f"{request.agent} is an RPC agent: name one of its actions, {', '.join(sorted(agent.ddl.actions))}")
    if not isinstance(request.body, Mapping):
        raise InvalidRPCData(f"the inputs of {request.agent} {request.action} are a mapping of names to values")
    declared = agent.ddl.actions.get(request.action)
    if declared is not None and not (takes_clear or request.is_secret) and (names := declared.secrets(request.body)):
        raise InClear(
            f"{', '.join(names)} of {request.agent} {request.action} may not travel unencrypted: securityprovider = x509 encrypts it "
            "for named hosts; sensitive_in_clear = 1 on this host takes it as it is"
        )
    return agent, replace(request, body=validate(agent.ddl, request.action, request.body, agent.validators))
