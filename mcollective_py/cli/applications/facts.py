"""`mco facts FACT`: which values a fact has over the fleet, and how often."""

import argparse
import sys

from ...client.results import RPCResult, exitcode
from ...errors import UsageError
from ..application import Application
from ..calls import announced, check_inputs, interruptible
from ..factreport import counted, report_lines, table_lines, values_document
from ..inert import inert
from ..optiontypes import whole
from ..render import remark_lines, summary_line
from ..session import open_client, print_json, rpc_client, style_for
from ..waiting import connected, told_if_slow, waited_for


class Facts(Application):
    """Asks every host for one fact and counts the values."""

    description = "Report the values of one fact over all hosts"
    usage = "FACT"
    sections = ("common", "filter", "calls", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("fact", metavar="FACT", help="a fact's name; dots lead into structured facts: os.release.major")
        parser.add_argument("--top", type=whole, metavar="N", help="show only the first N values")
        parser.add_argument("-r", "--reverse", action="store_true", help="the rarest value first")
        parser.add_argument("-n", "--show-nodes", dest="nodes", action="store_true", help="with each value its hosts, as a node set")
        parser.add_argument("--table", action="store_true", help="a table with each value's share")

    def run(self, options: argparse.Namespace) -> int:
        if options.reply_to is not None:
            raise UsageError("the report is made from the answers: --reply-to is for `mco rpc`")
        results: list[RPCResult] = []
        client = open_client(options)
        rpc = rpc_client(client, "rpcutil", options)
        inputs = {"fact": options.fact}
        check_inputs(rpc, "get_fact", inputs)
        with connected(client, options):
            announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options, client.config)
            called = rpc.call("get_fact", inputs)
            with told_if_slow(lambda: waited_for(called.replies), options), interruptible(called) as wait:
                results.extend(called)
            stats, style = called.stats, style_for(sys.stdout, options, client.config)
        every, failed = counted(results, rarest_first=options.reverse), [result for result in results if not result.is_ok]
        values = every[: options.top]
        if options.json:
            print_json(
                {
                    "fact": options.fact,
                    "interrupted": wait.is_interrupted,
                    "values": values_document(values),
                    "different_values": len(every),
                    "failed": [{"sender": one.sender, "statusmsg": one.statusmsg, "refusal": one.refusal} for one in failed],
                    "stats": stats.to_dict(),
                }
            )
            return wait.exitcode(exitcode(stats, strict=options.strict))
        has_values = any(not value.is_absent for value in every)
        print(f"{'Report for fact:' if has_values else 'No values found for fact'} {inert(options.fact)}\n")
        nodes = "each" if options.verbose else "folded" if options.nodes else ""
        if lines := (table_lines if options.table else report_lines)(values, nodes=nodes):
            print("\n".join(lines))
        if len(values) < len(every):
            print(f"        ... and {len(every) - len(values)} more values")
        for one in failed:
            print(f"        {inert(one.sender):<40} {inert(one.statusmsg)}")
        print("\n".join([*remark_lines(stats, style), "", summary_line(stats, style)]))
        wait.remark()
        return wait.exitcode(exitcode(stats, strict=options.strict))
