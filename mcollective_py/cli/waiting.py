"""What is being waited for, told on stderr to somebody who looks at a blank terminal; nothing where nobody does."""

import argparse
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..client.client import Client
from ..client.replies import Replies
from ..config import Config
from ..facttest import is_regex
from ..filter import Filter
from ..settings import LONGEST_TTL, RUBY_PROVIDERS
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


def mistrust(config: Config, ttl: int | None = None) -> list[str]:
    """Questions to ask where no host answers because none takes the requests, by the security plugin in use. ttl: that of --ttl."""
    provider, asked = config.word("securityprovider"), ttl or config.number("ttl")
    questions = [_TRUST.get(provider, _TRUST["x509"]).format(key=_own_key(config, provider))]
    if provider in RUBY_PROVIDERS and asked > LONGEST_TTL:
        questions.append(f"was the request meant to live for {asked} s? Hosts here take {LONGEST_TTL} s at most, and do not answer.")
    return questions


_TRUST = {
    "x509": "do the hosts trust this client's certificate as a caller",
    "psk": "have the hosts the same plugin.psk as this client",
    "ssl": "is this client's public key in the hosts' plugin.ssl_client_cert_dir, as {key}, and theirs in its plugin.ssl_server_public",
    "aes_security": "is this client's public key in the hosts' plugin.aes.client_cert_dir, as {key}",
}


def _own_key(config: Config, provider: str) -> str:
    """The file name by which a host knows this client's public key."""
    setting, variable = ("plugin.ssl_client_public", "SSL") if provider == "ssl" else ("plugin.aes.client_public", "AES")
    path = os.environ.get(f"MCOLLECTIVE_{variable}_PUBLIC") or config.path(setting)
    return Path(path).name if path else "NAME.pem"


def nobody(filter: Filter) -> str:
    """What to say where a filter found nobody; with a hint for what no host can have."""
    if filter.is_empty and not filter.agents:
        return "no hosts answered: `mco ping` says what to check"
    wrong = [name for name in filter.classes if not is_regex(name) and name != name.lower()]
    hint = "".join(f"\nPuppet writes the names of classes in lower case: try -C {name.lower()}" for name in wrong[:1])
    return f"no hosts matched{hint}"
