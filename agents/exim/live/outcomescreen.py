"""What came of an act, message by message; what needs a look stands first."""

from collections.abc import Sequence

from .acts import Outcomes
from .cells import Column, line_of, plain, titles_of, width_for
from .rows import Drawn, Row
from .screen import View, bindings_of

_COLUMNS = (Column("MESSAGE", 23, above=50), Column("OUTCOME", 10), Column("IN ITS WORDS", above=40))


class OutcomeScreen(View):
    """The outcomes of one act, as they come."""

    name_of = "outcome"
    BINDINGS = bindings_of("outcome")

    def __init__(self, outcomes: Outcomes) -> None:
        super().__init__()
        self._outcomes, self._names = outcomes, tuple(outcomes.due)

    def head(self) -> str:
        """See View."""
        return plain(self._outcomes.summary)

    def titles(self) -> str:
        """See View."""
        return titles_of(self._columns(), self.size.width)

    def _columns(self) -> list[Column]:
        return [Column("HOST", width_for("HOST", self._names, max(self.size.width // 6, 8))), *_COLUMNS]

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """See View."""
        rows, columns, width = self._outcomes.rows, self._columns(), self.size.width

        def line(at: int) -> Row:
            one = rows[at]
            return Row(line_of([one.host, one.id, one.outcome, one.text], columns, width), is_loud=one.is_trouble)

        return Drawn(len(rows), line), None

    def remark(self) -> str:
        """See View: all of the chosen one's words."""
        rows = self._outcomes.rows
        return plain(rows[self.rows.cursor].text) if self.rows.cursor < len(rows) else ""

    def on_rows_moved(self) -> None:
        """Another one is chosen."""
        self.draw_remark()
