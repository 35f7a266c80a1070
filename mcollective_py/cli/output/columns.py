"""Outputs as columns: which ones there are, and how wide text is on a terminal; pure."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...ddl.model import DDL

_MAX_COLUMNS = 1000


def output_names(results: Iterable[Mapping[Any, Any]], ddl: DDL | None, action: str | None) -> list[Any]:
    """Names of all outputs: those of the DDL in its order, then what else hosts sent, sorted; at most 1000."""
    declared = ddl.actions.get(action or "") if ddl else None
    names: dict[Any, None] = dict.fromkeys(declared.outputs if declared else ())
    others = {name for result in results for name in result if name not in names}
    names |= dict.fromkeys(sorted(others, key=str))
    return list(names)[:_MAX_COLUMNS]


def text_width(text: str) -> int:
    """Columns of a terminal that a text takes; Chinese, Japanese and Korean signs take two, combining ones none."""
    return len(text) if text.isascii() else sum(_width(char) for char in text)


def cut(text: str, width: int) -> str:
    """A text in at most width columns; what is too long ends in `…`."""
    if text_width(text) <= width:
        return text
    taken, room = 0, width - 1
    for at, char in enumerate(text):
        taken += _width(char)
        if taken > room:
            return f"{text[:at]}…"
    return text


def padded(text: str, width: int, *, is_right: bool = False) -> str:
    """A text filled with blanks to width columns; is_right: in front of it."""
    fill = " " * (width - text_width(text))
    return fill + text if is_right else text + fill


def shared_out(widths: Sequence[int], room: int, least: int) -> list[int]:
    """Widths that fit into room: the widest give way first, none below least. More than room where that cannot be."""
    given = list(widths)
    over = sum(given) - room
    while over > 0:
        widest = max(given)
        if widest <= least:
            break
        at = [number for number, width in enumerate(given) if width == widest]
        below = max((width for width in given if width < widest), default=least)
        step = max(min(widest - max(below, least), -(-over // len(at))), 1)
        for number in at:
            taken = min(step, over)
            given[number] -= taken
            over -= taken
    return given


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
