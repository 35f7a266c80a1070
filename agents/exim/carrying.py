"""Doing it: Exim is called for messages by the hundreds, what it says is read, and where it says nothing the queue is looked at again.

Messages come and go meanwhile. One that is locked is tried again, for another operator holds it for a moment only; one that was moved
to another queue is followed there.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from .aims import Aim, Target
from .answers import DONE, GONE, LOCKED, REFUSED, UNCHANGED, Outcome
from .commands import chunks

_ROUNDS = 3  # that are tried with a locked message

Ask = Callable[[Sequence[Target]], tuple[Mapping[str, Outcome], str]]
Look = Callable[[Collection[str]], Mapping[str, Target]]


def carry_out(
    aim: Aim, due: Sequence[Target], ask: Ask, look: Look, *, pause: Callable[[], None], has_time: Callable[[], bool]
) -> dict[str, Outcome]:
    """The outcome of each of these messages, all of which are due.

    ask: calls Exim for messages of one queue, and gives what it said of each and its complaint about the call. look: those that are in
    the queue now, by id. pause: waits a moment for locks. has_time: whether there is time for one more call.
    """
    outcomes: dict[str, Outcome] = {}
    later: list[Target] = list(due)
    for number in range(_ROUNDS):
        if number and later:
            pause()
        this_time, later = later, []
        for group in _groups(this_time, aim.at_once):
            if not has_time():
                outcomes |= {one.id: outcomes.get(one.id) or _not_begun(one) for one in group}
                continue
            answers, complaint = ask(group)
            doubtful = [one for one in group if one.id not in answers or answers[one.id].outcome in (GONE, LOCKED)]
            there = look([one.id for one in doubtful]) if doubtful else {}
            for target in group:
                said = answers.get(target.id)
                if said is not None and said.outcome not in (GONE, LOCKED):
                    outcomes[target.id] = said
                    continue
                now = there.get(target.id)
                outcomes[target.id] = _judged(aim, target, said, now, complaint)
                if now is not None and outcomes[target.id].outcome in (GONE, LOCKED):
                    later.append(now)
    return outcomes


def _groups(targets: Sequence[Target], size: int) -> Iterator[Sequence[Target]]:
    by_queue: dict[str, list[Target]] = {}
    for target in targets:
        by_queue.setdefault(target.queue, []).append(target)
    for group in by_queue.values():
        yield from chunks(group, size)


def _judged(aim: Aim, target: Target, said: Outcome | None, now: Target | None, complaint: str) -> Outcome:
    """What the queue says of a message of which Exim said nothing, or that it is gone or locked."""
    if aim.holds(now):
        is_ours = said is None or (said.outcome == GONE and target.mail is None)  # of a message without its -D file it says so too
        if is_ours:
            return Outcome(target.id, DONE, aim.says)
        return _gone(target) if now is None else Outcome(target.id, UNCHANGED, "was done by another at the same moment")
    if now is None:
        return _gone(target)
    if said is not None:
        return said
    return Outcome(target.id, REFUSED, f"was not {aim.done}" + (f": {complaint}" if complaint else ", and Exim does not say why"))


def _gone(target: Target) -> Outcome:
    return Outcome(target.id, GONE, "has left the queue")


def _not_begun(target: Target) -> Outcome:
    return Outcome(target.id, REFUSED, "was not begun: those before it took too long")
