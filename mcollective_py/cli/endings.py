"""How a discovery ended, and what that rests on, in words; pure."""

_WORDS = {
    "known": "all known answered",
    "window": "full window",
    "limit": "enough found",
    "interrupted": "interrupted",
}
_UNITS = ((86400, "days"), (3600, "h"), (60, "min"), (1, "s"))


def ending(ended: str, age: float | None = None) -> str:
    """`all known answered`, or `full window`; empty where there was nothing to wait for. age: seconds since the last full window.

    With an age, which -v asks for: `all known answered; full window 14 min ago`.
    """
    words = _WORDS.get(ended, "")
    return f"{words}; full window {ago(age)} ago" if words and age is not None else words


def in_brackets(words: str) -> str:
    """Words behind a number: ` (full window)`; empty where there are none."""
    return f" ({words})" if words else ""


def ago(seconds: float) -> str:
    """A time span in its largest unit: `14 min`, `0 s`."""
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= 2 * size), _UNITS[-1])
    return f"{int(seconds // size)} {unit}"
