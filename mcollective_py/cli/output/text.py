"""Text for people: each result in the historic layout as it arrives, and what is said after the last one."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...client.results import RPCResult
from ...ddl.model import DDL
from ..inert import inert, inert_lines
from ..render import Style, remark_lines, result_lines, stats_lines, summary_line
from .base import Ending, text_of

if TYPE_CHECKING:
    from ...client.aggregate.summaries import Summary


class Text:
    """The historic layout."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        self._ddl, self._style = ddl, style

    def result(self, result: RPCResult) -> str:
        """See Output."""
        return text_of(result_lines(result, self._ddl, self._style))

    def end(self, ending: Ending) -> str:
        """See Output."""
        return ""


def ending_text(ending: Ending, started: str, style: Style) -> str:
    """What stands below all results: summaries, who is missing, with -v the times, and the line of sums last.

    started: when the call began, as it is to be shown.
    """
    has_values = ending.stats.responses > ending.stats.denied  # else each would say that there is nothing to sum up
    lines = summaries_lines(ending.summaries, style) if has_values else []
    if remarks := remark_lines(ending.stats, style):
        lines += [*remarks, ""]
    if style.verbose:
        lines += [*stats_lines(ending.stats, started, style), ""]
    return text_of([*lines, "", summary_line(ending.stats, style)])


def summaries_lines(summaries: Iterable["Summary"], style: Style) -> list[str]:
    """A block `Summary of TITLE:` each; one that could not be made says why."""
    lines: list[str] = []
    for one in summaries:
        lines += ["", style.bold(f"Summary of {inert(one.title)}:"), ""]
        if one.failure is not None:
            lines += [f"   {line}" for line in inert_lines(one.failure)]
        else:
            lines += [f"   {line}".rstrip() for text in one.lines for line in inert_lines(text)]
    return [*lines, ""] if lines else []
