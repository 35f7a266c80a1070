"""Replies too large for one message: the body's JSON text in fragments, and the whole again from its parts."""

from collections.abc import Iterable
from dataclasses import replace

from ..errors import Malformed, ReplyTooLarge
from ..message import Reply
from ..wire import strictjson

WHOLE = 1024 * 1024  # bytes of JSON that still travel in one message
FRAGMENT = 256 * 1024  # characters in one part: at most 1 MiB of UTF-8, and at most that once quoted again
MAX_TOTAL = 16 * 1024 * 1024  # bytes of one reply's body, all parts together

_LIMITS = strictjson.Limits(size=MAX_TOTAL, string=MAX_TOTAL)


def split(reply: Reply, limit: int = MAX_TOTAL) -> tuple[Reply, ...]:
    """The reply itself where its body is small enough, else its parts in order: seq from 0, the last one marked.

    Raises UnsendableValue for a body that JSON has not, ReplyTooLarge beyond the limit (bytes of the body's JSON).
    """
    text = strictjson.dumps(reply.body, _LIMITS)
    # A character has 1 to 4 bytes: most bodies need no count.
    if len(text) * 4 <= WHOLE:
        return (reply,)
    size = len(text.encode())
    if size <= WHOLE:
        return (reply,)
    if size > limit:
        raise ReplyTooLarge(size, limit)
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
    if [part.seq for part in ordered] != list(range(len(ordered))) or not ordered or not ordered[-1].last:
        raise Malformed("a reply with parts missing or double")
    first = ordered[0]
    same = replace(first, body=None, seq=0, last=True)
    if any(replace(part, body=None, seq=0, last=True) != same or part.last != (part is ordered[-1]) for part in ordered):
        raise Malformed("parts of different replies")
    # Counted before they are put together; a character has at least one byte.
    if sum(len(part.body) for part in ordered) > limit:
        raise Malformed(f"a reply of more than {limit} bytes")
    return replace(same, body=strictjson.loads("".join(part.body for part in ordered), replace(_LIMITS, size=limit)))
