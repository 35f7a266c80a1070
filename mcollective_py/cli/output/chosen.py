"""Which format the options choose, and what goes with it."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ...ddl.model import DDL
from ...errors import UsageError
from ..render import Style
from .base import Output
from .folded import Folded
from .jsondocument import JSONDocument
from .jsonlines import JSONLines
from .outputfile import check_output_file
from .senders import Senders
from .text import Text
from .yamldocument import YAMLDocument

if TYPE_CHECKING:
    from .lines import Wording

_CLASSES: dict[str, Callable[[DDL | None, Style], Output]] = {
    "text": Text,
    "json": JSONDocument,
    "jsonl": JSONLines,
    "yaml": YAMLDocument,
    "senders": Senders,
}  # and those of _class_of, which take some milliseconds to import
_COMPLETE = ("json", "jsonl", "yaml")  # they carry all that there is to be said
_FOR_PEOPLE = ("text", "table")


def format_of(options: argparse.Namespace) -> str:
    """The name of the format."""
    return options.format or ("json" if options.json else "text")


def check_output(options: argparse.Namespace, *, has_results: bool = True) -> None:
    """Raises UsageError for options that speak against one another, or a file that cannot be written; asked before anything is sent.

    has_results: False where the command waits for none.
    """
    name = format_of(options)
    if options.fold and name != "text":
        raise UsageError(f"--fold is for text: {name} is never folded")
    if options.display == "none" and name == "senders":
        raise UsageError("--senders with --display none shows nothing: say ok, failed or all")
    if not has_results:
        if name not in ("text", "json"):
            raise UsageError(f"no results are waited for, so there is nothing to show as {name}")
        if options.output_file is not None:
            raise UsageError("no results are waited for, so there is nothing to write to a file")
    if options.output_file is not None:
        check_output_file(options.output_file)


def open_output(
    options: argparse.Namespace, ddl: DDL | None, style: Style, hosts: Sequence[str], wording: "Wording | None" = None
) -> Output:
    """What makes the text. hosts: who is asked; equal results of many are folded, unless the options say otherwise.

    wording: that of the command, for text; -v shows results as they came, as it does everywhere.
    """
    name = format_of(options)
    is_once = name == "text" and is_folded(options, style, len(hosts))
    if options.output_file is not None:
        style = replace(style, color=False, is_terminal=False)
    if wording is not None and has_lines(options, style):
        from .lines import Lines

        return Lines(wording, style, hosts, is_folded=is_once)
    return Folded(ddl, style) if is_once else _class_of(name)(ddl, style)


def has_lines(options: argparse.Namespace, style: Style) -> bool:
    """Whether a command that words its results does so: as text without -v."""
    return format_of(options) == "text" and not style.verbose


def _class_of(name: str) -> Callable[[DDL | None, Style], Output]:
    if name == "table":
        from .table import Table

        return Table
    if name == "csv":
        from .csvrows import CSVRows

        return CSVRows
    return _CLASSES[name]


def is_folded(options: argparse.Namespace, style: Style, hosts: int) -> bool:
    """Whether equal results are shown once."""
    if options.fold is not None:
        return bool(options.fold)
    is_watched = style.is_terminal and options.output_file is None and not style.verbose
    return is_watched and style.fold_above is not None and hosts > style.fold_above


def display_mode(options: argparse.Namespace, ddl: DDL | None, action: str | None, style: Style) -> str:
    """Which results are shown: as --display says; else as text those of the DDL's mode, as names those that succeeded, else all."""
    name = format_of(options)
    if options.display:
        return str(options.display)
    if name == "senders":
        return "ok"
    if name != "text" or style.verbose:
        return "all"
    return ddl.actions[action].display if ddl and action and action in ddl.actions else "all"


def is_drawn(options: argparse.Namespace) -> bool:
    """Whether a progress bar may be drawn while results come."""
    return not (options.no_progress or options.quiet) and (options.output_file is not None or format_of(options) not in _COMPLETE)


def place_of_ending(options: argparse.Namespace) -> str:
    """Where people are told how it went: `stdout`; `stderr`, where stdout is for a program; or `none`, where the format says it."""
    if options.output_file is not None or format_of(options) in _FOR_PEOPLE:
        return "stdout"
    return "none" if format_of(options) in _COMPLETE else "stderr"
