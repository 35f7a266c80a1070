"""`mco facts FACT`: which values a fact has over the fleet, and how often."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ...client.results import RPCResult, exitcode
from ...wire.plainjson import plain_json
from ..application import Application
from ..calls import announced, check_inputs, interruptible
from ..inert import inert
from ..render import remark_lines, summary_line
from ..session import open_client, print_json, rpc_client, style_for
from ..waiting import connected, told_if_slow, waited_for


class Facts(Application):
    """Asks every host for one fact and counts the values."""

    description = "Report the values of one fact over all hosts"
    usage = "FACT"
    sections = ("common", "filter", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("fact", metavar="FACT", help="a fact's name; dots lead into structured facts")

    def run(self, options: argparse.Namespace) -> int:
        results: list[RPCResult] = []
        client = open_client(options)
        rpc = rpc_client(client, "rpcutil", options)
        inputs = {"fact": options.fact}
        check_inputs(rpc, "get_fact", inputs)
        with connected(client, options):
            announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options)
            called = rpc.call("get_fact", inputs)
            with told_if_slow(lambda: waited_for(called.replies), options), interruptible(called) as wait:
                results.extend(called)
            stats, style = called.stats, style_for(sys.stdout, options, client.config)
        values, failed = counted(results), [result for result in results if not result.is_ok]
        if options.json:
            print_json(
                {
                    "fact": options.fact,
                    "interrupted": wait.is_interrupted,
                    "values": [{"value": json.loads(text), "count": len(hosts), "hosts": hosts} for text, hosts in values],
                    "failed": [{"sender": one.sender, "statusmsg": one.statusmsg, "refusal": one.refusal} for one in failed],
                    "stats": stats.to_dict(),
                }
            )
            return wait.exitcode(exitcode(stats, strict=options.strict))
        has_values = any(text != "null" for text, _ in values)
        print(f"{'Report for fact:' if has_values else 'No values found for fact'} {inert(options.fact)}\n")
        for text, hosts in values:
            print(f"        {inert(shown(text)):<40} found {len(hosts)} times")
            if options.verbose:
                print("\n".join(f"            {inert(host)}" for host in hosts) + "\n")
        for one in failed:
            print(f"        {inert(one.sender):<40} {inert(one.statusmsg)}")
        print("\n".join(["", *remark_lines(stats, style), summary_line(stats, style)]))
        wait.remark()
        return wait.exitcode(exitcode(stats, strict=options.strict))


def counted(results: Iterable[RPCResult]) -> list[tuple[str, list[str]]]:
    """Each value (as JSON, so that 1 and "1" stay apart) with its hosts: the most frequent first, then by value."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for result in results:
        if result.is_ok:
            hosts[json.dumps(plain_json(_plain(result.data).get("value")), sort_keys=True)].append(result.sender)
    return sorted(((value, sorted(names)) for value, names in hosts.items()), key=lambda entry: (-len(entry[1]), entry[0]))


def shown(text: str) -> str:
    """A value as the report has it; null is a host that has no such fact."""
    value = json.loads(text)
    return value if isinstance(value, str) else "(no such fact)" if value is None else text


def _plain(data: object) -> Mapping[str, Any]:
    return data if isinstance(data, Mapping) else {}
