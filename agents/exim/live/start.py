"""From the words of the command to the view, and back to a clean terminal."""

import argparse
import io
import logging
import os
import sys
from contextlib import suppress
from importlib.util import find_spec

from mcollective_py.cli.agentapplication import AgentApplication, agent_client
from mcollective_py.cli.calls import announced
from mcollective_py.cli.session import open_client, remark, rpc_client
from mcollective_py.cli.waiting import nobody
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import ConnectorError, InvalidRPCData, UsageError

from ..bounds import MAX_MESSAGES
from .filterwords import selection_of

_INTERVAL = 3.0  # seconds
_UNFIT = {
    "json": "--json",
    "format": "--format",
    "output_file": "--output-file",
    "batch": "--batch",
    "canary": "--canary",
    "max_fail": "--max-fail",
}
_SECONDS_TO_END = 2.0


def show_view(application: AgentApplication, options: argparse.Namespace) -> int:
    """The view until somebody leaves it; the exit code."""
    typed = options.select or ""
    _check(options, typed)
    inputs = {"select": selected} if (selected := selection_of(typed)) else {}
    with agent_client(application.agent, "count", inputs, argparse.Namespace(**{**vars(options), "noop": False})) as rpc:
        found = announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options, rpc.client.config)
        if not found.nodes:
            remark(f"mco exim: {nobody(rpc.filter).partition(chr(10))[0]}")
            return 1
        return _viewed(application, rpc, options, typed)


def _check(options: argparse.Namespace, typed: str) -> None:
    """Raises UsageError for what a live view cannot be."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        raise UsageError(
            "top alone is a live view and wants a terminal: `mco exim top senders` (or domains, errors, ...) is a list, "
            "`mco exim size` and `mco exim count` are numbers"
        )
    for name, shown in _UNFIT.items():
        if getattr(options, name, None):
            raise UsageError(f"{shown} is nothing for a live view: `mco exim top senders` is a list that takes it")
    if find_spec("textual") is None:
        raise UsageError(
            "the live view needs Textual, which is not installed for this Python: install mcollective_py[tui], or textual 8 "
            "beside it; `mco exim top senders` and all other words do without it"
        )
    try:
        selection_of(typed)
    except InvalidRPCData as error:
        raise UsageError(str(error)) from error


def _viewed(application: AgentApplication, rpc: RPCClient, options: argparse.Namespace, typed: str) -> int:
    # Textual asks for a newer protocol of keys, whose answers old terminals show as signs; no key here needs it.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)  # of the shell: the terminal may have another size by now
    if isinstance(sys.__stderr__, io.TextIOWrapper):
        sys.__stderr__.reconfigure(errors="replace")  # one sign for one, where the terminal has no UTF-8
    from .app import EximTop
    from .asking import Asking, Event

    def tell(event: Event) -> None:
        view.told(event)

    def reopen() -> RPCClient:
        again = rpc_client(open_client(options), application.agent, options)
        again.client.connect()
        again.discover(view.hosts.names)
        return again

    asking = Asking(rpc, reopen, tell)
    view = EximTop(
        asking,
        rpc.audience.nodes,
        actions=rpc.ddl.actions,
        typed=typed,
        interval=getattr(options, "interval", None) or _INTERVAL,
        max_messages=getattr(options, "max_messages", None) or MAX_MESSAGES,
        noop=options.noop,
    )
    quiet = _Quiet()
    logging.getLogger().addHandler(quiet)  # what is logged would be written across the view
    try:
        asking.start()
        code = view.run(mouse=False)
    finally:
        logging.getLogger().removeHandler(quiet)
        asking.end(_SECONDS_TO_END)
        with suppress(ConnectorError):
            asking.rpc.client.close(wait=False)
    if view.fault is not None:
        raise view.fault
    return (view.return_code or 0) if code is None else code


class _Quiet(logging.Handler):
    """Takes what is logged and shows it to nobody."""

    def emit(self, record: logging.LogRecord) -> None:
        """See logging."""
