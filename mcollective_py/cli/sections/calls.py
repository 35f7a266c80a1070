"""Options of commands that call actions: how many hosts, how many at a time, and where the answers go."""

import argparse

from ..optiontypes import pause

# What they say to a command that asks hosts and does not take them; the other sections have the same.
UNASKED = {"limit": None, "limit_seed": None, "batch": None, "batch_sleep": None, "reply_to": None}


def add_calls(group: argparse._ArgumentGroup) -> None:
    """Add them."""
    group.add_argument("--limit", "--ln", "--limit-nodes", dest="limit", metavar="N[%]", help="ask only so many of the hosts found")
    group.add_argument("-1", "--one", dest="limit", action="store_const", const="1", help="ask only one of the hosts found")
    group.add_argument("--limit-seed", type=int, metavar="NUMBER", help="choose the same hosts each time, with rpclimitmethod = random")
    group.add_argument("--batch", metavar="N[%]", help="ask so many hosts at a time; each batch waits for the one before")
    group.add_argument(
        "--batch-sleep", "--batch-sleep-time", dest="batch_sleep", type=pause, metavar="SECONDS", help="pause between two batches"
    )
    group.add_argument("--reply-to", "--rt", dest="reply_to", metavar="TARGET", help="have the answers sent there, and wait for none")
    group.add_argument("-y", "--yes", action="store_true", help="do not ask before a destructive action on every host")
