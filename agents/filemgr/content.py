"""The content of files: pieces, first and last lines, lines with a pattern; bounded, and never of anything but a regular file."""

import os
import stat
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from mcollective_py.agent import RPCAborted

from .access import Access
from .facts import kind_of
from .place import Place, place_of

MAX_PIECE = 256 * 1024  # bytes that get gives at once, and put takes
MAX_DIGEST = 1024 * 1024 * 1024  # bytes of a file that a digest is made of, some seconds
MAX_TEXT = 256 * 1024  # bytes of lines in a reply
MAX_LINE = 4096  # bytes of one line that are shown
MAX_SEARCHED = 64 * 1024 * 1024  # bytes, the last ones, that are searched
_BLOCK = 256 * 1024
_WITHIN = 15.0  # seconds of one search


@contextmanager
def opened(path: str, access: Access) -> Iterator[tuple[int, os.stat_result, Place]]:
    """A regular file that may be read: descriptor, status and place. Raises RPCAborted, or OSError."""
    with place_of(path, follows=True) as place:
        found = place.status()
        if found is None:
            raise RPCAborted(f"{path} does not exist")
        if not stat.S_ISREG(found.st_mode):  # before it is opened: to open a device may do something
            raise RPCAborted(f"{place.path} is no regular file but a {kind_of(found.st_mode)}")
        access.check_read(place, found)
        handle = place.open(os.O_RDONLY)
        try:
            status = os.fstat(handle)  # what was looked at may be another one by now
            if not stat.S_ISREG(status.st_mode):
                raise RPCAborted(f"{place.path} is no regular file")
            access.check_read(place, status)
            yield handle, status, place
        finally:
            os.close(handle)


def piece(handle: int, offset: int, length: int) -> bytes:
    """At most length bytes from offset on."""
    content = bytearray()
    while len(content) < length and (block := os.pread(handle, length - len(content), offset + len(content))):
        content += block
    return bytes(content)


def first_lines(handle: int, count: int) -> tuple[str, bool]:
    """The first lines, and whether they were cut at 256 KiB."""
    content = piece(handle, 0, MAX_TEXT + 1)
    lines = content.split(b"\n", count)
    whole = len(lines) > count
    kept = b"\n".join(lines[:count]) if whole else content
    return text_of(kept[:MAX_TEXT]), len(kept) > MAX_TEXT


def last_lines(handle: int, size: int, count: int) -> tuple[str, bool]:
    """The last lines, and whether they were cut at 256 KiB."""
    start = max(size - MAX_TEXT, 0)
    content = piece(handle, start, MAX_TEXT).removesuffix(b"\n")
    lines = content.split(b"\n")
    is_cut = start > 0 and len(lines) <= count
    return text_of(b"\n".join(lines[-count:])), is_cut


def matching_lines(handle: int, size: int, matches: Callable[[str], bool], most: int) -> tuple[list[str], int, bool]:
    """The last lines that match, at most so many; how many match in all; whether some were not looked at or do not fit.

    Of a file above 64 MiB the end is searched; a line is matched and shown by its first 4096 bytes.
    """
    start = max(size - MAX_SEARCHED, 0)
    found: deque[str] = deque(maxlen=most)
    count, is_cut, end = 0, start > 0, monotonic() + _WITHIN
    for number, line in enumerate(_lines(handle, start, size)):
        if number % 1000 == 0 and monotonic() > end:
            is_cut = True
            break
        if matches(line.decode("utf-8", "surrogateescape")):  # a file of other bytes than text would take a hundred times as long
            count += 1
            found.append(text_of(line))
    kept: deque[str] = deque()
    room = MAX_TEXT
    while found and len(found[-1]) <= room:
        room -= len(found[-1]) + 1
        kept.appendleft(found.pop())
    return list(kept), count, is_cut or count > len(kept)


def _lines(handle: int, start: int, size: int) -> Iterator[bytes]:
    rest, at = b"", start
    while at < size and (block := os.pread(handle, min(_BLOCK, size - at), at)):
        at += len(block)
        *lines, rest = (rest + block).split(b"\n")
        yield from (line[:MAX_LINE] for line in lines)
        rest = rest[:_BLOCK]  # a line without end
    if rest:
        yield rest[:MAX_LINE]


def text_of(content: bytes) -> str:
    """Bytes as text, those that are no UTF-8 as `\\xff`."""
    return content.decode("utf-8", "backslashreplace")
