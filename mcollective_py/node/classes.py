"""Puppet's classes file: one class a line, written at the end of every Puppet run."""

import errno
import logging
import time
from collections.abc import Sequence

from ..regularfile import Settling, Stamp, UnusableFile, read_regular, reason_of
from .trouble import Trouble

CANDIDATES = (
    "/opt/puppetlabs/puppet/cache/state/classes.txt",  # Puppet's own packages
    "/var/lib/puppet/state/classes.txt",  # what MCollective 2.12 reads
    "/var/cache/puppet/state/classes.txt",  # Debian's packages
)
MAX_BYTES = 4 * 1024 * 1024  # some 100,000 classes
_MAX_NAME = 1024  # characters; a longer line is no class

logger = logging.getLogger(__name__)


class ClassesFile:
    """The classes of this host, read again when the file changes; the last good ones stay when it cannot be used.

    path: the setting `classesfile`; without one the first of candidates that is there.
    """

    def __init__(self, path: str | None = None, candidates: Sequence[str] = CANDIDATES) -> None:
        self._paths = (path,) if path else tuple(candidates)
        self._tried: tuple[str, Stamp] | None = None  # the version last read, good or bad
        self._settling = Settling()
        self._classes: frozenset[str] | None = None
        self._trouble = Trouble()

    @property
    def trouble(self) -> str | None:
        """Why the classes file cannot be used at present, None while it can."""
        return self._trouble.reason

    def classes(self, now: float | None = None) -> frozenset[str] | None:
        """The last classes that could be read, None while there never were any; now in seconds since the epoch."""
        try:
            path, stamp = self._present()
            if self._tried == (path, stamp):
                return self._classes
            now = time.time() if now is None else now
            if self._classes and self._is_unsettled(path, stamp, now):
                if self._settling.never_rests(now):
                    raise UnusableFile(errno.EAGAIN, "is being written all the time", path)
                return self._classes
            content, stamp = read_regular(path, MAX_BYTES)
            self._tried = path, stamp
            self._classes = parse_classes(path, content)
        except OSError as error:
            self._tell(reason_of(error), time.time() if now is None else now)
            return self._classes
        if self._trouble.ends():
            logger.info("classes are read from %s again", path)
        return self._classes

    def _present(self) -> tuple[str, Stamp]:
        for path in self._paths:
            try:
                return path, Stamp.of(path)
            except FileNotFoundError:
                continue
        self._tried = None
        raise FileNotFoundError(errno.ENOENT, "no such file", " or ".join(self._paths))

    def _is_unsettled(self, path: str, stamp: Stamp, now: float) -> bool:
        return self._tried is not None and self._tried[0] == path and self._settling.is_unsettled(self._tried[1], stamp, now)

    def _tell(self, trouble: str, now: float) -> None:
        if self._trouble.begins(trouble, now):
            stays = "no class filter matches" if self._classes is None else "the classes last read stay in use"
            logger.warning("%s: %s", trouble, stays)


def parse_classes(path: str, content: bytes) -> frozenset[str]:
    """The class names in a classes file's content; UnusableFile where it holds none or is something else."""
    names = frozenset(name for line in content.decode("utf-8", "replace").splitlines() if (name := line.strip()))
    if not names:  # Puppet always writes at least `settings`
        raise UnusableFile(errno.EINVAL, "is empty", path)
    if any(len(name) > _MAX_NAME or not name.isprintable() for name in names):
        raise UnusableFile(errno.EINVAL, "is no list of classes", path)
    return names
