"""What one message in Marshal or YAML may hold, whatever it claims."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class RubyLimits:
    """size: bytes; depth: nested arrays and hashes; values: in all, links counted; symbols: different ones; digits: of one integer.

    number_keys: integers and floats as keys, not counting the first 64 of a hash, one of more than 60 bits as 64: their hash values are
    no secret of the process, as those of strings are, and a hash of 87,000 chosen ones takes five seconds to build. wide: bytes in
    memory of all texts beyond ASCII, of which one emoji makes each character take four. repeats_keys: whether a hash may have a key
    twice.
    """

    size: int = 1024 * 1024
    depth: int = 32
    values: int = 200_000
    symbols: int = 10_000
    digits: int = 128
    number_keys: int = 4096
    wide: int = 8 * 1024 * 1024
    repeats_keys: bool = True

    def of_envelope(self) -> "RubyLimits":
        """For an envelope, which anybody can have sent: strings and a filter of 64 terms, and a body that is one string in it."""
        return replace(self, depth=12, values=10_000, symbols=200, repeats_keys=False)


REQUEST = RubyLimits()  # what a request may hold
REPLY = RubyLimits(size=4 * 1024 * 1024)  # one reply message
