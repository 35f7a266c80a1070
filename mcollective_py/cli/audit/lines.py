"""Lines of an audit in the forms in which they are kept: as a host wrote them, collected, or within a system's log. Pure."""

import re
from typing import NamedTuple

from ...server.auditsockets import TAG

LONGEST = 1 << 20  # bytes of a line that is looked at
_COLLECTED = re.compile(rb'\{"received":"[0-9T:.+-]{1,40}","host":"([A-Za-z0-9_.-]{1,255})","record":(?=\{)', re.ASCII)
_IN_SYSLOG = re.compile(rb"[^{]{0,400}\b%s\[[0-9]+\]: (?=\{)" % TAG.encode())
_RECEIVED = b'{"received":'


class Line(NamedTuple):
    """host: who sent it, of a line that was collected; else empty. text: as its host wrote it, with its line end if it has one."""

    host: str
    text: bytes


def line_of(raw: bytes) -> Line:
    """What stands in a line of a file."""
    if raw.startswith(_RECEIVED) and (found := _COLLECTED.match(raw, 0)) is not None and raw.endswith(b"}}\n"):
        return Line(found[1].decode(), raw[found.end() : -2] + b"\n")
    if not raw.startswith(b"{") and (found := _IN_SYSLOG.match(raw, 0)) is not None:
        return Line("", raw[found.end() :])
    return Line("", raw)
