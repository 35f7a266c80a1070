"""STOMP 1.0, 1.1 and 1.2 frames: bytes in, frames out, and back. Pure; bounds on everything (STOMP 1.2, "Augmented BNF")."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..errors import MCollectiveError

_COMMANDS = frozenset(["CONNECT", "STOMP", "SEND", "SUBSCRIBE", "UNSUBSCRIBE", "ACK", "NACK", "BEGIN", "COMMIT", "ABORT", "DISCONNECT"])

# Before a version is agreed nothing can be escaped (STOMP 1.2, "Value Encoding").
_UNESCAPED = frozenset({"CONNECT", "STOMP", "CONNECTED"})
_LONGEST_COMMAND = 11  # UNSUBSCRIBE
_EOLS = re.compile(rb"[\r\n]*")
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_PLAIN = {"\\": "\\", "n": "\n", "c": ":", "r": "\r"}
_SPECIAL = re.compile(r"[\\:\n\r]")
_ESCAPED = {"\\": "\\\\", "\n": "\\n", ":": "\\c", "\r": "\\r"}


class RefusedFrame(MCollectiveError):
    """A frame that the broker answers with ERROR; the message says why and what would do."""


class RefusedSend(RefusedFrame):
    """A SEND that goes nowhere, of a client that may stay: whoever asked it to answer there can be at fault.

    The words are ActiveMQ's, by which clients of both know that the connection stays.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} is not authorized to send this: {why}")


class Frame(NamedTuple):
    """One frame: headers unescaped, the first of repeated ones."""

    command: str
    headers: dict[str, str]
    body: bytes = b""


class FrameReader:
    """Frames out of a byte stream that arrives in any pieces.

    `feed` what came, then call `next` until it gives None. `version`, `max_head` and `max_body` (bytes) may change between two
    frames: a peer that has not logged in yet gets smaller ones. Raises RefusedFrame for what is no STOMP or goes beyond a bound; the
    reader is of no use after it.
    """

    __slots__ = ("_buffer", "_head", "_position", "_scanned", "max_body", "max_head", "max_headers", "version")

    def __init__(self, *, max_head: int, max_headers: int, max_body: int) -> None:
        self.max_head, self.max_headers, self.max_body = max_head, max_headers, max_body
        self.version = "1.0"
        self._buffer: bytes | bytearray = b""
        self._position = 0
        self._head: tuple[str, dict[str, str], int | None] | None = None  # of the frame whose body is still coming
        self._scanned = 0  # how far its body was searched for the NUL

    def feed(self, data: bytes) -> None:
        """Take more bytes. What is left of a frame is kept in one growing buffer, so a large body is not copied at every piece."""
        position, buffer = self._position, self._buffer
        if position >= len(buffer):
            self._buffer = data
        elif isinstance(buffer, bytearray):
            del buffer[:position]
            buffer += data
        else:
            self._buffer = bytearray(memoryview(buffer)[position:])
            self._buffer += data
        self._scanned = max(0, self._scanned - position)
        self._position = 0

    def next(self) -> Frame | None:
        """The next whole frame, None where more bytes are needed. Line ends between frames (heart-beats) are passed over."""
        if self._head is None:
            if self._position >= len(self._buffer):
                return None
            self._head = self._next_head()
            if self._head is None:
                return None
        command, headers, length = self._head  # (kept, where the body is not all there)
        buffer, start = self._buffer, self._position
        if length is None:
            end = buffer.find(b"\0", max(start, self._scanned))
            self._scanned = len(buffer)
            if (end if end >= 0 else len(buffer)) - start > self.max_body:
                raise RefusedFrame(f"{command}: a body of more than {self.max_body} bytes")
            if end < 0:
                return None
        else:
            end = start + length
            if len(buffer) <= end:
                return None
            if buffer[end] != 0:
                raise RefusedFrame(f"{command}: the body does not end after content-length bytes")
        self._head, self._scanned, self._position = None, 0, end + 1
        return Frame(command, headers, bytes(buffer[start:end]))

    def _next_head(self) -> tuple[str, dict[str, str], int | None] | None:
        buffer, start = self._buffer, self._position
        if buffer[start] in b"\r\n":
            skipped = _EOLS.match(buffer, start)
            self._position = start = skipped.end() if skipped else start
        if start >= len(buffer):
            return None
        # A head ends at the first empty line, which from 1.2 on may be CR LF.
        limit = start + self.max_head
        end, after = buffer.find(b"\n\n", start, limit), 2
        with_cr = buffer.find(b"\n\r\n", start, limit if end < 0 else end + 1)
        if with_cr >= 0:
            end, after = with_cr, 3
        if end < 0:
            self._check_beginning(start)
            return None
        try:
            text = bytes(buffer[start:end]).decode()
        except UnicodeDecodeError:
            raise RefusedFrame("a header that is not UTF-8") from None
        command, headers = self._parse_head(text)
        text = headers.get("content-length", "")
        length = self._body_length(command, text) if text else None
        self._position = end + after
        return command, headers, length

    def _check_beginning(self, start: int) -> None:
        """Refuse at once what can never become a frame, so that garbage is not kept waiting for its end."""
        buffer = self._buffer
        if buffer[start] == 0x16:
            raise RefusedFrame("this looks like TLS: the port speaks plain STOMP")
        word = bytes(buffer[start : start + _LONGEST_COMMAND + 2]).split(b"\n", 1)
        command = word[0].rstrip(b"\r").decode("latin-1")
        if command not in _COMMANDS and (len(word) > 1 or not any(known.startswith(command) for known in _COMMANDS)):
            raise RefusedFrame("not a STOMP command")
        if len(buffer) - start > self.max_head:
            raise RefusedFrame(f"{command}: headers of more than {self.max_head} bytes")
        if buffer.find(b"\0", start) >= 0:
            raise RefusedFrame(f"{command}: no empty line after the headers")

    def _parse_head(self, text: str) -> tuple[str, dict[str, str]]:
        if "\0" in text:
            raise RefusedFrame("a NUL in a header")
        lines = text.split("\n")
        if len(lines) - 1 > self.max_headers:
            raise RefusedFrame(f"more than {self.max_headers} headers")
        if "\r" in text:
            lines = [line.removesuffix("\r") for line in lines]
            if any("\r" in line for line in lines):
                raise RefusedFrame("a carriage return in a header")
        command = lines[0]
        if command not in _COMMANDS:
            raise RefusedFrame("not a STOMP command")
        is_escaped = "\\" in text and self.version != "1.0" and command not in _UNESCAPED
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not name:
                raise RefusedFrame(f"{command}: a header line without a name and a colon")
            if is_escaped:
                name, value = unescape(name), unescape(value)
            if name not in headers:
                headers[name] = value
            elif name == "content-length" and headers[name] != value:
                raise RefusedFrame(f"{command}: two different content-length headers")
        return command, headers

    def _body_length(self, command: str, text: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise RefusedFrame(f"{command}: content-length is not a number")
        if len(text) > 18 or int(text) > self.max_body:
            raise RefusedFrame(f"{command}: a body of more than {self.max_body} bytes")
        return int(text)


def unescape(text: str) -> str:
    r"""A header's name or value as meant: `\c` is a colon, and so on. Raises RefusedFrame for any escape STOMP does not know."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_one_unescaped, text)


def _one_unescaped(match: re.Match[str]) -> str:
    plain = _PLAIN.get(match[1])
    if plain is None:
        raise RefusedFrame("an unknown escape in a header")
    return plain


def encode_headers(headers: Iterable[tuple[str, str]], version: str) -> bytes:
    """Header lines for a peer of this version, each with its line end.

    A header that the version cannot carry (a line end in 1.0, a carriage return before 1.2) is left out: never half a header, and
    never one more than was sent.
    """
    pairs = list(headers)
    # One search over all of them: nearly no header has anything to escape.
    if _SPECIAL.search("".join([part for pair in pairs for part in pair])) is None:
        return "".join([f"{name}:{value}\n" for name, value in pairs]).encode()
    lines = []
    for name, value in pairs:
        if _SPECIAL.search(name) or _SPECIAL.search(value):
            if version == "1.0":
                if ":" in name or "\n" in name or "\r" in name or "\n" in value or "\r" in value:
                    continue
            elif version == "1.1" and ("\r" in name or "\r" in value):
                continue
            else:
                name, value = _escape(name), _escape(value)
        lines.append(f"{name}:{value}\n")
    return "".join(lines).encode()


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda match: _ESCAPED[match[0]], text)


def encode_frame(command: str, headers: Mapping[str, str], body: bytes = b"", version: str = "1.2") -> bytes:
    """One whole frame; content-length is added where there is a body."""
    pairs = list(headers.items())
    if body:
        pairs.append(("content-length", str(len(body))))
    lines = encode_headers(pairs, "1.0" if command in _UNESCAPED else version)
    return b"%s\n%s\n%s\0" % (command.encode(), lines, body)
