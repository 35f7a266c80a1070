"""`mco ping`: who is there, and how quickly each host answers."""

import argparse
import shutil
import sys
from dataclasses import replace

from ...client.audience import Audience
from ...client.client import Client
from ...client.discovery import mc
from ...client.replies import Replies
from ...client.results import Refusal, RPCStats, exitcode
from ...errors import UsageError
from ...sparkline import sparkline
from ..application import Application
from ..calls import interruptible
from ..endings import ending, in_brackets
from ..finding import finding_of
from ..graph import buckets
from ..inert import inert
from ..nearnames import unheard
from ..optiontypes import whole
from ..render import Style, json_text, remark_lines
from ..sections.filters import filter_of
from ..session import open_client, print_json, remark, style_for
from ..waiting import connected, mistrust, told_if_slow, waited_for

_TIME = len(" time=99999.99 ms")
# Seconds where nobody knows who will answer: a host that is busy or far away answers later than a discovery would wait. Known hosts
# get the discovery timeout, so that a dead one is told of in 2 s.
WINDOW = 5.0

NOBODY = """No hosts replied. What to check:
   - do the daemons run, on the same brokers as this client (`plugin.*.pool.*`) and in the collective {collective}?
   - does the filter mean anybody? Try `mco ping` without one.
   - {trust}, and do the clocks agree? The daemons' logs name the reason.{more}
   - are the hosts slow or far away? Try `mco ping -t 15`."""


class Ping(Application):
    """Broadcasts a ping and prints each answer as it arrives."""

    description = "Ping all hosts, or those of a filter, and show how quickly they answer"
    sections = ("common", "filter", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--jsonl", action="store_true", help="a line of JSON for each host as it answers, then one of type stats")
        parser.add_argument("-g", "--graph", action="store_true", help="draw how many replies came in each 50 ms")
        said = parser.add_mutually_exclusive_group()
        said.add_argument("--names", action="store_true", help="print the names alone, as hosts answer")
        said.add_argument("--silent", action="store_true", help="print the statistics alone")
        parser.add_argument("--expect", type=whole, metavar="N", help="exit with 2 where fewer hosts than this answer")

    def run(self, options: argparse.Namespace) -> int:
        if options.json and options.jsonl:
            raise UsageError("--json and --jsonl are two formats: one of them at a time")
        if (options.json or options.jsonl) and (options.names or options.silent):
            raise UsageError("JSON has it all: --names and --silent are for people")
        filter, asked = filter_of(options), options.timeout or options.discovery_timeout
        finding, client = finding_of(options), open_client(options)
        listed: Audience | None = None
        if finding.is_list(filter, client.config):
            found = client.discover(filter, collective=options.target, **finding.choice)
            listed = Audience(found.nodes, found, is_part=True)
        with connected(client, options):
            replies = client.ping(
                filter,
                audience=listed,
                exclude=finding.exclude,
                collective=options.target,
                timeout=asked,
                unknown_timeout=asked or WINDOW,
                full=options.full_discovery,
                ttl=options.ttl,
            )
            return _show(client, replies, options)


def _show(client: Client, replies: Replies, options: argparse.Namespace) -> int:
    times: dict[str, float] = {}
    refusals: list[Refusal] = []
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    with told_if_slow(lambda: waited_for(replies, is_full=options.full_discovery), options), interruptible(replies) as wait:
        for reply in replies:
            no = mc.refusal(reply)
            if no is not None:
                refusals.append(no)
                continue
            times[reply.sender] = replies.latency(reply.sender)
            if options.jsonl:
                print(json_text({"type": "reply", **_document(reply.sender, times[reply.sender])}, indent=False), flush=True)
            elif options.names:
                print(inert(reply.sender), flush=True)
            elif not options.json and not options.silent:
                print(ping_line(reply.sender, times[reply.sender], width), flush=True)
    stats = replace(replies.stats, refusals=tuple(refusals))
    # Nobody was named or found beforehand, and none answered: what other commands call 1 has always been 4 here.
    code = exitcode(stats, strict=options.strict)
    code = 4 if code == 1 else code
    if options.expect and len(times) < options.expect and not wait.is_interrupted:
        remark(f"{len(times)} hosts answered, {options.expect} were expected")
        code = code or 2
    graph = sparkline(buckets(sorted(times.values())))
    if options.json or options.jsonl:
        document = {
            "interrupted": wait.is_interrupted,
            "refusals": [one.to_dict() for one in stats.refusals],
            "no_response": list(stats.no_response),
            "silent_known": list(stats.silent_known),
            "unverified": stats.unverified,
            "duplicates": stats.duplicates,
            "discovery_method": stats.discovery_method,
            "discovery_ended": stats.discovery_ended,
            "discovery_age": stats.discovery_age,
            "seconds": round(stats.agent_time, 6),
        }
        if options.jsonl:
            print(json_text({"type": "stats", "request_id": stats.request_id, **document}, indent=False))
        else:
            print_json({"replies": [_document(name, seconds) for name, seconds in times.items()], **document})
        return wait.exitcode(code)
    style = style_for(sys.stdout, options, client.config)
    if options.names:
        print(
            "".join(f"{line}\n" for line in remark_lines(stats, style_for(sys.stderr, options, client.config))), end="", file=sys.stderr
        )
    else:
        print("\n".join(_ending(times, stats, style)))
    if graph and not options.names and (options.graph or client.config.flag("plugin.rpc.graph")):
        print(f"\n{graph}  ({50} ms each)")
    near = [] if wait.is_interrupted else unheard(stats.no_response, client.config, options.target)
    for line in near:
        remark(line)
    if not times and not refusals and not wait.is_interrupted and not near:
        trust, *more = mistrust(client.config, options.ttl)
        lines = "".join(f"\n   - {line}" for line in more)
        remark(NOBODY.format(collective=client.collective(options.target), trust=trust, more=lines))
    if options.verbose:
        how = in_brackets(ending(stats.discovery_ended, stats.discovery_age))
        remark(f"{len(times)} hosts answered request {stats.request_id} in {stats.agent_time:.2f} seconds{how}")
    wait.remark()
    return wait.exitcode(code)


def _document(sender: str, seconds: float) -> dict[str, object]:
    return {"sender": sender, "time_ms": round(seconds * 1000, 3)}


def ping_line(sender: str, seconds: float, width: int | None = None) -> str:
    """One answer. width: columns of a terminal, None for none: there the name gives way, never the time."""
    name, time = inert(sender), f"time={seconds * 1000:.2f} ms"
    column = 40
    if width is not None:
        column = min(column, max(width - _TIME, 8))
        room = max(width - len(time) - 1, 8)
        name = name if len(name) <= room else f"{name[: room - 1]}…"
    return f"{name:<{column}} {time}"


def _ending(times: dict[str, float], stats: RPCStats, style: Style) -> list[str]:
    lines = ["", "", "---- ping statistics ----"]
    if times:
        took = [seconds * 1000 for seconds in times.values()]
        lines.append(f"{len(took)} replies max: {max(took):.2f} min: {min(took):.2f} avg: {sum(took) / len(took):.2f}")
    else:
        lines.append("No responses received")
    return lines + remark_lines(stats, style)
