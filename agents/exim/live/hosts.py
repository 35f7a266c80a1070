"""What is known of each host's queue, since when, and who is to be asked next; pure: the time is passed in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..sent import number

PATIENCE = 4.0  # seconds without an answer after which a host is told as silent, where they are asked more often than that


@dataclass(slots=True)
class Host:
    """One host. messages, frozen, bounces, size (bytes), oldest (seconds): of what the filter means; total: of all its mail.

    answered: when its numbers came, None before the first. asked: since when it is due, None where it is not. trouble: what it said in
    place of numbers. lost: since when it is silent. All times in seconds of one monotonic clock.
    """

    name: str
    messages: int = 0
    total: int = 0
    frozen: int = 0
    bounces: int = 0
    size: int = 0
    oldest: int = 0
    broken: int = 0
    answered: float | None = None
    asked: float | None = None
    trouble: str = ""
    lost: float | None = None

    def is_silent(self, now: float, patience: float) -> bool:
        """Whether it was asked and gave no answer in time."""
        return self.lost is not None or (self.asked is not None and now - self.asked >= patience)

    def is_fresh(self, now: float, patience: float) -> bool:
        """Whether its numbers are those of now."""
        return self.answered is not None and not self.trouble and not self.is_silent(now, patience)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of the hosts whose numbers are those of now. hosts: how many there are; counted, silent, failed: of them."""

    hosts: int
    counted: int
    silent: int
    failed: int
    messages: int
    total: int
    frozen: int
    bounces: int
    size: int
    oldest: int


# Name -> what is sorted by, the most first where it is a number.
SORTS: Mapping[str, Callable[[Host], Any]] = {
    "messages": lambda host: -host.messages,
    "frozen": lambda host: -host.frozen,
    "bounces": lambda host: -host.bounces,
    "size": lambda host: -host.size,
    "oldest": lambda host: -host.oldest,
    "host": lambda host: 0,
}


class Hosts:
    """All hosts that were ever found, in no order. interval: seconds between two questions to each."""

    def __init__(self, interval: float) -> None:
        self.interval, self.patience = interval, max(interval, PATIENCE)
        self._hosts: dict[str, Host] = {}
        self._round: float | None = None

    def __len__(self) -> int:
        return len(self._hosts)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all."""
        return tuple(self._hosts)

    def learn(self, names: Iterable[str]) -> None:
        """There are these hosts, too; none is ever forgotten."""
        for name in names:
            self._hosts.setdefault(name, Host(name))

    def forget_numbers(self) -> None:
        """They were those of another filter; ask at once."""
        self._hosts = {name: Host(name, lost=host.lost) for name, host in self._hosts.items()}
        self._round = None

    def hurry(self) -> None:
        """Ask at once, whoever is not being asked."""
        self._round = None

    def due(self, now: float) -> tuple[str, ...]:
        """Whom to ask now: once in an interval all who are not being asked; later while somebody is slow and may still answer."""
        if self._round is not None:
            if now - self._round < self.interval:
                return ()
            if now - self._round < self.patience and any(host.asked is not None and host.lost is None for host in self._hosts.values()):
                return ()
        return tuple(name for name, host in self._hosts.items() if host.asked is None)

    def asked(self, names: Iterable[str], now: float) -> None:
        """These are being asked."""
        self._round = now
        for name in names:
            if self._hosts[name].asked is None:
                self._hosts[name].asked = now

    def answered(self, name: str, data: Mapping[str, Any], now: float) -> None:
        """Numbers came, as the action `count` gives them; also of a host that nobody knew."""
        host = self._hosts[name] = Host(name, answered=now)
        for field in ("messages", "total", "frozen", "bounces", "oldest"):
            setattr(host, field, max(number(data.get(field)), 0))
        host.size = max(number(data.get("bytes")), 0)
        broken = data.get("broken")
        host.broken = len(broken) if isinstance(broken, list) else 0

    def failed(self, name: str, words: str, now: float) -> None:
        """It answered, and not with numbers."""
        host = self._hosts.setdefault(name, Host(name))
        host.trouble, host.asked, host.lost = words or "failed", None, None

    def unanswered(self, names: Iterable[str], now: float) -> None:
        """Nothing more is waited for from these; whoever has not answered is silent, and will be asked again."""
        for name in names:
            host = self._hosts.get(name)
            if host is not None and host.asked is not None:
                host.lost = host.asked if host.lost is None else host.lost
                host.asked = None

    def rows(self, by: str, now: float) -> list[Host]:
        """All hosts, sorted: those without numbers of now first, since they need a look. by: of SORTS."""
        key = SORTS[by]
        found = sorted(sorted(self._hosts.values(), key=lambda host: host.name), key=key)
        return (
            sorted(found, key=lambda host: host.answered is not None and host.is_fresh(now, self.patience)) if by != "host" else found
        )

    def totals(self, now: float) -> Totals:
        """The sums; hosts whose numbers are old count in none."""
        fresh = [host for host in self._hosts.values() if host.is_fresh(now, self.patience)]
        silent = sum(1 for host in self._hosts.values() if host.is_silent(now, self.patience))
        failed = sum(1 for host in self._hosts.values() if host.trouble and not host.is_silent(now, self.patience))
        sums = {name: sum(getattr(host, name) for host in fresh) for name in ("messages", "total", "frozen", "bounces", "size")}
        oldest = max((host.oldest for host in fresh), default=0)
        return Totals(len(self._hosts), len(fresh), silent, failed, oldest=oldest, **sums)

    def state(self, host: Host, now: float) -> str:
        """What is to be said of a host beside its numbers, or in their place."""
        if host.is_silent(now, self.patience):
            since = host.lost if host.lost is not None else host.asked
            told = "" if host.answered is None else f", had {host.messages}"
            return f"silent for {seconds_text(now - (now if since is None else since))}{told}"
        if host.trouble:
            return host.trouble
        if host.answered is None:
            return "asked" if host.asked is not None else ""
        return f"{host.broken} broken" if host.broken else ""


def seconds_text(seconds: float) -> str:
    """`12s`, `3m`, `2h`."""
    whole = max(int(seconds), 0)
    return f"{whole}s" if whole < 120 else f"{whole // 60}m" if whole < 7200 else f"{whole // 3600}h"


def titles(has_filter: bool) -> Sequence[str]:
    """What the columns are called."""
    return ("HOST", "MATCHED" if has_filter else "MESSAGES", "OF ALL", "FROZEN", "BOUNCES", "SIZE", "OLDEST", "STATE")
