"""`mco iptables export` and `diff`: one list of many hosts, and where they differ."""

import argparse
import sys
from collections.abc import Sequence

from mcollective_py.cli.calls import interruptible
from mcollective_py.cli.inert import inert
from mcollective_py.cli.output.outputfile import Destination
from mcollective_py.cli.render import remark_lines
from mcollective_py.cli.session import remark, style_for
from mcollective_py.client.results import RPCResult, exitcode
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.matching.nodeset import fold

from .spread import difference_lines, union_lines

_LONGEST = 1000  # characters of a line of a list; those of our own are shorter


def show_spread(rpc: RPCClient, options: argparse.Namespace, *, is_difference: bool) -> int:
    """Ask for the lists of all hosts and show them as one, or what is not the same; failures and silence on stderr. The exit code."""
    came: list[RPCResult] = []
    with interruptible(results := rpc.call("export", {})) as wait:
        came.extend(results)
    lists = {one.sender: lines_of(one) for one in came if one.is_ok}
    for failed in sorted((one for one in came if not one.is_ok), key=lambda one: one.sender):
        remark(f"{failed.sender}: {failed.statusmsg}")
    if lists:
        lines = difference_lines(lists, fold) if is_difference else union_lines(lists, fold)
        destination = Destination(options.output_file)
        destination.write("".join(f"{inert(line)}\n" for line in lines))
        destination.finish()
    if not options.quiet:
        for line in remark_lines(results.stats, style_for(sys.stderr, options, rpc.client.config)):
            remark(line)
    wait.remark("these are the lists up to now")
    return wait.exitcode(exitcode(results.stats, strict=options.strict))


def lines_of(result: RPCResult) -> Sequence[str]:
    """The lines that a host sent, bounded."""
    lines = result.data.get("list")
    return [line for line in lines if isinstance(line, str) and len(line) <= _LONGEST] if isinstance(lines, list) else []
