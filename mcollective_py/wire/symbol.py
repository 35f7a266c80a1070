"""What Ruby's serializers have and Python has not: symbols and regular expressions, as inert values."""

from dataclasses import dataclass


class Symbol(str):
    """A Ruby symbol: the plain word everywhere, and a symbol again when it is written to the wire.

    Equal to its text and found by it in a dict, so that nothing right of `wire/` need know of symbols.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Regexp:
    """A Ruby regular expression as text: never compiled on the way in. options: Ruby's bits, 1 `i`, 2 `x`, 4 `m`."""

    source: str
    options: int = 0
