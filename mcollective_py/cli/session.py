"""What a command works with: the client its options ask for, the terminal it draws on, and remarks to stderr."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from ..client.client import Client
from ..client.rpcclient import RPCClient
from ..config import Config
from ..filter import Filter
from ..plugins.ddlfiles import agent_ddl
from .inert import inert
from .render import Style, json_text
from .sections.filters import filter_of


def open_client(options: argparse.Namespace) -> Client:
    """A client by the options, not connected yet; what its configuration warns of is said on stderr."""
    config = read_config(options)
    if getattr(options, "compound", None):  # said before a broker is looked for
        from ..client.datafunctions import prepared
        from ..compound import marked
        from ..errors import FilterError

        try:
            prepared(filter_of(options), config.paths("libdir"))
        except FilterError as error:
            raise marked(error, options.compound) from error
    if options.verbose == 1:
        _tell_of_cache()
    opener = getattr(options, "opener", None)  # a console's: one connection for many commands
    client: Client = Client.from_config(config) if opener is None else opener(config)
    client.collective(options.target)
    client.on_behalf_of = options.on_behalf_of
    if options.connection_timeout:
        client.connection_timeout = options.connection_timeout
    if options.publish_timeout:
        client.publish_timeout = options.publish_timeout
    return client


def read_config(options: argparse.Namespace) -> Config:
    """The configuration by -c; what is wrong in it and not fatal is said on stderr."""
    config = Config.find("client", options.config)
    if not options.quiet:
        missing = [f"{config.file}: libdir: there is no folder {path}" for path in config.paths("libdir") if not path.is_dir()]
        for warning in (*config.warnings, *missing):
            remark(warning)
    return config


def _tell_of_cache() -> None:
    """-v tells why the hosts known from before cannot be kept: each discovery then takes its whole window."""
    told = logging.getLogger("mcollective_py.client.known")
    told.setLevel(logging.INFO)
    told.addHandler(logging.StreamHandler())
    told.propagate = False


def rpc_client(client: Client, agent: str, options: argparse.Namespace, *, filter: Filter | None = None) -> RPCClient:
    """What calls an agent's actions as the options say; filter: whom it is for, where the options do not say it."""
    from .finding import Finding, finding_of

    finding = finding_of(options) if filter is None else Finding()
    rpc = RPCClient(
        client,
        agent,
        agent_ddl(agent, client.config.paths("libdir")),
        filter=filter_of(options) if filter is None else filter,
        timeout=options.timeout,
        discovery_timeout=options.discovery_timeout,
        ttl=options.ttl,
        collective=options.target,
        limit=options.limit,
        limit_seed=options.limit_seed,
        batch=options.batch,
        batch_sleep=options.batch_sleep,
        canary=options.canary,
        max_fail=options.max_fail,
        full=options.full_discovery,
        **finding.choice,
    )
    if options.rerun:
        from .reruns import rerun_hosts

        rpc.discover(rerun_hosts(options, client.config))
    return rpc


def wants_color(stream: TextIO, configured: bool, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether to draw in colours: on a terminal where nobody says no, or where CLICOLOR_FORCE says so."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    return configured and stream.isatty() and environment.get("TERM", "") != "dumb"


def style_for(stream: TextIO, options: argparse.Namespace, config: Config) -> Style:
    """How to draw on stdout or stderr."""
    is_terminal = stream.isatty()
    return Style(
        color=wants_color(stream, config.flag("color")),
        verbose=bool(options.verbose),
        width=_columns() if is_terminal else 80,
        is_terminal=is_terminal,
        fold_above=config.number("plugin.rpc.fold_above"),
    )


def _columns() -> int:
    from shutil import get_terminal_size  # of use on a terminal alone

    return get_terminal_size().columns


def remark(text: str) -> None:
    """One remark to the operator, on stderr."""
    print(inert(text, keep_lines=True), file=sys.stderr)


def print_json(document: Mapping[str, Any]) -> None:
    """The one document of --json, laid out where a human looks at it."""
    print(json_text(document, indent=sys.stdout.isatty()))
