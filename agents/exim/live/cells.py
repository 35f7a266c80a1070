"""Rows of a table as lines of a given width: what hosts sent is made inert here, and nothing but this is drawn of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from mcollective_py.cli.inert import inert

_GAP = 1


@dataclass(frozen=True, slots=True)
class Column:
    """title: above it. width: cells; 0 for one that shares what is left. share: how many parts of it. is_right: numbers.

    above: cells of a terminal that is too narrow for it.
    """

    title: str
    width: int = 0
    share: int = 1
    is_right: bool = False
    above: int = 0


def plain(text: str) -> str:
    """A text of a host as one line that does nothing to a terminal."""
    return inert(text[:4000]).replace("\t", " ")


def widths_of(columns: Sequence[Column], width: int) -> list[int | None]:
    """Cells of each column, with one blank between two; None for one that is left out."""
    shown = [column for column in columns if width > column.above]
    left = max(width - sum(column.width for column in shown) - _GAP * (len(shown) - 1), 0)
    shares = sum(column.share for column in shown if not column.width) or 1
    return [(column.width or left * column.share // shares) if width > column.above else None for column in columns]


def width_for(title: str, names: Iterable[str], most: int) -> int:
    """Cells of a column that tells these names apart, below its title."""
    return max(min(max(map(len, names), default=0), most), len(title))


def line_of(cells: Sequence[str], columns: Sequence[Column], width: int) -> str:
    """A line: each cell cut or filled to its column; a number that is too long keeps its end out of nobody's sight."""
    parts = []
    for cell, column, room in zip(cells, columns, widths_of(columns, width), strict=True):
        if room is None:
            continue
        text = cut(plain(cell), room)
        blank = " " * (room - cell_len(text))
        parts.append(blank + text if column.is_right else text + blank)
    return (" " * _GAP).join(parts)


def cut(text: str, room: int) -> str:
    """A text that is inert already, in at most so many cells."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - 1, 0)) + ("…" if room > 0 else "")


def titles_of(columns: Sequence[Column], width: int) -> str:
    """The line above them."""
    return line_of([column.title for column in columns], columns, width)
