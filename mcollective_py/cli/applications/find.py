"""`mco find`: the names of the hosts that a filter means."""

import argparse
import sys
from dataclasses import replace

from ...client.audience import Audience
from ...client.discovery import mc
from ...client.discovery.base import Discovered
from ...client.limit import limit_count, limited
from ...client.results import Refusal, RPCStats, exitcode
from ...config import Config
from ...filter import Filter
from ..application import Application
from ..calls import interruptible
from ..endings import ending, in_brackets
from ..finding import finding_of
from ..inert import inert
from ..nearnames import unheard
from ..render import remark_lines
from ..sections.calls import add_limit
from ..sections.filters import filter_of
from ..session import open_client, print_json, remark, style_for
from ..waiting import connected, nobody, told_if_slow, waited_for


class Find(Application):
    """Discovers and prints one name a line, sorted."""

    description = "Find hosts by Puppet class, fact, agent or name"
    sections = ("common", "filter", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        add_limit(parser.add_argument_group("how many"), "name")

    def run(self, options: argparse.Namespace) -> int:
        found: list[str] = []
        refusals: list[Refusal] = []
        filter, finding = filter_of(options), finding_of(options)
        if options.limit is not None:
            limit_count(options.limit, 1)  # a wrong one is told before anybody is asked
        client = open_client(options)
        if finding.is_list(filter, client.config):
            return _show_listed(client.discover(filter, collective=options.target, **finding.choice), options, client.config)
        with connected(client, options):
            replies = client.ping(
                filter,
                exclude=finding.exclude,
                collective=options.target,
                timeout=options.discovery_timeout or options.timeout,
                full=options.full_discovery,
                ttl=options.ttl,
            )
            with told_if_slow(lambda: waited_for(replies, is_full=options.full_discovery), options), interruptible(replies) as wait:
                for reply in replies:
                    no = mc.refusal(reply)
                    if no is None:
                        found.append(reply.sender)
                    else:
                        refusals.append(no)
            stats = replace(replies.stats, refusals=tuple(refusals))
            style = style_for(sys.stderr, options, client.config)
        found.sort()
        _print_hosts(_some(found, options, client.config), stats, options, is_interrupted=wait.is_interrupted)
        if not options.json and (remarks := remark_lines(stats, style)):
            print("\n".join(remarks), file=sys.stderr)
            for line in [] if wait.is_interrupted else unheard(stats.no_response, client.config, options.target):
                remark(line)
        if options.verbose:
            _tell_time(found, stats)
        wait.remark("these are the hosts found up to now")
        is_nobody = not (found or stats.refusals or stats.no_response or wait.is_interrupted)
        # A filter that means nobody is an answer, which scripts expect to be silent; that nobody at all is there is not.
        if is_nobody and not options.quiet and (filter == Filter() or sys.stderr.isatty()):
            remark(nobody(filter))
        code = exitcode(stats, strict=options.strict)
        return wait.exitcode(1 if code == 4 else code)  # as it has always been of this command: nobody was found


def _some(found: list[str], options: argparse.Namespace, config: Config) -> list[str]:
    """Those that --limit leaves: the ones that `mco rpc` would ask."""
    is_random = config.text("rpclimitmethod") == "random"
    return list(limited(Audience(tuple(found)), options.limit, is_random=is_random, seed=options.limit_seed).nodes)


def _show_listed(found: Discovered, options: argparse.Namespace, config: Config) -> int:
    """What a list says, without asking anybody."""
    stats = replace(Audience(found.nodes, found).before, agent_time=found.seconds)
    _print_hosts(_some(list(found.nodes), options, config), stats, options)
    if options.verbose:
        _tell_time(list(found.nodes), stats)
    if not found.nodes and not options.quiet and sys.stderr.isatty():
        remark("no hosts matched")
    return 0 if found.nodes else 1


def _print_hosts(found: list[str], stats: RPCStats, options: argparse.Namespace, *, is_interrupted: bool = False) -> None:
    if options.json:
        print_json(
            {
                "interrupted": is_interrupted,
                "hosts": found,
                "refusals": [one.to_dict() for one in stats.refusals],
                "no_response": list(stats.no_response),
                "silent_known": list(stats.silent_known),
                "unverified": stats.unverified,
                "discovery_method": stats.discovery_method,
                "discovery_ended": stats.discovery_ended,
                "discovery_age": stats.discovery_age,
                "seconds": round(stats.agent_time, 6),
            }
        )
    elif found:
        print("\n".join(inert(name) for name in found))


def _tell_time(found: list[str], stats: RPCStats) -> None:
    how = in_brackets(ending(stats.discovery_ended, stats.discovery_age))
    plugin = f" using the {stats.discovery_method} discovery method" if stats.discovery_method != mc.METHOD else ""
    remark(f"Discovered {len(found)} hosts in {stats.agent_time:.2f} seconds{plugin}{how}")
