"""Discovery by a file: one name or node set a line, or a list in JSON or YAML."""

import time
from collections.abc import Sequence
from pathlib import Path

from ...config import Config
from ...errors import DiscoveryError, UsageError
from ...regularfile import read_regular, reason_of
from .base import Discovered, Question
from .hostlist import read_hosts

MAX_BYTES = 32 * 1024 * 1024
_BY_ENDING = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


class Flatfile:
    """The hosts that a file names. options: the file, `-` for standard input."""

    name = "flatfile"
    capabilities: frozenset[str] = frozenset({"identity"})

    def __init__(self, options: Sequence[str], config: Config) -> None:
        if len(options) != 1 or not options[0]:
            raise UsageError("the discovery method flatfile needs one option, the file: --do FILE, or --nodes FILE alone")
        self._file = options[0]

    def discover(self, question: Question) -> Discovered:
        """All hosts of the file. Raises DiscoveryError that names file and line."""
        began = time.monotonic()
        if self._file == "-":
            from .stdin import Stdin

            return Stdin((), None).discover(question)
        path = Path(self._file).expanduser()
        try:
            content = read_piped(path) if path.is_fifo() else read_regular(str(path), MAX_BYTES)[0]
        except OSError as error:
            raise DiscoveryError(f"the list of hosts {reason_of(error)}") from error
        names = read_hosts(content, str(path), _BY_ENDING.get(path.suffix.lower(), "auto"))
        return Discovered(names, seconds=time.monotonic() - began, method=self.name, ended="source")


def read_piped(path: Path) -> bytes:
    """What somebody writes into a pipe that has a name: `--nodes <(command)` gives one."""
    with path.open("rb") as pipe:
        content = pipe.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise DiscoveryError(f"{path} has more than {MAX_BYTES} bytes, the limit for a list of hosts")
    return content
