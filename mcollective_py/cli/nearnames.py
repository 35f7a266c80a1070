"""Which known hosts are meant by names that nobody has heard of: the short one, a mistyped one."""

import re
from collections.abc import Collection, Iterable
from difflib import get_close_matches

from ..client.discovery import mc
from ..client.known import KnownHosts
from ..config import Config
from ..filter import Filter

_DIGITS = re.compile(r"\d+")
_LIKE = 0.7  # of difflib: wbe01 is like web01, gone like none
_MOST = 3  # names, and lines
_LOOKED_AT = 20  # silent names; each is compared with all that are known


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Known names that this one may mean, at most three, sorted.

    Those of the same host part: the domain was left out, or is another. Else those whose host part is like it: never one that
    differs in its numbers alone, for who writes web37 does not mean web34.
    """
    mine, parts = _host(name), {one: _host(one) for one in known if one != name}
    same = sorted(one for one, part in parts.items() if part == mine)
    if same:
        return same[:_MOST]
    alike = {one: part for one, part in parts.items() if not (_letters(part) == _letters(mine) and _numbers(part) != _numbers(mine))}
    numbered = {one: part for one, part in alike.items() if _numbers(part) == _numbers(mine)}
    for candidates in (numbered, alike):
        near = get_close_matches(mine, sorted(set(candidates.values())), _MOST, _LIKE)
        if near:
            return sorted(one for one, part in candidates.items() if part in near)[:_MOST]
    return []


def unheard_lines(silent: Collection[str], known: Collection[str]) -> list[str]:
    """A line for each silent host that is not known and has a name like known ones; at most three, and how many more there are."""
    if not known:
        return []
    lines = []
    unknown = [name for name in silent if name not in known]
    for name in unknown[:_LOOKED_AT]:
        if near := near_names(name, known):
            lines.append(f"{name} was never heard of: did you mean {' or '.join(near)}?")
        if len(lines) == _MOST:
            break
    more = len(unknown) - _MOST
    many = "1 more name was" if more == 1 else f"{more} more names were"
    return [*lines, f"{many} never heard of"] if len(lines) == _MOST and more > 0 else lines


def unheard(silent: Collection[str], config: Config, collective: str | None) -> list[str]:
    """The same by what this user's discoveries of every host have found. collective: None for the main one."""
    if not silent:
        return []
    known = KnownHosts.of_user(str(config.file)).load(collective or config.word("main_collective"), mc.AGENT, Filter())
    return unheard_lines(silent, known.hosts)


def _host(name: str) -> str:
    return name.partition(".")[0].lower()


def _letters(part: str) -> str:
    return _DIGITS.sub("0", part)


def _numbers(part: str) -> list[int]:
    return [int(number) for number in _DIGITS.findall(part)]
