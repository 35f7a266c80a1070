"""The chain that the lines of an audit make: each has its number and the SHA-256 of the line before it. Pure.

A line ends in `,"seq":N,"prev":"HEX"}` and a line end; HEX is the digest of the whole line before, its line end included, so that
`sed -n 7p audit.log | sha256sum` gives what line 8 says. The first line of a chain has the number 1 and `"prev":null`.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

_END = re.compile(rb',"seq":([1-9][0-9]{0,17}),"prev":(?:null|"([0-9a-f]{64})")\}\n')
_LONGEST_END = 120  # bytes that _END matches at most


@dataclass(frozen=True, slots=True)
class Link:
    """Where a chain stands: number and digest of its last line; 0 and empty before the first."""

    seq: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class FileEnd:
    """How a file ends. link: of its last line, None where none that was read is of a chain. is_torn: it ends within a line."""

    link: Link | None
    is_torn: bool


def digest(line: bytes) -> str:
    """What the line after this one says of it. line: with its line end."""
    return hashlib.sha256(line).hexdigest()


def chained(records: Iterable[bytes], end: Link) -> tuple[list[bytes], Link]:
    """The lines of some records after the end of a chain, and the end that it has with them. records: JSON objects without line end."""
    lines = []
    for record in records:
        prev = b'"%s"' % end.sha256.encode() if end.seq else b"null"
        line = b'%s,"seq":%d,"prev":%s}\n' % (record[:-1], end.seq + 1, prev)
        lines.append(line)
        end = Link(end.seq + 1, digest(line))
    return lines, end


def place_of(line: bytes) -> tuple[int, str | None] | None:
    """The number of a line, and the digest of the one before that it says (None: it begins a chain); None for what is no such line."""
    found = _END.fullmatch(line, max(0, line.rfind(b',"seq":', max(0, len(line) - _LONGEST_END))))
    if found is None:
        return None
    prev = found[2]
    return int(found[1]), None if prev is None else prev.decode()


def end_of(tail: bytes) -> FileEnd:
    """How a file ends whose last bytes these are: enough for a few lines, or all of it.

    What stands behind that line and is none (torn by a full disk or a power cut) is no part of the chain.
    """
    is_torn = not tail.endswith(b"\n") and bool(tail)
    lines = [line + b"\n" for line in tail.removesuffix(b"\n").split(b"\n")] if tail else []
    for line in reversed(lines):
        if (place := place_of(line)) is not None:
            return FileEnd(Link(place[0], digest(line)), is_torn)
    return FileEnd(None, is_torn)


def resumed(known: Link | None, found: FileEnd, *, is_empty: bool) -> tuple[Link, str]:
    """Where a chain goes on, and what is wrong with the file, empty where nothing is.

    known: where it stood by what this host keeps elsewhere, None where that is not known. found: how the file ends; is_empty: it has
    just been made, or rotated. Where the file has less than was written to it the chain goes on as it was known, so that whoever
    verifies it sees the break.
    """
    if known is None or is_empty or found.link is None:
        if known is None or (found.link is None and known.seq == 0):
            return found.link or Link(), ""
        return known, "" if is_empty else f"its last lines are none of the audit, line {known.seq} was to be there"
    if found.link.seq > known.seq or found.link == known:
        return found.link, ""
    if found.link.seq == known.seq:
        return known, f"its last line, {known.seq}, is not the one that was written"
    return known, f"it ends with line {found.link.seq}, and {known.seq} were written"
