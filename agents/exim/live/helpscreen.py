"""All keys."""

from collections.abc import Sequence

from .keys import help_lines
from .rows import Row
from .screen import View


class HelpScreen(View):
    """The help."""

    name_of = "help"
    has_cursor = False

    def head(self) -> str:
        """See View."""
        return "Keys of `mco exim top`; Escape leads back"

    def lines(self) -> tuple[Sequence[Row], int | None]:
        """See View."""
        return [Row(line) for line in help_lines()], None
