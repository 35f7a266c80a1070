"""What the words of options may be: times, whole numbers."""

import argparse


def seconds(word: str) -> float:
    """A time in seconds above 0, as an option's type."""
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < 86400:
        raise argparse.ArgumentTypeError(f"{word!r} is no time: give seconds above 0")
    return value


def duration(word: str) -> float:
    """A time above 0 in seconds, or with units as `1h30m`, as an option's type."""
    from ..ddl.quantities import seconds_of

    try:
        value = seconds_of(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r} {error}") from error
    if not value:
        raise argparse.ArgumentTypeError(f"{word!r} is no time: give one above 0, as 90, 5m or 2h")
    return value


def pause(word: str) -> float:
    """A time in seconds, 0 for none, as an option's type."""
    return 0.0 if word == "0" else seconds(word)


def delay(word: str) -> float:
    """A time in seconds, or with units as `5m`, 0 for none, as an option's type."""
    return 0.0 if word == "0" else duration(word)


def whole(word: str) -> int:
    """A whole number above 0, as an option's type."""
    if not (word.isascii() and word.isdigit() and 0 < int(word[:12]) < 1_000_000):
        raise argparse.ArgumentTypeError(f"{word!r} is no whole number above 0")
    return int(word)
