"""What Exim says to -Mf, -Mt, -Mrm, -Mmad, -Mmd, -Mar, -Mes and -MG, and with -v to -Mg, as an outcome for each message.

Words are those of Exim 4.96. What it says in words that are not known here is told as they stand, as a refusal.
"""

import re
from dataclasses import dataclass

from .messageid import ID

DONE, UNCHANGED, GONE, UNKNOWN, LOCKED, BROKEN, REFUSED, WOULD = (
    "done", "unchanged", "gone", "unknown", "locked", "broken", "refused", "would",
)  # fmt: skip
GIVEN_UP = "given up"
_LONGEST = 500  # characters of Exim's words that are told


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. text: words that go on after `Message ID`, empty where the outcome says it all."""

    id: str
    outcome: str
    text: str = ""


# One of these begins what is said of a message; -MG puts no line end behind its answers.
_ABOUT = re.compile(rf"(Message|Spool data file for|Spool format error for|Spool read error for) ({ID})(?:-H)?", re.ASCII)
_DONE = ("is now frozen", "is no longer frozen", "has been removed", "has been modified")
_UNCHANGED = ("is already frozen", "is not frozen")
_DELIVERING = re.compile(rf"^delivering ({ID})$", re.ASCII | re.MULTILINE)
_COMPLETED = re.compile(r"^ *Completed\b", re.MULTILINE)
_NOT_MOVED = re.compile(rf"^\S+ \S+ (?:\S+ )?({ID}) .* failed while moving message: (.*)$", re.ASCII | re.MULTILINE)
_BOUNCE = re.compile(r"^ *<= <> R=", re.MULTILINE)


def answers_of(done: str, stdout: str, stderr: str) -> dict[str, Outcome]:
    """What Exim said of each message; done: the aim, in a word."""
    if done == GIVEN_UP:
        return parse_given_up(stderr)
    return parse_answers(stdout) | {
        id: Outcome(id, REFUSED, f"was not moved: {why[:_LONGEST]}") for id, why in _NOT_MOVED.findall(stderr)
    }


def last_words(stderr: str) -> str:
    """What Exim complained of in the end; empty for nothing."""
    lines = [" ".join(line.split()) for line in stderr.splitlines()]
    return next((line[:_LONGEST] for line in reversed(lines) if line), "")


def parse_answers(text: str) -> dict[str, Outcome]:
    """The outcome of each message of which something is said."""
    said: dict[str, list[tuple[str, str]]] = {}
    found = list(_ABOUT.finditer(text))
    for this, following in zip(found, [*found[1:], None], strict=False):  # where nothing is found, nothing follows
        end = following.start() if following is not None else len(text)
        words = " ".join(text[this.end() : end].split())
        said.setdefault(this[2], []).append((this[1], words))
    return {id: outcome for id, parts in said.items() if (outcome := _outcome(id, parts)) is not None}


def _outcome(id: str, parts: list[tuple[str, str]]) -> Outcome | None:
    """Of a message that -Mrm does not find it says three things, and last that it was removed or was not there.

    None for a name alone: so it looks where -MG moved a message, and also where it could not.
    """
    troubles = {head: words for head, words in parts if head != "Message"}
    words = next((words for head, words in reversed(parts) if head == "Message"), "")
    if "does not exist" in troubles.get("Spool data file for", "") or "No such file" in troubles.get("Spool read error for", ""):
        return Outcome(id, GONE, "has left the queue")
    if words == "has been removed":
        return Outcome(id, DONE, "has been removed; its -H file could not be read" if troubles else words)
    if troubles:
        head, rest = next(iter(troubles.items()))
        return Outcome(id, BROKEN, f"is broken: {head} it {rest}"[:_LONGEST].strip())
    if not words:
        return None
    if words in _DONE:
        return Outcome(id, DONE, words)
    if words in _UNCHANGED:
        return Outcome(id, UNCHANGED, words)
    if words == "is locked":
        return Outcome(id, LOCKED, words)
    return Outcome(id, REFUSED, words.removeprefix("- ")[:_LONGEST])


def parse_given_up(text: str) -> dict[str, Outcome]:
    """The outcome of each message of `exim -v -Mg`; text: its standard error, where the lines of its log stand."""
    found = list(_DELIVERING.finditer(text))
    outcomes: dict[str, Outcome] = {}
    for this, following in zip(found, [*found[1:], None], strict=False):  # where nothing is found, nothing follows
        id, words = this[1], text[this.end() : following.start() if following is not None else len(text)]
        if "cancelled by" in words and _COMPLETED.search(words):
            text_of = "has been given up" + ("" if _BOUNCE.search(words) else "; there was nobody to send a bounce to")
            outcomes[id] = Outcome(id, DONE, text_of)
        elif "cancelled by" in words:  # it was about to, and a full disk kept the message, for which no bounce could be made
            outcomes[id] = Outcome(id, REFUSED, f"was not given up: {last_words(words)}")
        elif "is locked" in words:
            outcomes[id] = Outcome(id, LOCKED, "is locked")
        elif "not found" in words:
            outcomes[id] = Outcome(id, GONE, "has left the queue")
        elif "error in spool file" in words or "Format error" in words:
            outcomes[id] = Outcome(id, BROKEN, "is broken: its spool file cannot be read")
        else:
            outcomes[id] = Outcome(id, REFUSED, " ".join(words.split())[:_LONGEST] or "was not given up, and Exim does not say why")
    return outcomes
