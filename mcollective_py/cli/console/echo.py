"""What a command prints, as it prints it, and kept to be shown once more."""

import sys
from types import TracebackType
from typing import Any, Self, TextIO, cast

MAX_KEPT = 4 * 1024 * 1024  # characters


class Kept:
    """`with Kept() as kept:` lets everything through to stdout and keeps it: kept.text, and kept.is_cut where it was too much."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self.is_cut = False

    def __enter__(self) -> Self:
        self._stdout = sys.stdout
        sys.stdout = cast(TextIO, _Through(self._stdout, self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        sys.stdout = self._stdout

    @property
    def text(self) -> str:
        """What was printed."""
        return "".join(self._parts)

    def take(self, text: str) -> None:
        """Keep a piece."""
        if self._size + len(text) > MAX_KEPT:
            self.is_cut = True
            return
        self._size += len(text)
        self._parts.append(text)


class _Through:
    """stdout, with a copy of what is written."""

    def __init__(self, stream: TextIO, kept: Kept) -> None:
        self._stream, self._kept = stream, kept

    def write(self, text: str) -> int:
        self._kept.take(text)
        return self._stream.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
