"""One state of a whole fleet, as a plugin of Nagios says it: a line with performance data, and the exit code; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_MOST_NAMED = 10  # hosts of one state in the line
_MOST_LINES = 50  # of long text


@dataclass(frozen=True, slots=True)
class Share:
    """How many hosts may be bad: a number of them, or percent of all."""

    number: float
    is_percent: bool = False

    @classmethod
    def of(cls, text: str) -> "Share":
        """Of `3` or `5%`. Raises ValueError."""
        found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(%?)", text, re.ASCII)
        if found is None or (found[2] and float(found[1]) > 100) or (not found[2] and "." in found[1]):
            raise ValueError(f"{text!r} is no number of hosts and no share of them: 3, or 5%")
        return cls(float(found[1]), bool(found[2]))

    def is_exceeded(self, bad: int, hosts: int) -> bool:
        """Whether so many bad ones of so many are more than this."""
        return bad * 100 > self.number * hosts if self.is_percent else bad > self.number

    def __str__(self) -> str:
        return f"{self.number:g}{'%' if self.is_percent else ''}"


@dataclass(frozen=True, slots=True)
class HostState:
    """One host. state: an exit code from 0 to 3. said: in its own words."""

    name: str
    state: int
    said: str = ""


def fleet_state(hosts: Sequence[HostState], warning: Share, critical: Share) -> int:
    """The exit code. CRITICAL where more hosts are than may be; WARNING where more are not OK than may be, UNKNOWN where of these none
    is WARNING or CRITICAL, and where there are no hosts at all."""
    count = counted(hosts)
    if not hosts:
        return 3
    if critical.is_exceeded(count["CRITICAL"], len(hosts)):
        return 2
    if warning.is_exceeded(len(hosts) - count["OK"], len(hosts)):
        return 1 if count["WARNING"] + count["CRITICAL"] else 3
    return 0


def fleet_lines(title: str, hosts: Sequence[HostState], silent: int, warning: Share, critical: Share) -> list[str]:
    """The line, and below it what each bad host said. title: what was checked. silent: how many of the hosts did not answer."""
    state, count = STATES[fleet_state(hosts, warning, critical)], counted(hosts)
    if not hosts:
        return [f"{title} {state} - no hosts were found"]
    bad = len(hosts) - count["OK"]
    many = f"{len(hosts)} host{'' if len(hosts) == 1 else 's'}"
    said = f"{bad} of {many} not OK ({bad * 100 / len(hosts):.4g}%)" if bad else f"{many} OK"
    groups = [
        f"{STATES[code]} {_named([host.name for host in hosts if host.state == code])}" for code in (2, 1, 3) if count[STATES[code]]
    ]
    data = [
        f"ok={count['OK']};;;0;{len(hosts)}",
        f"warning={count['WARNING']};;;0;{len(hosts)}",
        f"critical={count['CRITICAL']};;{'' if critical.is_percent else critical};0;{len(hosts)}",
        f"unknown={count['UNKNOWN']};;;0;{len(hosts)}",
        f"silent={silent};;;0;{len(hosts)}",
        f"bad={bad * 100 / len(hosts):.4g}%;{warning.number:g};;0;100"
        if warning.is_percent
        else f"bad={bad};{warning};;0;{len(hosts)}",
    ]
    first = f"{title} {state} - {'; '.join([said, *groups])} | {' '.join(data)}"
    told = sorted((host for host in hosts if host.state), key=lambda host: ((2, 1, 3).index(host.state), host.name))
    long = [f"{host.name}: {STATES[host.state]} {_plain(host.said)}".rstrip() for host in told[:_MOST_LINES]]
    return [first, *long, *([f"and {len(told) - _MOST_LINES} more"] if len(told) > _MOST_LINES else [])]


def counted(hosts: Sequence[HostState]) -> Mapping[str, int]:
    """How many hosts there are of each state."""
    return {name: sum(host.state == code for host in hosts) for code, name in enumerate(STATES)}


def _named(names: Sequence[str]) -> str:
    ordered = sorted(names)
    more = len(ordered) - _MOST_NAMED
    return f"({len(ordered)}): {', '.join(ordered[:_MOST_NAMED])}" + (f" and {more} more" if more > 0 else "")


def _plain(text: str) -> str:
    """A line in which nothing begins performance data."""
    return " ".join(text.split()).replace("|", "/")[:500]
