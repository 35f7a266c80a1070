"""What each acting action wants of a message: Exim's words for it, when there is nothing to do, and how it looks when it is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from .addresses import NO_SENDER
from .answers import BROKEN, GIVEN_UP, REFUSED, UNCHANGED, Outcome
from .commands import CHUNK, exim_edit, exim_m, exim_mg, exim_move
from .spoolfile import Message


@dataclass(frozen=True, slots=True)
class Target:
    """A message that is meant. mail: None where its files cannot be read, and reason says why."""

    id: str
    queue: str
    mail: Message | None
    reason: str = ""


Words = Callable[[str, Sequence[Target]], list[str]]
_GIVEN_UP_AT_ONCE = 50  # messages of one call, each of which becomes a bounce: no call may take long


@dataclass(frozen=True, slots=True)
class Aim:
    """One action. done: the past participle. says: what is said of one message that it was done to.

    words: Exim's words for messages of one queue, at most `at_once`. settled: why nothing is to do, empty where there is. obstacle: why
    it cannot be done. takes_away: a message has left the queue then. takes_broken: it is done to messages that cannot be read, too.
    """

    done: str
    says: str
    words: Words
    settled: Callable[[Message], str] = lambda mail: ""
    obstacle: Callable[[Message], str] = lambda mail: ""
    at_once: int = CHUNK
    takes_away: bool = False
    takes_broken: bool = False

    def judge(self, target: Target) -> Outcome | None:
        """The outcome of a message with which nothing can be done, or need be; None for one that is due."""
        if target.mail is None:
            return None if self.takes_broken else Outcome(target.id, BROKEN, f"is broken: {target.reason}")
        if settled := self.settled(target.mail):
            return Outcome(target.id, UNCHANGED, settled)
        if obstacle := self.obstacle(target.mail):
            return Outcome(target.id, REFUSED, obstacle)
        return None

    def holds(self, target: Target | None) -> bool:
        """Whether a message looks as if it was done; None for one that is not in the queue."""
        if target is None or self.takes_away:
            return target is None and self.takes_away
        return target.mail is not None and bool(self.settled(target.mail))


def aim_of(action: str, inputs: Mapping[str, Any]) -> Aim:
    """What an action with these inputs wants."""
    return _AIMS[action](inputs)


def delivery() -> Aim:
    """What wants a message to be tried now. It is no action on its own: how a delivery ends, its log says."""
    return Aim("tried", "is being delivered", _to_all("-M"))


def _freeze(inputs: Mapping[str, Any]) -> Aim:
    return Aim("frozen", "is now frozen", _to_all("-Mf"), lambda mail: "is already frozen" if mail.is_frozen else "")


def _thaw(inputs: Mapping[str, Any]) -> Aim:
    return Aim("thawed", "is no longer frozen", _to_all("-Mt"), lambda mail: "" if mail.is_frozen else "is not frozen")


def _remove(inputs: Mapping[str, Any]) -> Aim:
    return Aim("removed", "has been removed", _to_all("-Mrm"), takes_away=True, takes_broken=True)


def _give_up(inputs: Mapping[str, Any]) -> Aim:
    def words(exim: str, targets: Sequence[Target]) -> list[str]:
        return exim_mg(exim, [one.id for one in targets], targets[0].queue)

    return Aim(GIVEN_UP, "has been given up", words, at_once=_GIVEN_UP_AT_ONCE, takes_away=True)


def _mark_delivered(inputs: Mapping[str, Any]) -> Aim:
    wanted = inputs.get("recipient")
    if not wanted:
        return Aim(
            "marked as delivered",
            "has been modified",
            _to_all("-Mmad"),
            lambda mail: "" if mail.recipients else "has nobody left to go to",
        )

    def settled(mail: Message) -> str:
        return f"is marked as delivered to {wanted} already" if _spelling(wanted, mail.delivered) and not obstacle(mail) else ""

    def obstacle(mail: Message) -> str:
        return "" if _spelling(wanted, (*mail.recipients, *mail.delivered)) else f"was not marked: {wanted} is not a recipient"

    def words(exim: str, targets: Sequence[Target]) -> list[str]:
        (one,) = targets
        spelt = _spelling(wanted, one.mail.recipients) if one.mail is not None else ""
        return exim_edit(exim, "-Mmd", one.id, spelt or wanted, one.queue)  # Exim wants it letter by letter

    return Aim("marked as delivered", "has been modified", words, settled, obstacle, at_once=1)


def _set_sender(inputs: Mapping[str, Any]) -> Aim:
    wanted = inputs["sender"]
    bare = "" if wanted == NO_SENDER else wanted
    return Aim(
        "given that sender", "has been modified", partial(_edit, "-Mes", wanted),
        lambda mail: f"has the sender {wanted} already" if mail.sender == bare else "", at_once=1,
    )  # fmt: skip


def _add_recipient(inputs: Mapping[str, Any]) -> Aim:
    wanted = inputs["recipient"]

    def settled(mail: Message) -> str:
        if wanted in mail.recipients:
            return f"goes to {wanted} already"
        # Exim would add it, and then deliver to nobody whom it knows to be done.
        return f"was delivered to {wanted} already, or given up for it" if wanted in mail.delivered else ""

    return Aim("given that recipient", "has been modified", partial(_edit, "-Mar", wanted), settled, at_once=1)


def _move(inputs: Mapping[str, Any]) -> Aim:
    wanted = inputs["queue"]
    name = f"the queue {wanted}" if wanted else "the usual queue"

    def words(exim: str, targets: Sequence[Target]) -> list[str]:
        return exim_move(exim, wanted, [one.id for one in targets], targets[0].queue)

    return Aim(
        "moved", f"has been moved to {name}", words, lambda mail: f"is in {name} already" if mail.queue == wanted else "", at_once=CHUNK
    )


def _edit(option: str, value: str, exim: str, targets: Sequence[Target]) -> list[str]:
    (one,) = targets
    return exim_edit(exim, option, one.id, value, one.queue)


def _to_all(option: str) -> Words:
    return lambda exim, targets: exim_m(exim, option, [one.id for one in targets], targets[0].queue)


def _spelling(wanted: str, addresses: Sequence[str]) -> str:
    """An address as it stands among others, where it is there but for upper and lower case."""
    if wanted in addresses:
        return wanted
    return next((address for address in addresses if address.lower() == wanted.lower()), "")


_AIMS: Mapping[str, Callable[[Mapping[str, Any]], Aim]] = {
    "freeze": _freeze,
    "thaw": _thaw,
    "rm": _remove,
    "rmbounces": _remove,
    "rmfrozen": _remove,
    "giveup": _give_up,
    "markdelivered": _mark_delivered,
    "setsender": _set_sender,
    "addrecipient": _add_recipient,
    "move": _move,
}
