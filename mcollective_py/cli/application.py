"""Application: what the author of an `mco` command subclasses."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .options import Parser


class Application:
    """One `mco` command: the class of cli/applications/NAME.py (or of a libdir's applications/NAME.py), named after its file.

    description: one line for `mco help`. usage: what follows `mco NAME`. sections: which shared options the command takes, of
    `common` (config, timeouts, collective), `filter` (-F -C -I -A -W -S and discovery), `json` (--json), `calls` (limit, batch),
    and `rpc` (all of these two, and how results are shown) for calls of an agent. actions: what its first word may be, where it takes
    all words in one argument; the TAB key offers them.
    """

    description = ""
    usage = ""
    sections: Sequence[str] = ("common", "filter")
    actions: Sequence[str] = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""

    def check_words(self, words: Sequence[str], parser: "Parser") -> None:
        """Called before the words are parsed, as they were typed: raise UsageError where they would be taken for what is not meant."""

    def run(self, options: argparse.Namespace) -> int:
        """Do it; returns the exit code. Errors of mcollective_py.errors may fly: the caller prints them and exits."""
        raise NotImplementedError(f"{type(self).__name__} has no run method")
