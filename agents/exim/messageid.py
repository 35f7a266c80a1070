"""Message ids of Exim: 16 characters, as 1q2w3e-000abc-XY, and 23 since 4.97, as 1q2w3e-00000000abc-WXYZ; a queue may have both."""

import re

ID = r"[0-9A-Za-z]{6}-(?:[0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})"
_ID = re.compile(ID, re.ASCII)
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # base 62; in order as texts are


def is_message_id(text: str) -> bool:
    """Whether this is an id, old or new."""
    return _ID.fullmatch(text) is not None


def subfolder_of(id: str) -> str:
    """The folder of a split spool in which a message lies: the last character of its time."""
    return id[5]


def arrival_of(id: str) -> int:
    """When it came, in seconds since the epoch: the first part of an id, base 62."""
    seconds = 0
    for digit in id[:6]:
        seconds = seconds * 62 + _DIGITS.index(digit)
    return seconds
