"""Whole lists of entries: of a file's text, of a request's inputs and to them; one bad line refuses all, by its number; pure."""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mcollective_py.agent import InvalidRPCData

from .addresses import Shortest, are_plain
from .entry import Entry, Key, shown_key
from .listlines import entry_of_line, entry_of_row, line_of

MOST_ENTRIES = 100_000
MOST_LINES = 200_000  # with comments and empty ones
MOST_BYTES = 16 << 20
_PLAIN = 100_000  # characters of a list that goes as it is, where everybody can read it
_PART = 400_000  # characters of one text of a request: half a MiB is its limit there
_MOST_PACKED = 900_000  # characters of a list within a request of 1 MiB
Check = Callable[[Entry], None]
LetsAll = Callable[[Iterable[str]], bool]


def parse_text(text: str, now: float, shortest: Shortest | None = None, check: Check | None = None) -> list[Entry]:
    """The entries of a list file, of lines or of JSON. Raises InvalidRPCData naming the line, or the entry of JSON.

    now: what `for=` counts from. check: asked of every entry; what it refuses is refused with the line's number, too.
    """
    if len(text) > MOST_BYTES:
        raise InvalidRPCData(f"a list of {len(text)} characters: {MOST_BYTES >> 20} MiB at most")
    if text.lstrip()[:1] in ("[", "{"):
        return _of_json(text, now, shortest or Shortest(), check)
    return parse_lines(text.split("\n"), now, shortest, check)


def parse_lines(
    lines: Sequence[str], now: float, shortest: Shortest | None = None, check: Check | None = None, lets_all: LetsAll | None = None
) -> list[Entry]:
    """The entries of lines, in their order. Raises InvalidRPCData that begins with `line 7:`.

    lets_all: says of many plain addresses at once that check would take them all.
    """
    if len(lines) > MOST_LINES:
        raise InvalidRPCData(f"a list of {len(lines)} lines: {MOST_LINES} at most")
    if are_plain(lines):
        once = dict.fromkeys(lines)
        if len(once) <= MOST_ENTRIES and (check is None or (lets_all is not None and lets_all(once))):
            rest, made = Entry("")[1:], tuple.__new__
            return [made(Entry, (line, *rest)) for line in once]
    limits = shortest or Shortest()
    alike: dict[str, Entry] = {}
    found: dict[Key, tuple[int, Entry]] = {}
    for number, line in enumerate(lines, 1):
        if not isinstance(line, str):
            raise InvalidRPCData(f"line {number}: is no text")
        try:
            _put(found, number, entry_of_line(line, now, limits, alike), "line", check)
        except InvalidRPCData as error:
            raise InvalidRPCData(f"line {number}: {error}") from error
    return _checked(found)


def inputs_of_lines(lines: Iterable[str]) -> dict[str, Any]:
    """The inputs `list` and `encoding` of a request that carries the lines. Raises InvalidRPCData where no request can carry them."""
    kept = list(lines)
    text = "\n".join(kept)
    if len(text) <= _PLAIN:
        return {"list": kept}
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")
    if len(packed) > _MOST_PACKED:
        raise InvalidRPCData(
            f"the list is too long for one request ({len(packed) >> 10} KiB of {_MOST_PACKED >> 10}, packed): send it in parts, "
            f"or leave it on the hosts as the file of plugin.iptables.list"
        )
    return {"list": [packed[at : at + _PART] for at in range(0, len(packed), _PART)], "encoding": "zlib"}


def lines_of_inputs(inputs: Mapping[str, Any]) -> list[str]:
    """The lines that inputs_of_lines was given. Raises InvalidRPCData for what is none, and for what unpacks to too much."""
    given = inputs.get("list")
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InvalidRPCData("list: an array of lines")
    if inputs.get("encoding", "lines") != "zlib":
        return given
    try:
        packed = base64.b64decode("".join(given), validate=True)
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(packed, MOST_BYTES)
        if not unpacking.eof:
            raise InvalidRPCData(f"list: cut off, or more than {MOST_BYTES >> 20} MiB when unpacked")
        return data.decode().split("\n")
    except (binascii.Error, zlib.error, ValueError) as error:
        raise InvalidRPCData(f"list: cannot be unpacked: {error}") from error


def wanted(
    inputs: Mapping[str, Any], now: float, shortest: Shortest | None = None, check: Check | None = None, lets_all: LetsAll | None = None
) -> list[Entry]:
    """The entries of a request's inputs `list` and `encoding`, all of which check takes. Raises InvalidRPCData with the line."""
    return parse_lines(lines_of_inputs(inputs), now, shortest, check, lets_all)


def sendable(text: str, now: float, shortest: Shortest | None = None) -> list[str]:
    """A list file's lines for a request: checked, each in one form, and where they stood, so that hosts number them alike.

    `for=` stays what it is. Raises InvalidRPCData.
    """
    entries = parse_text(text, now, shortest or Shortest(1, 1))  # how wide a network may be is for each host to say
    if text.lstrip()[:1] in ("[", "{"):
        return [line_of(entry) for entry in entries]
    return ["" if line.lstrip()[:1] == "#" else line.strip() for line in text.split("\n")]


def _of_json(text: str, now: float, shortest: Shortest, check: Check | None) -> list[Entry]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRPCData(f"the list begins as JSON and is none: {error}") from error
    if isinstance(rows, dict):
        rows = rows.get("entries")
    if not isinstance(rows, list):
        raise InvalidRPCData("a list in JSON is an array of entries, or an object with an array `entries`")
    if len(rows) > MOST_LINES:
        raise InvalidRPCData(f"a list of {len(rows)} entries: {MOST_ENTRIES} at most")
    found: dict[Key, tuple[int, Entry]] = {}
    for number, row in enumerate(rows, 1):
        try:
            if isinstance(row, str):
                entry = entry_of_line(row, now, shortest)
            elif isinstance(row, dict):
                entry = entry_of_row(row, now, shortest)
            else:
                raise InvalidRPCData("is neither an object nor a line")
            _put(found, number, entry, "entry", check)
        except InvalidRPCData as error:
            raise InvalidRPCData(f"entry {number}: {error}") from error
    return _checked(found)


def _put(found: dict[Key, tuple[int, Entry]], number: int, entry: Entry | None, what: str, check: Check | None) -> None:
    """Keep an entry. The same twice is once; two that contradict each other are refused."""
    if entry is None:
        return
    if check is not None:
        check(entry)
    first, other = found.setdefault(entry.key, (number, entry))
    if other != entry:
        raise InvalidRPCData(f"{shown_key(entry.key)} stands in {what} {first} already, with other options")


def _checked(found: Mapping[Key, tuple[int, Entry]]) -> list[Entry]:
    if len(found) > MOST_ENTRIES:
        raise InvalidRPCData(f"a list of {len(found)} entries: {MOST_ENTRIES} at most")
    return [entry for _, entry in found.values()]
