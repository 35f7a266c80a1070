"""Print results and statistics in a script of one's own as `mco` prints them; Ruby's `printrpc` and `printrpcstats`.

with rpcclient("rpcutil") as rpcutil:
    show.results(rpcutil.ping(), rpcutil.ddl)
    show.stats(rpcutil.stats)
"""

import argparse
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

from .errors import UsageError

if TYPE_CHECKING:
    from .cli.output.base import Ending
    from .cli.render import Style
    from .client.aggregate.summaries import Summary
    from .client.results import RPCResult, RPCStats
    from .ddl.model import DDL


def results(
    results: "Iterable[RPCResult]",
    ddl: "DDL | None" = None,
    *,
    format: str = "text",
    display: str | None = None,
    verbose: bool = False,
    file: TextIO | None = None,
) -> "list[RPCResult]":
    """Print results as they arrive; gives all of them, shown or not.

    ddl: that of the agent, for labels and for which results its actions show; without it all are shown, by the outputs' own names.
    format: text, json, jsonl, table, csv, yaml or senders, as the options of `mco rpc`. display: ok, failed, all or none. verbose: as
    the host sent them. file: where to, default stdout. What hosts sent is made harmless for a terminal.
    """
    from .cli.output.chosen import display_mode, open_output
    from .cli.render import wants_display
    from .cli.sections.output import DISPLAYS, FORMATS

    if format not in FORMATS:
        raise UsageError(f"there is no format {format!r}: there are {', '.join(FORMATS)}")
    if display not in (None, *DISPLAYS):
        raise UsageError(f"display is {', '.join(DISPLAYS)}, not {display!r}")
    stream = file or sys.stdout
    options = argparse.Namespace(format=format, json=format == "json", display=display, fold=False, output_file=None)
    style = _style(stream, verbose=verbose)
    output, taken = open_output(options, ddl, style, ()), []
    for result in results:
        taken.append(result)
        if wants_display(display_mode(options, ddl, result.action, style), result):
            stream.write(output.result(result))
    stream.write(output.end(_ending(results)))
    return taken


def stats(stats: "RPCStats", summaries: "Sequence[Summary]" = (), *, verbose: bool = False, file: TextIO | None = None) -> None:
    """Print who was silent and the line of sums; summaries before them, where some are given (`results.summaries`)."""
    stream = file or sys.stdout
    stream.write(_ending_text(stats, summaries, _style(stream, verbose=verbose)))


def report(stats: "RPCStats", summaries: "Sequence[Summary]" = (), *, verbose: bool = False) -> str:
    """The same as a text, without colours."""
    from .cli.render import Style

    return _ending_text(stats, summaries, Style(verbose=verbose))


def no_response_report(stats: "RPCStats", width: int = 80) -> str:
    """Names of the silent hosts in columns under their caption; empty where all answered."""
    from .cli.render import name_columns

    if not stats.no_response:
        return ""
    return "\n".join(["No response from:", "", *name_columns(stats.no_response, width), ""])


def _ending_text(stats: "RPCStats", summaries: "Sequence[Summary]", style: "Style") -> str:
    from .cli.output.base import Ending
    from .cli.output.text import ending_text

    return ending_text(Ending(stats, tuple(summaries)), time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(stats.started)), style)


def _ending(results: "Iterable[RPCResult]") -> "Ending":
    from .cli.output.base import Ending
    from .client.results import RPCStats
    from .client.rpcresults import RPCResults

    if isinstance(results, RPCResults):
        return Ending(results.stats, tuple(results.summaries))
    return Ending(RPCStats())  # a list of them, of which nobody knows whence it comes


def _style(stream: TextIO, *, verbose: bool) -> "Style":
    from .cli.render import Style
    from .cli.session import wants_color

    is_terminal = stream.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else 80
    return Style(color=wants_color(stream, True), verbose=verbose, width=width, is_terminal=is_terminal)
