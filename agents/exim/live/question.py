"""The question before something is done."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from .cells import plain
from .keys import brief
from .screen import Line, bindings_of


class Really(ModalScreen[bool]):
    """Says yes or no. notes: what is to be known before."""

    BINDINGS = [*bindings_of("question"), Binding("escape", "no", show=False, priority=True)]
    DEFAULT_CSS = """
    Really { align: center middle; background: transparent; }
    Really Vertical { width: 90%; height: auto; border: ascii ansi_default; padding: 0 1; background: ansi_default; }
    """

    def __init__(self, question: str, notes: Sequence[str]) -> None:
        super().__init__()
        self._question, self._notes = question, notes

    def compose(self) -> ComposeResult:
        """See textual."""
        with Vertical():
            yield Line("question")
            yield Line("notes")
            yield Line("answers")

    def on_mount(self) -> None:
        """See textual."""
        self.query_one("#question", Line).say(plain(self._question))
        self.query_one("#notes", Line).say("\n".join(plain(note) for note in self._notes[:5]))
        self.query_one("#answers", Line).say(brief("question", 60))

    def action_yes(self) -> None:
        """It is meant."""
        self.dismiss(True)

    def action_no(self) -> None:
        """It is not."""
        self.dismiss(False)
