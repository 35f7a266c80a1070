"""Options of commands that call actions: how many hosts, how many at a time, when to stop, and where the answers go."""

import argparse

from ..optiontypes import pause, whole

# What they say to a command that asks hosts and does not take them; the other sections have the same.
UNASKED = {
    "limit": None,
    "limit_seed": None,
    "batch": None,
    "batch_sleep": None,
    "canary": None,
    "max_fail": None,
    "rerun": None,
    "reply_to": None,
    "noop": False,
}


def add_limit(group: argparse._ArgumentGroup, verb: str) -> None:
    """Add those that say how many hosts. verb: what is done with so many, `ask` or `name`."""
    group.add_argument("--limit", "--ln", "--limit-nodes", dest="limit", metavar="N[%]", help=f"{verb} only so many of the hosts found")
    group.add_argument("-1", "--one", dest="limit", action="store_const", const="1", help=f"{verb} only one of the hosts found")
    group.add_argument("--limit-seed", type=int, metavar="NUMBER", help="choose the same hosts each time, with rpclimitmethod = random")


def add_calls(group: argparse._ArgumentGroup) -> None:
    """Add them."""
    add_limit(group, "ask")
    group.add_argument(
        "--batch", metavar="N[%]", help="ask so many hosts at a time; 1,5,25%%,100%% grows; each batch waits for the one before"
    )
    group.add_argument(
        "--batch-sleep", "--batch-sleep-time", dest="batch_sleep", type=pause, metavar="SECONDS", help="pause between two batches"
    )
    group.add_argument("--canary", type=whole, metavar="N", help="ask N hosts first; the rest only if all of these succeed")
    group.add_argument("--max-fail", metavar="N[%]", help="stop when more hosts than this failed, were denied or did not answer")
    group.add_argument(
        "--rerun", metavar="WHICH[:ID]", help="the hosts of a call before: failed, missing, ok or not-ok of it; `mco runs` lists calls"
    )
    group.add_argument("--reply-to", "--rt", dest="reply_to", metavar="TARGET", help="have the answers sent there, and wait for none")
    group.add_argument("--noop", action="store_true", help="only say what would be done, for actions that can")
    group.add_argument("-y", "--yes", action="store_true", help="do not ask before a destructive action on every host")
