"""A list that is longer than one reply: its further parts, asked of several hosts at once and given host by host, oldest message first.

What came of a host whose turn it is not yet waits as text, which takes less memory than a reply's values by far.
"""

import json
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mcollective_py.client.results import RPCResult, RPCStats
from mcollective_py.client.rpcresults import RPCResults

PART = 2000  # messages: some 300 KB of a reply
HOSTS_AT_ONCE = 8  # whose further parts are on their way or wait to be shown
_MOST_PARTS = 500  # of one host, a million messages: more than a host reads of its queue by far
_LOOK = 0.1  # seconds that one reply is waited for while others are due as well
NO_ANSWER = 5  # statuscode of a part that never came

# Asks one host for its messages after one.
Ask = Callable[[str, str], RPCResults]


class Parts(RPCResults):
    """The results of a list with those of its further parts among them: several of a host, all of one host before the next one's.

    first: the call. ask: gets a further part. A part that does not come is a failed result that says where the list ends. A host counts
    once in `stats`, `ok` and `failed`, as failed where one of its parts did.
    """

    def __init__(self, first: RPCResults, ask: Ask, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._first, self._ask, self._monotonic, self._began = first, ask, monotonic, monotonic()
        self.replies, self.request_id = first.replies, first.request_id
        self._is_first_over = False
        self._hosts: deque[str] = deque()  # in the order of their turns
        self._waiting: dict[str, deque[RPCResult | str]] = {}  # what came of each
        self._after: dict[str, str] = {}  # hosts that have more, and after which message
        self._asked: dict[str, RPCResults] = {}
        self._broken: list[str] = []
        self._came: Counter[str] = Counter()  # parts of each
        self._took = 0.0
        self.messages = 0  # that came

    def __next__(self) -> RPCResult:
        while True:
            if (result := self._in_turn()) is not None:
                return result
            if self._is_first_over and not self._hosts:
                self._took = self._monotonic() - self._began
                raise StopIteration
            self._ask_more()
            self._take_in()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._first!r}>"

    # --- as RPCResults ------------------------------------------------------------------------------------------------

    @property
    def ok(self) -> list[str]:  # type: ignore[override]  # a list of its own in RPCResults
        """Hosts whose lists are complete."""
        return [name for name in self._first.ok if name not in self._broken]

    @property
    def failed(self) -> list[str]:  # type: ignore[override]  # as above
        """Hosts that failed, at once or later."""
        return [*self._first.failed, *self._broken]

    @property
    def stats(self) -> RPCStats:
        """Those of the first part, whose time is that of all parts."""
        stats, later = self._first.stats, len(self._broken)
        return replace(stats, ok=stats.ok - later, failed=stats.failed + later, agent_time=max(stats.agent_time, self._took))

    @property
    def incomplete(self) -> list[str]:
        """Hosts of whose list not everything was given, though nothing of it failed: those that somebody who stops early misses."""
        return [name for name in self._hosts if name in self._after or name in self._asked or self._waiting[name]]

    def close(self) -> None:
        """Stop waiting for more."""
        self._took = self._monotonic() - self._began
        for results in (self._first, *self._asked.values()):
            results.close()

    # --- how ----------------------------------------------------------------------------------------------------------

    def _in_turn(self) -> RPCResult | None:
        """What is there of the host whose turn it is."""
        while self._hosts:
            name = self._hosts[0]
            if waiting := self._waiting[name]:
                result = waiting.popleft()
                return result if isinstance(result, RPCResult) else _unpacked(result)
            if name in self._after or name in self._asked:
                return None
            self._hosts.popleft()
            del self._waiting[name]
        return None

    def _ask_more(self) -> None:
        for name in list(self._hosts)[:HOSTS_AT_ONCE]:
            if name in self._after and name not in self._asked:
                self._asked[name] = self._ask(name, self._after[name])

    def _take_in(self) -> None:
        """Take in what is there; wait a little where nothing is."""
        has_come = False
        for name, results in list(self._asked.items()):
            if results.replies.is_ready or results.replies.left <= 0:
                has_come = True
                self._take_part(name, results)
        if not self._is_first_over and (self._first.replies.is_ready or not self._asked or self._first.replies.left <= 0):
            has_come = True
            try:
                self._arrived(next(self._first))
            except StopIteration:
                self._is_first_over = True
        if not has_come and self._asked:
            waited = next(iter(self._asked.values())).replies
            waited.pause(min(waited.left, _LOOK))

    def _take_part(self, name: str, results: RPCResults) -> None:
        after = self._after[name]
        result = next(results, None)
        if result is None and not results.replies.is_over:
            return
        del self._asked[name]
        if result is None:
            stats = self._first.stats
            result = RPCResult(name, stats.agent, stats.action, NO_ANSWER, "it gave no answer", {})
        if not result.is_ok:
            result = replace(result, statusmsg=f"its list ends after {after}: {result.statusmsg}")
            self._broken.append(name)
        elif next_of(result.data) <= after:  # ids are in order: this list would never end
            result = replace(result, data={**result.data, "next": ""})
        elif self._came[name] >= _MOST_PARTS:
            result = replace(result, statuscode=NO_ANSWER, statusmsg=f"its list does not end: {_MOST_PARTS} parts of it came", data={})
            self._broken.append(name)
        self._arrived(result)

    def _arrived(self, result: RPCResult) -> None:
        name, rows = result.sender, result.data.get("messages")
        self.messages += len(rows) if isinstance(rows, list) else 0
        if name not in self._waiting:
            self._hosts.append(name)
            self._waiting[name] = deque()
        self._came[name] += 1
        self._after.pop(name, None)
        if result.is_ok and (after := next_of(result.data)):
            self._after[name] = after
        self._waiting[name].append(result if name == self._hosts[0] else _packed(result))


def next_of(data: Mapping[str, Any]) -> str:
    """After which message there are more; empty for none."""
    after = data.get("next")
    return after if isinstance(after, str) else ""


def _packed(result: RPCResult) -> RPCResult | str:
    try:
        return json.dumps([getattr(result, name) for name in _FIELDS])
    except (TypeError, ValueError):  # a wire that has more than JSON: as it is, then
        return result


def _unpacked(text: str) -> RPCResult:
    return RPCResult(**dict(zip(_FIELDS, json.loads(text), strict=True)))


_FIELDS = ("sender", "agent", "action", "statuscode", "statusmsg", "data", "refusal", "latency")
