"""`--fold`: text in which equal results stand once; made when all is in."""

from ...client.results import RPCResult
from ...ddl.model import DDL
from ..render import Style
from .base import Ending, text_of


class Folded:
    """The report of cli/fold.py."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        self._ddl, self._style = ddl, style
        self._results: list[RPCResult] = []

    def result(self, result: RPCResult) -> str:
        """See Output."""
        self._results.append(result)
        return ""

    def end(self, ending: Ending) -> str:
        """See Output."""
        from ..fold import folded_lines

        return text_of(folded_lines(self._results, self._ddl, self._style))
