"""What may be read and changed where: the settings `plugin.filemgr.allow`, `allow_read` and `deny`."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from mcollective_py.agent import RPCAborted

from .place import Place, place_of

TOUCH_FILE = "/var/run/mcollective.plugin.filemgr.touch"
ALLOW = "/tmp:/var/tmp"  # noqa: S108  where files of nobody in particular go
ALLOW_READ = "/var/log"
DENY = "/dev:/proc:/sys"


@dataclass(frozen=True, slots=True)
class Access:
    """Files and folders without links. change: may be changed. read: may be read though not every user may. deny: neither."""

    change: tuple[str, ...]
    read: tuple[str, ...]
    deny: tuple[str, ...]

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Access":
        """By the settings of `plugin.filemgr.*`."""
        change = _real(f"{settings.get('touch_file', TOUCH_FILE)}:{settings.get('allow', ALLOW)}")
        # What may be changed may be read: but not what anybody keeps for himself in everybody's folder, as Kerberos' tickets in /tmp.
        read = (*_real(settings.get("allow_read", ALLOW_READ)), *(path for path in change if not _is_everybodys(path)))
        return cls(change, read, _real(settings.get("deny", DENY)))

    def check_change(self, place: Place) -> None:
        """Raises RPCAborted where nothing may be changed at this place."""
        if _is_below(place.path, self.deny) or not _is_below(place.path, self.change):
            raise RPCAborted(
                f"{place.path} is not to be changed on this host: plugin.filemgr.allow is {_words(self.change)}"
                + _denied(place.path, self.deny)
            )

    def check_read(self, place: Place, status: os.stat_result) -> None:
        """Raises RPCAborted where the content of this file may not be read. status: of the file that was opened."""
        if not self.may_read(place, status):
            raise RPCAborted(
                f"{place.path} is not to be read on this host: not every user may read it, and such files are read in "
                f"{_words(self.read)} only (plugin.filemgr.allow_read, and allow)" + _denied(place.path, self.deny)
            )

    def may_read(self, place: Place, status: os.stat_result) -> bool:
        """Whether its content may be read: every user may anyway, or a setting says so."""
        if _is_below(place.path, self.deny):
            return False
        if place.is_public and status.st_mode & stat.S_IROTH:
            return True
        # A second name of a secret file, made in a folder that is allowed, is no way to it.
        return _is_below(place.path, self.read) and status.st_nlink == 1


def _is_below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root.rstrip('/')}/") for root in roots)


def _is_everybodys(path: str) -> bool:
    try:
        return bool(os.stat(path, follow_symlinks=False).st_mode & stat.S_IWOTH)  # noqa: PTH116 - once for each request
    except OSError:
        return False


def _real(words: str) -> tuple[str, ...]:
    """The paths of a setting, with the links that lead to them followed; one that others could turn elsewhere counts for nothing."""
    found = []
    for word in words.split(":"):
        if not (path := word.strip()).startswith("/"):
            continue
        try:
            with place_of(path, follows=True) as place:
                found.append(place.path)
        except (OSError, RPCAborted):
            continue
    return tuple(found)


def _words(paths: tuple[str, ...]) -> str:
    return ":".join(paths) or "empty"


def _denied(path: str, deny: tuple[str, ...]) -> str:
    return f", plugin.filemgr.deny {_words(deny)}" if _is_below(path, deny) else ""
