"""One entry <-> one line of a list; pure.

[allow] NETWORK [for=2h] [until=2026-11-24T03:00:00Z] [reason="..."] [ticket=...] [proto=tcp] [ports=25,587]   # comment
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mcollective_py.agent import InvalidRPCData, seconds_of

from .addresses import Shortest, check_scope, is_plain, parse_network, parse_ports, ports_text, shown
from .entry import ALLOW, BLOCK, Entry

LONGEST_REASON, LONGEST_TICKET = 200, 64  # characters, as those of the inputs
LONGEST_LINE = 900  # with every character of reason and ticket escaped
_LONGEST = 10 * 366 * 86400.0  # seconds: as a duration of a DDL
_WORD = re.compile(r'([a-z]+)=("(?:[^"\\]|\\["\\])*"|[^\s"]*)(?:\s+|$)', re.ASCII)
_EPOCH = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,6})?", re.ASCII)
_ESCAPED = re.compile(r'\\(["\\])')
_COMMENT = re.compile(r"(?:^|\s)#")
_NAMES = {
    "for": "for",
    "until": "until",
    "reason": "reason",
    "ticket": "ticket",
    "proto": "protocol",
    "protocol": "protocol",
    "port": "ports",
    "ports": "ports",
}


def entry_of_line(line: str, now: float, shortest: Shortest, alike: dict[str, Entry] | None = None) -> Entry | None:
    """The entry of a line, None where it has none: empty, a comment, or one whose end has come.

    now: what `for=` counts from, seconds since the epoch. alike: kept by who reads many lines, whose options are often the same.
    Raises InvalidRPCData.
    """
    if is_plain(line):  # most of a long list, in a tenth of the time
        return Entry(line)
    if len(line) > LONGEST_LINE:
        raise InvalidRPCData(f"a line of {len(line)} characters: {LONGEST_LINE} at most")
    text = line.strip()
    if not text or text[0] == "#":
        return None
    network, _, rest = text.partition(" ") if "\t" not in text else text.replace("\t", " ").partition(" ")
    kind = BLOCK
    if network in (ALLOW, BLOCK):
        kind = network
        network, _, rest = rest.lstrip().partition(" ")
    if not (rest := rest.lstrip()):
        return Entry(shown(parse_network(network, shortest)), kind)
    if not is_plain(network):
        network = shown(parse_network(network, shortest))
    known = alike.get(rest) if alike is not None else None
    if known is not None and known.kind == kind:
        return known._replace(network=network)
    entry = entry_of_row({**_options(rest), "network": network, "kind": kind}, now, shortest)
    if alike is not None and entry is not None:
        alike[rest] = entry
    return entry


def entry_of_row(row: Mapping[str, Any], now: float, shortest: Shortest) -> Entry | None:
    """The entry of a JSON object with the names of a line's options, and `network` and `kind`; None where its end has come."""
    if unknown := set(row) - _ROW:
        raise InvalidRPCData(f"{sorted(map(str, unknown))[0][:20]!r} is nothing that an entry has: {', '.join(sorted(_ROW))}")
    kind = row.get("kind") or BLOCK
    if kind not in (BLOCK, ALLOW):
        raise InvalidRPCData(f"{str(kind)[:20]!r} is no kind: block or allow")
    network = shown(parse_network(row.get("network", ""), shortest))
    words = row.get("ports")
    if isinstance(words, list):
        words = ",".join(map(str, words))
    ports = parse_ports(str(words)) if words not in (None, "") else ()
    protocol = row.get("protocol") or row.get("proto") or ("tcp" if ports else "")
    check_scope(protocol or None, ports)
    expires = _end(row, now)
    if expires is not None and expires <= now:
        return None
    reason, ticket = _text(row, "reason", LONGEST_REASON), _text(row, "ticket", LONGEST_TICKET)
    return Entry(network, kind, protocol, ports_text(ports), reason, ticket, expires=expires)


def line_of(entry: Entry) -> str:
    """The line of an entry: what entry_of_line reads; its end as `until=`, for another day means the same then."""
    words = ["allow", entry.network] if entry.kind == ALLOW else [entry.network]
    if entry.expires is not None:
        words.append(f"until={_moment(entry.expires)}")
    for name, value in (("proto", entry.protocol), ("ports", entry.ports), ("ticket", entry.ticket), ("reason", entry.reason)):
        if value:
            words.append(f"{name}={_quoted(value)}")
    return " ".join(words)


def check_text(value: object, name: str, longest: int) -> str:
    """A reason or a ticket: one line that can be printed. Raises InvalidRPCData."""
    if not isinstance(value, str) or not (value.isprintable() or not value) or len(value) > longest:
        raise InvalidRPCData(f"{name}: a text of one line, of at most {longest} characters")
    return value.strip()


def _options(rest: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(rest):
        if rest[at] == "#":
            break
        word = _WORD.match(rest, at)
        if word is None:
            wrong = _COMMENT.split(rest[at:])[0].split() or [rest[at:]]
            raise InvalidRPCData(f'{wrong[0][:40]!r} is no option: for=2h, until=TIME, reason="...", ticket=, proto=tcp, ports=25,587')
        name = _NAMES.get(word[1])
        if name is None:
            raise InvalidRPCData(f"{word[1][:20]!r} is no option: for, until, reason, ticket, proto, ports")
        if name in found:
            raise InvalidRPCData(f"{name} stands there twice")
        found[name] = _ESCAPED.sub(r"\1", word[2][1:-1]) if word[2].startswith('"') else word[2]
        at = word.end()
    return found


def _end(row: Mapping[str, Any], now: float) -> float | None:
    duration, moment = row.get("for"), row.get("until", row.get("expires"))
    if duration not in (None, "") and moment not in (None, ""):
        raise InvalidRPCData("an end is said by for or by until, not by both")
    if duration not in (None, ""):
        try:
            seconds = float(duration) if isinstance(duration, int | float) else seconds_of(str(duration))
        except ValueError as error:
            raise InvalidRPCData(f"for {error}") from error
        if not 1 <= seconds <= _LONGEST:
            raise InvalidRPCData("for: from one second to ten years")
        return now + seconds
    if moment in (None, ""):
        return None
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        moment = f"{moment:.3f}" if isinstance(moment, float) else str(moment)
    if not isinstance(moment, str) or len(moment) > 40:
        raise InvalidRPCData("until: a moment such as 2026-11-24T03:00:00Z, or seconds since the epoch")
    if _EPOCH.fullmatch(moment):
        end = float(moment)
    else:
        try:
            parsed = datetime.fromisoformat(moment)
        except ValueError as error:
            raise InvalidRPCData(f"until: {moment!r} is no moment such as 2026-11-24T03:00:00Z") from error
        if parsed.tzinfo is None:
            raise InvalidRPCData(f"until: {moment!r} has no time zone: hosts may be in several, write {moment}Z for UTC")
        end = parsed.timestamp()
    if end > now + _LONGEST:
        raise InvalidRPCData("until: at most ten years from now")
    return end


def _moment(epoch: float) -> str:
    """To the second, rounded up: nothing ends before its time."""
    return datetime.fromtimestamp(-int(-epoch // 1), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _text(row: Mapping[str, Any], name: str, longest: int) -> str:
    return check_text(row.get(name) or "", name, longest)


def _quoted(value: str) -> str:
    if value and not re.search(r'[\s"\\#]', value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_ROW = {*_NAMES, "network", "kind", "expires"}
