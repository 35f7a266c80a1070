"""Processes as lines for people. Everything in an entry is whatever a host sent; pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mcollective_py.sizes import size_words

FIELDS: Mapping[str, str] = {  # what can be asked for -> the key of an entry
    "PID": "pid",
    "PPID": "ppid",
    "USER": "username",
    "STATE": "state",
    "TTY": "tty",
    "VSZ": "vsize",
    "RSS": "rss",
    "CPU": "cpu",
    "MEM": "pctmem",
    "NICE": "nice",
    "THREADS": "nlwp",
    "STARTED": "started",
    "UNIT": "unit",
    "CONTAINER": "container",
    "COMMAND": "cmdline",
}
USUAL = ("PID", "USER", "VSZ", "COMMAND")  # the historic ones
BUSIEST = ("PID", "USER", "CPU", "RSS", "COMMAND")
_RIGHT = {"PID", "PPID", "VSZ", "RSS", "CPU", "MEM", "NICE", "THREADS", "PORT"}
_LONGEST = 60  # characters of a command, unless the whole of it is asked for


def fields_of(words: str) -> tuple[str, ...]:
    """The fields that a list such as `pid,user,rss` names. Raises ValueError."""
    names = tuple(word.strip().upper() for word in words.split(",") if word.strip())
    if unknown := [name for name in names if name not in FIELDS]:
        raise ValueError(f"there is no field {unknown[0]}: there are {', '.join(FIELDS)}")
    return names or USUAL


def process_lines(entries: Any, fields: Sequence[str], when: Callable[[float], str], *, is_whole: bool = False) -> list[str]:
    """A line of captions and one for each process. when: words for a time since the epoch. is_whole: commands are not cut."""
    rows = [[_cell(field, entry, when, is_whole=is_whole) for field in fields] for entry in mappings(entries)]
    return columns(fields, rows)


def listener_lines(entries: Any) -> list[str]:
    """A line of captions and one for each listener."""
    captions = ("PROTOCOL", "ADDRESS", "PORT", "PID", "USER", "NAME")
    keys = ("protocol", "address", "port", "pid", "username", "name")
    return columns(captions, [[text_of(entry.get(key)) for key in keys] for entry in mappings(entries)])


def columns(captions: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows under their captions; the last column is as wide as it is."""
    widths = [max(map(len, column)) for column in zip(captions, *rows, strict=True)]
    lines = []
    for row in (captions, *rows):
        cells = [
            cell.rjust(width) if caption in _RIGHT else cell.ljust(width)
            for caption, cell, width in zip(captions, row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


def mappings(entries: Any) -> list[Mapping[str, Any]]:
    """The entries that are any, of what should be a list of them."""
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list | tuple) else []


def text_of(value: Any) -> str:
    """A value in one line; empty for none."""
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else " ".join(str(value).split())


def _cell(field: str, entry: Mapping[str, Any], when: Callable[[float], str], *, is_whole: bool) -> str:
    value = entry.get(FIELDS[field])
    if field == "VSZ":
        return size_words(value)
    if field == "RSS":
        return size_words(value * 1024 if isinstance(value, int | float) else None)
    if field == "CPU":
        return text_of(entry.get("pctcpu") if value is None else value)
    if field == "STARTED":
        return when(value) if isinstance(value, int | float) and 0 <= value < 1e11 else ""
    if field == "COMMAND":
        text = text_of(value)
        text = f"[{text}]" if entry.get("kernel") or entry.get("state") == "Z" else text
        return text if is_whole or len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
    return text_of(value)
