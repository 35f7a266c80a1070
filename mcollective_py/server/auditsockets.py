"""The audit in the system's log: the lines of a chain as datagrams to the journal or to a syslog daemon."""

import errno
import os
import socket
from collections.abc import Callable, Sequence
from time import gmtime, strftime

from .auditchain import Link, chained
from .loghandlers import SysLogHandler

TAG = "mcollective-audit"
JOURNAL, SYSLOG = "/run/systemd/journal/socket", "/dev/log"
FACILITIES = SysLogHandler.facility_names
_LONGEST = {JOURNAL: 128 << 10, SYSLOG: 8000}  # bytes of a datagram: rsyslog cuts longer lines off, and a cut line is no record
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class AuditSocket:
    """Sends lines to a log daemon of this host. Not for two threads at once.

    What is sent is with that daemon: nothing says when it is on a disk, and a line is as safe as it keeps it. Where none listens, or
    it does not take a line at once, the record counts as not written. words: the datagram of a line. head: where the chain stood.
    """

    def __init__(self, address: str, words: Callable[[bytes], bytes], head: Link | None = None) -> None:
        self._address, self._words = address, words
        self._socket: socket.socket | None = None
        self.end: Link | None = head
        self.longest = _LONGEST.get(address, _LONGEST[SYSLOG])

    def open(self) -> None:
        """Reach the daemon now. Raises OSError."""
        self._connected()

    def append(self, records: Sequence[bytes], *, sync: bool = False) -> list[bytes]:
        """Send some records as the next lines, and give those. Raises OSError at the first that is not taken."""
        lines, _ = chained(records, self.end or Link())
        for line, record in zip(lines, records, strict=True):
            try:
                self._connected().send(self._words(line))
            except OSError:
                self.close()  # the daemon may have been started again
                self._connected().send(self._words(line))
            _, self.end = chained((record,), self.end or Link())
        return lines

    def settle(self) -> None:
        """Nothing can be looked for."""

    def rest(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Let go of the socket; the next line opens it again."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            made.settimeout(1.0)
            try:
                made.connect(self._address)
            except OSError as error:
                made.close()
                raise OSError(error.errno or errno.ENOENT, f"no log daemon listens: {error.strerror}", self._address) from error
            self._socket = made
        return self._socket


def journal_words(line: bytes) -> bytes:
    """A line as the journal's own protocol has it (systemd: Native Journal Protocol)."""
    return b"PRIORITY=6\nSYSLOG_FACILITY=10\nSYSLOG_IDENTIFIER=%s\nMESSAGE=%s" % (TAG.encode(), line)


def syslog_words(facility: str) -> Callable[[bytes], bytes]:
    """What makes a line a message of RFC 3164 with this facility, at level info."""
    number = FACILITIES[facility] << 3 | 6
    tag = f"{TAG}[{os.getpid()}]"

    def words(line: bytes) -> bytes:
        now = gmtime()
        moment = f"{_MONTHS[now.tm_mon - 1]} {now.tm_mday:2} {strftime('%H:%M:%S', now)}"  # never a locale's months
        return f"<{number}>{moment} {tag}: ".encode() + line.removesuffix(b"\n")

    return words
