"""What the main log says of deliveries since a moment, message by message."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .logline import COMPLETED, DEFERRED, DELIVERED, FAILED, FROZEN, SUPPRESSED, THAWED, LogLine, parse_line
from .logs import id_of_line

_LONGEST = 500


@dataclass(slots=True)
class Story:
    """What happened to one message. delivered, failed: recipients. trouble: the last reason for one that failed or has to wait.

    was_locked: another process had it. is_broken: its files could not be read. is_over: it has left the queue.
    """

    delivered: int = 0
    failed: int = 0
    deferred: int = 0
    trouble: str = ""
    is_frozen: bool = False
    was_locked: bool = False
    is_broken: bool = False
    is_over: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the log says nothing that matters."""
        return self == Story()


def parse_deliveries(lines: Iterable[str], ids: Collection[str]) -> dict[str, Story]:
    """The story of each of these messages of which there is any."""
    wanted, stories = frozenset(ids), dict[str, Story]()
    for text in lines:
        if (id := id_of_line(text)) not in wanted:
            continue
        story, line = stories.setdefault(id, Story()), parse_line(text)
        if line is None:
            words = text.partition(id)[2].lstrip()
            story.is_frozen |= words == "Message is frozen"
            story.was_locked |= words.startswith("Spool file") and " is locked" in words
            story.is_broken |= "error in spool file" in words
        elif line.kind in (DELIVERED, SUPPRESSED):
            story.delivered += 1
        elif line.kind in (FAILED, DEFERRED):
            story.failed += line.kind == FAILED
            story.deferred += line.kind == DEFERRED
            story.trouble = _reason_of(line)
        elif line.kind in (FROZEN, THAWED):
            story.is_frozen = line.kind == FROZEN
        elif line.kind == COMPLETED:
            story.is_over = True
    return stories


def _reason_of(line: LogLine) -> str:
    """Why an address failed or has to wait; the number of it where Exim says no more."""
    return " ".join(line.text.split())[:_LONGEST] or (f"({line.code})" if line.code else "")
