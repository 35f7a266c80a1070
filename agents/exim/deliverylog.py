"""What the main log says of deliveries since a moment, message by message."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .addressed import addressed
from .messageid import ID

# `2026-11-23 18:27:42 ID => bob@example.com R=...`, with a time zone, milliseconds or a process id before the id where they are on.
_LINE = re.compile(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\S*(?: [+-]\d{{4}})? (?:\[\d+\] )?({ID}) (.*)", re.ASCII)
_SIGNS = {"=>": "delivered", "->": "delivered", ">>": "delivered", "*>": "delivered", "**": "failed", "==": "deferred"}
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
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None or found[1] not in wanted:
            continue
        story, words = stories.setdefault(found[1], Story()), found[2]
        if kind := _SIGNS.get(words[:2]):
            setattr(story, kind, getattr(story, kind) + 1)
            if kind != "delivered":
                story.trouble = reason_of(words)
        elif words == "Completed":
            story.is_over = True
        elif words.startswith("Frozen") or words == "Message is frozen":
            story.is_frozen = True
        elif words.startswith("Spool file") and " is locked" in words:
            story.was_locked = True
        elif "error in spool file" in words:
            story.is_broken = True
    return stories


def reason_of(words: str) -> str:
    """Why an address failed or has to wait, of `** ADDRESS R=... H=name [ip]: REASON` and `== ADDRESS ... defer (-44) ...: REASON`."""
    told = words[3:]
    head, colon, rest = told[addressed(told)[2] :].partition(": ")
    if not colon:
        _, _, rest = head.partition(" defer ")
        return rest[:_LONGEST]
    return " ".join(rest.split())[:_LONGEST]
