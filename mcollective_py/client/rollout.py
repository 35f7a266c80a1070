"""Rollout: in which batches a call goes over its hosts, and when it is to stop; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

from ..errors import UsageError
from .batches import check_batch, slices
from .share import read_share

Reason = Literal["canary", "max_fail"]


@dataclass(frozen=True, slots=True)
class Stopped:
    """Where a roll-out went over what may fail, and why; it ended there, if anybody was left.

    batch: the last one that was asked, counted from 1; batches: of how many; is_within: not all of it was asked. reason: `canary` or
    `max_fail`; limit: the words of the latter. asked, failed, denied (a part of failed), silent (asked and without an answer),
    not_asked: numbers of hosts.
    """

    batch: int
    batches: int
    reason: Reason
    limit: str | None
    asked: int
    failed: int
    denied: int
    silent: int
    not_asked: int
    is_within: bool = False

    def __str__(self) -> str:
        """`stopped after batch 2 of 5: 3 of 10 hosts failed, more than --max-fail 2; 15 hosts were not asked`."""
        where = f"stopped {'within' if self.is_within else 'after'} batch {self.batch} of {self.batches}"
        counts = []
        if self.failed or not self.silent:
            denied = f" ({self.denied} denied)" if self.denied else ""
            counts.append(f"{self.failed} of {_hosts(self.asked)} failed{denied}")
        if self.silent:
            counts.append(f"{self.silent} of {_hosts(self.asked)} did not answer")
        why = "a canary is to succeed on all of its hosts" if self.reason == "canary" else f"more than --max-fail {self.limit}"
        what = f"{' and '.join(counts)}, {why}"
        if not self.not_asked:
            return f"went wrong, and nobody was left to be spared: {what}"
        return f"{where}: {what}; {_hosts(self.not_asked)} {'was' if self.not_asked == 1 else 'were'} not asked"


@dataclass(frozen=True, slots=True)
class Rollout:
    """batch: `10`, `25%` or `1,5,25%,100%`. canary: the first so many hosts are a batch of their own, and must all succeed. max_fail:
    how many hosts may fail, be denied or stay silent, `2` or `10%` of all; None for all of them."""

    batch: str = "100%"
    canary: int = 0
    max_fail: str | None = None

    @classmethod
    def of(cls, batch: str | int | None, canary: int | None = None, max_fail: str | int | None = None) -> Self | None:
        """What the words of --batch, --canary and --max-fail say; None where there are none. Raises UsageError."""
        if batch is not None:
            check_batch(str(batch))
        if canary is not None and not (isinstance(canary, int) and canary >= 1):
            raise UsageError(f"a canary is a number of hosts above 0, not {canary!r}")
        if max_fail is not None:
            _share(str(max_fail))
            if batch is None and canary is None:
                raise UsageError(
                    "--max-fail stops between batches and there are none: add --batch, as in --batch 1,10%,100%, or --canary"
                )
        if batch is None and canary is None:
            return None
        words = None if max_fail is None else str(max_fail)
        return cls("100%" if batch is None else str(batch), canary or 0, words)

    def batches(self, nodes: Sequence[str]) -> list[tuple[str, ...]]:
        """The nodes in their order, a batch at a time. Percentages are of all of them."""
        return slices(nodes, self.batch, first=self.canary)

    def verdict(self, batch: int, total: int, bad: int) -> Reason | None:
        """Why nobody else is to be asked; None where the rest is. batch: the present one, from 1. total: all hosts of the call.

        bad: hosts that failed, were denied or had their time and stayed silent.
        """
        if batch == 1 and self.canary and bad:
            return "canary"
        if self.max_fail is None:
            return None
        number, is_percent = _share(self.max_fail)
        return "max_fail" if (bad * 100 > number * total if is_percent else bad > number) else None


def _share(max_fail: str) -> tuple[int, bool]:
    """The number of `2` or `10%`, and whether it is a percentage. Raises UsageError."""
    share = read_share(max_fail)
    if share is None:
        raise UsageError(f"--max-fail is a number of hosts or a percentage up to 100%, not {max_fail[:80]!r}")
    return share


def _hosts(count: int) -> str:
    return f"{count} host{'' if count == 1 else 's'}"
