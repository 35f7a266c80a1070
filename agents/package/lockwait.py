"""A tool that ends at once where another program has the package system locked: asked again until it is free or the wait is over."""

import time
from collections.abc import Callable, Mapping

from mcollective_py.agent import CommandResult, run

from .provider import Options

PAUSE = 1.0  # seconds between two tries
_MOST = 4 * 1024 * 1024  # bytes of output that are kept


def run_unlocked(
    words: list[str], options: Options, is_locked: Callable[[CommandResult], bool], env: Mapping[str, str | None] | None = None
) -> CommandResult:
    """How the tool ended, at the latest options.lock_wait seconds after it was first found locked. timeout: for all tries together."""
    begin = time.monotonic()
    while True:
        left = options.timeout - (time.monotonic() - begin)
        result = run(words, timeout=max(left, 1.0), env=env, max_output=_MOST)
        waited = time.monotonic() - begin
        if result.timed_out or not is_locked(result) or waited + PAUSE > min(options.lock_wait, options.timeout):
            return result
        time.sleep(PAUSE)
