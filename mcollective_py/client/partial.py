"""Replies of which some parts are still on their way, by sender; bounded."""

from ..errors import Malformed
from ..message import Reply
from ..security.parts import MAX_TOTAL, join

_MAX_PARTS = 1024  # of one reply
_MAX_PENDING = 16 * MAX_TOTAL  # characters of all parts held for all senders


class PartialReplies:
    """Collects verified parts until a reply is whole."""

    def __init__(self, limit: int = _MAX_PENDING) -> None:
        self._parts: dict[str, dict[int, Reply]] = {}
        self._held, self._limit = 0, limit

    def add(self, part: Reply) -> Reply | None:
        """The whole reply once its last missing part is here, else None; the first of a seq wins. Raises Malformed and forgets it."""
        sender = part.sender
        parts = self._parts.setdefault(sender, {})
        if part.seq in parts:
            return None
        if not isinstance(part.body, str) or not 0 <= part.seq < _MAX_PARTS:
            self._forget(sender)
            raise Malformed("a part of a reply that is none")
        if self._held + len(part.body) > self._limit:
            self._forget(sender)
            raise Malformed(f"more than {self._limit} characters in unfinished replies")
        parts[part.seq] = part
        self._held += len(part.body)
        last = next((seq for seq, one in parts.items() if one.last), None)
        if last is None or len(parts) <= last:
            return None
        self._forget(sender)
        return join(parts.values())

    def _forget(self, sender: str) -> None:
        self._held -= sum(len(part.body) for part in self._parts.pop(sender, {}).values())
