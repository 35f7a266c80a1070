"""What is being waited for, told on stderr to somebody who looks at a blank terminal; nothing where nobody does."""

import argparse
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..client.client import Client
from ..client.replies import Replies
from ..facttest import is_regex
from ..filter import Filter
from .session import remark

AFTER = 1.0  # seconds in which nobody wonders yet
_NAMED = 3  # hosts; the rest is a number


@contextmanager
def told_if_slow(text: Callable[[], str], options: argparse.Namespace, after: float = AFTER) -> Iterator[None]:
    """Within, the text is said once on a terminal when after (seconds) have passed; never with --quiet."""
    if options.quiet or not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(after, lambda: remark(text()))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def connected(client: Client, options: argparse.Namespace) -> Iterator[Client]:
    """The client, connected within; how long it tries is said where it takes long. Raises BrokerUnreachable."""
    with told_if_slow(lambda: f"connecting to the broker, for {client.connection_timeout:g} s at most", options):
        client.connect()
    with client:
        yield client


def waited_for(replies: Replies, *, is_full: bool = False) -> str:
    """Whose answer a wait is for: hosts that are due, or whoever there may be."""
    collector = replies.collector
    until = f"until {collector.window:g} s are over"
    if silent := collector.silent:
        more = f" and {len(silent) - _NAMED} more" if len(silent) > _NAMED else ""
        return f"waiting for {', '.join(silent[:_NAMED])}{more}, {until}"
    why = "" if is_full else " (the first time, and once an hour; else only for hosts that have answered before)"
    return f"waiting for whoever else is there, {until}{why}"


def nobody(filter: Filter) -> str:
    """What to say where a filter found nobody; with a hint for what no host can have."""
    if filter.is_empty and not filter.agents:
        return "no hosts answered"
    wrong = [name for name in filter.classes if not is_regex(name) and name != name.lower()]
    hint = "".join(f"\nPuppet writes the names of classes in lower case: try -C {name.lower()}" for name in wrong[:1])
    return f"no hosts matched{hint}"
