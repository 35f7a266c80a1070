"""`mco find`: the names of the hosts that a filter means."""

import argparse
import sys

from ...client.discovery import mc
from ...client.results import Refusal, RPCStats
from ..application import Application
from ..inert import inert
from ..options import filter_of
from ..render import remark_lines
from ..session import open_client, print_json, remark, style_for


class Find(Application):
    """Discovers and prints one name a line, sorted."""

    description = "Find hosts by Puppet class, fact, agent or name"
    sections = ("common", "filter", "json")

    def run(self, options: argparse.Namespace) -> int:
        is_interrupted = False
        found: list[str] = []
        refusals: list[Refusal] = []
        with open_client(options) as client:
            replies = client.ping(
                filter_of(options),
                collective=options.target,
                timeout=options.discovery_timeout or options.timeout,
                full=options.full_discovery,
                ttl=options.ttl,
            )
            try:
                for reply in replies:
                    no = mc.refusal(reply)
                    if no is None:
                        found.append(reply.sender)
                    else:
                        refusals.append(no)
            except KeyboardInterrupt:
                is_interrupted = True
                replies.close()
            stats = replies.stats
            style = style_for(sys.stderr, options, client.config)
        found.sort()
        if options.json:
            print_json(
                {
                    "interrupted": is_interrupted,
                    "hosts": found,
                    "refusals": [one.to_dict() for one in refusals],
                    "no_response": list(stats.no_response),
                    "silent_known": list(stats.silent_known),
                    "unverified": stats.unverified,
                    "seconds": round(stats.agent_time, 6),
                }
            )
        elif found:
            print("\n".join(inert(name) for name in found))
        left = RPCStats(
            no_response=stats.no_response,
            silent_known=stats.silent_known,
            refusals=tuple(refusals),
            unverified=stats.unverified,
        )
        remarks = remark_lines(left, style)
        if not options.json and remarks:
            remark_text = "\n".join(remarks)
            print(remark_text, file=sys.stderr)
        if options.verbose:
            remark(f"Discovered {len(found)} hosts in {stats.agent_time:.2f} seconds")
        if is_interrupted:
            remark("interrupted: these are the hosts found up to now")
            return 130
        if refusals or stats.unverified:
            return 2
        if not found:
            return 1
        return 5 if options.strict and (stats.silent_known or stats.no_response) else 0
