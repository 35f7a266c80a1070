"""Entries of many hosts side by side: what all have, what only some have, and how it is written; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence

Fold = Callable[[Sequence[str]], str]
_MOST = 2000  # lines shown of a difference; the rest is a number


def hosts_by_line(lists: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Which hosts have which entry, by the line that a list has for it. lists: lines by host. Ends (`until=`) do not tell apart:
    hosts that were asked in one moment have them seconds apart."""
    found: dict[str, tuple[str, list[str]]] = {}
    for host in sorted(lists):
        for line in lists[host]:
            found.setdefault(_without_end(line), (line, []))[1].append(host)
    return {line: tuple(dict.fromkeys(hosts)) for line, hosts in found.values()}


def union_lines(lists: Mapping[str, Iterable[str]], fold: Fold) -> list[str]:
    """One list of all that any host has; behind what not all have, where it is: a list file that can be read again."""
    spread = hosts_by_line(lists)
    return [line if len(hosts) == len(lists) else f"{line}  # only {fold(hosts)}" for line, hosts in spread.items()]


def difference_lines(lists: Mapping[str, Iterable[str]], fold: Fold) -> list[str]:
    """What not all hosts have: where it is, where it is missing; below, what they have in common. Equal hosts are folded."""
    spread, names = hosts_by_line(lists), sorted(lists)
    groups: dict[tuple[str, ...], list[str]] = {}
    common = 0
    for line, hosts in spread.items():
        if len(hosts) == len(names):
            common += 1
        else:
            groups.setdefault(hosts, []).append(line)
    shown: list[str] = []
    for hosts, lines in sorted(groups.items(), key=lambda group: (-len(group[0]), group[0])):
        missing = [name for name in names if name not in set(hosts)]
        shown += [f"{fold(hosts)} ({len(hosts)}), not {fold(missing)} ({len(missing)}):", *(f"  {line}" for line in lines)]
    if len(shown) > _MOST:
        shown = [*shown[:_MOST], f"... and {len(shown) - _MOST} lines more"]
    hosts_word = "1 host" if len(names) == 1 else f"{len(names)} hosts"
    if not groups:
        return [f"{hosts_word}, all with the same {_entries(common)}"]
    return [*shown, f"{_entries(common)} on all {hosts_word}, {_entries(len(spread) - common)} on some of them"]


def _without_end(line: str) -> str:
    """The line without its `until=`, which has no blanks in it; a reason that speaks of one is quoted and stands last."""
    head, quote, rest = line.partition('"')
    return " ".join(word for word in head.split(" ") if not word.startswith("until=")) + quote + rest


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"
