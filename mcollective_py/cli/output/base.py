"""Output: one format of results, as text ready to be written. Pure: who writes it, and where, is not its concern."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ...client.results import RPCResult, RPCStats

if TYPE_CHECKING:
    from ...client.aggregate.summaries import Summary


@dataclass(frozen=True, slots=True)
class Ending:
    """What there is to say once all results are in. is_interrupted: there might have been more."""

    stats: RPCStats
    summaries: tuple["Summary", ...] = ()
    is_interrupted: bool = False


class Output(Protocol):
    """One format of one call: text from each of these in turn, empty where there is nothing to be written yet."""

    def result(self, result: RPCResult) -> str:
        """One result has come."""

    def end(self, ending: Ending) -> str:
        """No more results come."""


def failures_first(results: Iterable[RPCResult]) -> list[RPCResult]:
    """Results in the order for people: what failed, then by name."""
    return sorted(results, key=lambda result: (result.is_ok, result.sender))


def text_of(lines: Iterable[str]) -> str:
    """Lines as one text, each ended."""
    return "".join(f"{line}\n" for line in lines)
