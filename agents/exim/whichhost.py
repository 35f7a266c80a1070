"""On which host a message is, for words about one message."""

import argparse
import sys

from mcollective_py.cli.calls import interruptible
from mcollective_py.cli.output.chosen import has_lines
from mcollective_py.cli.session import remark, style_for
from mcollective_py.client.rpcclient import RPCClient

from .outcomes import left_out, nowhere
from .sent import number


def narrowed(rpc: RPCClient, id: str, options: argparse.Namespace) -> bool:
    """Make those its hosts that have the message. False where none has it, and that is told: there is nobody to be asked.

    In the formats for programs, and where there is one host alone, the hosts say so themselves.
    """
    if len(rpc.audience.nodes) < 2:
        return True
    with interruptible(results := rpc.call("count", {"select": f"id={id}"})) as wait:
        came = list(results)
    where = sorted(one.sender for one in came if one.is_ok and number(one.data.get("messages")))
    if where:
        rpc.limit = None
        rpc.discover(where)
        return True
    if wait.is_interrupted or not came or not has_lines(options, style_for(sys.stdout, options, rpc.client.config)):
        return True
    # Of a message that cannot be read its own host has more to say than that there is none.
    if any(id in str(row) for one in came for row in (one.data.get("broken") or ())) or not any(one.is_ok for one in came):
        return True
    silent = sorted({*results.stats.no_response, *results.stats.silent_known})
    if silent:
        remark(left_out(silent))
    remark(nowhere([id], is_sure=not silent and all(one.is_ok for one in came)))
    return False
