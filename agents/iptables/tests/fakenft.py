"""An nft that has nothing yet, takes all, and writes down what it was told: for tests that change nothing of the machine."""

import re
from pathlib import Path

from agents.iptables.tests.ways import Tried

_PROGRAM = """#!/bin/sh
case "$*" in
    *list*) echo 'Error: No such file or directory' >&2; exit 1 ;;
    *) exec cat >>{told} ;;
esac
"""


def tried_in(folder: Path) -> Tried:
    """An agent with such an nft, and a store below the folder."""
    program = folder / "nft"
    program.write_text(_PROGRAM.format(told=folder / "told"))
    program.chmod(0o755)
    return Tried(folder, {"backend": "nft", "nft": str(program)})


def lines_told(tried: Tried) -> list[str]:
    """What nft was told."""
    file = tried.folder / "told"
    return file.read_text().splitlines() if file.exists() else []


def told(tried: Tried) -> set[str]:
    """The addresses that nft was given as elements."""
    found = (re.findall(r"[0-9a-f]+[.:][0-9a-f.:]+", line) for line in lines_told(tried) if line.startswith("add element"))
    return {address for some in found for address in some}
