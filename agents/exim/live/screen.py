"""What all screens of the view have in common: a head, titles, lines, a remark, the filter that is typed, and the keys below."""

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.query import NoMatches
from textual.events import Key
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from mcollective_py.errors import InvalidRPCData

from .cells import plain
from .filterwords import MAX_FILTER, selection_of
from .keys import KEYS, brief
from .rows import Row, Rows

if TYPE_CHECKING:
    from .app import EximTop

_MOMENT = 0.1  # seconds in which answers are gathered before they are drawn
_TYPING = 0.3  # seconds without a key after which what is typed is tried


class Line(Static):
    """A line or a few; never markup."""

    def __init__(self, id: str) -> None:
        super().__init__(markup=False, id=id)

    def say(self, text: str) -> None:
        """Show a text that is inert already."""
        self.update(Content(text))
        self.display = bool(text)


class FilterInput(Input):
    """Where a filter is typed: Escape gives up what is typed, and not the screen."""

    BINDINGS = [
        Binding("escape", "screen.end_filter(False)", show=False, priority=True),
        Binding("enter", "screen.keep_filter", show=False, priority=True),
        *(
            Binding(keys, does, show=False, priority=True)
            for keys, does in (
                *(("backspace", "delete_left"), ("delete", "delete_right"), ("left", "cursor_left"), ("right", "cursor_right")),
                *(("home,ctrl+a", "home"), ("end,ctrl+e", "end"), ("ctrl+w", "delete_left_word"), ("ctrl+u", "delete_left_all")),
            )
        ),
    ]

    def write(self, sign: str) -> None:
        """Put a character where the cursor is, at once: the next key finds it there, however fast it comes."""
        self.replace(sign, *sorted(self.selection))


def bindings_of(screen: str) -> list[BindingType]:
    """The bindings of a screen, from the table of keys.

    All have priority: each is done before the next key is looked at, so that keys that come fast, as pasted ones, keep their order.
    """
    return [Binding(key.keys, key.does, show=False, priority=True) for key in KEYS if key.screen == screen and key.does]


class View(Screen[None]):
    """A screen. name_of: in the table of keys. has_cursor: its lines can be chosen."""

    AUTO_FOCUS = "Rows"
    name_of: ClassVar[str] = ""
    has_cursor: ClassVar[bool] = True
    _typing: Timer | None = None
    _mistake = ""
    _is_due = False

    def compose(self) -> ComposeResult:
        """See textual."""
        yield Line("head")
        yield Line("titles")
        yield Rows(has_cursor=self.has_cursor)
        yield Line("remark")
        yield FilterInput(
            placeholder="text, or a selection as: age>2h and not frozen", max_length=MAX_FILTER, compact=True, select_on_focus=False
        )
        yield Line("keys")

    @property
    def top(self) -> "EximTop":
        """The program that this is a screen of."""
        return cast("EximTop", self.app)

    @property
    def rows(self) -> Rows:
        """The lines."""
        return self.query_one(Rows)

    def on_mount(self) -> None:
        """See textual."""
        self.query_one(Input).display = False
        self.begin()
        self.draw()

    def on_screen_resume(self) -> None:
        """Another screen went away, which may have changed something."""
        if self.is_mounted:
            self.draw()

    def on_resize(self) -> None:
        """Lines are as wide as the terminal."""
        self.call_after_refresh(self.draw)

    # --- what a screen is ---------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Ask for what it shows."""

    def again(self) -> None:
        """Called once in an interval: ask again."""

    def filter_changed(self) -> None:
        """Another filter holds: ask for what it means."""

    def head(self) -> str:
        """The first line."""
        return ""

    def titles(self) -> str:
        """The line above the lines."""
        return ""

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """The lines, and the one where the cursor stands, None for where it is."""
        return (), None

    def remark(self) -> str:
        """What is to be said below them."""
        return ""

    # --- how it is drawn ----------------------------------------------------------------------------------------------

    def say(self, id: str, text: str) -> None:
        """Put a text into one of the lines."""
        self.query_one(f"#{id}", Line).say(text)

    @property
    def is_due(self) -> bool:
        """Whether something that came, or that was typed, is still to be shown."""
        return self._is_due or self._typing is not None

    @property
    def _can_draw(self) -> bool:
        """Whether there is something to draw on: answers come to screens that somebody has left, too."""
        return self.is_mounted and self.is_attached

    def draw_soon(self) -> None:
        """Show what is known, once for all that comes in a moment: ten thousand hosts answer at once."""
        if self._can_draw and not self._is_due:
            self._is_due = True
            self.set_timer(_MOMENT, self._draw_now)

    def _draw_now(self) -> None:
        self._is_due = False
        self.draw()

    def draw(self) -> None:
        """Show what is known."""
        if not self._can_draw:
            return
        with suppress(NoMatches):  # a screen that is being taken away loses its lines one by one, and the clock ticks on
            self.say("head", self.head()[: self.size.width])
            self.say("titles", self.titles())
            lines, cursor = self.lines()
            self.rows.show_lines(lines, cursor)
            self.draw_remark()
            self.say("keys", brief(self.name_of, self.size.width))

    def draw_remark(self) -> None:
        """Show what is to be said: what is wrong with the filter that is typed, else the program's own remarks first."""
        told = [self._mistake] if self._mistake else [part for part in (self.top.remark, self.remark()) if part]
        if self.top.typed and not self.is_typing:
            told.append(f"filter: {plain(self.top.typed)}")
        self.say("remark", "\n".join(told))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """See textual: while a filter is typed its letters are no keys of the screen."""
        return action in ("end_filter", "keep_filter") or not self.is_typing

    # --- the filter ---------------------------------------------------------------------------------------------------

    @property
    def is_typing(self) -> bool:
        """Whether a filter is being typed."""
        return self.query_one(Input).display

    def action_filter(self) -> None:
        """Begin to type a filter."""
        field = self.query_one(Input)
        self._before = self.top.typed
        field.display = True
        field.value = self.top.typed
        field.cursor_position = len(field.value)
        self.set_focus(field)

    def takes(self, key: Key) -> bool:
        """Take a character for the filter that is typed; False where none is, or the key is no character."""
        if not (self.is_typing and key.is_printable and key.character):
            return False
        self.query_one(FilterInput).write(key.character)
        return True

    def action_clear_filter(self) -> None:
        """No filter any more."""
        self._use("")

    def on_input_changed(self, changed: Input.Changed) -> None:
        """Try what is typed as soon as nothing more is typed for a moment."""
        if self.is_typing:
            if self._typing is not None:
                self._typing.stop()
            self._typing = self.set_timer(_TYPING, lambda: self._try(changed.value))

    def action_keep_filter(self) -> None:
        """Keep it, if it can be."""
        if self._try(self.query_one(Input).value):
            self.action_end_filter(True)

    def action_end_filter(self, is_kept: bool) -> None:
        """Type no more. is_kept: else the filter is the one before."""
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
        self._mistake = ""
        self.query_one(Input).display = False
        self.set_focus(self.rows)
        if not is_kept:
            self._use(self._before)
        self.draw()

    def _try(self, typed: str) -> bool:
        """Use it as the filter; a mistake is shown with its mark, and what was there stays."""
        self._typing = None
        try:
            selection_of(typed)
        except InvalidRPCData as error:
            self._mistake = "\n".join(plain(line) for line in str(error).split("\n"))
            self.draw_remark()
            return False
        self._mistake = ""
        self._use(typed)
        self.draw_remark()
        return True

    def _use(self, typed: str) -> None:
        if typed.strip() != self.top.typed.strip():
            self.top.use_filter(typed)
            self.filter_changed()
            self.draw()
        else:
            self.top.typed = typed
