"""Runs: what became of the user's last calls, host by host, so that a call can be made of the failed or missing ones; kept on disk."""

import json
import logging
import os
import re
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any, Self

from ..errors import UsageError
from ..names import is_action, is_agent, is_identity
from ..privatefile import cache_folder, prune_folder, read_private, replace_private
from .results import RPCStats

logger = logging.getLogger(__name__)

MAX_RUNS = 200
MAX_BYTES = 8 * 1024 * 1024  # of one run: 100,000 hosts with long names
MAX_ALL_BYTES = 64 * 1024 * 1024
SHORTEST_ID = 4  # digits of a request id that stand for it, where no other run begins with them
WHICH = ("failed", "missing", "ok", "not-ok")
_FILE_NAME = re.compile(r"(\d{13})-([0-9a-f]{32})\.json", re.ASCII)
_ID = re.compile(r"[0-9a-f]{1,32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Run:
    """One call and its hosts by outcome, each list sorted. Inputs are not kept: they may be secrets.

    action: None for a plain message. started: seconds since the epoch. scope: the configuration file, which tells fleets apart.
    missing: asked, and no answer; not_asked: the call ended before, or it could not be sent to them. stopped: why a roll-out ended
    early, in words; is_interrupted: the wait was cut short.
    """

    request_id: str
    agent: str
    action: str | None
    started: float
    scope: str
    ok: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    stopped: str | None = None
    is_interrupted: bool = False

    @classmethod
    def of(
        cls, stats: RPCStats, ok: Collection[str], failed: Collection[str], *, scope: str = "", is_interrupted: bool = False
    ) -> Self:
        """The run of a call that has ended: its statistics, and the names of those that succeeded and failed."""
        answered = {*ok, *failed}
        not_asked = {*stats.not_asked, *stats.not_sent}
        missing = set(stats.discovered) - answered - not_asked
        return cls(
            stats.request_id,
            stats.agent,
            stats.action,
            stats.started,
            scope,
            ok=tuple(sorted(ok)),
            failed=tuple(sorted(failed)),
            missing=tuple(sorted(missing)),
            not_asked=tuple(sorted(not_asked)),
            stopped=None if stats.stopped is None else str(stats.stopped),
            is_interrupted=is_interrupted,
        )

    def hosts(self, which: str) -> tuple[str, ...]:
        """Who is meant by `ok`, `failed`, `missing` (those not asked, too) or `not-ok` (the last two), sorted."""
        lists = {
            "ok": self.ok,
            "failed": self.failed,
            "missing": (*self.missing, *self.not_asked),
            "not-ok": (*self.failed, *self.missing, *self.not_asked),
        }
        return tuple(sorted(lists[which]))

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError for any text that is not one of to_dict's."""
        value = json.loads(text)
        if not isinstance(value, dict) or set(value) != {field.name for field in fields(cls)}:
            raise ValueError("not a run")
        lists = {name: value[name] for name in ("ok", "failed", "missing", "not_asked")}
        for names in lists.values():
            if not isinstance(names, list) or not all(isinstance(name, str) and is_identity(name) for name in names):
                raise ValueError("not a run's hosts")
        words = (value["request_id"], value["agent"], value["action"] or "a", value["scope"], value["stopped"] or "")
        if not all(isinstance(word, str) for word in words) or not _ID.fullmatch(words[0]):
            raise ValueError("not a run's call")
        if not is_agent(words[1]) or not is_action(words[2]) or type(value["started"]) not in (int, float):
            raise ValueError("not a run's call")
        if type(value["is_interrupted"]) is not bool:
            raise ValueError("not a run's end")
        return cls(**{**value, **{name: tuple(names) for name, names in lists.items()}})


class Runs:
    """A folder with one file for each of the last calls; a broken file is a call that is not known."""

    def __init__(self, folder: Path, scope: str = "") -> None:
        self.folder, self.scope = folder, scope

    @classmethod
    def of_user(cls, scope: str, environment: Mapping[str, str] = os.environ) -> Self:
        """In $XDG_CACHE_HOME, else ~/.cache. scope: the configuration file; runs of another one are not seen."""
        return cls(Path(cache_folder(environment), "runs"), scope)

    def save(self, run: Run) -> None:
        """Keep a run in one step, and forget the oldest. Where it cannot be written the call is no less true: it is only logged."""
        text = json.dumps(run.to_dict(), separators=(",", ":"))
        if len(text) > MAX_BYTES:
            logger.info("the run %s is too large to be kept", run.request_id)
            return
        try:
            replace_private(self.folder / f"{int(run.started * 1000):013d}-{run.request_id}.json", text)
            prune_folder(self.folder, _FILE_NAME.fullmatch, _oldest)
        except OSError as error:
            logger.info("runs cannot be kept in %s: %s", self.folder, error)

    def latest(self) -> Iterator[Run]:
        """All runs of this scope, the latest first."""
        for path in self._paths():
            run = self._read(path)
            if run is not None and run.scope == self.scope:
                yield run

    def find(self, request_id: str | None = None) -> Run:
        """The run with this request id, or the only one that begins so; None for the latest. UsageError where there is none."""
        if request_id is None:
            run = next(self.latest(), None)
            if run is None:
                raise UsageError(f"no call is kept yet in {self.folder}: they are after every `mco rpc`")
            return run
        word = request_id.lower()
        if not _ID.fullmatch(word) or len(word) < SHORTEST_ID:
            raise UsageError(f"{request_id[:80]!r} is no request id: 32 hexadecimal digits, or the first {SHORTEST_ID} or more of them")
        named = [path for path in self._paths() if path.name.partition("-")[2].startswith(word)]
        found = [run for run in map(self._read, named) if run is not None and run.scope == self.scope]
        if len(found) == 1:
            return found[0]
        if found:
            raise UsageError(f"{word} is not enough of a request id, it may be {' or '.join(run.request_id for run in found[:5])}")
        there = ", ".join(f"{run.request_id[:8]} ({run.agent} {run.action or 'message'})" for run in islice(self.latest(), 5))
        raise UsageError(f"no run {word} is kept: " + (f"the latest are {there}" if there else "there is none yet"))

    def _paths(self) -> list[Path]:
        try:
            return sorted((path for path in self.folder.iterdir() if _FILE_NAME.fullmatch(path.name)), reverse=True)
        except OSError:
            return []

    def _read(self, path: Path) -> Run | None:
        try:
            return Run.from_json(read_private(path, MAX_BYTES).decode())
        except (OSError, ValueError, RecursionError) as error:
            logger.info("the run in %s is not used: %s", path, error)
            return None


def rerun(word: str, runs: Runs) -> tuple[Run, tuple[str, ...]]:
    """The run and the hosts that `failed`, `missing`, `ok` or `not-ok` mean, of the latest run or of the one in `failed:REQUEST_ID`.

    Raises UsageError for any other word, a run that is not kept, and one that has no such host.
    """
    which, has_id, request_id = word.partition(":")
    if which not in WHICH:
        raise UsageError(f"--rerun takes {', '.join(WHICH)}, or one of them and a request id as in failed:1f2e3d4c; not {word[:80]!r}")
    run = runs.find(request_id if has_id else None)
    hosts = run.hosts(which)
    if not hosts:
        raise UsageError(f"{_named(run)} has no hosts that are {which}: `mco runs {run.request_id[:8]}` shows them")
    return run, hosts


def _oldest(files: Sequence[tuple[str, os.stat_result]]) -> Iterator[str]:
    left = MAX_ALL_BYTES
    for at, (name, status) in enumerate(sorted(files, reverse=True)):
        left -= status.st_size
        if at >= MAX_RUNS or (left < 0 and at):
            yield name


def _named(run: Run) -> str:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
    return f"the call {run.request_id[:8]} of {run.agent} {run.action or 'message'} at {when}"
