"""The words of Exim's commands.

A value of a caller stands behind `--`, or it is an id, a queue or a domain that was looked at before: none can be taken for an option.
Ids stand where Exim wants them, which takes no `--` there; a message in a named queue is found only with -qGNAME before all else.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")

CHUNK = 1000  # ids of one call: 24 KB of words at most, and less than a second of work
FORCES = {"none": "", "force": "f", "frozen": "ff"}


def exim_bt(exim: str, address: str) -> list[str]:
    """How an address is routed."""
    return [exim, "-bt", "--", address]


def exim_m(exim: str, option: str, ids: Sequence[str], queue: str = "") -> list[str]:
    """Do something to messages of one queue: -Mf freezes them, -Mt thaws, -Mrm removes, -Mmad marks all as delivered, -M delivers."""
    return [exim, *_within(queue), option, *ids]


def exim_mg(exim: str, ids: Sequence[str], queue: str = "") -> list[str]:
    """Give messages up. With -v it says what it did: without that it is silent whatever becomes of them."""
    return [exim, *_within(queue), "-v", "-Mg", *ids]


def exim_edit(exim: str, option: str, id: str, address: str, queue: str = "") -> list[str]:
    """Change a message's envelope: -Mmd marks a recipient as delivered, -Mar adds one, -Mes sets the sender.

    Exim 4.96 takes these beside -qGNAME for a mistake; -MCG, by which it tells itself the queue, it takes.
    """
    return [exim, *(["-MCG", queue] if queue else []), option, id, "--", address]


def exim_move(exim: str, target: str, ids: Sequence[str], queue: str = "") -> list[str]:
    """Move messages to another queue; an empty name is the usual one."""
    return [exim, *_within(queue), "-MG", target, *ids]


def exim_q(exim: str, force: str, queue: str = "") -> list[str]:
    """Run a queue. force: a word of FORCES."""
    return [exim, f"-q{FORCES[force]}" + (f"G{queue}" if queue else "")]


def exim_r(exim: str, force: str, text: str, queue: str = "") -> list[str]:
    """Run a queue for messages with such a recipient. text: a part of an address, which does not begin with `-`."""
    return [exim, f"-R{FORCES[force]}", text, *_within(queue)]


def exim_rr(exim: str, force: str, domain: str, queue: str = "") -> list[str]:
    """Run a queue for messages with a recipient at a domain."""
    return [exim, f"-R{FORCES[force]}r", f"@{re.escape(domain)}$", *_within(queue)]


def chunks(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """The same in parts of at most this size."""
    return (items[at : at + size] for at in range(0, len(items), size))


def _within(queue: str) -> list[str]:
    return [f"-qG{queue}"] if queue else []
