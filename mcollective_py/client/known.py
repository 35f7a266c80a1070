"""Hosts seen before, so that a discovery can end when all of them have answered; kept on disk with their age."""

import hashlib
import json
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..filter import Filter
from ..names import is_identity
from ..privatefile import cache_folder, prune_folder, read_private, replace_private

logger = logging.getLogger(__name__)

FORGET_AFTER = 7 * 86400.0  # seconds of silence
FORGET_MISSED = 3  # whole windows of silence, where a host may no longer be meant
FULL_WINDOW_INTERVAL = 3600.0  # seconds; plugin.discovery.full_window_interval
MAX_HOSTS = 100_000
MAX_FILES = 256
MAX_BYTES = 32 * 1024 * 1024
_FILE_NAME = re.compile(r"[0-9a-f]{32}\.json")


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Who answered one question before. hosts: name -> when last heard of. missed: in how many whole windows since it was silent.

    full_window: when a discovery last waited its whole window, window: how long that one was. Times in seconds since the epoch.
    """

    hosts: Mapping[str, float] = field(default_factory=dict)
    full_window: float | None = None
    missed: Mapping[str, int] = field(default_factory=dict)
    window: float = 0.0

    def expected(self, now: float, interval: float = FULL_WINDOW_INTERVAL, window: float = 0.0) -> frozenset[str] | None:
        """Whose answers are enough to end early; None where the full window is due.

        That is where nothing is known, or the last full window is too old, or was shorter than window (seconds).
        """
        return frozenset(self.hosts) if self.hosts and self._is_fresh(now, interval) and window <= self.window else None

    def _is_fresh(self, now: float, interval: float) -> bool:
        return self.full_window is not None and 0 <= now - self.full_window < interval

    def age(self, now: float) -> float | None:
        """Seconds since a discovery last waited its whole window; None where none did."""
        return None if self.full_window is None else max(now - self.full_window, 0.0)

    def learned(
        self,
        answered: Iterable[str],
        *,
        was_full: bool,
        now: float,
        window: float = 0.0,
        interval: float = FULL_WINDOW_INTERVAL,
        can_change: bool = False,
    ) -> "Knowledge":
        """What is known after one more discovery: new hosts added, those silent for seven days forgotten.

        was_full: it waited its whole window, of so many seconds. Where a longer one is still fresh, silence in it says nothing.
        can_change: a host may cease to be meant by this question. Silence then says little, and costs the whole window each
        time: three of them are enough to forget a host.
        """
        was_full = was_full and (window >= self.window or not self._is_fresh(now, interval))
        heard = dict.fromkeys(answered, now)
        missed = {name: self.missed.get(name, 0) + was_full for name in self.hosts if name not in heard}
        hosts = {
            name: seen
            for name, seen in self.hosts.items()
            if 0 <= now - seen < FORGET_AFTER and not (can_change and missed.get(name, 0) >= FORGET_MISSED)
        }
        hosts |= heard
        if len(hosts) > MAX_HOSTS:
            hosts = dict(sorted(hosts.items(), key=lambda entry: entry[1], reverse=True)[:MAX_HOSTS])
        missed = {name: count for name, count in missed.items() if count and name in hosts}
        full_window, window = (now, window) if was_full else (self.full_window, self.window)
        return Knowledge(hosts, full_window, missed, window)

    @classmethod
    def from_json(cls, text: str) -> "Knowledge":
        """Raises ValueError for any text that to_json did not write."""
        value = json.loads(text)
        if not isinstance(value, dict) or not isinstance(value.get("hosts"), dict):
            raise ValueError("not a list of known hosts")
        hosts, full, missed, window = value["hosts"], value.get("full_window"), value.get("missed", {}), value.get("window", 0.0)
        if not all(is_identity(name) and _is_time(seen) for name, seen in hosts.items()) or not (full is None or _is_time(full)):
            raise ValueError("not a list of known hosts")
        if not isinstance(missed, dict) or not all(name in hosts and type(count) is int for name, count in missed.items()):
            raise ValueError("not a list of known hosts")
        if not _is_time(window):
            raise ValueError("not a list of known hosts")
        return cls({name: float(seen) for name, seen in hosts.items()}, full, missed, float(window))

    def to_json(self) -> str:
        """As kept on disk."""
        value = {"hosts": dict(self.hosts), "full_window": self.full_window, "missed": dict(self.missed), "window": self.window}
        return json.dumps(value, separators=(",", ":"))


class KnownHosts:
    """A folder with one small file for each question (scope, collective, agent and filter); a broken file is nothing known."""

    def __init__(self, folder: Path, scope: str = "") -> None:
        self.folder, self.scope = folder, scope

    @classmethod
    def of_user(cls, scope: str, environment: Mapping[str, str] = os.environ) -> "KnownHosts":
        """In $XDG_CACHE_HOME, else ~/.cache. scope keeps fleets apart that share a collective's name: the configuration file."""
        return cls(Path(cache_folder(environment), "known"), scope)

    def load(self, collective: str, agent: str, filter: Filter) -> Knowledge:
        """What is known of this question; nothing where there is no usable file."""
        path = self._path(collective, agent, filter)
        try:
            return Knowledge.from_json(read_private(path, MAX_BYTES).decode())
        except FileNotFoundError:
            return Knowledge()
        except (OSError, ValueError, RecursionError) as error:
            logger.info("known hosts in %s are not used: %s", path, error)
            return Knowledge()

    def save(self, collective: str, agent: str, filter: Filter, knowledge: Knowledge) -> None:
        """Replace the file in one step. A cache that cannot be written costs time, never a result: it is only logged."""
        path = self._path(collective, agent, filter)
        try:
            replace_private(path, knowledge.to_json())
            prune_folder(self.folder, _FILE_NAME.fullmatch, _oldest)
        except OSError as error:
            logger.info("known hosts cannot be kept in %s: %s", self.folder, error)

    def _path(self, collective: str, agent: str, filter: Filter) -> Path:
        question: Any = [self.scope, collective, agent, filter.to_wire()]
        return self.folder / (hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:32] + ".json")


def _oldest(files: Sequence[tuple[str, os.stat_result]]) -> list[str]:
    ages = sorted((status.st_mtime, name) for name, status in files)
    return [name for _, name in ages[: max(len(ages) - MAX_FILES, 0)]]


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e12
