"""What took long to find out, kept in the user's cache beside the size and time of the file that it comes from."""

# pathlib would cost a TAB key 5 ms
# ruff: noqa: PTH116, PTH118

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from ...privatefile import cache_folder, read_private, replace_private

_MAX_BYTES = 4 * 1024 * 1024
_MAX_ENTRIES = 500


class Cached:
    """A file of plain values, each good as long as its stamp is. A file that cannot be read or written costs time, nothing else."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._entries = _read(file)

    @classmethod
    def of_user(cls, name: str, environment: Mapping[str, str] = os.environ) -> "Cached":
        """In $XDG_CACHE_HOME, else ~/.cache, beside the hosts that are known from before."""
        return cls(os.path.join(cache_folder(environment), "completion", f"{name}.json"))

    def get(self, key: str, stamp: list[Any], find: Callable[[], Any]) -> Any:
        """The value of a key; where its stamp is another, find gives a new one, which is kept."""
        kept = self._entries.get(key)
        if isinstance(kept, list) and len(kept) == 2 and kept[0] == stamp:
            return kept[1]
        value = find()
        self._entries.pop(key, None)
        self._entries[key] = [stamp, value]
        while len(self._entries) > _MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]
        _write(self._file, self._entries)
        return value


def stamp_of(*files: str) -> list[Any]:
    """Size and time of files; of a folder, those of the files in it that matter have to be named."""
    stamps: list[Any] = []
    for file in files:
        try:
            status = os.stat(file)
            stamps += [file, status.st_size, status.st_mtime_ns]
        except OSError:
            stamps += [file, None, None]
    return stamps


def _read(file: str) -> dict[str, Any]:
    try:
        value = json.loads(read_private(file, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _write(file: str, entries: Mapping[str, Any]) -> None:
    try:
        replace_private(file, json.dumps(entries, separators=(",", ":")))
    except OSError:
        pass  # the next TAB key looks again
