"""A list of lines with a cursor: drawn line by line, so that thousands of them cost nothing, and no line is read as markup."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

_CURSOR = Style(reverse=True)


@dataclass(frozen=True, slots=True)
class Row:
    """A line that is inert already. is_faint: less to look at; is_loud: more."""

    text: str
    is_faint: bool = False
    is_loud: bool = False

    @property
    def style(self) -> Style:
        """How it is drawn; what it says does not hang on it, so that it can be read without colours."""
        return Style(dim=self.is_faint or None, bold=self.is_loud or None)


class Drawn(Sequence[Row]):
    """Lines that are made when they come into sight. count: how many; make: the one of a number."""

    def __init__(self, count: int, make: Callable[[int], Row]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Row: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Row]: ...

    def __getitem__(self, at: int | slice) -> Row | Sequence[Row]:
        if isinstance(at, slice):
            return [self._make(number) for number in range(*at.indices(self._count))]
        if not 0 <= at < self._count:
            raise IndexError(at)
        return self._make(at)


class Rows(ScrollView, can_focus=True):
    """The list. has_cursor: one line is chosen, and keys move that; without it they scroll. is_touched: somebody moved the cursor."""

    BINDINGS = [
        Binding(keys, does, show=False, priority=True)
        for keys, does in (
            *(("up,k", "move(-1)"), ("down,j", "move(1)"), ("pageup", "page(-1)"), ("pagedown", "page(1)")),
            *(("home", "move(-10000000)"), ("end", "move(10000000)")),
        )
    ]
    DEFAULT_CSS = "Rows { height: 1fr; scrollbar-size: 0 0; overflow-x: auto; overflow-y: auto; background: ansi_default; }"

    @dataclass
    class Moved(Message):
        """The cursor stands on another line, or the view was scrolled."""

    def __init__(self, *, has_cursor: bool = True) -> None:
        super().__init__()
        self._lines: Sequence[Row] = ()
        self.has_cursor, self.cursor, self.is_touched = has_cursor, 0, False

    def show_lines(self, lines: Sequence[Row], cursor: int | None = None) -> None:
        """Show these. cursor: the line it stands on, None for the same number."""
        self._lines = lines
        self.is_touched = self.is_touched and bool(lines)
        self.cursor = min(max(self.cursor if cursor is None else cursor, 0), max(len(lines) - 1, 0))
        width = self.size.width if self.has_cursor else max((cell_len(line.text) for line in lines), default=0)
        self.virtual_size = Size(max(width, 1), len(lines))
        self._keep_in_sight()
        self.refresh()

    @property
    def is_near_the_end(self) -> bool:
        """Whether somebody who goes on will need more lines soon."""
        return self.cursor + 2 * max(self.size.height, 10) >= len(self._lines)

    def render_line(self, y: int) -> Strip:
        """See textual."""
        left, top = self.scroll_offset
        width, number = self.size.width, top + y
        if number >= len(self._lines):
            return Strip.blank(width, Style.null())
        line = self._lines[number]
        style = _CURSOR if self.has_cursor and number == self.cursor else line.style
        return (
            Strip([Segment(line.text, style)])
            .adjust_cell_length(max(left + width, cell_len(line.text)), style)
            .crop(left, left + width)
        )

    def action_move(self, by: int) -> None:
        """Move the cursor, or scroll."""
        self.is_touched = True
        if self.has_cursor:
            self.cursor = min(max(self.cursor + by, 0), max(len(self._lines) - 1, 0))
            self._keep_in_sight()
        else:
            self.scroll_to(y=self.scroll_offset.y + by, animate=False, immediate=True)
        self.refresh()
        self.post_message(self.Moved())

    def action_page(self, by: int) -> None:
        """Move by what is in sight."""
        self.action_move(by * max(self.size.height - 1, 1))

    def on_resize(self) -> None:
        """The cursor stays in sight."""
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        if self.has_cursor and self.size.height:
            self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True, immediate=True)
