"""One line of Exim's main log about a message, as fields. Source: Exim's specification, chapter `Log files`."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from .addressed import BRACKETED, QUOTED, addressed
from .messageid import ID

MAX_TEXT = 1000  # characters of an error or an answer

ARRIVED, DELIVERED, SUPPRESSED, FAILED, DEFERRED, COMPLETED = "arrived", "delivered", "suppressed", "failed", "deferred", "completed"
FROZEN, THAWED, REMOVED, CANCELLED, MARKED, CHANGED = "frozen", "thawed", "removed", "cancelled", "marked", "changed"
_FLAGS = {
    "<=": ARRIVED,
    "(=": ARRIVED,
    "=>": DELIVERED,
    "->": DELIVERED,
    ">>": DELIVERED,
    "*>": SUPPRESSED,
    "**": FAILED,
    "==": DEFERRED,
}

# `2026-11-23 18:28:43.861 +0000 [67] 1xVYmR-00000z-1y => ...`; what stands between time and id is there by settings of Exim.
_START = re.compile(
    rf"(\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d{{1,6}})?(?: ([+-]\d{{4}}))?(?: \[\d+\])? ({ID}) (.*)", re.ASCII | re.DOTALL
)
_HOST = re.compile(r" H=([^\s(\[:]+)?(?: ?\(([^)]*)\))?(?: ?\[([0-9A-Fa-f:.]{2,45})\](?::(\d{1,5}))?)?(?=[\s:]|$)")
# P=<...> and F=<...> have a sender, and id= what its program made up: both may have spaces in quotes.
_VALUE = re.compile(rf" ([A-Za-z]{{1,4}})=({BRACKETED}|(?<= id=){QUOTED}\S*|{QUOTED}|\S*)")
_FROM = re.compile(rf" from {BRACKETED}")
_WORD = re.compile(r" [^\s:]+")
_DEFER = re.compile(r" (?:routing )?defer \((-?\d{1,6})\)")
_RECIPIENT = re.compile(rf" ((?:{QUOTED}|[^\s\"])+)")
_REMOTE = re.compile(rf" OK id=({ID})(?![0-9A-Za-z-])")
_TIMES = re.compile(r"(?: [DQ]T=[0-9.hms]+)+$", re.ASCII)  # +deliver_time, +queue_time
_OTHERS = (
    (COMPLETED, re.compile(r"Completed\b.*", re.DOTALL)),
    (FROZEN, re.compile(r"(?:\*{3} )?[Ff]rozen\b.*", re.DOTALL)),
    (THAWED, re.compile(r"[Uu]nfrozen\b.*", re.DOTALL)),
    (REMOVED, re.compile(r"removed by .*", re.DOTALL)),
    (CANCELLED, re.compile(r"cancelled by .*", re.DOTALL)),
    (MARKED, re.compile(r"address <(?P<address>.*)> marked delivered by .*", re.DOTALL)),
    (CHANGED, re.compile(r"sender address changed to .*|recipient <(?P<address>.*)> added by .*|moved from .* to .*", re.DOTALL)),
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. at: seconds since the epoch. address: of whom; original: what it was written to. name, ip, port: of the other host.

    code: of a deferral. text: why, or the whole line of what an operator did. remote: the id under which the other host took it.
    fields: the others by Exim's letters: R, T, P, A, U, S, F, C, id; of an arrival R is the message that it is an answer to.
    """

    at: float
    id: str
    kind: str
    address: str = ""
    original: str = ""
    name: str = ""
    helo: str = ""
    ip: str = ""
    port: int = 0
    code: int = 0
    text: str = ""
    remote: str = ""
    recipients: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def parse_line(line: str) -> LogLine | None:
    """A line about a message; None for any other, and for one that says nothing of its way."""
    found = _START.fullmatch(line)
    if found is None:
        return None
    at, id, rest = _moment(found[1], found[3] or "") + float(found[2] or 0), found[4], found[5]
    if (kind := _FLAGS.get(rest[:2])) is not None and rest[2:3] == " ":
        return _flagged(at, id, kind, rest[3:])
    for kind, pattern in _OTHERS:
        if match := pattern.fullmatch(rest):
            address = match.groupdict().get("address") or ""
            return LogLine(at, id, kind, address, text="" if kind == COMPLETED else rest[:MAX_TEXT])
    return None


def remote_ids(text: str) -> list[str]:
    """The ids in the answers of other Exims, `250 OK id=1xVYlK-00000i-1O`; empty for those of any other server."""
    return _REMOTE.findall(text) if " OK id=" in text else []


def _flagged(at: float, id: str, kind: str, rest: str) -> LogLine:
    address, original, place = addressed(rest)
    name = helo = ip = text = ""
    port = code = 0
    fields: dict[str, str] = {}
    recipients: tuple[str, ...] = ()
    while place < len(rest):
        if rest.startswith(": ", place):
            text = rest[place + 2 :]
            break
        if kind == ARRIVED and rest.startswith(" for ", place):
            recipients = tuple(_RECIPIENT.findall(rest, place + 4))
            break
        if match := _HOST.match(rest, place):
            name, helo, ip, port = match[1] or "", match[2] or "", match[3] or "", int(match[4] or 0)
        elif match := _DEFER.match(rest, place):
            code = int(match[1])
        elif match := _VALUE.match(rest, place):
            value, is_last = match[2], match[2].endswith(":") and rest.startswith(" ", match.end())
            fields[match[1]] = _unquoted(value[:-1] if is_last else value)
            place = match.end() - is_last
            continue
        elif kind == ARRIVED and (match := _FROM.match(rest, place)):
            pass  # +received_sender: what stood first already, but for a sender that was rewritten
        elif not (match := _WORD.match(rest, place)):
            place += 1
            continue
        place = match.end()
    remote = remote_ids(fields.get("C", ""))
    return LogLine(
        at, id, kind, "" if address == "<>" else address, original, name, helo, ip, port, code, _TIMES.sub("", text)[:MAX_TEXT],
        remote[-1] if remote else "", recipients, fields,
    )  # fmt: skip


def _unquoted(value: str) -> str:
    is_quoted = value[:1] == '"' and value[-1:] == '"' and len(value) > 1
    return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)[:MAX_TEXT] if is_quoted else value[:MAX_TEXT]


@lru_cache(maxsize=4096)
def _moment(text: str, zone: str) -> float:
    """Seconds since the epoch of a time in the log, the host's own where it has no zone; 0 for one that there is not."""
    try:
        parts = time.strptime(text, "%Y-%m-%d %H:%M:%S")
        if not zone:
            return time.mktime(parts)
        from calendar import timegm

        offset = int(zone[1:3]) * 3600 + int(zone[3:]) * 60
        return float(timegm(parts) - (offset if zone[0] == "+" else -offset))
    except (ValueError, OverflowError):
        return 0.0
