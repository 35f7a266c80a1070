"""Times and sizes as people write them: `1h30m`, `90`, `10M`, `1.5GiB`."""

import re

MAX_SECONDS = 10 * 365 * 86_400.0

_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d|w)", re.ASCII)
_PLAIN = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,6})?)(?:([KMGTPE])i?)?B?", re.ASCII | re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_POWERS = "KMGTPE"


def seconds_of(text: str) -> int | float:
    """Seconds that a duration means: a plain number of them, or numbers with ms, s, m, h, d, w, as `1h30m`. ValueError for others."""
    total: int | float = 0
    if _PLAIN.fullmatch(text):
        total = _number(text)
    else:
        end = 0
        for match in _PART.finditer(text):
            if match.start() != end:
                break
            total, end = total + _number(match[1]) * _SECONDS[match[2]], match.end()
        if not text or end != len(text):
            raise ValueError("must be a duration, as 90, 90s, 5m, 1h30m or 2d")
    if total > MAX_SECONDS:
        raise ValueError("must be a duration of at most ten years")
    return total


def bytes_of(text: str) -> int:
    """Bytes that a size means: a plain number, or one with K, M, G, T, P, E, each 1024 times the one before; KiB and KB mean the same.

    ValueError for others.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError("must be a size, as 4096, 10K, 1.5M or 2GiB")
    return int(_number(match[1]) * 1024 ** (_POWERS.index(match[2].upper()) + 1 if match[2] else 0))


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
