"""`mco ping`: who is there, and how quickly each host answers."""

import argparse
import sys
from dataclasses import replace

from ...client.client import Client
from ...client.discovery import mc
from ...client.replies import Replies
from ...client.results import Refusal, RPCStats, discovery_exitcode
from ..application import Application
from ..calls import interruptible
from ..graph import buckets, sparkline
from ..inert import inert
from ..options import filter_of
from ..render import Style, remark_lines
from ..session import open_client, print_json, remark, style_for

WINDOW = 5.0  # seconds; a host that is busy or far away answers a ping later than a discovery would wait

NOBODY = """No hosts replied. What to check:
   - do the daemons run, on the same brokers as this client (`plugin.*.pool.*`) and in the collective {collective}?
   - does the filter mean anybody? Try `mco ping` without one.
   - do the hosts trust this client's certificate as a caller, and do the clocks agree? The daemons' logs name the reason.
   - are the hosts slow or far away? Try `mco ping -t 15`."""


class Ping(Application):
    """Broadcasts a ping and prints each answer as it arrives."""

    description = "Ping all hosts, or those of a filter, and show how quickly they answer"
    sections = ("common", "filter", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("-g", "--graph", action="store_true", help="draw how many replies came in each 50 ms")

    def run(self, options: argparse.Namespace) -> int:
        with open_client(options) as client:
            replies = client.ping(
                filter_of(options),
                collective=options.target,
                timeout=options.timeout or WINDOW,
                full=options.full_discovery,
                ttl=options.ttl,
            )
            return _show(client, replies, options)


def _show(client: Client, replies: Replies, options: argparse.Namespace) -> int:
    times: dict[str, float] = {}
    refusals: list[Refusal] = []
    with interruptible(replies) as wait:
        for reply in replies:
            no = mc.refusal(reply)
            if no is not None:
                refusals.append(no)
                continue
            times[reply.sender] = replies.latency(reply.sender)
            if not options.json:
                print(f"{inert(reply.sender):<40} time={times[reply.sender] * 1000:.2f} ms", flush=True)
    stats = replace(replies.stats, refusals=tuple(refusals))
    code = discovery_exitcode(stats, strict=options.strict)
    graph = sparkline(buckets(sorted(times.values())))
    if options.json:
        print_json(
            {
                "interrupted": wait.is_interrupted,
                "replies": [{"sender": name, "time_ms": round(seconds * 1000, 3)} for name, seconds in times.items()],
                "refusals": [one.to_dict() for one in stats.refusals],
                "no_response": list(stats.no_response),
                "silent_known": list(stats.silent_known),
                "unverified": stats.unverified,
                "duplicates": stats.duplicates,
                "seconds": round(stats.agent_time, 6),
            }
        )
        return wait.exitcode(code)
    style = style_for(sys.stdout, options, client.config)
    print("\n".join(_ending(times, stats, style)))
    if graph and (options.graph or client.config.flag("plugin.rpc.graph")):
        print(f"\n{graph}  ({50} ms each)")
    if not times and not refusals and not wait.is_interrupted:
        remark(NOBODY.format(collective=client.collective(options.target)))
    if wait.is_interrupted:
        remark("interrupted: these are the answers up to now")
    return wait.exitcode(code)


def _ending(times: dict[str, float], stats: RPCStats, style: Style) -> list[str]:
    lines = ["", "", "---- ping statistics ----"]
    if times:
        took = [seconds * 1000 for seconds in times.values()]
        lines.append(f"{len(took)} replies max: {max(took):.2f} min: {min(took):.2f} avg: {sum(took) / len(took):.2f}")
    else:
        lines.append("No responses received")
    return lines + remark_lines(stats, style)
