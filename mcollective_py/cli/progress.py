"""The progress bar: on a terminal's stderr only, gone when the work is done."""

from typing import TextIO

WIDTH = 60  # columns
_SPINNER = "|/-\\"


def bar(done: int, total: int, turn: int = 0, width: int = WIDTH) -> str:
    """One line: a spinner (a star when all is done), the bar, `done / total`."""
    count = f" {done} / {total}"
    room = max(width - len(count) - 6, 4)
    filled = min(room * done // total if total else 0, room)
    mark = "*" if done >= total else _SPINNER[turn % len(_SPINNER)]
    return f" {mark} [{'=' * max(filled - 1, 0)}{'>' if filled else ''}{' ' * (room - filled)}]{count}"


class Progress:
    """Draws the bar over itself; does nothing unless it is wanted and stream is a terminal."""

    def __init__(self, stream: TextIO, total: int, *, is_wanted: bool = True, width: int = 80) -> None:
        self._stream, self._total, self._width = stream, total, min(WIDTH, max(width - 1, 20))
        self._is_on = is_wanted and total > 0 and stream.isatty()
        self._turn, self._is_drawn = 0, False

    def show(self, done: int) -> None:
        """Draw how far it is."""
        if self._is_on:
            self._turn += 1
            self._stream.write("\r" + bar(done, self._total, self._turn, self._width))
            self._stream.flush()
            self._is_drawn = True

    def clear(self) -> None:
        """Take the bar away, before a line of output and at the end."""
        if self._is_drawn:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._is_drawn = False
