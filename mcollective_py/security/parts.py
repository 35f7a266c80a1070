"""Replies too large for one message: the body's JSON text in fragments, and the whole again from its parts."""

from collections.abc import Iterable
from dataclasses import replace

from ..errors import Malformed, ReplyTooLarge
from ..message import Reply
from ..wire import strictjson

WHOLE = 1024 * 1024  # bytes of JSON that still travel in one message
FRAGMENT = 256 * 1024  # characters in one part: at most 1 MiB of UTF-8, and at most that once quoted again
MAX_TOTAL = 16 * 1024 * 1024  # bytes of one reply's body, all parts together
MAX_OPEN = 256 * 1024 * 1024  # bytes of unfinished replies that one client holds
MAX_PARTS = 256

_LIMITS = strictjson.JSONLimits(size=MAX_TOTAL, string=MAX_TOTAL)
_ANY_SIZE = strictjson.JSONLimits(size=2**62, string=2**62)  # measured afterwards: ReplyTooLarge says more than UnsendableValue


def split(reply: Reply, limit: int = MAX_TOTAL) -> tuple[Reply, ...]:
    """The reply itself where its body is small enough, else its parts in order: seq from 0, the last one marked.

    Raises UnsendableValue for a body that JSON has not, ReplyTooLarge beyond the limit (bytes of the body's JSON).
    """
    text = strictjson.dumps(reply.body, _ANY_SIZE)
    # A character has 1 to 4 bytes: most bodies need no count.
    if len(text) * 4 <= WHOLE:
        return (reply,)
    size = len(text.encode())
    if size > limit:
        raise ReplyTooLarge(size, limit)
    if size <= WHOLE:
        return (reply,)
    fragments = [text[start : start + FRAGMENT] for start in range(0, len(text), FRAGMENT)]
    last = len(fragments) - 1
    return tuple(replace(reply, body=fragment, seq=seq, last=seq == last) for seq, fragment in enumerate(fragments))


def join(parts: Iterable[Reply], limit: int = MAX_TOTAL) -> Reply:
    """The whole reply from all its verified parts, in any order. A whole reply alone is its own only part.

    Raises Malformed where a part is missing, double, or belongs to another reply, and beyond the limit (bytes).
    """
    ordered = sorted(parts, key=lambda part: part.seq)
    if len(ordered) == 1 and ordered[0].is_whole:
        return ordered[0]
    if not ordered or [part.seq for part in ordered] != list(range(len(ordered))):
        raise Malformed("a reply with parts missing or double")
    head = _head(ordered[0])
    if any(_head(part) != head or part.last != (part is ordered[-1]) for part in ordered):
        raise Malformed("parts of different replies")
    # Counted before they are put together; a character has at least one byte.
    if sum(len(part.body) for part in ordered) > limit:
        raise Malformed(f"a reply of more than {limit} bytes")
    body = strictjson.loads("".join(part.body for part in ordered), replace(_LIMITS, size=limit))
    return replace(head, body=body)


class Assembler:
    """Puts the parts of many senders' replies together, as they come, within bounds of memory.

    limit: bytes of one reply; total: of all unfinished ones (counted in characters, of which each has at least one byte).
    """

    def __init__(self, limit: int = MAX_TOTAL, total: int = MAX_OPEN) -> None:
        self._limit, self._total = limit, total
        self._held = 0
        self._open: dict[tuple[str, str], dict[int, Reply]] = {}

    def add(self, part: Reply) -> Reply | None:
        """The whole reply once this part completes it, else None; a part that came before changes nothing.

        Raises Malformed, and forgets the parts of that sender so far, where they do not fit together or are too many or too large.
        """
        if part.is_whole:
            return part
        whose = (part.sender, part.request_digest)
        parts = self._open.setdefault(whose, {})
        if part.seq in parts:
            return None
        if not isinstance(part.body, str):
            self._forget(whose)
            raise Malformed(f"a part of {part.sender} is no text")
        parts[part.seq] = part
        self._held += len(part.body)
        if not 0 <= part.seq < MAX_PARTS or self._held > self._total or sum(len(known.body) for known in parts.values()) > self._limit:
            self._forget(whose)
            raise Malformed(f"the parts of {part.sender} are more than can be held")
        last = max(parts)
        ends = [seq for seq, known in parts.items() if known.last]
        if ends and ends != [last]:
            self._forget(whose)
            raise Malformed(f"the parts of {part.sender} go on behind the last one")
        if not ends or len(parts) <= last:
            return None
        self._forget(whose)
        return join(parts.values(), self._limit)

    def _forget(self, whose: tuple[str, str]) -> None:
        self._held -= sum(len(part.body) for part in self._open.pop(whose).values())


def _head(part: Reply) -> Reply:
    return replace(part, body=None, seq=0, last=True)
