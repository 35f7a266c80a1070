"""The journal: what was begun here and how it ended, in memory and on disk, so that nothing runs twice and nobody has to guess.

An action that changes something runs when the disk has a record of it, and not before. Records of what only reads are written too,
but not waited for: a host that loses its power may lose those of the last half minute. At the start all are read again: what was
accepted is refused for as long as it could pass as fresh, and what had begun without an end is an unknown outcome.
"""

import errno
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from ..errors import JournalFailed, Rejected, RPCError
from ..message import Request
from ..settings import LARGEST_SKEW, LONGEST_TTL
from .call import Outcome
from .endings import FORGOTTEN, NOT_SEEN, REFUSED, RUNNING, UNKNOWN, Ending, Endings
from .journalfile import JournalFile
from .journalrecords import (
    VERSION,
    Begun,
    Ended,
    Floor,
    Head,
    Reading,
    Record,
    Refused,
    Running,
    Seen,
    UnknownVersion,
    Window,
    read,
)
from .leftovers import is_running, process_of
from .pipeline import Rules
from .replay import ReplayMemory

logger = logging.getLogger(__name__)

_BETWEEN_TRIES = 1.0  # seconds
_LONGEST_WINDOW = float(LONGEST_TTL + LARGEST_SKEW)  # of a host of which nothing is known


class Journal:
    """What a daemon remembers of requests.

    folder: where its file is; None keeps all in memory alone, as tests do. rules: the host's. reads_go_on: whether what only reads is
    done while nothing can be written. clock: seconds since the epoch. Only the thread that takes requests begins and refuses; any may
    tell how they ended, and ask.
    """

    def __init__(
        self,
        folder: Path | None = None,
        rules: Rules | None = None,
        *,
        reads_go_on: bool = True,
        clock: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.replay, self._endings = ReplayMemory(), Endings()
        self._rules, self._reads_go_on, self._clock = rules or Rules(), reads_go_on, clock
        self._window = window_of(self._rules)
        self._lock = threading.Lock()
        self._since = float("-inf")
        self._is_failing = self._is_closed = False
        self._tried = float("-inf")  # when it was last to be written anew
        self._reason: OSError | None = None  # why it could not be
        self._file = None if folder is None else JournalFile(folder, self._content)

    # --- the life of a request ------------------------------------------------------------------------------------------

    def begin(self, request: Request, now: float, *, only_reads: bool) -> None:
        """Write that an action is about to begin. Raises JournalFailed: then it must not."""
        proof = request.proof if request.is_proof_unique or not only_reads else ""
        end = request.time + request.ttl
        record = Begun(now, end, request.caller, request.id, proof, request.agent, request.action, only_reads)
        try:
            with self._lock:
                self._renew_if_due()
                self._append(record)
            if not only_reads and self._file is not None:
                self._file.sync()  # without the lock: a slow disk holds up nobody who tells how something ended
            self._is_failing = False
        except OSError as error:
            self._fail(error)
            if not (only_reads and self._reads_go_on):
                why = error.strerror or error
                raise JournalFailed(f"the journal of requests cannot be written, so nothing is done: {why}") from error
        with self._lock:
            self._endings.begun(record)

    def runs_in(self, request: Request, pid: int) -> None:
        """Write which process an action runs in, so that a daemon after this one knows it."""
        if self._file is None or (process := process_of(pid)) is None:
            return
        record = Running(self._clock(), request.caller, request.id, pid, *process)
        self._note(record)
        with self._lock:
            self._endings.running(record)

    def ended(self, request: Request, outcome: Outcome, now: float) -> None:
        """Write how an action ended; never raises."""
        code = None if outcome.is_unknown else outcome.statuscode
        record = Ended(now, request.caller, request.id, code, outcome.refusal or "")
        self._note(record)
        with self._lock:
            self._endings.ended(record, outcome.statusmsg if code else "")

    def refused(self, request: Request, error: Rejected | RPCError, now: float, *, is_taken_in: bool) -> None:
        """Keep why a request was not carried out; never raises.

        is_taken_in: whether its copies are refused from now on, as those of one that ran are. What is old, a copy or for others is not,
        and leaves nothing on the disk.
        """
        with self._lock:
            self._endings.refused(request, error, now)
            ending = self._endings.find(request.caller, request.id)
        if is_taken_in and ending is not None and ending.state == REFUSED:
            proof = request.proof if request.is_proof_unique else ""
            self._note(
                Refused(
                    now, ending.end, request.caller, request.id, proof, request.agent, request.action, ending.stage, ending.word
                )
            )  # fmt: skip

    # --- what is asked --------------------------------------------------------------------------------------------------

    def status(self, caller: str, request_id: str) -> Ending:
        """What became of a request of this caller."""
        with self._lock:
            found = self._endings.find(caller, request_id)
        if found is None:
            return Ending(FORGOTTEN if self.replay.knows(caller, request_id) else NOT_SEEN, self._clock(), "")
        return still(found)

    def of_any_caller(self, request_id: str) -> list[tuple[str, Ending]]:
        """Callers and endings of the requests with an id."""
        with self._lock:
            found = list(self._endings.of_any_caller(request_id))
        return [(caller, still(ending)) for caller, ending in found]

    @property
    def since(self) -> float:
        """From when on this host knows of all that was begun here to change something; seconds since the epoch."""
        return max(self._since, self._endings.dropped_at)

    def left_running(self) -> Iterator[tuple[str, str, Ending, Running]]:
        """Caller, id, ending and process of what an earlier daemon began and what still runs."""
        with self._lock:
            unknown = [each for each in self._endings.changes() if each[2].state == UNKNOWN and each[2].process is not None]
        for caller, id, ending in unknown:
            if ending.process is not None and is_running(ending.process):
                yield caller, id, ending, ending.process

    # --- the life of the daemon -----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Lock the folder and take in what is there. Raises ConfigError where another daemon uses it.

        Whatever cannot be read or written is no reason not to start: it is logged, and refused are those requests of which it is not
        known whether they ran.
        """
        if self._file is None:
            return
        self._file.lock()
        now = self._clock()
        aside, intact = self._recall(now)
        try:
            if aside or intact is None:
                self._file.renew(aside)
            else:
                self._file.resume(intact)
                self._renew_if_due()
        except OSError as error:
            self._fail(error)
        if (ahead := self.replay.floor - now) > self._window:
            logger.warning(
                "by %s this host is %.0f s further than its clock says, and takes no request from before: is the clock right? If it "
                "was ahead then and is right now, stop the daemon and remove that file",
                self._file.path,
                ahead,
            )
        elif ahead > 0:
            logger.warning("requests that end within the next %.0f s are refused: any of them may have run", ahead)

    def use(self, rules: Rules, *, reads_go_on: bool) -> None:
        """Go on by the limits of a reloaded configuration."""
        self._reads_go_on = reads_go_on
        if rules == self._rules:
            return
        self._rules, window = rules, window_of(rules)
        if window > self._window:  # a file keeps the longest
            self._window = window
            self._note(Window(self._clock(), window))

    def close(self) -> None:
        """Write how far this host has come, and let go of the file."""
        if self._file is None:
            return
        self._note(Floor(self._clock(), max(self.replay.floor, 0.0)))
        with self._lock:
            self._is_closed = True  # what ends after that is an unknown outcome to the next daemon
            self._file.close()

    # --- the file -------------------------------------------------------------------------------------------------------

    def _append(self, record: Record) -> None:
        if self._file is not None and not self._is_closed:
            self._file.append(record, sync=False)

    def _note(self, record: Record) -> None:
        """Write a record that is not worth failing for."""
        try:
            with self._lock:
                self._append(record)
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        if not self._is_failing and self._file is not None:
            logger.error("the journal %s cannot be written: %s", self._file.path, error.strerror or error)
        self._is_failing = True

    def _renew_if_due(self) -> None:
        if self._file is None or not self._file.is_to_be_renewed():
            return
        now = self._clock()
        if 0 <= now - self._tried < _BETWEEN_TRIES and self._reason is not None:
            raise self._reason
        self._tried, self._reason = now, None
        try:
            self._file.renew()
        except OSError as error:
            if self._file.is_new:
                self._reason = error
                raise
            self._file.put_off()

    def _content(self) -> Iterator[Record]:
        """All that a new file has to say: what was begun to change something, and whatever else must not be taken in again."""
        now = self._clock()
        yield Head(VERSION, now, max(self.since, 0.0), self._window, max(self.replay.floor, 0.0))
        known = set()
        for caller, id, ending in self._endings.changes():
            begun = now if ending.begun is None else ending.begun
            yield Begun(begun, ending.end, caller, id, ending.proof, ending.agent, ending.action, ending.only_reads)
            known |= {(caller, id), (caller, ending.proof)}
            if ending.process is not None:
                yield ending.process
            if ending.state == REFUSED:
                yield Ended(ending.time, caller, id, 5, ending.word)
            elif ending.state != RUNNING:
                yield Ended(ending.time, caller, id, None if ending.state == UNKNOWN else ending.code, ending.word)
        yield from (Seen(end, caller, key) for end, (caller, key) in self.replay.live() if (caller, key) not in known)

    # --- the start ------------------------------------------------------------------------------------------------------

    def _recall(self, now: float) -> tuple[str, int | None]:
        """Take in the file: what it is to be kept as beside a new one, empty for nothing, and its good size, None for a new one."""
        assert self._file is not None
        try:
            content, written = self._file.read()
        except FileNotFoundError:
            self._since = now
            return "", None
        except OSError as error:
            self._doubt(now, f"cannot be read: {error.strerror or error}", now + _LONGEST_WINDOW)
            return ("" if error.errno == errno.ELOOP else "damaged"), None
        try:
            reading = read(content)
        except UnknownVersion as error:
            self._doubt(now, f"is of version {error.version}, this daemon reads {VERSION}", written + error.window)
            return "old", None
        newest = self._take_in(reading)
        if not content:
            self._since = now
            return "", None
        if reading.records and not isinstance(reading.records[0], Head):
            self._window = _LONGEST_WINDOW
        for damage in reading.damages:
            before = max(written, newest) if damage.before is None else damage.before
            self._doubt(now, f"is damaged, {damage.size} bytes at {damage.at}", before + self._window)
        if reading.damages or not reading.records:
            return ("damaged" if reading.damages else ""), None
        return "", reading.intact

    def _take_in(self, reading: Reading) -> float:
        """Know again what a file says; the time of its newest record."""
        newest = 0.0
        for record in reading.records:
            if not isinstance(record, Seen):
                newest = max(newest, record.time)
            match record:
                case Head():
                    self._since = record.since
                    self._window = max(self._window, record.window)
                    self.replay.raise_floor(record.floor)
                case Window():
                    self._window = max(self._window, record.window)
                case Floor():
                    self.replay.raise_floor(record.floor)
                case Begun():
                    self._remember(record.caller, record.id, record.proof, record.end)
                    self._endings.begun(record)
                case Refused():
                    self._remember(record.caller, record.id, record.proof, record.end)
                    self._endings.recall(record)
                case Seen():
                    self.replay.restore(record.caller, record.key, record.end)
                case Running():
                    self._endings.running(record)
                case Ended():
                    self._endings.ended(record)
        self._endings.interrupt(newest)
        # What was too old by the clock at the last record is so by any clock since.
        self.replay.raise_floor(newest - 2 * max(self._rules.skew, self._rules.late or 0.0))
        return newest

    def _remember(self, caller: str, id: str, proof: str, end: float) -> None:
        self.replay.restore(caller, id, end)
        if proof:
            self.replay.restore(caller, proof, end)

    def _doubt(self, now: float, what: str, floor: float) -> None:
        """Refuse all that may have run unknown to us."""
        assert self._file is not None
        self._since = now
        self.replay.raise_floor(floor)
        logger.error("the journal %s %s: what may have run by it is refused", self._file.path, what)


def still(ending: Ending) -> Ending:
    """An unknown outcome whose process is still there is none yet."""
    if ending.state == UNKNOWN and ending.process is not None and is_running(ending.process):
        return replace(ending, state=RUNNING)
    return ending


def window_of(rules: Rules) -> float:
    """Seconds from when a request is accepted to when the last that was made before then has ended by its ttl, at most."""
    return rules.max_ttl + max(rules.skew, rules.late or 0.0)
