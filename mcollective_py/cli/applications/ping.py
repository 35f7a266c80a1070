"""`mco ping`: who is there, and how quickly each host answers."""

import argparse
import sys

from ...client.client import Client
from ...client.discovery import mc
from ...client.replies import Replies
from ...client.results import Refusal, RPCStats
from ...errors import ConnectorError
from ..application import Application
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
    is_interrupted, lost = False, None
    try:
        for reply in replies:
            no = mc.refusal(reply)
            if no is not None:
                refusals.append(no)
                continue
            times[reply.sender] = replies.latency(reply.sender)
            if not options.json:
                print(f"{inert(reply.sender):<40} time={times[reply.sender] * 1000:.2f} ms", flush=True)
    except KeyboardInterrupt:
        is_interrupted = True
        replies.close()
    except ConnectorError as error:  # the broker has gone: what came before it is no less true
        is_interrupted, lost = True, error
        replies.close()
    stats = replies.stats
    code = 130 if is_interrupted else _exitcode(times, refusals, stats, options)
    graph = sparkline(buckets(sorted(times.values())))
    if options.json:
        print_json(
            {
                "interrupted": is_interrupted,
                "replies": [{"sender": name, "time_ms": round(seconds * 1000, 3)} for name, seconds in times.items()],
                "refusals": [one.to_dict() for one in refusals],
                "no_response": list(stats.no_response),
                "silent_known": list(stats.silent_known),
                "unverified": stats.unverified,
                "duplicates": stats.duplicates,
                "seconds": round(stats.agent_time, 6),
            }
        )
        if lost is not None:
            raise lost
        return code
    style = style_for(sys.stdout, options, client.config)
    print("\n".join(_ending(times, refusals, stats, style)))
    if graph and (options.graph or client.config.flag("plugin.rpc.graph")):
        print(f"\n{graph}  ({50} ms each)")
    if not times and not refusals and not is_interrupted:
        remark(NOBODY.format(collective=client.collective(options.target)))
    if is_interrupted:
        remark("interrupted: these are the answers up to now")
    if lost is not None:
        raise lost
    return code


def _exitcode(times: dict[str, float], refusals: list[Refusal], stats: RPCStats, options: argparse.Namespace) -> int:
    if refusals or stats.unverified:
        return 2
    if not times:
        return 1
    return 5 if options.strict and (stats.silent_known or stats.no_response) else 0


def _ending(times: dict[str, float], refusals: list[Refusal], stats: RPCStats, style: Style) -> list[str]:
    lines = ["", "", "---- ping statistics ----"]
    if times:
        took = [seconds * 1000 for seconds in times.values()]
        lines.append(f"{len(took)} replies max: {max(took):.2f} min: {min(took):.2f} avg: {sum(took) / len(took):.2f}")
    else:
        lines.append("No responses received")
    left = RPCStats(
        no_response=stats.no_response,
        silent_known=stats.silent_known,
        refusals=tuple(refusals),
        unverified=stats.unverified,
        duplicates=stats.duplicates,
    )
    return lines + remark_lines(left, style)
