"""The memory of requests already accepted: a second copy is refused for as long as it could still pass as fresh."""

import heapq
import math

from ..errors import Busy, MayBeCopy, Replayed
from ..message import Request

# About 120 bytes an entry: 16 MB when full, room for 1,800 requests a second at 70 s each.
CAPACITY = 131_072


class ReplayMemory:
    """Remembers (caller, request id) until no clock within the skew would accept the request any more.

    A live entry is never pushed out: when the memory is full, new requests are refused as Busy. What it forgot it never takes
    again: a request that ends no later than the floor is refused, though a skew that grew at a reload, or a clock that was set back,
    made it fresh once more. The floor rises with what is accepted, and nothing lowers it.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._seen: set[tuple[str, str]] = set()
        self._ends: list[tuple[float, tuple[str, str]]] = []
        self.floor = float("-inf")  # seconds since the epoch

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

    def restore(self, caller: str, key: str, end: float) -> None:
        """Know an id or a signature of before a restart. end: of its request."""
        if (caller, key) not in self._seen:
            self._seen.add((caller, key))
            heapq.heappush(self._ends, (end, (caller, key)))

    def raise_floor(self, floor: float) -> None:
        """Refuse what ends no later than this: whatever of it is new, nobody can say."""
        self.floor = max(self.floor, floor)

    def live(self) -> list[tuple[float, tuple[str, str]]]:
        """End and (caller, id or signature) of all that is remembered."""
        return list(self._ends)

    def check(self, request: Request) -> None:
        """As remember, without taking it in; any thread may ask."""
        self._refuse((request.caller, request.id), request)

    def _take(self, key: tuple[str, str], request: Request, now: float, skew: float) -> None:
        end = request.time + request.ttl
        # Ruby's wire has requests a second late: one that is taken is never below the floor that it raises.
        self._forget(min(now - 2 * skew, math.nextafter(end, -math.inf)))
        self._refuse(key, request)
        self._seen.add(key)
        heapq.heappush(self._ends, (end, key))

    def _refuse(self, key: tuple[str, str], request: Request) -> None:
        end = request.time + request.ttl
        if key in self._seen:
            raise Replayed(f"request {request.id} from {request.caller} was accepted before")
        if end <= self.floor:
            raise MayBeCopy(request.id, request.caller, self.floor)
        if len(self._seen) >= self._capacity:
            raise Busy(f"{self._capacity} requests are remembered already")

    def knows(self, caller: str, request_id: str) -> bool:
        """Whether a caller's request was taken in and is not forgotten; any thread may ask."""
        return (caller, request_id) in self._seen

    def __len__(self) -> int:
        return len(self._seen)

    def _forget(self, moment: float) -> None:
        self.floor = max(self.floor, moment)
        while self._ends and self._ends[0][0] < moment:
            self._seen.discard(heapq.heappop(self._ends)[1])
