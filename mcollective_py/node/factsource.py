"""The facts source port, and the cache that keeps the last good facts."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any, Protocol

from ..errors import PluginError
from ..regularfile import Settling, Stamp, UnusableFile, read_regular, reason_of
from .plainfacts import OddFacts, plain_facts
from .trouble import Trouble

KEEP_FOR_S = 1800.0  # how long facts are used that can no longer be had
PATIENCE_S = 0.5  # how long a request waits for facts known to have changed
FIRST_S = 60.0  # how long a daemon that starts waits for its first facts
RETRY_S = 30.0  # between two tries while they fail
_REST = 4  # a source that changes all the time is loaded for at most a fifth of the time

# Those of regularfile are what a source that reads files needs.
__all__ = ["CachedFacts", "FactsSource", "Settling", "Stamp", "UnusableFile", "read_regular", "reason_of"]

logger = logging.getLogger(__name__)


class FactsSource(Protocol):
    """Where facts come from: a class in facts/NAME/source.py, named after the folder (`Yaml`, `Facter`, `Native`).

    settings: the `plugin.NAME.*` and `plugin.NAME` settings of the configuration file, as text; keys without `plugin.NAME.`,
    `plugin.NAME` itself under the empty key.
    """

    def __init__(self, settings: Mapping[str, str]) -> None: ...

    def load(self) -> Mapping[str, Any]:
        """All facts, nested mappings and lists of plain values. Raises PluginError with the reason when there are none to be had."""
        ...

    def fingerprint(self) -> object:
        """A value that changes when load would give something new; None where only age tells (a program that is run)."""
        ...


class CachedFacts:
    """The facts of a source, loaded again by age or when its fingerprint changes; safe to ask from several threads.

    max_age: seconds (the setting `fact_cache_time`). keep_for: seconds that the last good facts are used after the source first
    failed; from then on facts() is None and no fact filter matches. Only the very first load makes a caller wait for the source,
    a change of fingerprint makes it wait for patience seconds; all else is loaded in a thread of its own.
    """

    def __init__(
        self,
        source: FactsSource,
        max_age: float = 300.0,
        keep_for: float = KEEP_FOR_S,
        *,
        name: str = "facts source",
        patience: float = PATIENCE_S,
    ) -> None:
        self._source, self._max_age, self._keep_for, self._name, self._patience = source, max_age, keep_for, name, patience
        self._lock = threading.Lock()  # guards all below; never held while the source works
        self._done = threading.Event()
        self._loading = False
        self._facts: Mapping[str, Any] | None = None
        self._fingerprint: object = None
        self._next: float | None = None  # when the next load is due by age; None until the first has ended
        self._is_awaited = True  # by callers, for the first load only
        self._rest_until = 0.0
        self._failing_since: float | None = None
        self._is_given_up = False
        self._trouble = Trouble()

    @property
    def trouble(self) -> str | None:
        """Why the source gives no facts at present, None while it does."""
        return self._trouble.reason

    def facts(self, now: float | None = None) -> Mapping[str, Any] | None:
        """The facts, the same object until they change; None while none are usable. now: seconds of a monotonic clock."""
        now = time.monotonic() if now is None else now
        fingerprint = self._fingerprint_now()
        with self._lock:
            is_first = self._next is None
            is_changed = not is_first and fingerprint != self._fingerprint
            is_due = self._next is None or (now >= self._rest_until and (is_changed or now >= self._next))
            if is_due and not self._loading:
                self._loading = True
                self._done.clear()
                threading.Thread(target=self._load, args=(now, fingerprint), name="facts", daemon=True).start()
            wait = (FIRST_S if self._is_awaited else 0) if is_first else self._patience if is_changed and self._loading else 0
        is_done = self._done.wait(wait) if wait else True
        with self._lock:
            self._is_awaited = self._is_awaited and is_done
            if self._failing_since is not None and now - self._failing_since >= self._keep_for:
                self._give_up()
            return self._facts

    def _fingerprint_now(self) -> object:
        try:
            return self._source.fingerprint()
        except (PluginError, OSError):  # then age has to tell
            return self._fingerprint

    def _load(self, now: float, fingerprint: object) -> None:
        begun = time.monotonic()
        facts, reason = None, ""
        try:
            facts = plain_facts(self._source.load())
        except PluginError as error:
            reason = error.reason
        except OddFacts as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001  a site's own source: its fault must not end the thread unseen
            reason = f"{type(error).__name__}: {error}"
        finally:
            with self._lock:
                self._rest_until = now + _REST * (time.monotonic() - begun)
                self._fingerprint = fingerprint
                if facts is None:
                    self._failed(reason or "was interrupted", now)
                else:
                    self._loaded(facts, now)
                self._loading = False
            self._done.set()

    def _loaded(self, facts: Mapping[str, Any], now: float) -> None:
        self._next, self._failing_since, self._is_given_up = now + self._max_age, None, False
        if facts != self._facts:
            self._facts = facts
        if self._trouble.ends():
            logger.info("%s: facts can be had again", self._name)

    def _failed(self, reason: str, now: float) -> None:
        self._next = now + max(1.0, min(RETRY_S, self._max_age))
        if self._failing_since is None:
            self._failing_since = now
        if self._trouble.begins(reason, now):
            stays = "no fact filter matches" if self._facts is None else f"the last facts stay in use for {self._keep_for:g} s"
            logger.warning("%s: %s; %s", self._name, reason, stays)

    def _give_up(self) -> None:
        if not self._is_given_up and self._facts is not None:
            logger.warning("%s: no facts for %g s; no fact filter matches", self._name, self._keep_for)
        self._facts, self._is_given_up = None, True
