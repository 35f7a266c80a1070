"""Whether a newer kernel is installed than the one that runs."""

import os
from collections.abc import Iterable
from pathlib import Path

from .provider import Comparison, Restarts


def kernel_restart(running: str, installed: Iterable[str], compare: Comparison) -> Restarts:
    """Of the release that runs and those installed. Cannot tell in a container, where the running one is none of the installed."""
    releases = set(installed)
    if running not in releases:
        return Restarts()
    newer = [release for release in releases if _flavour(release) == _flavour(running) and compare(running, release) < 0]
    if not newer:
        return Restarts(False)
    newest = newer[0]
    for release in newer:
        newest = release if compare(newest, release) < 0 else newest
    return Restarts(True, (f"the kernel {running} runs, {newest} is installed",))


def this_kernel(compare: Comparison, boot: Path = Path("/boot")) -> Restarts:
    """Of this host."""
    return kernel_restart(os.uname().release, (path.name.removeprefix("vmlinuz-") for path in boot.glob("vmlinuz-*")), compare)


def _flavour(release: str) -> str:
    """The words of a release: `6.1.0-21-cloud-amd64` is cloud-amd64. Another flavour is no update."""
    return "-".join(word for word in release.split("-")[1:] if not word[:1].isdigit())
