"""Base64 in lines of 60 characters, as Ruby writes it; any lines are read."""

import binascii
import re

from ..errors import Malformed

_LINE = 45  # bytes, which make 60 characters
_ALPHABET = re.compile(rb"[A-Za-z0-9+/=\s]+")


def encode_lines(data: bytes) -> str:
    """Lines of 60 characters, each with its end, also the last."""
    lines = (binascii.b2a_base64(data[start : start + _LINE]) for start in range(0, len(data), _LINE))
    return b"".join(lines).decode("ascii")


def decode_lines(text: bytes, what: str) -> bytes:
    """The bytes. Raises Malformed, naming what it was to be, for anything but base64 and white space."""
    if _ALPHABET.fullmatch(text) is None:
        raise Malformed(f"{what} is not base64")
    try:
        return binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error:
        raise Malformed(f"{what} is not base64") from None
