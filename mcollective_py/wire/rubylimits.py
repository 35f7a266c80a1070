"""What one message in Marshal or YAML may hold, whatever it claims."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RubyLimits:
    """size: bytes; depth: nested arrays and hashes; values: in all, links counted; symbols: different ones; digits: of one integer."""

    size: int = 1024 * 1024
    depth: int = 32
    values: int = 200_000
    symbols: int = 10_000
    digits: int = 128


REQUEST = RubyLimits()  # what a request may hold
REPLY = RubyLimits(size=4 * 1024 * 1024)  # one reply message
