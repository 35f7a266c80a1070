"""Bytes from a broker -> whole STOMP frames, in time proportional to their size and with bounds. Pure."""

import re

# The very pattern of stomp.py, which reads the same frame after us: both must see the same length.
_LENGTH = re.compile(rb"^content-length[:]\s*(?P<value>[0-9]+)", re.MULTILINE)
_COMMANDS = (b"MESSAGE\n", b"CONNECTED\n", b"RECEIPT\n", b"ERROR\n", b"MESSAGE\r\n", b"CONNECTED\r\n", b"RECEIPT\r\n", b"ERROR\r\n")
MAX_HEAD = 64 << 10
MAX_BODY = 4 << 20  # larger replies travel in parts; stomp.py's cost grows with the square of what is above


class BrokenFrame(ValueError):
    """What came is no STOMP; the message says what it looks like."""


class FrameSplitter:
    """Cuts a stream into frames, each with its NUL; heartbeats between them vanish.

    A body larger than max_body is read past and counted in `skipped`: cutting the connection instead would let one large message
    throw a whole fleet off its broker.
    """

    def __init__(self, max_head: int = MAX_HEAD, max_body: int = MAX_BODY) -> None:
        self._max_head, self._max_body = max_head, max_body
        self._buffer = bytearray()
        self._seen = 0  # bytes of the current frame in which its end was looked for in vain
        self._to_skip = 0  # bytes of an oversize frame still to come
        self._skip_to_nul = False
        self.skipped = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that data completes. BrokenFrame where it can be none; nothing more can be read then."""
        self._buffer += data
        frames: list[bytes] = []
        start = 0
        while True:
            start = self._skip(start)
            end = self._end_of_frame(start)
            if end is None:
                break
            if end > start:
                frames.append(bytes(self._buffer[start:end]))
                self._seen = 0
            start = end
        del self._buffer[:start]
        return frames

    def _skip(self, start: int) -> int:
        """Past the rest of an oversize frame, and past line ends, which are heartbeats."""
        buffer = self._buffer
        if self._to_skip:
            step = min(self._to_skip, len(buffer) - start)
            self._to_skip -= step
            start += step
        elif self._skip_to_nul:
            at = buffer.find(b"\0", start)
            self._skip_to_nul = at < 0
            start = len(buffer) if at < 0 else at + 1
        if not self._to_skip and not self._skip_to_nul and not self._seen:
            while start < len(buffer) and buffer[start] in b"\r\n":
                start += 1
        return start

    def _end_of_frame(self, start: int) -> int | None:
        """Where the frame ends that begins at start; start itself where it is to be skipped; None where more must come."""
        buffer = self._buffer
        if start >= len(buffer) or self._to_skip or self._skip_to_nul:
            return None
        self._check_begin(bytes(buffer[start : start + 16]))
        head = buffer.find(b"\n\n", start, start + self._max_head + 2)
        crlf = buffer.find(b"\r\n\r\n", start, start + self._max_head + 4 if head < 0 else head + 1)
        if crlf >= 0:
            raise BrokenFrame("its lines end in CR LF, which STOMP 1.1 has not")
        if head < 0:
            if len(buffer) - start > self._max_head or buffer.find(b"\0", start) >= 0:
                raise BrokenFrame(f"a frame without an end of its headers, or with more than {self._max_head} bytes of them")
            return None
        if buffer.find(b"\0", start, head) >= 0:  # told here as above, so that it does not matter in which pieces it comes
            raise BrokenFrame("a frame that ends within its headers")
        found = _LENGTH.search(bytes(buffer[start:head]))
        body = head + 2
        if found is not None:
            return self._with_length(start, body, found["value"])
        at = buffer.find(b"\0", max(body, start + self._seen))
        if (at if at >= 0 else len(buffer)) - body > self._max_body:
            self.skipped += 1
            self._seen, self._skip_to_nul = 0, True
            return start
        self._seen = 0 if at >= 0 else len(buffer) - start
        return at + 1 if at >= 0 else None

    def _with_length(self, start: int, body: int, value: bytes) -> int | None:
        if len(value) > 12:
            raise BrokenFrame("a content-length of more than twelve digits")
        length = int(value)
        end = body + length + 1
        if length > self._max_body:
            self.skipped += 1
            self._seen, self._to_skip = 0, end - start
            return start
        if len(self._buffer) < end:
            self._seen = len(self._buffer) - start
            return None
        if self._buffer[end - 1] != 0:
            raise BrokenFrame("a body that is longer than its content-length")
        return end

    def _check_begin(self, begin: bytes) -> None:
        if any(command.startswith(begin) or begin.startswith(command) for command in _COMMANDS):
            return
        if begin[:1] in (b"\x15", b"\x16"):
            raise BrokenFrame("it speaks TLS: set .ssl = 1 for this broker, or use its port without TLS")
        if begin[:5] == b"HTTP/":
            raise BrokenFrame("an HTTP server answers there: check host and port")
        raise BrokenFrame(f"it does not speak STOMP, it begins with {begin!r}: check host and port")
