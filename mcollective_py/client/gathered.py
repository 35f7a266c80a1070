"""Results of several calls as those of one, for calls whose inputs differ from host to host, and for answers that are in already."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from .results import RPCResult, RPCStats
from .rpcresults import RPCResults


class Gathered(RPCResults):
    """The results of calls that were all made already, one call after the other. calls: at least one.

    came: what was taken out of them before, shown first.
    """

    def __init__(self, calls: Sequence[RPCResults], came: Iterable[RPCResult] = ()) -> None:
        super().__init__(calls[0].replies)
        self._calls, self._all = calls, self._one_by_one(calls, came)

    def __next__(self) -> RPCResult:
        result = next(self._all)
        (self.ok if result.is_ok else self.failed).append(result.sender)
        return result

    def close(self) -> None:
        """Stop waiting for more."""
        for call in self._calls:
            call.close()

    @property
    def stats(self) -> RPCStats:
        """Those of all calls together: they ran at the same time."""
        first, *others = [call.stats for call in self._calls]
        for one in others:
            first = replace(
                first,
                discovered=(*first.discovered, *one.discovered),
                no_response=(*first.no_response, *one.no_response),
                not_sent=(*first.not_sent, *one.not_sent),
                unexpected=(*first.unexpected, *one.unexpected),
                responses=first.responses + one.responses,
                ok=first.ok + one.ok,
                failed=first.failed + one.failed,
                denied=first.denied + one.denied,
                unverified=first.unverified + one.unverified,
                duplicates=first.duplicates + one.duplicates,
                agent_time=max(first.agent_time, one.agent_time),
            )
        return first

    @staticmethod
    def _one_by_one(calls: Sequence[RPCResults], came: Iterable[RPCResult]) -> Iterator[RPCResult]:
        yield from came
        for call in calls:
            yield from call
