"""One thing that is wrong, or could be better, with a plugin: what, where, how bad."""

import re
from dataclasses import dataclass

_PLACED = re.compile(r"(?:(?P<file>[A-Za-z0-9_.+\-/]+\.[a-z]+)(?::(?P<line>[0-9]{1,7}))?: )(?P<text>.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Finding:
    """file: its path in the plugin's folder, empty for the folder itself. line: None where it is not known.

    is_error: no host or client would take it so; otherwise it works, and could be better.
    """

    file: str
    line: int | None
    text: str
    is_error: bool = True

    @property
    def severity(self) -> str:
        """`error` or `warning`."""
        return "error" if self.is_error else "warning"


def found(reason: str, file: str = "", *, is_error: bool = True) -> Finding:
    """Of a reason that may begin with its place, as those of PluginError do: `ddl.yaml:14: actions[0].impakt: unknown key`."""
    match = _PLACED.fullmatch(reason)
    if match is None:
        return Finding(file, None, reason, is_error)
    line = match["line"]
    return Finding(match["file"], int(line) if line else None, match["text"], is_error)
