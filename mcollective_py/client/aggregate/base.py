"""The aggregate port: one function over one output of all replies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ..results import RPCResult


@dataclass(frozen=True, slots=True)
class Aggregated:
    """What a function made of all values. lines: to be printed, without any for no value at all. data: the same for JSON."""

    lines: tuple[str, ...]
    data: Any = None


class AggregateFunction:
    """Base class of aggregates: one instance a call of an action, made before the first reply.

    output: whose values it gets. format: the DDL's, None for the function's own. options: what else the DDL says, as it stands there.
    Whatever a method raises becomes the reason why there is no summary; the call itself goes on.
    Values come from hosts and may be anything that a wire carries: keep no more of them than is needed.
    """

    def __init__(self, output: str, format: str | None = None, options: Mapping[str, Any] | None = None) -> None:
        self.output, self.format, self.options = output, format, dict(options or {})
        self.startup()

    def startup(self) -> None:
        """Make ready, and check the options: ValueError for those that will not do."""

    def process_result(self, value: Any, result: RPCResult) -> None:
        """Take one host's value; never None."""
        raise NotImplementedError(f"{type(self).__name__} has no process_result")

    def summarize(self) -> Aggregated:
        """What is to be told, once all replies are there."""
        raise NotImplementedError(f"{type(self).__name__} has no summarize")

    def option(self, name: str, default: int, least: int, most: int) -> int:
        """A whole number among the options. Raises ValueError that says the range."""
        value = self.options.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(f"{name} must be a whole number from {least} to {most}")
        return value

    def refuse(self, problem: str) -> NoReturn:
        """Raise ValueError for an option."""
        raise ValueError(f"its option {problem}")

    def check_options(self, *known: str) -> None:
        """Raises ValueError for an option that is none of these."""
        if unknown := sorted(str(name) for name in self.options if name not in known):
            self.refuse(f"{unknown[0]} is not known" + (f": it takes {', '.join(known)}" if known else ": it takes none"))
