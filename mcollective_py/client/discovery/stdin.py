"""Discovery by standard input: names, or what another `mco ... --json` printed."""

import os
import sys
import time
from collections.abc import Sequence

from ...config import Config
from ...errors import DiscoveryError, UsageError
from .base import Discovered, Question
from .hostlist import KINDS, read_hosts

PLACE = "standard input"
MAX_BYTES = 256 * 1024 * 1024  # the results of ten thousand hosts may be piped in whole


class Stdin:
    """The hosts that standard input names, read to its end. options: how it is written, one of hostlist.KINDS."""

    name = "stdin"
    capabilities: frozenset[str] = frozenset({"identity"})

    def __init__(self, options: Sequence[str], config: Config | None) -> None:
        kind = options[0].lower() if options else "auto"
        if len(options) > 1 or kind not in KINDS:
            raise UsageError(f"the discovery method stdin takes one option, of {', '.join(KINDS)}: how the hosts are written")
        self._kind = kind

    def discover(self, question: Question) -> Discovered:
        """All hosts that are piped in. Raises DiscoveryError."""
        began = time.monotonic()
        content = _read()
        if not content.strip():
            raise DiscoveryError(f"{PLACE} names no hosts: it is empty")
        return Discovered(read_hosts(content, PLACE, self._kind), seconds=time.monotonic() - began, method=self.name, ended="source")


def _read() -> bytes:
    if sys.stdin is None or sys.stdin.closed:
        raise DiscoveryError(f"{PLACE} is closed: it names no hosts")
    content = bytearray()
    try:
        handle = sys.stdin.fileno()
        while len(content) <= MAX_BYTES and (chunk := os.read(handle, 1024 * 1024)):
            content += chunk
    except (OSError, ValueError) as error:
        raise DiscoveryError(f"{PLACE} cannot be read: {error}") from error
    if len(content) > MAX_BYTES:
        raise DiscoveryError(f"{PLACE} has more than {MAX_BYTES} bytes, the limit for a list of hosts")
    return bytes(content)
