"""The queue of this host, as every action reads it: from the spool, or where that is closed to us from `exim -bp`; and which log."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from mcollective_py.agent import Cache, InvalidRPCData, RPCAborted, run

from .fields import selection_of
from .msglog import MAX_READ, LastTry, parse_msglog
from .places import Places, find_places
from .queue import Broken, Folder, Kept, Listing, queue_folders, read_one, read_queue, read_tail
from .spoolfile import Message

FORGOTTEN_AFTER = 120.0  # seconds without a question: a daemon at rest keeps no queue in memory
# One reading at a time brings a remembered queue up to date; another at the same moment reads all for itself.
_KEPT: "Cache[tuple[threading.Lock, Kept]]" = Cache(FORGOTTEN_AFTER, is_large=True)


class Reader:
    """One request's view of the queue. config: the settings plugin.exim.*. now: seconds since the epoch."""

    def __init__(self, config: Mapping[str, str], now: float | None = None) -> None:
        self.config, self.now = config, time.time() if now is None else now
        self._tries: dict[str, LastTry] = {}

    @property
    def places(self) -> Places:
        """Where things are. Raises RPCAborted."""
        return find_places(self.config)

    @property
    def mainlog(self) -> str:
        """The path of Exim's main log. Raises RPCAborted where there is none."""
        if not (path := self.places.mainlog):
            raise RPCAborted("Exim logs to syslog here: plugin.exim.mainlog says to which file that goes")
        return path

    def between(self, inputs: Mapping[str, Any]) -> tuple[str, str]:
        """The inputs `since` and `until` as the log writes times; empty where they are not given. Raises InvalidRPCData."""
        from .logs import moment_of

        try:
            since, until = (moment_of(text, self.now) if (text := inputs.get(name, "")) else "" for name in ("since", "until"))
        except ValueError as error:
            raise InvalidRPCData(f"since and until are times, as 2h or 2026-11-23 16:00: {error}") from error
        return since, until

    def listing(self, inputs: Mapping[str, Any]) -> Listing:
        """The messages that the inputs `select` and `limit_*` mean. Raises InvalidRPCData, RPCAborted where none can be read."""
        selection = selection_of(inputs, self.now, self.last_try)
        wanted: Callable[[Message], bool] | None = None if selection.is_everything else selection
        try:
            folders = self.folders()
            part = selection.part_of("sender") or _in_brackets(selection.part_of("envelope_sender"))
            return self._read(folders, wanted, part)
        except PermissionError:
            return self._asked(wanted)
        except OSError as error:
            raise RPCAborted(f"the spool {self.places.spool} cannot be read: {error.strerror or error}") from error

    def folders(self) -> list[Folder]:
        """Every folder with messages. Raises OSError."""
        return queue_folders(self.places.spool)

    def message(self, id: str) -> Message:
        """One message. Raises RPCAborted for one that is not there, and for one whose file is broken."""
        try:
            found = read_one(self.folders(), id)
        except ValueError as error:
            raise InvalidRPCData(f"{id[:40]} is no message id") from error
        except OSError as error:
            raise RPCAborted(f"the spool {self.places.spool} cannot be read: {error.strerror or error}") from error
        if found is None:
            raise RPCAborted(f"No message matching {id}")
        if isinstance(found, Broken):
            raise RPCAborted(f"{id}: {found.reason}")
        return found

    def last_try(self, mail: Message) -> LastTry:
        """What a message's own log says of its last delivery; nothing where there is none."""
        known = self._tries.get(mail.id)
        if known is None:
            known = self._tries[mail.id] = parse_msglog(self.log_of(mail, MAX_READ))
        return known

    def log_of(self, mail: Message, limit: int) -> str:
        """The end of a message's own log."""
        with suppress(OSError):
            return read_tail(f"{_log_folder(mail.folder)}/{mail.id}", limit).decode("utf-8", "replace")
        return ""

    def _read(
        self, folders: list[Folder], wanted: Callable[[Message], bool] | None, sender_wanted: Callable[[str], bool] | None
    ) -> Listing:
        lock, kept = _KEPT.fetch(self.places.spool, lambda: (threading.Lock(), Kept()))
        if not lock.acquire(blocking=False):
            return read_queue(folders, wanted, sender_wanted=sender_wanted)
        try:
            _KEPT.write(self.places.spool, (lock, kept))  # it is young again
            if not kept.folders and sender_wanted is not None:  # nothing is remembered, and most files need not be read to their end
                return read_queue(folders, wanted, sender_wanted=sender_wanted)
            return read_queue(folders, wanted, kept=kept)
        finally:
            lock.release()

    def _asked(self, wanted: Callable[[Message], bool] | None) -> Listing:
        from .bp import exim_bp, named_queues, parse_bp

        messages: list[Message] = []
        for queue in ("", *named_queues(self.config)):
            answer = run(exim_bp(self.places.exim, queue), timeout=25, max_output=32 * 1024 * 1024)
            if answer.exitcode:
                raise RPCAborted(f"neither the spool nor Exim tells the queue: {(answer.stderr or answer.stdout).strip()[:500]}")
            for mail in parse_bp(answer.stdout):
                mail.queue = queue
                messages.append(mail)
        messages.sort(key=lambda mail: mail.id)
        return Listing([mail for mail in messages if wanted is None or wanted(mail)], len(messages))


def _in_brackets(test: Callable[[str], bool] | None) -> Callable[[str], bool] | None:
    return None if test is None else lambda sender: test(f"<{sender}>")


def _log_folder(folder: str) -> str:
    """Where the logs of the messages of a folder lie: in `msglog` beside `input`, split as that."""
    head, _, rest = folder.rpartition("/input")
    return f"{head}/msglog{rest}"
