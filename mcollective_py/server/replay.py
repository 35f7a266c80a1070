"""The memory of requests already accepted: a second copy is refused for as long as it could still pass as fresh."""

import heapq

from ..errors import Busy, Replayed
from ..message import Request

# About 120 bytes an entry: 16 MB when full, room for 1,800 requests a second at 70 s each.
CAPACITY = 131_072


class ReplayMemory:
    """Remembers (signer, request id) until no clock within the skew would accept the request any more.

    A live entry is never pushed out: when the memory is full, new requests are refused as Busy.
    """

    def __init__(self, skew: float = 5.0, capacity: int = CAPACITY) -> None:
        self._skew, self._capacity = skew, capacity
        self._seen: set[tuple[str, str]] = set()
        self._expiries: list[tuple[float, tuple[str, str]]] = []

    def remember(self, request: Request, now: float) -> None:
        """Take the request in, once. Raises Replayed for one that is known, Busy when there is no room; now: seconds."""
        self._forget(now)
        key = (request.signer or request.caller, request.id)
        if key in self._seen:
            raise Replayed(f"request {request.id} from {request.caller} was accepted before")
        if len(self._seen) >= self._capacity:
            raise Busy(f"{self._capacity} requests are remembered already")
        self._seen.add(key)
        heapq.heappush(self._expiries, (request.time + request.ttl + 2 * self._skew, key))

    def __len__(self) -> int:
        return len(self._seen)

    def _forget(self, now: float) -> None:
        while self._expiries and self._expiries[0][0] < now:
            self._seen.discard(heapq.heappop(self._expiries)[1])
