"""What the words of an acting command mean: which action, on which messages, with which inputs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcollective_py.errors import InvalidRPCData, UsageError

from .bounds import MAX_IDS
from .fields import check_selection
from .messageid import is_message_id

_LIKE_AN_ID = re.compile(r"\w+(-\w+)+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Acting:
    """One acting word.

    action: of the agent. question: with `{}` for the messages and `<>` for the value that it takes. takes: the input that stands behind
    the messages. within: the selection that the word itself means.
    """

    action: str
    question: str
    takes: str = ""
    is_optional: bool = False
    within: str = ""


ACTING: Mapping[str, Acting] = {
    "freeze": Acting("freeze", "Freeze {}"),
    "thaw": Acting("thaw", "Thaw {}"),
    "retry": Acting("retrymsg", "Try to deliver {}"),
    "giveup": Acting("giveup", "Give up on {} and send bounces"),
    "rm": Acting("rm", "Remove {}"),
    "markdelivered": Acting("markdelivered", "Mark {} as delivered", "recipient", is_optional=True),
    "setsender": Acting("setsender", "Give {} the sender <>", "sender"),
    "addrecipient": Acting("addrecipient", "Add the recipient <> to {}", "recipient"),
    "move": Acting("move", "Move {} to <>", "queue"),
    "rmbounces": Acting("rmbounces", "Remove {}", within="bounce"),
    "rmfrozen": Acting("rmfrozen", "Remove {}", within="frozen"),
}
ACTIONS = frozenset({*(acting.action for acting in ACTING.values()), "runq", "delivermatching"})


@dataclass(frozen=True, slots=True)
class Order:
    """A command in full. Either ids, or a selection. value: a sender, a recipient or a queue. inputs: those beside the messages."""

    acting: Acting
    action: str
    ids: tuple[str, ...] = ()
    selection: str = ""
    value: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def about(self) -> dict[str, Any]:
        """The inputs that say which messages; rmbounces and rmfrozen know it."""
        if self.ids:
            return {"msgids": list(self.ids)}
        return {} if self.action == self.acting.action and self.acting.within else {"select": self.selection}

    def question(self, messages: str) -> str:
        """What it does to so many messages: `Remove 812 messages`."""
        text = self.acting.question.replace("{}", messages)
        if self.acting.is_optional and self.value:
            return f"{text} to <{self.value}>"
        if self.acting.takes == "queue":
            return text.replace("<>", f"the queue {self.value}" if self.value else "the usual queue")
        return text.replace("<>", self.value if self.value.startswith("<") else f"<{self.value}>")


def order_of(word: str, things: Sequence[str], told: Sequence[str] = (), inputs: Mapping[str, Any] | None = None) -> Order:
    """The order that a word and what stands behind it give. told: selections from options. Raises UsageError."""
    acting, rest = ACTING[word], list(things)
    ids: list[str] = []
    while rest and is_message_id(rest[0]) and not acting.within:
        ids.append(rest.pop(0))
    selections = list(told)
    if acting.within and any(map(is_message_id, rest)):
        raise UsageError(f"{word} takes no ids: mco exim rm ID")
    if not ids and any(map(is_message_id, rest)):
        raise UsageError(f"the id comes first: {_example(word)}")
    if ids and told:
        raise UsageError(f"{word} takes ids or a selection, not both")
    if not ids and len(rest) > (1 if acting.takes and told else 0):
        selections.insert(0, rest.pop(0))
    elif not ids and not told and rest:
        selections.append(rest.pop(0))
    if not ids and not selections and not acting.within:
        raise UsageError(f"which messages? {_example(word)}")
    for text in selections:
        _check(word, text)
    value = _value(word, rest, acting)
    if rest:
        raise UsageError(f"{word} takes no {' '.join(rest)!r}: {_example(word)}; a selection stands in quotes")
    if len(ids := list(dict.fromkeys(ids))) > MAX_IDS:
        raise UsageError(f"{len(ids)} ids are more than the {MAX_IDS} of one request: a selection has no such bound")
    action = "rm" if acting.within and selections else acting.action
    given = {**(inputs or {}), **({acting.takes: value} if value is not None else {})}
    return Order(acting, action, tuple(ids), both(acting.within, *selections), value or "", given)


def both(*selections: str) -> str:
    """The selection for which all of these hold; empty ones always do."""
    parts = [text for text in selections if text.strip()]
    return parts[0] if len(parts) == 1 else " and ".join(f"({text})" for text in parts)


def check_words(text: str) -> None:
    """Raises UsageError with a mark under what is wrong with a selection."""
    try:
        check_selection(text)
    except InvalidRPCData as error:
        raise UsageError(str(error)) from error


def _check(word: str, text: str) -> None:
    if _LIKE_AN_ID.fullmatch(text):
        raise UsageError(f"{text} is no message id: these have 16 characters, as 1q2w3e-000abc-XY, or 23 since Exim 4.97")
    if not text.strip():
        raise UsageError(f"an empty selection means every message: {word} takes 'age>=0' for that")
    check_words(text)


def _value(word: str, rest: list[str], acting: Acting) -> str | None:
    if not acting.takes or (acting.is_optional and not rest):
        return None
    if not rest:
        raise UsageError(f"which {acting.takes}? {_example(word)}")
    value = rest.pop(0)
    return "<>" if acting.takes == "sender" and not value else value


def _example(word: str) -> str:
    acting = ACTING[word]
    if acting.within:
        return f"mco exim {word}, or mco exim {word} 'age>1d'"
    value = f" [{acting.takes.upper()}]" if acting.is_optional else f" {acting.takes.upper()}" if acting.takes else ""
    return f"mco exim {word} ID{value}, or mco exim {word} 'sender=~\"@example.org$\" and age>1d'{value}"
