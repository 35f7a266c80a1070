"""A part of a job's output as text: from an offset in bytes, as far as whole characters go; pure."""

CHUNK = 128 * 1024  # bytes of one stream in one reply


def whole_text(data: bytes, *, is_last: bool) -> tuple[str, int]:
    """The text of some bytes, and how many of them it is: an unfinished character at the end waits for its rest, unless none comes."""
    end = len(data) if is_last else len(data) - _unfinished(data)
    return data[:end].decode("utf-8", "replace"), end


def _unfinished(data: bytes) -> int:
    """Bytes at the end that begin a character of UTF-8 and do not end it."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte & 0xC0 == 0x80:
            continue
        wanted = 2 if byte >> 5 == 0b110 else 3 if byte >> 4 == 0b1110 else 4 if byte >> 3 == 0b11110 else 1
        return back if wanted > back else 0
    return 0
