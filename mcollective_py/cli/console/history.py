"""Lines of former sessions, in a file that nobody else can read."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from ...privatefile import read_private, replace_private, state_folder

MAX_LINES = 1000
_MAX_BYTES = 16 * 1024 * 1024


class History:
    """The history of one user, beside readline's own in memory. A file that cannot be used is none, and nothing else suffers.

    lines: readline, or whatever has its functions for a history.
    """

    def __init__(self, file: Path, lines: ModuleType) -> None:
        self.file, self._lines = file, lines
        self._unwritten: list[str] = []

    @classmethod
    def of_user(cls, lines: ModuleType, environment: Mapping[str, str] = os.environ) -> "History":
        """In $XDG_STATE_HOME, else ~/.local/state."""
        return cls(Path(state_folder(environment), "console_history"), lines)

    def load(self) -> None:
        """Give readline the lines of former sessions; it keeps none by itself from now on."""
        self._lines.set_auto_history(False)
        for line in self._read()[-MAX_LINES:]:
            self._lines.add_history(line)

    def add(self, line: str) -> None:
        """Keep a line, unless it is the one before again."""
        count = self._lines.get_current_history_length()
        if line and (count == 0 or self._lines.get_history_item(count) != line):
            self._lines.add_history(line)
            self._unwritten.append(line)

    def save(self) -> None:
        """Write the lines of this session behind those of others, the last 1000 of all."""
        if not self._unwritten:
            return
        lines = [*self._read(), *self._unwritten][-MAX_LINES:]
        with contextlib.suppress(OSError):  # then it is this session's alone
            replace_private(self.file, "".join(f"{line}\n" for line in lines))
        self._unwritten.clear()

    def _read(self) -> list[str]:
        try:
            content = read_private(self.file, _MAX_BYTES)
        except OSError:
            return []
        return [line for line in content.decode("utf-8", "replace").splitlines() if line and line.isprintable()]
