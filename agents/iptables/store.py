"""The store of a host: one file, read and replaced whole, and a lock that is held from the reading to the replacing."""

# A block on every host of a fleet comes by here: pathlib would be a tenth of its time.
# ruff: noqa: PTH103, PTH105, PTH108, PTH118

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mcollective_py.agent import RPCAborted
from mcollective_py.agent.kept import read_private, replace_private

from .entry import Entry
from .settings import STORE
from .state import State, around, parse_state, state_text

MAX_STORE = 256 << 20  # bytes: a million entries, each with a long reason
_WAY_OUT = "; where it cannot be mended, move it away: the next change begins with nothing blocked (previous.json is what was before)"
_LOCK_WITHIN = 20.0  # seconds: others that change something hold it for a part of one


class Store:
    """The file `store.json` of a folder, which is made with the first change."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._file, self._previous, self._lock = (os.path.join(folder, name) for name in (STORE, "previous.json", "lock"))

    def identity(self) -> tuple[int, ...]:
        """What tells the file from one that was written since, or changed by hand; empty where there is none."""
        try:
            status = os.stat(self._file, follow_symlinks=False)  # noqa: PTH116
        except OSError:
            return ()
        return status.st_ino, status.st_mtime_ns, status.st_size

    def read(self, *, is_known: bool = False) -> State:
        """All that is kept, also what is over. Raises RPCAborted for a file that is none of ours: it is not written over.

        is_known: whether it is the file that we wrote last; its entries are then read when somebody asks for them.
        """
        text = self._text()
        try:
            return parse_state(text, is_known=is_known) if text else State()
        except ValueError as error:
            raise RPCAborted(f"{self._file}: {error}{_WAY_OUT}") from error

    def glance(self, network: str) -> tuple[State, list[Entry]]:
        """A state without its entries, and those that hold a network or are it, the widest first, found without reading all.

        Raises RPCAborted.
        """
        text = self._text()
        try:
            return (parse_state(text[: text.index("\n") + 1]), around(text, network)) if text else (State(), [])
        except (ValueError, KeyError, TypeError) as error:
            raise RPCAborted(f"{self._file}: {error}{_WAY_OUT}") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else changes anything within. Raises RPCAborted where that does not come about."""
        try:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise RPCAborted(f"{self.folder}: nothing can be kept there: {error.strerror}") from error
        try:
            self._wait_for(handle)
            yield
        finally:
            os.close(handle)

    def write(self, state: State) -> None:
        """Replace what is kept; what was there before is held for `revert`. Raises RPCAborted, and then nothing was changed."""
        try:
            with suppress(FileNotFoundError):
                os.unlink(self._previous)
            with suppress(FileNotFoundError):
                os.link(self._file, self._previous)
            replace_private(self._file, state_text(state))
        except OSError as error:
            raise RPCAborted(f"{self._file} cannot be written: {error.strerror}; nothing was changed") from error

    def revert(self) -> None:
        """What was there before the last `write`, which needs no room on a full disk."""
        try:
            os.replace(self._previous, self._file)
        except FileNotFoundError:  # it was the first
            with suppress(FileNotFoundError):
                os.unlink(self._file)

    def _text(self) -> str:
        try:
            return read_private(self._file, MAX_STORE).decode("utf-8", "strict")
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise RPCAborted(f"{self._file} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise RPCAborted(f"{self._file}: what stands there is no store of this agent") from error

    def _wait_for(self, handle: int) -> None:
        deadline = time.monotonic() + _LOCK_WITHIN
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise RPCAborted(f"{self.folder} is locked by another change for {_LOCK_WITHIN:g} seconds") from None
                time.sleep(0.01)
