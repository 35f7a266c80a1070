"""What a reply says of many outcomes: numbers, a sentence, and a row for each message."""

from collections import Counter
from collections.abc import Collection, MutableMapping, Sequence
from typing import Any

from .aims import Aim
from .answers import BROKEN, DONE, GONE, LOCKED, REFUSED, UNCHANGED, UNKNOWN, WOULD, Outcome

MAX_ROWS = 5000
_FAILED = (UNKNOWN, GONE, LOCKED, BROKEN, REFUSED)
_WELL = (DONE, WOULD)


def fill(reply: MutableMapping[str, Any], outcomes: Sequence[Outcome], failing: Collection[str], usual: str = "") -> None:
    """The outputs of every acting action but `status`. usual: words that stand in no row, since all that went well have them."""
    numbers = Counter(one.outcome for one in outcomes)
    reply["matched"] = len(outcomes)
    reply["done"] = numbers[DONE] + numbers[WOULD]
    reply["failed"] = sum(numbers[name] for name in failing)
    reply["changed"] = reply["done"] > 0
    rows = sorted(outcomes, key=lambda one: one.outcome in _WELL)  # those not done first, else as they came
    reply["outcomes"] = [
        {"msgid": one.id, "outcome": one.outcome, "text": "" if one.text == usual else one.text} for one in rows[:MAX_ROWS]
    ]


def failing(aim: Aim, *, is_selection: bool) -> tuple[str, ...]:
    """The outcomes that make an action fail. That a message has gone is none in a selection, nor where it was to go."""
    return tuple(name for name in _FAILED if name != GONE or not (is_selection or aim.takes_away))


def sentence(aim: Aim, outcomes: Sequence[Outcome], failing: Collection[str], *, noop: bool = False) -> str:
    """All of it in one sentence: of one message in Exim's words, of several in numbers."""
    if not outcomes:
        return "no message is meant"
    if len(outcomes) == 1:
        return one_sentence(aim, outcomes[0])
    numbers = Counter(one.outcome for one in outcomes)
    failed = [f"{numbers[name]} {name}" for name in failing if numbers[name]]
    if failed:
        verb = "would not be" if noop else "were not"
        return f"{sum(numbers[name] for name in failing)} of {len(outcomes)} messages {verb} {aim.done}: {', '.join(failed)}"
    done = numbers[WOULD] if noop else numbers[DONE]
    others = [f"{numbers[UNCHANGED]} needed nothing"] if numbers[UNCHANGED] else []
    others += [f"{numbers[GONE]} had left the queue"] if numbers[GONE] else []
    verb = "would be" if noop else "was" if done == 1 else "were"
    return "; ".join([f"{done} {'message' if done == 1 else 'messages'} {verb} {aim.done}", *others])


def one_sentence(aim: Aim, one: Outcome) -> str:
    """Of one message."""
    if one.outcome == UNKNOWN:
        return f"No message matching {one.id}"
    if one.outcome == WOULD:
        return f"Message {one.id} would be {aim.done}"
    return f"Message {one.id} {one.text or aim.says}"


def too_many(matched: int, most: int) -> str:
    """Why nothing was touched."""
    return f"{matched} messages are meant, more than {most}: nothing was touched. max_messages={matched} would allow it"
