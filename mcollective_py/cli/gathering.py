"""One action of rpcutil asked of all hosts of a filter, for reports: good results are taken, the others kept apart."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.audience import Audience
from ..client.results import RPCResult, RPCStats
from ..client.rpcclient import RPCClient
from .calls import Wait, announced, interruptible
from .inert import inert
from .progress import Progress
from .render import remark_lines
from .session import remark, style_for
from .waiting import connected, told_if_slow, waited_for


@dataclass(frozen=True, slots=True)
class Gathered:
    """How a call went: whom it was sent to, what went wrong, its figures, and how its wait ended."""

    audience: Audience
    bad: Sequence[RPCResult]
    stats: RPCStats
    wait: Wait
    remarks: Sequence[str]

    def tell(self) -> None:
        """Print on stderr what went wrong on which host, and what is to be said of the whole."""
        for result in sorted(self.bad, key=lambda one: one.sender):
            remark(f"{result.sender}: {inert(result.statusmsg)}")
        if self.remarks:
            print("\n".join(self.remarks), file=sys.stderr)


def gather(
    rpc: RPCClient,
    action: str,
    options: argparse.Namespace,
    take: Callable[[RPCResult], None],
    inputs: Mapping[str, Any] | None = None,
) -> Gathered:
    """Call the action on whom rpc means, with a bar on a terminal; take gets each good result. The connection ends with it.

    Raises what a discovery and a call raise (UsageError, FilterError, BrokerUnreachable, BrokerRefused).
    """
    client, bad = rpc.client, list[RPCResult]()
    with connected(client, options):
        audience = announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options, client.config)
        called = rpc.call(action, inputs)
        style = style_for(sys.stderr, options, client.config)
        is_drawn = not (options.json or options.quiet or options.no_progress)
        progress = Progress(sys.stderr, len(audience.nodes), beside=sys.stdout, is_wanted=is_drawn, color=style.color)
        with progress, told_if_slow(lambda: waited_for(called.replies), options), interruptible(called) as wait:
            for result in called:
                progress.advance()
                if result.is_ok:
                    take(result)
                else:
                    bad.append(result)
        stats = called.stats
    return Gathered(audience, bad, stats, wait, remark_lines(stats, style))
