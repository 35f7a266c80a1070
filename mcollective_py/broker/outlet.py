"""The outgoing side of one connection: frames wait here, shared with all who get the same ones, while their reader is slow."""

from collections import deque
from typing import Protocol

_BATCH = 128 * 1024  # bytes a write; below it whatever is waiting goes out as one


class Transport(Protocol):
    """What is used of asyncio's."""

    def write(self, data: bytes | memoryview) -> None: ...

    def get_write_buffer_size(self) -> int: ...


class Outlet:
    """waiting: bytes not yet handed to the transport. is_blocked: the transport has enough for now."""

    __slots__ = ("_chunks", "_handed", "_transport", "is_blocked", "waiting")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._chunks: deque[bytes | memoryview] = deque()
        self._handed = 0
        self.waiting = 0
        self.is_blocked = False

    def put(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self.waiting += len(chunk)

    def put_message(self, head: bytes, line: bytes, tail: bytes) -> None:
        """A message in its three parts, none of them copied yet."""
        self._chunks.extend((head, line, tail))
        self.waiting += len(head) + len(line) + len(tail)

    def flush(self) -> None:
        """Hand over as much as the transport takes."""
        chunks = self._chunks
        while chunks and not self.is_blocked:
            if self.waiting <= _BATCH:
                data = b"".join(chunks)
                chunks.clear()
                self.waiting = 0
                self._handed += len(data)
                self._transport.write(data)
            elif len(chunks[0]) > _BATCH:
                self._hand_large(chunks.popleft())
            else:
                size = 0
                batch: list[bytes | memoryview] = []
                while chunks and size + len(chunks[0]) <= _BATCH:
                    size += len(chunks[0])
                    batch.append(chunks.popleft())
                self._hand(b"".join(batch))

    def _hand_large(self, chunk: bytes | memoryview) -> None:
        """Piece by piece, so that a slow reader does not get a copy of a large body in its transport's buffer."""
        view, position = memoryview(chunk), 0
        while position < len(view) and not self.is_blocked:
            self._hand(view[position : position + _BATCH])
            position += _BATCH
        if position < len(view):
            self._chunks.appendleft(view[position:])

    def _hand(self, data: bytes | memoryview) -> None:
        self.waiting -= len(data)
        self._handed += len(data)
        self._transport.write(data)

    def clear(self) -> None:
        """Give up what is waiting."""
        self._chunks.clear()
        self.waiting = 0

    @property
    def sent(self) -> int:
        """Bytes that left for the network since the beginning."""
        return self._handed - self._transport.get_write_buffer_size()
