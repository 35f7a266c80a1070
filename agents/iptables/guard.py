"""The networks that a host never cuts off, whoever asks: with their reasons, and quick to ask."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from socket import inet_aton

from mcollective_py.agent import InvalidRPCData

from .addresses import Network, shown


@dataclass(frozen=True, slots=True)
class Protected:
    """One network and why: `the default gateway`. It follows `is` or, for a network, `lies in ..., `: a noun."""

    network: Network
    reason: str


class Guard:
    """Protected networks, asked for many others: 100,000 questions take a second, however many are protected."""

    def __init__(self, facts: Iterable[Protected] = ()) -> None:
        self._by_place: dict[tuple[int, int, int], Protected] = {}  # version, prefix length, first address as a number
        for fact in facts:
            self._by_place.setdefault(_place(fact.network, fact.network.prefixlen), fact)
        self._lengths = {
            version: sorted({length for of, length, _ in self._by_place if of == version}, reverse=True) for version in (4, 6)
        }
        self._masks = [(length, (0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF) for length in self._lengths[4]]
        self._starts = {
            version: sorted((start, -length) for of, length, start in self._by_place if of == version) for version in (4, 6)
        }

    @property
    def facts(self) -> tuple[Protected, ...]:
        """All that is protected, by family and address."""
        return tuple(self._by_place[place] for place in sorted(self._by_place, key=lambda place: (place[0], place[2], place[1])))

    def refusal(self, network: Network) -> str | None:
        """The rule that blocking this network would break, None where none."""
        fact = self._around(network) or self._within(network)
        if fact is None:
            return None
        if fact.network == network:
            return f"{shown(network)} is {fact.reason}"
        if network.prefixlen > fact.network.prefixlen:
            return f"{shown(network)} lies in {fact.network}, {fact.reason}"
        return f"{network} holds {shown(fact.network)}, {fact.reason}"

    def refusal_of(self, text: str) -> str | None:
        """The same of a network as `shown` writes it; of a plain address of IPv4 in a few microseconds, for long lists."""
        if "/" in text or ":" in text:
            return self.refusal(ip_network(text))
        a, b, c, d = text.split(".")
        number = int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)
        if any((4, length, number & mask) in self._by_place for length, mask in self._masks):
            return self.refusal(ip_network(text))
        return None

    def lets_all(self, texts: Iterable[str]) -> bool:
        """Whether none of these plain addresses of IPv4 is refused, in a sixth of the time."""
        numbers = [int.from_bytes(inet_aton(text), "big") for text in texts]
        starts: dict[int, set[int]] = {}
        for version, length, start in self._by_place:
            if version == 4:
                starts.setdefault(length, set()).add(start)
        masks = dict(self._masks)
        return not any(some & {number & masks[length] for number in numbers} for length, some in starts.items())

    def check(self, text: str) -> None:
        """Raises InvalidRPCData naming the rule that blocking this network, as `shown` writes it, would break."""
        if (reason := self.refusal_of(text)) is not None:
            raise InvalidRPCData(f"{reason}: it is never blocked here")

    def _around(self, network: Network) -> Protected | None:
        """The narrowest that holds the network, or is it."""
        for length in self._lengths[network.version]:
            if length <= network.prefixlen and (fact := self._by_place.get(_place(network, length))):
                return fact
        return None

    def _within(self, network: Network) -> Protected | None:
        """The first that the network holds."""
        starts, first = self._starts[network.version], int(network.network_address)
        at = bisect_left(starts, (first, -network.max_prefixlen))
        if at == len(starts) or starts[at][0] > int(network.broadcast_address):
            return None
        start, length = starts[at]
        return self._by_place[(network.version, -length, start)]


def _place(network: Network, length: int) -> tuple[int, int, int]:
    spare = network.max_prefixlen - length
    return network.version, length, int(network.network_address) >> spare << spare
