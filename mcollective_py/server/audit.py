"""The audit: one JSON line for each request that was let in, was refused, or has ended, and for messages that nobody signed."""

import contextlib
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

from ..ddl.model import DDL
from ..errors import AuditFailed, MCollectiveError, Rejected
from ..message import AUDIT, Delivery, Kind, Request
from .auditchain import Link
from .auditoutbox import Outbox
from .auditstate import AuditState
from .call import Outcome
from .ratelimit import RateLimit
from .redaction import data_of, harmless_text

logger = logging.getLogger(__name__)

_MAX_DATA = 64 << 10  # bytes of a request's inputs that a line may hold
_MAX_REASON = 2000  # characters
_REJECTIONS = 20, 1.0  # lines, and seconds: of messages that were signed once
_INVALID = 10, 10.0  # the same for those that anybody at all can make
_PAUSE = 0.05  # seconds for which ends of reads are collected where many run
_RETRY = 1.0  # seconds until what could not be written is tried again
_FAILED = 0.1  # seconds for which the next record fails at once: all that waits would be tried for each
_IDLE = 10.0  # seconds after which the thread of this ends, and what is kept in case of a rotation goes
_HELD = 4 << 20  # bytes of records that wait for a disk
_HEAD = 0.2  # seconds: as old may be what is kept of where the chain stands, while lines are written

_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


class Sink(Protocol):
    """Where lines go: auditfile.py has a file, auditsockets.py the system's log."""

    end: Link | None

    def open(self) -> None:
        """Reach it now. Raises OSError."""
        ...

    def append(self, records: Sequence[bytes], *, sync: bool = False) -> list[bytes]:
        """Make lines of records and write them. Raises OSError."""
        ...

    def settle(self) -> None:
        """Look for what was written lately. Raises OSError."""
        ...

    def rest(self) -> None:
        """Nothing has come for a while: give memory back."""
        ...

    def close(self) -> None:
        """Let go of it; the next line opens it again."""
        ...


class NullAudit:
    """Writes nothing: `rpcaudit = 0`."""

    outbox: Outbox | None = None

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "", *, only_reads: bool = False) -> None:
        """Nothing."""

    def refused(self, request: Request, ddl: DDL | None, error: MCollectiveError) -> None:
        """Nothing."""

    def invalid(self, delivery: Delivery, error: Rejected) -> None:
        """Nothing."""

    def finished(self, request: Request, outcome: Outcome) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class WrittenAudit:
    """Records of JSON, written as the lines of a chain (auditchain.py); any thread may use it.

    A record holds Choria's eight fields (timestamp, request_id, request_time, caller, sender, agent, action, data) and node,
    collective, decision (`allow`, `deny`, `invalid`), rule, reason, outcome (the status code), duration_ms, cert_sha256 and obo, null
    where not known. A request that runs has two, the second with its outcome and without data. held_back: how many messages that were
    no good had no line before this one; lost: how many records a full disk has cost. What starts is written before it runs, and what
    changes something is on the disk then. What has ended is done: its record waits for the disk, and where many reads run, a moment
    for the others. reads_go_on: do what only reads while nothing can be written. state: for the salt and where the chain stands;
    keeps_each: after every line, for a sink that cannot be read back. longest: bytes of a record that the sink takes. outbox: of
    lines that are to be published too.
    """

    def __init__(
        self,
        sink: Sink,
        node: str,
        *,
        state: AuditState | None = None,
        outbox: Outbox | None = None,
        reads_go_on: bool = False,
        keeps_each: bool = False,
        longest: int = _MAX_DATA,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sink, self._node, self._clock, self.outbox = sink, node, clock, outbox
        self._state = state or AuditState(None)
        self._reads_go_on, self._keeps_each, self._longest = reads_go_on, keeps_each, longest
        self._rejections, self._invalid = RateLimit(*_REJECTIONS), RateLimit(*_INVALID)
        self._errors = RateLimit(1, 10.0)
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()  # records that are still to be written, the oldest first
        self._waiting_bytes = self._lost = 0
        self._reading: set[str] = set()
        self._kept = self._failed = self._wrote = float("-inf")
        self._failure: OSError | None = None
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def open(self) -> None:
        """Reach the sink now; without this the first record does. Raises OSError."""
        with self._lock:
            self._sink.open()

    def allowed(self, request: Request, ddl: DDL | None, rule: str = "", *, only_reads: bool = False) -> None:
        """See pipeline.Audit."""
        if _is_collection(request):
            return
        record = self._record(request, self._data(request, ddl), decision="allow", rule=rule or None)
        if only_reads:
            self._reading.add(request.id)
        try:
            with self._lock:
                self._write(record, sync=not only_reads)
        except OSError as error:
            self._tell(request.id, error)
            if only_reads and self._reads_go_on:
                self._hold(record)
                return
            self._reading.discard(request.id)
            raise AuditFailed(f"{self._node} cannot write its audit log, so nothing is done: {error.strerror or error}") from error

    def refused(self, request: Request, ddl: DDL | None, error: MCollectiveError) -> None:
        """See pipeline.Audit."""
        self._reading.discard(request.id)
        if _is_collection(request) and request.sender == self._node:
            return  # what tells of it would be refused in its turn, without end
        more: dict[str, Any] = {}
        data = None
        if isinstance(error, Rejected):
            # Anybody who can send a copy of a message makes these, without end: short lines, few a second, the rest counted.
            if not self._rejections.allows(self._clock()):
                return
            more = _held_back(self._rejections)
        else:
            data = self._data(request, ddl)
        code, rule = getattr(error, "statuscode", None), getattr(error, "rule", "") or None
        self._write_when_possible(self._record(request, data, decision="deny", rule=rule, reason=str(error), outcome=code, **more))

    def invalid(self, delivery: Delivery, error: Rejected) -> None:
        """See pipeline.Audit."""
        now = self._clock()
        if not self._invalid.allows(now):
            return
        source = delivery.source
        fields = {
            "timestamp": _moment(now),
            **dict.fromkeys(("request_id", "request_time", "caller")),
            "sender": delivery.sender[:255] if delivery.sender else None,
            "agent": source.name if source.kind is Kind.AGENT else None,
            "action": None,
            "data": None,
            "node": self._node,
            "collective": source.collective,
            "decision": "invalid",
            "rule": None,
            "reason": f"{error.reason}: {harmless_text(str(error))}"[:_MAX_REASON],
            **dict.fromkeys(("outcome", "duration_ms", "cert_sha256", "obo")),
            **_held_back(self._invalid),
        }
        self._write_when_possible(_bytes(fields))

    def finished(self, request: Request, outcome: Outcome) -> None:
        """See pipeline.Audit."""
        if _is_collection(request):
            return
        duration = round(outcome.duration * 1000, 1)
        reason = outcome.refusal or ("unknown" if outcome.is_unknown else None)
        record = self._record(request, None, decision="allow", reason=reason, outcome=outcome.statuscode, duration_ms=duration)
        is_read = request.id in self._reading
        self._reading.discard(request.id)
        if is_read and self._reading and not self._is_closed:
            self._hold(record)  # many run: one write for several
        else:
            self._write_when_possible(record)

    def close(self) -> None:
        """See pipeline.Audit."""
        with self._lock:
            self._is_closed = True
            self._flush_or_tell()
            self._sink.close()
            self._state.close()
        self._wake.set()

    # --- records --------------------------------------------------------------------------------------------------------

    def _data(self, request: Request, ddl: DDL | None) -> Any:
        data = data_of(request, ddl, self._state.salt)
        size = len(_ENCODER.encode(data)) if data else 0
        return data if size <= min(_MAX_DATA, self._longest) else {"truncated": True, "bytes": size}

    def _record(self, request: Request, data: Any, *, decision: str, **more: Any) -> bytes:
        fields = {
            "timestamp": _moment(self._clock()),
            "request_id": request.id,
            "request_time": request.time,
            "caller": request.caller,
            "sender": request.sender,
            "agent": request.agent,
            "action": request.action,
            "data": data,
            "node": self._node,
            "collective": request.collective,
            "decision": decision,
            "rule": None,
            "reason": None,
            "outcome": None,
            "duration_ms": None,
            "cert_sha256": request.certificate or None,
            "obo": request.delegate or None,
        }
        if more.get("reason"):
            more["reason"] = harmless_text(more["reason"])[:_MAX_REASON]
        return _bytes(fields | more)

    # --- writing --------------------------------------------------------------------------------------------------------

    def _write_when_possible(self, record: bytes) -> None:
        """Write what is refused or done already; where it cannot be now, keep it for later."""
        try:
            with self._lock:
                self._write(record)
        except OSError as error:
            self._tell("a request", error)
            self._hold(record)

    def _hold(self, record: bytes) -> None:
        if self._waiting_bytes > _HELD:
            self._lost += 1
        else:
            self._waiting_bytes += len(record)
            self._waiting.append(record)
        self._wake_up()

    def _wake_up(self) -> None:
        if not self._wake.is_set():
            self._wake.set()
        if self._thread is None and not self._is_closed:  # one that ends at this moment leaves what waits to the next record
            with contextlib.suppress(RuntimeError):  # no thread to be had: the next record takes along what waits
                self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while not self._is_closed:
            if not self._wake.wait(_IDLE):
                with self._lock:
                    if self._wake.is_set():
                        continue
                    self._sink.rest()
                    self._thread = None
                    return
            time.sleep(_PAUSE)
            if time.monotonic() - self._wrote < _PAUSE:
                continue  # under load each start takes along what waits, and nobody is to wait for this thread
            self._wake.clear()
            with self._lock:
                is_written = self._is_closed or self._flush_or_tell()  # what is closed is not to be opened again
            if not is_written:
                time.sleep(_RETRY)
                self._wake.set()

    # With the lock held:

    def _flush_or_tell(self) -> bool:
        try:
            self._write()
            self._sink.settle()
        except OSError as error:
            self._tell("a request", error)
            return False
        self._keep_head()
        return True

    def _write(self, record: bytes | None = None, *, sync: bool = False) -> None:
        """What waits, then the record. Raises OSError: then all of it is still to be written."""
        if self._failure is not None and time.monotonic() - self._failed < _FAILED:
            raise self._failure
        records = [self._waiting.popleft() for _ in range(len(self._waiting))]
        batch = [*records, record] if record is not None else records
        if not batch:
            return
        if lost := self._lost:
            batch[-1] = b'%s,"lost":%d}' % (batch[-1][:-1], lost)
        try:
            lines = self._sink.append(batch, sync=sync)
        except OSError as error:
            self._waiting.extendleft(reversed(records))
            self._failure, self._failed = error, time.monotonic()
            raise
        finally:
            if self._is_closed:  # a late record, of an action that a reload did not wait for
                self._sink.close()
        self._waiting_bytes = sum(map(len, self._waiting)) if self._waiting else 0
        self._lost -= lost
        self._failure, self._wrote = None, time.monotonic()
        if self.outbox is not None:
            self.outbox.put(lines)
        if sync or self._keeps_each or self._is_closed or time.monotonic() - self._kept > _HEAD:
            self._keep_head()
        if not sync:
            self._wake_up()

    def _keep_head(self) -> None:
        if self._sink.end is not None:
            self._state.keep(self._sink.end)
        self._kept = time.monotonic()
        if self._is_closed:
            self._state.close()

    def _tell(self, whose: str, error: OSError) -> None:
        if self._errors.allows(time.monotonic()):
            logger.error("the audit record of %s cannot be written: %s", whose, error.strerror or error)


def _is_collection(request: Request) -> bool:
    """The audit of other hosts on its way to a file of this one, which is the record of it (agents/auditcollector)."""
    return request.agent == AUDIT and request.action is None


def _held_back(limit: RateLimit) -> dict[str, int]:
    count = limit.take_held_back()
    return {"held_back": count} if count else {}


def _moment(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds")


def _bytes(fields: dict[str, Any]) -> bytes:
    """JSON in ASCII without any control character, whatever the values."""
    return _ENCODER.encode(fields).replace("\x7f", "\\u007f").encode()
