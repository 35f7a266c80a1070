"""`mco inventory`: all that one host says of itself, or reports on many."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ...client.results import RPCResult, exitcode
from ...errors import UsageError
from ...filter import Filter
from ...names import is_identity
from ..application import Application
from ..calls import interruptible
from ..inert import inert
from ..nearnames import unheard
from ..render import first_names, remark_lines, value_lines
from ..sections.filters import filter_of
from ..session import open_client, print_json, remark, rpc_client, style_for
from ..waiting import connected, told_if_slow, waited_for


class Inventory(Application):
    """Asks rpcutil of one host for its inventory and its statistics; of many hosts for what a report is made of."""

    description = "Show all about one host, or report on many and on their collectives"
    usage = "HOST  |  --script FILE  |  --list-collectives  |  --collective-graph FILE"
    sections = ("common", "filter", "calls", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("host", nargs="?", metavar="HOST", help="the host's name, in full")
        parser.add_argument(
            "--facts",
            dest="has_facts",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="with HOST: show its facts, or leave them out",
        )
        report = parser.add_argument_group("reports on all hosts of the filter").add_mutually_exclusive_group()
        report.add_argument("--script", metavar="FILE", help="a report by a template, such as the line: {identity:<30} {facts.kernel}")
        report.add_argument(
            "--list-collectives", "--lc", dest="collectives", action="store_true", help="the collectives and how many hosts each has"
        )
        report.add_argument(
            "--collective-graph",
            "--cg",
            "--map",
            dest="map",
            metavar="FILE",
            help="draw them: .svg, .png or .pdf; else DOT; - prints it",
        )

    def run(self, options: argparse.Namespace) -> int:
        reports = [report for asked, report in _reports(options) if asked]
        if options.host is not None and reports:
            raise UsageError(f"a host or a report: for a report on {options.host} alone write -I {options.host}")
        if options.reply_to is not None:
            raise UsageError("what is shown is made from the answers: --reply-to is for `mco rpc`")
        if reports:
            from .. import fleetinventory

            return int(getattr(fleetinventory, reports[0])(options))
        if options.host is None:
            raise UsageError("which host? mco inventory HOST; or a report: --script FILE, --list-collectives, --collective-graph FILE")
        if not filter_of(options).is_empty:
            raise UsageError("a host that is named needs no filter: filters are for the reports")
        return self._of_host(options)

    def _of_host(self, options: argparse.Namespace) -> int:
        if not is_identity(options.host):
            raise UsageError(f"{options.host!r} is no host name")
        answers: dict[str, RPCResult] = {}
        with connected(open_client(options), options) as client:
            rpc = rpc_client(client, "rpcutil", options, filter=Filter(identities=(options.host,)))
            # Both are under way at once: the second does not wait for the first.
            calls = {action: rpc.call(action) for action in ("daemon_stats", "inventory")}
            with told_if_slow(lambda: waited_for(calls["inventory"].replies), options), interruptible(*calls.values()) as wait:
                for action, results in calls.items():
                    for result in results:
                        answers[action] = result
            stats = next((one.stats for one in calls.values() if not one.stats.ok), calls["inventory"].stats)
            style = style_for(sys.stdout, options, client.config)
        code = exitcode(stats, strict=options.strict)
        code = 1 if code == 4 else code  # as it has always been of this command, whose host is named every time
        if options.json:
            document: dict[str, Any] = {"host": options.host, "interrupted": wait.is_interrupted}
            document |= {name: _data(one, options) if one.is_ok else None for name, one in answers.items()}
            print_json({"daemon_stats": None, "inventory": None, **document, "stats": stats.to_dict()})
            return wait.exitcode(code)
        for result in answers.values():
            if not result.is_ok:
                remark(f"{result.agent} {result.action}: {result.statusmsg}")
        good = {action: result.data for action, result in answers.items() if result.is_ok}
        if good:
            lines = inventory_lines(options.host, good.get("daemon_stats", {}), good.get("inventory", {}), has_facts=options.has_facts)
            print("\n".join(lines))
        if remarks := remark_lines(stats, style):
            print("\n".join(remarks), file=sys.stderr)
        wait.remark("this is what came up to now")
        if not wait.is_interrupted and not answers and not stats.unverified:
            near = unheard([options.host], client.config, options.target)
            remark(
                near[0] if near else f"{options.host} did not answer: does mcollectived run there? `mco why {options.host}` says more"
            )
        return wait.exitcode(code)


def _reports(options: argparse.Namespace) -> list[tuple[bool, str]]:
    """Whether each report is asked for, and the function of fleetinventory.py that gives it."""
    return [
        (options.script is not None, "script_report"),
        (options.collectives, "list_collectives"),
        (options.map is not None, "write_map"),
    ]


def _data(result: RPCResult, options: argparse.Namespace) -> dict[str, Any]:
    return {name: value for name, value in result.data.items() if options.has_facts or name != "facts"}


def inventory_lines(host: str, stats: Mapping[str, Any], inventory: Mapping[str, Any], *, has_facts: bool = True) -> list[str]:
    """The blocks of text: server statistics, agents in three columns, data plugins, classes, facts."""
    collectives = inventory.get("collectives")
    rows = {
        "Version": stats.get("version", inventory.get("version")),
        "Start Time": _moment(stats.get("starttime")),
        "Config File": stats.get("configfile"),
        "Collectives": ", ".join(str(name) for name in collectives) if isinstance(collectives, list) else collectives,
        "Main Collective": inventory.get("main_collective"),
        "Process ID": stats.get("pid"),
        "Total Messages": stats.get("total"),
        "Messages Passed Filters": stats.get("passed"),
        "Messages Filtered": stats.get("filtered"),
        "Expired Messages": stats.get("ttlexpired"),
        "Replies Sent": stats.get("replies"),
        "Total Processor Time": _cpu(stats.get("times"), "utime"),  # the label has always been that of the user time alone
        "System Time": _cpu(stats.get("times"), "stime"),
    }
    lines = [f"Inventory for {inert(host)}:", "", "   Server Statistics:"]
    lines += [f"{label:>30}: {inert(str(value))}" for label, value in rows.items() if value is not None]
    lines += ["", "   Agents:", *_columns(inventory.get("agents"))]
    lines += ["", "   Data Plugins:", *_columns(_data_plugins(inventory.get("data_plugins")))]
    lines += ["", "   Configuration Management Classes:", *_columns(inventory.get("classes"))]
    if not has_facts:
        return lines
    lines += ["", "   Facts:"]
    facts = inventory.get("facts")
    if isinstance(facts, Mapping) and facts:
        chosen, left_out = first_names(facts)
        for name in chosen:
            first, *rest = value_lines(facts[name])
            lines += [f"      {inert(str(name))} => {first}", *(f"         {line}" for line in rest)]
        lines += [f"      {left_out}"] if left_out else []
    else:
        lines.append("      No facts known")
    return lines


def _columns(names: object, count: int = 3) -> list[str]:
    if not isinstance(names, Sequence) or isinstance(names, str) or not names:
        return ["      None known"]
    chosen, left_out = first_names(names)
    shown = [inert(str(name)) for name in chosen]
    width = max(15, *(len(name) for name in shown)) + 1
    count = max(min(count, 90 // width), 1)
    rows = [("      " + "".join(f"{name:<{width}}" for name in shown[at : at + count])).rstrip() for at in range(0, len(shown), count)]
    return [*rows, f"      {left_out}"] if left_out else rows


def _data_plugins(names: object) -> object:
    """`fstat` for fstat_data: hosts send the historic names, filters are written with the short ones."""
    return [name.removesuffix("_data") if isinstance(name, str) else name for name in names] if isinstance(names, list) else names


def _moment(seconds: object) -> str | None:
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds < 1e11:
        return None
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(seconds))


def _cpu(times: object, key: str) -> str | None:
    used = times.get(key) if isinstance(times, Mapping) else None
    return f"{used:g} seconds" if isinstance(used, int | float) else None
