"""What hosts answer, as lines for people; values come from hosts and may be anything."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .layout import age_text, size_text
from .sent import as_text, mappings, number

_SHOWN = 60  # characters of a cell but the last


def lines_of(action: str, data: Mapping[str, Any]) -> list[str]:
    """What a host answered to one of the actions that only read; nothing where it is told of all hosts together."""
    if action in ("mailq", "size", "summary", "histogram", "top"):
        return []
    if action == "exiwhat":
        told = data.get("exiwhat")
        return [str(line) for line in told] if isinstance(told, list) else []
    if action in _LINES:
        return _LINES[action](data) or ([_NONE[action]] if action in _NONE else [])
    name = {"summarytext": "summary", "testaddress": "routing_information", "exigrep": "matches"}.get(action, action)
    text = data.get(name if name in data else "status")
    return text.strip("\n").split("\n") if isinstance(text, str) and text.strip("\n") else []


def size_lines(hosts: Iterable[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """The historic table: all mail, the mail that is meant and the frozen mail of each host, by all mail; then their sums."""
    rows = [(name, number(data.get("total")), number(data.get("matched")), number(data.get("frozen"))) for name, data in hosts]
    if not rows:
        return []
    rows.sort(key=lambda row: (row[1], row[0]))
    width = max(len(name) for name, *_ in rows)
    numbers = [row[1:] for row in rows]
    lines = [
        f"{name:>{width}}: total mail: {total:<8} matched mail: {matched:<8} frozen mail: {frozen}"
        for name, total, matched, frozen in rows
    ]
    total, matched, frozen = (sum(row[place] for row in numbers) for place in range(3))
    return [*lines, "", f"{'':>{width}}  total mail: {total:<8} matched mail: {matched:<8} frozen mail: {frozen}"]


def table_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows as columns with their names above them, those of the first row."""
    if not rows:
        return []
    names = [str(name) for name in rows[0]]
    cells = [[name.upper() for name in names], *([_cell(name, row.get(name)) for name in names] for row in rows)]
    widths = [min(max(len(line[place]) for line in cells), _SHOWN) for place in range(len(names))]
    is_number = [all(isinstance(row.get(name), int | float) for row in rows) for name in names]
    lines = []
    for line in cells:
        parts = [cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(line, widths, is_number, strict=True)]
        lines.append("  ".join(parts).rstrip())
    return lines


def message_lines(data: Mapping[str, Any]) -> list[str]:
    """One message: what is known of it, its headers and its log."""
    found = data.get("message")
    fields = found if isinstance(found, Mapping) else {}
    lines = [f"{name:>14}: {text}" for name, value in fields.items() if (text := _cell(str(name), value))]
    for title in ("headers", "log"):
        if text := as_text(data.get(title)).rstrip("\n"):
            lines += ["", f"--- {title} ---", *text.split("\n")]
    return lines


def retry_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """When what is tried again."""
    lines = []
    for row in rows:
        expired = ", given up on" if row.get("expired") is True else ""
        lines.append(f"{as_text(row.get('kind'))} {as_text(row.get('key'))}: {as_text(row.get('error'))}")
        lines.append(
            f"    failed first {_when(row.get('first'))}, tried {_when(row.get('last'))}, next {_when(row.get('next'))}{expired}"
        )
    return lines


def health_lines(data: Mapping[str, Any]) -> list[str]:
    """State of Exim: a line, and what is wrong below it."""
    head = (
        f"{as_text(data.get('status'))}: Exim {as_text(data.get('version'))}, {number(data.get('messages'))} messages, "
        f"{number(data.get('frozen'))} frozen, oldest {age_text(number(data.get('oldest')))}, {as_text(data.get('free'))}% free"
    )
    problems = data.get("problems")
    return [head, *(f"  {as_text(problem)}" for problem in (problems if isinstance(problems, list) else ()))]


def count_line(data: Mapping[str, Any]) -> str:
    """Numbers of a selection."""
    return (
        f"{number(data.get('messages'))} of {number(data.get('total'))} messages, {number(data.get('frozen'))} frozen, "
        f"{number(data.get('bounces'))} bounces, {number(data.get('recipients'))} recipients, {size_text(number(data.get('bytes')))}, "
        f"oldest {age_text(number(data.get('oldest')))}"
    )


def count_lines(hosts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The numbers of all hosts together, where there are several."""
    if len(hosts) < 2:
        return []
    names = ("messages", "total", "frozen", "bounces", "recipients", "bytes")
    sums: dict[str, int] = {name: sum(number(data.get(name)) for data in hosts) for name in names}
    return [f"{len(hosts)} hosts: {count_line({**sums, 'oldest': max(number(data.get('oldest')) for data in hosts)})}"]


def broken_lines(data: Mapping[str, Any]) -> list[str]:
    """The messages whose files cannot be read, and what is said of the whole queue."""
    told = ((row.get("msgid"), row.get("reason")) for row in mappings(data.get("broken")))
    return [": ".join(as_text(text) for text in row if text) for row in told]


def _cell(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(as_text, value))
    if name in ("age", "oldest", "newest") and isinstance(value, int):
        return age_text(value)
    if name in ("size", "bytes", "volume") and isinstance(value, int):
        return size_text(value)
    if name in ("arrived", "frozen_since"):
        return _when(value) if value else ""
    if name in ("frozen", "bounce") and isinstance(value, bool):
        return name if value else ""
    return as_text(value)


def _when(value: object) -> str:
    if not isinstance(value, int) or not 0 < value < 1 << 34:
        return "never"
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(value))


# What there is to say where there is nothing: that is good news, or an answer all the same.
_NONE = {"blocked": "nobody is blocked", "paniclog": "the panic log is empty", "ratelimits": "nothing is remembered"}
_NONE["exinext"] = "nothing is remembered: all was delivered, or has not been tried"
_LINES: Mapping[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "list": lambda data: table_lines(mappings(data.get("messages"))),
    "count": lambda data: [count_line(data)],
    "show": message_lines,
    "exinext": lambda data: retry_lines(mappings(data.get("retry"))),
    "ratelimits": lambda data: table_lines(mappings(data.get("rates"))),
    "blocked": lambda data: table_lines(mappings(data.get("blocked"))),
    "health": health_lines,
    "paniclog": lambda data: as_text(data.get("paniclog")).splitlines(),
}
