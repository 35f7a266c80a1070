"""Options that say how results are shown, and where they go."""

import argparse
from typing import Any

from ...errors import UsageError

DISPLAYS = ("ok", "all", "failed", "none")
FORMATS = ("text", "json", "jsonl", "table", "csv", "yaml", "senders")

UNASKED = {"json": False, "no_progress": False, "format": None, "output_file": None, "fold": None}


def add_output(group: argparse._ArgumentGroup, *, shows_results: bool) -> None:
    """Add them. shows_results: the command shows the results of actions; without it `--json` is all there is."""
    if not shows_results:
        group.add_argument("-j", "--json", action="store_true", help="one JSON document and nothing else")
        return
    for words, name, help in (
        (("-j", "--json"), "json", "one JSON document and nothing else"),
        (("--jsonl",), "jsonl", "a line of JSON for each result as it arrives, then one of type stats"),
        (("--table",), "table", "a row for each host, a column for each output"),
        (("--senders",), "senders", "only the names of the hosts that succeeded, or that --display says"),
    ):
        group.add_argument(*words, action=_Format, nargs=0, const=name, dest="format", default=None, help=help)
    group.add_argument(
        "--format", action=_Format, choices=FORMATS, dest="format", default=None, help="csv or yaml; or another by its name"
    )
    group.add_argument(
        "-o",
        "--output-file",
        dest="output_file",
        metavar="FILE",
        help="write the results there, whole or not at all; the sums stay here",
    )
    group.add_argument("--np", "--no-progress", dest="no_progress", action="store_true", help="no progress bar")
    group.add_argument("--display", choices=DISPLAYS, help="which results to show")
    group.add_argument("--sort", action="store_true", help="show results at the end: failures first, then by name")
    group.add_argument(
        "--fold",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="show equal results once, with the node set, and of others what differs; on a terminal so for many hosts",
    )


class _Format(argparse.Action):
    """The chosen format; `json` is set beside it, because every command has that one."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, option: str | None = None) -> None:
        name = self.const or values
        before = namespace.format
        if before not in (None, name):
            raise UsageError(f"{option} asks for the format {name}, and another option for {before}: one of them at a time")
        namespace.format, namespace.json = name, name == "json"
