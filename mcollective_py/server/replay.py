"""The memory of requests already accepted: a second copy is refused for as long as it could still pass as fresh."""

import heapq

from ..errors import Busy, Replayed
from ..message import Request

# About 120 bytes an entry: 16 MB when full, room for 1,800 requests a second at 70 s each.
CAPACITY = 131_072


class ReplayMemory:
    """Remembers (caller, request id) until no clock within the skew would accept the request any more.

    A live entry is never pushed out: when the memory is full, new requests are refused as Busy. What it forgot it never takes
    again: a request that ends no later than a forgotten one is refused, though a skew that grew at a reload, or a clock that was
    set back, made it fresh once more.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._seen: set[tuple[str, str]] = set()
        self._ends: list[tuple[float, tuple[str, str]]] = []
        self._forgotten = float("-inf")  # the latest end of all requests that were forgotten

    def remember(self, request: Request, now: float, skew: float = 5.0) -> None:
        """Take the request in, once. Raises Replayed for one that is or may be known, Busy when there is no room.

        now: seconds since the epoch. skew: seconds that clocks may differ by at present.
        """
        # Both stand under the signature. The certificate beside it does not: one key may have several, and each several encodings.
        self._take((request.caller, request.id), request, now, skew)

    def remember_proof(self, request: Request, now: float, skew: float = 5.0) -> None:
        """Take the signature of a request in, once, where it covers no id; as remember, for what changes something.

        A caller who asks the very same twice in one second signs the same bytes twice. For a question that is good; an order is refused
        the second time, for it looks as a copy under another id does.
        """
        if request.proof:
            self._take((request.caller, request.proof), request, now, skew)

    def check(self, request: Request) -> None:
        """As remember, without taking it in; any thread may ask."""
        self._refuse((request.caller, request.id), request)

    def _take(self, key: tuple[str, str], request: Request, now: float, skew: float) -> None:
        self._forget(now - 2 * skew)
        self._refuse(key, request)
        self._seen.add(key)
        heapq.heappush(self._ends, (request.time + request.ttl, key))

    def _refuse(self, key: tuple[str, str], request: Request) -> None:
        end = request.time + request.ttl
        if key in self._seen:
            raise Replayed(f"request {request.id} from {request.caller} was accepted before")
        if end <= self._forgotten:
            raise Replayed(f"request {request.id} from {request.caller} may be a copy: requests of its age are remembered no more")
        if len(self._seen) >= self._capacity:
            raise Busy(f"{self._capacity} requests are remembered already")

    def __len__(self) -> int:
        return len(self._seen)

    def _forget(self, moment: float) -> None:
        while self._ends and self._ends[0][0] < moment:
            self._forgotten, key = heapq.heappop(self._ends)
            self._seen.discard(key)
