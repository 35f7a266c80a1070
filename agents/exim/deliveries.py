"""How attempts to deliver ended, message by message and in one sentence."""

from collections import Counter
from collections.abc import Mapping, Sequence

from .aims import Target
from .answers import BROKEN, DONE, GONE, LOCKED, UNCHANGED, Outcome
from .deliverylog import Story

# What became of a message, and the outcome that this is.
DELIVERED, BOUNCED, LEFT, WAITING, FROZEN, HELD, UNREADABLE, GOING_ON = (
    "delivered", "bounced", "gone", "still waiting", "frozen", "locked", "broken", "being delivered",
)  # fmt: skip
_OUTCOMES = {
    DELIVERED: DONE, BOUNCED: DONE, LEFT: GONE, WAITING: UNCHANGED, FROZEN: UNCHANGED, HELD: LOCKED, UNREADABLE: BROKEN, GOING_ON: DONE,
}  # fmt: skip


def kind_of(story: Story, now: Target | None, *, is_held: bool, is_running: bool) -> str:
    """What became of a message. now: as it is in the queue. is_held: a process has it. is_running: the deliveries have not ended."""
    if now is None:
        return BOUNCED if story.failed else DELIVERED if story.delivered or story.is_over else LEFT
    if now.mail is None or story.is_broken:
        return UNREADABLE
    if story.was_locked and not story.deferred:
        return HELD
    if is_running and (is_held or story.is_empty):
        return GOING_ON
    if now.mail.is_frozen:
        return FROZEN
    return HELD if is_held and story.is_empty else WAITING


def outcome_of(id: str, kind: str, story: Story, now: Target | None, error: str = "") -> Outcome:
    """The same as an outcome with its reason. error: the last one that the message's own log knows."""
    return Outcome(id, _OUTCOMES[kind], _words(kind, story, now, error))


def _words(kind: str, story: Story, now: Target | None, error: str) -> str:
    reason = story.trouble or error
    behind = f": {reason}" if reason else ""
    if kind == BOUNCED:
        partly = f"was delivered to {story.delivered}, and bounced for {story.failed}" if story.delivered else "bounced"
        return partly + behind
    if kind == UNREADABLE:
        return f"is broken: {now.reason}" if now is not None and now.reason else "is broken: Exim cannot read it"
    if kind in (WAITING, FROZEN):
        done = [f"{story.delivered} delivered"] if story.delivered else []
        done += [f"{story.failed} bounced"] if story.failed else []
        return ("is frozen" if kind == FROZEN else "waits still") + (f" ({', '.join(done)})" if done else "") + behind
    return _PLAIN[kind]


_PLAIN: Mapping[str, str] = {
    DELIVERED: "was delivered",
    LEFT: "has left the queue",
    HELD: "is locked: another process is at it",
    GOING_ON: "is being delivered",
}


def sentence(kinds: Sequence[str], what: str) -> str:
    """`12 messages: 10 delivered, 1 bounced, 1 still waiting`. what: said before it."""
    counted = Counter(kinds)
    parts = [f"{counted[kind]} {kind}" for kind in _OUTCOMES if counted[kind]]
    return f"{what}: {', '.join(parts)}" if parts else what


def shares(targets: Sequence[Target], most: int, least: int) -> list[Sequence[Target]]:
    """The messages parted for deliveries at the same time: at most so many shares of each queue, none smaller than `least` but one.

    Each share has messages from the whole list, so that the oldest of all are tried first.
    """
    by_queue: dict[str, list[Target]] = {}
    for target in targets:
        by_queue.setdefault(target.queue, []).append(target)
    parted: list[Sequence[Target]] = []
    for group in by_queue.values():
        count = max(1, min(most, len(group) // least))
        parted += [group[at::count] for at in range(count)]
    return parted
