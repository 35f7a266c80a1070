"""How the last requests ended here, for the callers who sent them: what `mco why HOST --request ID` reads."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ..errors import Rejected, RPCError
from ..message import Request

CAPACITY = 2000  # some 600 bytes each
_MAX_REASON = 500  # characters

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Ending:
    """stage: that of the error which ended it, or `accepted`. reason: the error's words. time: seconds since the epoch."""

    stage: str
    reason: str
    time: float


class Endings:
    """The latest endings by (caller, request id), so that nobody learns of another's requests; any thread may use it."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._known: OrderedDict[tuple[str, str], Ending] = OrderedDict()
        self._lock = threading.Lock()

    def refused(self, request: Request, error: Rejected | RPCError, now: float) -> None:
        """Keep why a request, whose signature held, was not carried out. A refused copy does not hide how the first one ended."""
        key = request.caller, request.id
        with self._lock:
            if error.stage == "replay" and key in self._known:
                return
            self._keep(key, Ending(error.stage, reason_of(error)[:_MAX_REASON], now))

    def accepted(self, request: Request, now: float) -> None:
        """Keep that a request was handed to its agent."""
        with self._lock:
            self._keep((request.caller, request.id), Ending(ACCEPTED, "", now))

    def find(self, caller: str, request_id: str) -> Ending | None:
        """How a caller's own request ended; None where it never came, or came too long ago to be remembered."""
        with self._lock:
            return self._known.get((caller, request_id))

    def _keep(self, key: tuple[str, str], ending: Ending) -> None:
        self._known[key] = ending
        self._known.move_to_end(key)
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)


def reason_of(error: Rejected | RPCError) -> str:
    """An error's words without the id of the request: that of one which was never sent means nothing to anybody."""
    condition = getattr(error, "condition", None)
    if isinstance(condition, str):
        return condition
    text = str(error)
    first, _, rest = text.partition(" ")
    return f"the request {rest.partition(' ')[2]}" if first == "request" and rest else text
