"""Bans that hosts send for each other, as fail2ban does: blocks alone, which let nobody go; pure.

Whoever may send these sits on every host that an attacker tries first. So a ban takes nothing away, moves no end forward, changes no
reason of somebody else's, and is of few addresses.
"""

from collections.abc import Iterable, Mapping

from mcollective_py.agent import InvalidRPCData

from .entry import BLOCK, Entry, Key

SHORTEST = {4: 24, 6: 48}
"""The widest networks of a ban, by family."""


def check_ban(entry: Entry) -> None:
    """Raises InvalidRPCData for what is no ban."""
    if entry.kind != BLOCK:
        raise InvalidRPCData(f"{entry.network}: a ban lets nobody through, that is for apply to do")
    shortest = SHORTEST[entry.scope.version]
    if entry.scope.length < shortest:
        raise InvalidRPCData(f"{entry.network} is too wide for a ban: prefixes from /{shortest} on are taken")


def banned(wanted: Iterable[Entry], there: Mapping[Key, Entry]) -> list[Entry]:
    """What bans change: entries that are not there yet, and those that end earlier than the ban, with the ban's end."""
    changes = []
    for entry in wanted:
        if (kept := there.get(entry.key)) is None:
            changes.append(entry)
        elif kept.expires is not None and (entry.expires is None or entry.expires > kept.expires):
            changes.append(kept._replace(expires=entry.expires))
    return changes
