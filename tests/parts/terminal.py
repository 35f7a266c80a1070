"""A program on a real pseudo terminal, and what it has drawn there, read by a terminal emulator."""

import os
import pty
import subprocess
import termios
import threading
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import pyte

from tests.waiting import wait_until

KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "space": " ", "up": "\x1b[A", "down": "\x1b[B", "end": "\x1b[F", "home": "\x1b[H",
    "pagedown": "\x1b[6~", "ctrl+c": "\x03", "backspace": "\x7f",
}  # fmt: skip
_CELL, _LINE = 8.4, 17  # of a drawing: width and height of a character


class Terminal:
    """A terminal of so many columns and rows with a program on it, which gets signals as from a real one.

    written: every byte that came of it. Keys are typed by `press`; the far end answers nothing that it is asked.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], columns: int = 80, rows: int = 24) -> None:
        self._end, self._near = pty.openpty()
        self.before = termios.tcgetattr(self._near)
        self.screen, self.written = pyte.Screen(columns, rows), b""
        self._stream, self._lock = pyte.ByteStream(self.screen), threading.Lock()
        self.resize(columns, rows)
        near = self._near
        # Its own session, so that the terminal is what rules it: sizes and Ctrl-C reach it.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", *command], stdin=near, stdout=near, stderr=near, env={**environ, "TERM": "xterm-256color"}
        )
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while True:
            try:
                came = os.read(self._end, 65536)
            except OSError:  # the near end is closed
                return
            with self._lock:
                self.written += came
                self._stream.feed(came)

    @property
    def lines(self) -> list[str]:
        """What is to be seen, line by line."""
        with self._lock:
            return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    def press(self, *keys: str) -> None:
        """Type keys: names of KEYS, or characters."""
        for key in keys:
            os.write(self._end, KEYS.get(key, key).encode())

    def wait_for(self, *texts: str, seconds: float = 30.0) -> None:
        """Wait until all of these are to be seen."""
        try:
            wait_until(f"{texts} on the terminal", lambda: all(text in self.text for text in texts), seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; there is\n{self.text}") from None

    def resize(self, columns: int, rows: int) -> None:
        """Make it another size; the program is told as by any terminal."""
        with self._lock:
            self.screen.resize(rows, columns)
        termios.tcsetwinsize(self._near, (rows, columns))

    def end(self, seconds: float = 20.0) -> int:
        """Wait for the program's end; its exit code."""
        code = self.process.wait(seconds)
        wait_until("the terminal is left", lambda: b"\x1b[?1049l" in self.written, 10)
        return code

    @property
    def is_clean(self) -> bool:
        """Whether it is as it was: the modes, the cursor, the first of its two screens."""
        last = max(self.written.rfind(sign) for sign in (b"\x1b[?1049h", b"\x1b[?25l"))
        is_shown = self.written.rfind(b"\x1b[?25h") > last and self.written.rfind(b"\x1b[?1049l") > last
        return is_shown and termios.tcgetattr(self._near) == self.before

    def close(self) -> None:
        """End it all."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        os.close(self._near)
        self._thread.join(10)
        os.close(self._end)

    def svg(self, title: str) -> str:
        """A drawing of what is to be seen."""
        with self._lock:
            rows = [[self.screen.buffer[row][column] for column in range(self.screen.columns)] for row in range(self.screen.lines)]
        width, height = round(self.screen.columns * _CELL) + 20, self.screen.lines * _LINE + 44
        drawn = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="6" fill="#1c1e22"/>',
            f'<text x="{width / 2:g}" y="20" fill="#9aa0a6" font-family="sans-serif" font-size="12" text-anchor="middle">'
            f"{escape(title)}</text>",
            '<g font-family="monospace" font-size="14" xml:space="preserve" style="white-space: pre">',
        ]
        for number, row in enumerate(rows):
            at = 0
            while at < len(row):
                look, to = _look(row[at]), at
                while to < len(row) and _look(row[to]) == look:
                    to += 1
                drawn += _run("".join(cell.data for cell in row[at:to]), at, number, look)
                at = to
        return "\n".join([*drawn, "</g>", "</svg>", ""])


def _look(cell: pyte.screens.Char) -> tuple[bool, bool, bool]:
    return cell.reverse, cell.bold, cell.underscore


def _run(text: str, column: int, row: int, look: tuple[bool, bool, bool]) -> list[str]:
    """Characters that look alike, side by side."""
    is_reverse, is_bold, is_underlined = look
    x, y, width = 10 + column * _CELL, 32 + row * _LINE, len(text) * _CELL
    drawn = [f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_LINE}" fill="#d7dae0"/>'] if is_reverse else []
    if text.strip():
        extra = (' font-weight="bold"' if is_bold else "") + (' text-decoration="underline"' if is_underlined else "")
        fill = "#1c1e22" if is_reverse else "#d7dae0"
        drawn.append(f'<text x="{x:.1f}" y="{y + 13}" textLength="{width:.1f}" fill="{fill}"{extra}>{escape(text)}</text>')
    return drawn
