"""What came of an act, message by message; what needs a look stands first."""

from collections.abc import Callable, Sequence

from .acts import Outcomes
from .cells import Column, line_of, plain, titles_of
from .rows import Drawn, Row
from .screen import View, bindings_of

_COLUMNS = (Column("HOST", 10), Column("MESSAGE", 23), Column("OUTCOME", 10), Column("IN ITS WORDS"))


class OutcomeScreen(View):
    """The outcomes of one act, as they come."""

    name_of = "outcome"
    BINDINGS = bindings_of("outcome")

    def __init__(self, outcomes: Outcomes, finished: Callable[[], None]) -> None:
        super().__init__()
        self._outcomes, self._finished = outcomes, finished

    def head(self) -> str:
        """See View."""
        return plain(self._outcomes.summary)

    def titles(self) -> str:
        """See View."""
        return titles_of(_COLUMNS, self.size.width)

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """See View."""
        rows, width = self._outcomes.rows, self.size.width

        def line(at: int) -> Row:
            one = rows[at]
            return Row(line_of([one.host, one.id, one.outcome, one.text], _COLUMNS, width), is_loud=one.is_trouble)

        return Drawn(len(rows), line), None

    def remark(self) -> str:
        """See View: all of the chosen one's words."""
        rows = self._outcomes.rows
        return plain(rows[self.rows.cursor].text) if self.rows.cursor < len(rows) else ""

    def on_rows_moved(self) -> None:
        """Another one is chosen."""
        self.draw_remark()
