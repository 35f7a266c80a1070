"""Every error that leaves its layer, with its RPC status code and its exit code; what only neighbours catch stands with them.

Status codes are the wire's (0 OK, 1 aborted, 2 unknown action, 3 missing data, 4 invalid data, 5 other); exit codes are those of `mco`.
"""

from collections.abc import Sequence
from typing import Any


def place(file: str | None, line: int | None) -> str:
    """`FILE:LINE`, as far as both are known."""
    return ":".join(str(part) for part in (file, line) if part is not None)


class MCollectiveError(Exception):
    """Whatever goes wrong here, said in the field's words."""

    exitcode = 1


# --- mistakes of the operator -----------------------------------------------------------------------------------------


class ConfigError(MCollectiveError):
    """A configuration file that cannot be used: names file, line and key where known, and what would do."""

    strict_exitcode = 78

    def __init__(self, problem: str, *, file: str | None = None, line: int | None = None, key: str | None = None) -> None:
        super().__init__(": ".join(part for part in (place(file, line), key, problem) if part))
        self.problem, self.file, self.line, self.key = problem, file, line, key


class UsageError(MCollectiveError):
    """A command called wrongly."""

    strict_exitcode = 64


class FilterError(UsageError):
    """A filter word that cannot be read: never widened to everybody. culprit: the part of an expression at fault, as it is written."""

    def __init__(self, message: str, culprit: str = "") -> None:
        super().__init__(message)
        self.culprit = culprit


class DiscoveryError(MCollectiveError):
    """Hosts cannot be found by the method asked for: its source is missing or says something impossible. Never taken for no hosts."""


class KeyFileError(ConfigError):
    """A key, certificate or CRL file that is missing, unreadable, unsafe or not what it should be."""


# --- the broker -------------------------------------------------------------------------------------------------------


class ConnectorError(MCollectiveError):
    """The middleware cannot be used."""


class BrokerUnreachable(ConnectorError):
    """No broker of the pool took the connection; attempts holds (host:port, reason) for each one tried.

    waited: seconds for which they were tried again and again; None where that was of no use.
    """

    strict_exitcode = 69

    def __init__(self, attempts: Sequence[tuple[str, str]], waited: float | None = None) -> None:
        tried = "; ".join(f"{broker}: {reason}" for broker, reason in attempts) or "none is configured"
        super().__init__(f"no broker reachable{'' if waited is None else f' within {waited:g} s'} ({tried})")
        self.attempts = tuple(attempts)


class NotSent(ConnectorError):
    """A request could not be handed to the broker for all of its hosts in time; names are the rest, who will never get it."""

    def __init__(self, request_id: str, names: Sequence[str]) -> None:
        shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
        super().__init__(f"request {request_id} was not sent to {len(names)} of its hosts within --publish_timeout: {shown}")
        self.request_id, self.names = request_id, tuple(names)


class NotConnected(ConnectorError):
    """Something was to be sent while no broker is connected."""


class NoRoomToSend(NotConnected):
    """A broker takes no more messages for now, and as many as may wait for it do."""


class ConnectorClosed(ConnectorError):
    """The connector was closed while somebody waited on it."""


class BrokerRefused(ConnectorClosed):
    """The broker will not have a client send, or read its replies: no waiting mends that. The message has cause and fix."""

    strict_exitcode = 69


class NotReady(MCollectiveError):
    """A process that was started did not come up; the message has the end of its log."""


# --- plugins ----------------------------------------------------------------------------------------------------------


class PluginError(MCollectiveError):
    """A plugin folder that cannot be loaded: names the folder and the reason."""

    strict_exitcode = 78

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(f"{plugin}: {reason}")
        self.plugin, self.reason = plugin, reason


class DDLError(PluginError):
    """A DDL that cannot be read or says something impossible."""


class NoSuchPlugin(DDLError):
    """An agent or data plugin that somebody named, and that is not there or cannot be called so."""

    strict_exitcode = 64


# --- refusals: not faults of ours, never a traceback ------------------------------------------------------------------


class Rejected(MCollectiveError):
    """A message that is not acted on. `reason` is the word that counters, audit and `mco why` use, `stage` where it ended.

    request: the message.Request, where its signature held before it was refused.
    """

    reason = "rejected"
    stage = "open"
    is_security = False  # worth a WARNING; the rest is DEBUG
    is_told = False  # to the caller, although nothing was done: silence would look like a dead host
    request: Any = None


class NotSigned(Rejected):
    """No valid signature by a trusted certificate over exactly these bytes."""

    reason = "unvalidated"
    is_security = True


class Malformed(NotSigned):
    """Bytes that are no message of ours: wrong shape, too large, too deep."""

    reason = "malformed"


class UntrustedCertificate(NotSigned):
    """The signer's certificate does not lead to the CA, is out of its dates, revoked, or not for this use."""

    reason = "untrusted"


class TooManyCertificates(UntrustedCertificate):
    """A stranger's certificate that was not even looked at, because too many came in this second."""

    reason = "certificateflood"


class NotDecrypted(NotSigned):
    """An encrypted message that does not open here: for others, changed, or made wrongly. Which of them, nobody is told."""

    reason = "undecryptable"


class TooManyEncrypted(NotDecrypted):
    """An encrypted request that was not even tried, because too many came in this second."""

    reason = "encryptedflood"


class NotACaller(NotSigned):
    """A trusted certificate whose name may not send requests."""

    reason = "notacaller"


class OtherAgent(NotSigned):
    """A verified body that names another agent than its envelope: who may change the envelope could redirect it."""

    reason = "otheragent"


class Inconsistent(Rejected):
    """Destination or headers say something else than the signed fields."""

    reason = "inconsistent"
    stage = "consistency"
    is_security = True


class TTLExpired(Rejected):
    """A request older than its ttl; age and ttl in seconds."""

    reason = "ttlexpired"
    stage = "freshness"
    is_security = True
    is_told = True

    def __init__(self, request_id: str, *, age: float, ttl: float) -> None:
        super().__init__(f"request {request_id} is {age:.1f} s old, its ttl is {ttl:g} s: check the clocks of both hosts")
        self.request_id, self.age, self.ttl = request_id, age, ttl


class ClockSkew(Rejected):
    """A request from the future; ahead in seconds."""

    reason = "clockskew"
    stage = "freshness"
    is_security = True
    is_told = True

    def __init__(self, request_id: str, *, ahead: float) -> None:
        super().__init__(f"request {request_id} comes {ahead:.1f} s from the future: check the clocks of both hosts")
        self.request_id, self.ahead = request_id, ahead


class TTLTooLong(Rejected):
    """A request that asks to live longer than this node allows; both in seconds. key: the setting that says so."""

    reason = "ttltoolong"
    stage = "freshness"
    is_security = True
    is_told = True

    def __init__(self, request_id: str, *, ttl: float, max_ttl: float, key: str = "plugin.x509.max_ttl") -> None:
        super().__init__(f"request {request_id} has a ttl of {ttl:g} s, this node allows {max_ttl:g} s ({key})")
        self.request_id, self.ttl, self.max_ttl, self.key = request_id, ttl, max_ttl, key


class Replayed(Rejected):
    """A request this node has already accepted once."""

    reason = "replayed"
    stage = "replay"
    is_security = True


class MayBeCopy(Replayed):
    """A request of an age of which this node does not know all that it has accepted; floor: seconds since the epoch."""

    reason = "maybecopy"
    is_told = True

    def __init__(self, request_id: str, caller: str, floor: float) -> None:
        from datetime import UTC, datetime  # 2 ms that no client needs

        moment = datetime.fromtimestamp(floor, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        super().__init__(
            f"request {request_id} from {caller} may be a copy: what ended before {moment} is taken no more here, see this host's log"
        )
        self.request_id, self.floor = request_id, floor


class Busy(Rejected):
    """No room: replay memory, queue or executor is full. Told to the caller, never silent."""

    reason = "busy"
    stage = "room"
    is_told = True


class BadFilter(Rejected):
    """A request whose filter no host can apply; never taken for one that means others."""

    reason = "badfilter"
    stage = "filter"
    is_security = True


class Filtered(Rejected):
    """A request for others. condition: the first one of its filter that does not hold here, never with a fact's value."""

    reason = "filtered"
    stage = "filter"

    def __init__(self, request_id: str, condition: str) -> None:
        super().__init__(f"request {request_id} is not for us: {condition}")
        self.request_id, self.condition = request_id, condition


# --- errors of a call, sent back as replies ---------------------------------------------------------------------------


class RPCError(MCollectiveError):
    """An action that did not do what was asked: becomes a reply with this status code. stage: where a request ends by it."""

    statuscode = 5
    exitcode = 2
    stage = "action"
    refusal: str | None = None  # machine-readable word in the reply, where there is one


class RPCAborted(RPCError):
    """The action itself gave up, with the statuscode that it says."""

    statuscode = 1

    def __init__(self, message: str, statuscode: int = 1) -> None:
        super().__init__(message)
        self.statuscode = statuscode


class Denied(RPCError):
    """The authorization policy says no; the message names file, line, caller and action.

    rule: `file:line` of what decided, empty where no file did.
    """

    statuscode = 1
    stage = "policy"
    refusal = "denied"
    rule = ""


class AuditFailed(RPCError):
    """The audit record of a request cannot be written, so the request is refused."""

    stage = "audit"
    refusal = "auditfailed"


class JournalFailed(RPCError):
    """The journal record of a request cannot be written, so the request is refused."""

    stage = "journal"
    refusal = "journalfailed"


class UnknownAgent(RPCError):
    """The agent asked for is not loaded here."""

    statuscode = 5
    stage = "agent"
    refusal = "unknownagent"


class UnknownAction(RPCError):
    """The agent has no such action."""

    statuscode = 2


class MissingRPCData(RPCError):
    """An input that the DDL requires was not given."""

    statuscode = 3
    stage = "inputs"

    def __init__(self, action: str, name: str) -> None:
        super().__init__(f"{action} needs the input {name}")
        self.action, self.name = action, name


class InvalidRPCData(RPCError):
    """An input that the DDL does not allow; the message names it and what would do.

    input and reason: its name and what is wrong with its value, empty where the value is not what is wrong.
    """

    statuscode = 4
    stage = "inputs"

    def __init__(self, message: str, *, input: str = "", reason: str = "") -> None:
        super().__init__(message)
        self.input, self.reason = input, reason


class InClear(RPCError):
    """Something sensitive asked or told without encryption."""

    statuscode = 4
    stage = "inputs"
    refusal = "inclear"


class ReplyTooLarge(RPCError):
    """A reply beyond the limit; bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"the reply has {size} bytes, the limit is {limit}")
        self.size, self.limit = size, limit


class UnsendableValue(RPCError):
    """A value that the wire cannot carry; the message names where it stands and its type."""
