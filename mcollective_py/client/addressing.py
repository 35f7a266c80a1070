"""How a request reaches its nodes: one broadcast, or one publication for each node; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..errors import UsageError
from ..filter import MAX_TERMS, Filter
from ..names import is_identity

CHUNK = 200  # names in one signed request: 10,000 nodes are 50 signatures
SECRET_CHUNK = 20  # each of them gets the keys of all: 20 KB with RSA-4096, and 200 would be 200


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a request goes to. targets: the nodes of a directed request, None for a broadcast with the filter."""

    filter: Filter
    targets: tuple[str, ...] | None

    def chunks(self, size: int = CHUNK) -> Iterator[tuple[str, ...] | None]:
        """The `targets` of each signed request, at most size names; a single None for a broadcast."""
        if self.targets is None:
            yield None
            return
        for start in range(0, len(self.targets), size):
            yield self.targets[start : start + size]


def address(
    agent: str,
    filter: Filter,
    nodes: Sequence[str],
    *,
    is_named: bool,
    direct_addressing: bool = True,
    threshold: int = 10,
    keeps_filter: bool = False,
) -> Address:
    """Directed where the nodes were named (or are a part of what was discovered) or are few; else broadcast with the filter.

    A directed request carries no filter but the agent: who is meant has been decided; with keeps_filter the filter, too. Raises
    UsageError for an empty list, for a name that is none, and for more named nodes than a filter holds where direct addressing is off.
    """
    if not nodes:
        raise UsageError("a request without nodes is not sent: nobody was named or discovered")
    for name in nodes:
        if not is_identity(name):
            raise UsageError(f"{name[:80]!r} is no host name: letters, digits, '.', '_' and '-'")
    if direct_addressing and (is_named or len(nodes) <= threshold):
        return Address((filter if keeps_filter else Filter()).with_agent(agent), tuple(dict.fromkeys(nodes)))
    if is_named:
        if len(nodes) >= MAX_TERMS:  # the agent is a term, too
            raise UsageError(f"{len(nodes)} named nodes need direct_addressing = 1 in the configuration")
        return Address(replace(Filter(agents=(agent,)), identities=tuple(nodes)), None)
    return Address(filter.with_agent(agent), None)
