"""Summaries: all that an action's DDL has summarized, fed reply by reply. No fault of a function ends a call."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...ddl.model import ActionDDL, Aggregate
from ...text import printable
from ..results import RPCResult
from .base import Aggregated, AggregateFunction
from .load import aggregate_class
from .values import MAX_PARTS

logger = logging.getLogger(__name__)

NOTHING = "No aggregate summary could be computed"
_MAX_LINES = 1000
_MAX_LINE = 1000  # characters
MAX_VALUES = 2_000_000  # values and elements of lists that one function is given: seconds of work, whatever hosts send


@dataclass(frozen=True, slots=True)
class Summary:
    """One summary. title: the output's label, as in "Summary of TITLE:". failure: why there is none, in words; None where there is one.

    lines: plain text ready to print; hosts' values are in them, so that they are not inert yet. data: the same for JSON.
    """

    title: str
    function: str
    output: str
    lines: tuple[str, ...]
    data: Any
    failure: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        return {**asdict(self), "lines": list(self.lines)}


class Summaries:
    """The summaries of one call of an action. libdirs: where a site's own aggregates are.

    Counted is what succeeded and what an action failed with its outputs set (status codes 0 and 1), as far as the output has a value.
    """

    def __init__(self, action: ActionDDL, libdirs: Sequence[Path] = ()) -> None:
        self._action = action
        self._failures: dict[int, str] = {}
        self._functions: dict[int, AggregateFunction] = {}
        self._room = dict.fromkeys(range(len(action.aggregates)), MAX_VALUES)
        self._unheard: Counter[int] = Counter()  # hosts whose values there was no room for
        for number, declared in enumerate(action.aggregates):
            try:
                made = aggregate_class(declared.function, libdirs)(declared.output, declared.format, declared.options)
                if not (callable(getattr(made, "process_result", None)) and callable(getattr(made, "summarize", None))):
                    raise TypeError("it has no process_result and summarize")
                self._functions[number] = made
            except Exception as error:  # noqa: BLE001 - a plugin may raise anything, and the call is worth more than its summary
                self._fail(number, declared, error)

    def add(self, result: RPCResult) -> None:
        """Take one host's answer."""
        if result.refusal is not None or result.statuscode not in (0, 1):
            return
        for number, function in list(self._functions.items()):
            declared = self._action.aggregates[number]
            value = result.data.get(declared.output)
            if value is None:
                continue
            size = min(len(value), MAX_PARTS) if isinstance(value, list | tuple | Mapping) else 1
            if size > self._room[number]:
                self._unheard[number] += 1
                continue
            self._room[number] -= size
            try:
                function.process_result(value, result)
            except Exception as error:  # noqa: BLE001 - as above
                self._fail(number, declared, error, f" of {printable(result.sender)}")
                del self._functions[number]

    def finished(self) -> list[Summary]:
        """Every summary, sorted by the output; then those that failed."""
        found = [self._summary(number, declared) for number, declared in enumerate(self._action.aggregates)]
        return sorted(found, key=lambda summary: (summary.failure is not None, summary.output))

    def _summary(self, number: int, declared: Aggregate) -> Summary:
        output = self._action.outputs.get(declared.output)
        title = declared.output if output is None else output.display_as
        lines: tuple[str, ...] = ()
        data = None
        if number not in self._failures:
            try:
                aggregated = self._functions[number].summarize()
                lines, data = bounded(aggregated), aggregated.data
                if unheard := self._unheard[number]:
                    hosts = "1 host" if unheard == 1 else f"{unheard} hosts"
                    lines = (*lines, f"(the values of {hosts} left out: {MAX_VALUES} values are taken)")
            except Exception as error:  # noqa: BLE001 - as above
                self._fail(number, declared, error)
        failure = self._failures.get(number)
        if failure is None and not lines:
            failure = NOTHING
        return Summary(title, declared.function, declared.output, lines, data, failure)

    def _fail(self, number: int, declared: Aggregate, error: Exception, whose: str = "") -> None:
        words = printable(str(error)) or type(error).__name__
        if not isinstance(error, ValueError | MemoryError) and type(error).__module__ == "builtins":
            words = f"{type(error).__name__}: {words}"
        self._failures[number] = f"could not compute {declared.function} of {declared.output}{whose}: {words}"
        logger.debug("the aggregate %s of %s failed", declared.function, declared.output, exc_info=error)


def bounded(aggregated: Aggregated) -> tuple[str, ...]:
    """The lines that are printed: so many, and each so long. Raises TypeError for what are no lines of text."""
    lines = tuple(aggregated.lines)
    if not all(isinstance(line, str) for line in lines):
        raise TypeError("its lines are not all text")
    more = len(lines) - _MAX_LINES
    short = tuple(line if len(line) <= _MAX_LINE else f"{line[:_MAX_LINE]}..." for line in lines[:_MAX_LINES])
    return (*short, f"... and {more} more") if more > 0 else short
