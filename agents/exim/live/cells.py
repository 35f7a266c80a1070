"""Rows of a table as lines of a given width: what hosts sent is made inert here, and nothing but this is drawn of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from mcollective_py.cli.inert import inert

_GAP = 1


@dataclass(frozen=True, slots=True)
class Column:
    """title: above it. width: cells; 0 for one that shares what is left. share: how many parts of it. is_right: numbers."""

    title: str
    width: int = 0
    share: int = 1
    is_right: bool = False


def plain(text: str) -> str:
    """A text of a host as one line that does nothing to a terminal."""
    return inert(text[:4000]).replace("\t", " ")


def widths_of(columns: Sequence[Column], width: int) -> list[int]:
    """Cells of each column, with one blank between two."""
    left = max(width - sum(column.width for column in columns) - _GAP * (len(columns) - 1), 0)
    shares = sum(column.share for column in columns if not column.width) or 1
    return [column.width or left * column.share // shares for column in columns]


def line_of(cells: Sequence[str], columns: Sequence[Column], width: int) -> str:
    """A line: each cell cut or filled to its column; a number that is too long keeps its end out of nobody's sight."""
    parts = []
    for cell, column, room in zip(cells, columns, widths_of(columns, width), strict=True):
        text = plain(cell)
        size = cell_len(text)
        if size > room:
            text = set_cell_size(text, max(room - 1, 0)) + ("…" if room else "")
        elif column.is_right:
            text = " " * (room - size) + text
        else:
            text = set_cell_size(text, room)
        parts.append(text)
    return (" " * _GAP).join(parts)


def titles_of(columns: Sequence[Column], width: int) -> str:
    """The line above them."""
    return line_of([column.title for column in columns], columns, width)
