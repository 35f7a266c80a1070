"""What a call gives: RPCResult for each answer, RPCStats for all of them, and the exit code they mean."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ..message import Reply

if TYPE_CHECKING:
    from .rollout import Stopped


@dataclass(frozen=True, slots=True)
class RPCResult(Mapping[str, Any]):
    """One host's answer; a mapping of its outputs: `result["status"]`.

    statuscode: 0 OK, 1 aborted, 2 unknown action, 3 missing data, 4 invalid data, 5 other. refusal: a word where the node did
    not run it at all (`denied`, `busy`, `clockskew`, ...). data: the outputs. latency: seconds from sending to arrival.
    """

    sender: str
    agent: str
    action: str | None
    statuscode: int
    statusmsg: str
    data: Mapping[str, Any]
    refusal: str | None = None
    latency: float = 0.0

    @classmethod
    def from_reply(cls, reply: Reply, latency: float = 0.0, asked: str | None = None) -> "RPCResult":
        """The result that a verified reply says; the value of a plain one stands under `body`.

        asked: the action that was called, for replies that do not name it: Ruby's wire has it in requests only.
        """
        action = asked if reply.action is None else reply.action
        data = reply.data if action is not None or isinstance(reply.body, Mapping) else {"body": reply.body}
        return cls(reply.sender, reply.agent, action, reply.statuscode, reply.statusmsg, data, reply.refusal, latency)

    @property
    def is_ok(self) -> bool:
        """True where the action did what was asked."""
        return self.statuscode == 0 and self.refusal is None

    def __getitem__(self, name: str) -> Any:
        try:
            return self.data[name]
        except KeyError:
            sent = f"it has {', '.join(self.data)}" if self.data else f"it has none: {self.statusmsg}"
            raise KeyError(f"no output {name!r} from {self.sender}; {sent}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A node that answered a discovery with a refusal: it may be meant, and nothing was asked of it."""

    sender: str
    refusal: str
    statusmsg: str

    def to_dict(self) -> dict[str, str]:
        """As it stands in a JSON document."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class RPCStats:
    """One run in numbers and names; times in seconds, started an epoch.

    discovered: who was to answer, found or named. did_discovery: False where they were named. responses: answers that counted;
    ok and failed are those, denied is a part of failed. no_response: discovered and silent. late: answered after the time of their
    batch, while others were asked: they count as all answers do. not_asked: discovered, and the call ended before their batch was sent.
    stopped: where a roll-out ended so, and why. not_sent: the request to them could not be handed over in time. unexpected: answered
    without being discovered. unverified: replies dropped because nobody vouches for them. duplicates: further replies of the same host.
    silent_known: hosts seen before that the discovery did not hear. refusals: nodes that refused the discovery itself.
    discovery_method, discovery_ended, discovery_age: see Discovered; no method where the hosts were named.
    """

    request_id: str = ""
    agent: str = ""
    action: str | None = None
    discovered: tuple[str, ...] = ()
    did_discovery: bool = False
    responses: int = 0
    ok: int = 0
    failed: int = 0
    denied: int = 0
    no_response: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    stopped: "Stopped | None" = None
    not_sent: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    unverified: int = 0
    duplicates: int = 0
    silent_known: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    started: float = 0.0
    discovery_time: float = 0.0
    discovery_method: str | None = None
    discovery_ended: str = ""
    discovery_age: float | None = None
    agent_time: float = 0.0

    def of_call(self, request_id: str, agent: str, action: str | None, started: float) -> "RPCStats":
        """The same, of this call."""
        return replace(self, request_id=request_id, agent=agent, action=action, started=started)

    @property
    def total_time(self) -> float:
        """Seconds of discovery and call together."""
        return self.discovery_time + self.agent_time

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        value = asdict(self)
        value["total_time"] = self.total_time
        for name in ("discovered", "no_response", "late", "not_asked", "not_sent", "unexpected", "silent_known"):
            value[name] = list(value[name])
        value["refusals"] = [refusal.to_dict() for refusal in self.refusals]
        return value


def exitcode(stats: RPCStats, *, strict: bool = False) -> int:
    """What `mco` exits with after a call.

    0 all well, 1 nobody discovered, 2 some failed or could not be verified, or a roll-out stopped, or not all could be sent;
    3 discovered but all silent, 4 named and all silent.
    strict adds 5, some silent (of those asked, or known from before) and none failed, and 77, every answer a denial.
    """
    if strict and stats.responses and stats.denied == stats.responses and not stats.unverified:
        return 77
    if stats.failed or stats.unverified or stats.refusals or stats.stopped or stats.not_sent:
        return 2
    if not stats.responses:
        if not stats.discovered:
            return 1
        return 3 if stats.did_discovery else 4
    return 5 if strict and (stats.no_response or stats.not_asked or stats.silent_known) else 0
