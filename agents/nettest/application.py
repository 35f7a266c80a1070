"""`mco nettest`: tests of the network from hosts; several targets make a matrix."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, agent_client
from mcollective_py.cli.calls import check_inputs, interruptible, is_narrowed
from mcollective_py.cli.inert import inert
from mcollective_py.cli.optiontypes import pause, seconds, whole
from mcollective_py.cli.render import remark_lines, summary_line
from mcollective_py.cli.session import style_for
from mcollective_py.client.results import RPCResult, exitcode
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import UsageError

from .wording import cell, is_bad, matrix, nagios_code, said

ACTIONS = ("ping", "connect", "dns", "tls", "http")
_UNKNOWN = 3  # of Nagios
_TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT")


class Nettest(AgentApplication):
    """The historic `mco nettest ping` and `connect`, and what is new beside them."""

    description = "Test the network from hosts: ping, TCP, DNS, TLS, HTTP"
    usage = (
        "ping HOST ...  |  connect HOST PORT  |  connect HOST:PORT ...  |  dns NAME ... [TYPE]  |  tls HOST[:PORT] ...  |  http URL ..."
    )
    agent = "nettest"
    actions = ACTIONS

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        parser.add_argument("words", nargs="*", metavar="ACTION TARGET...", help="several targets are shown as a matrix")
        parser.add_argument("--wait", type=seconds, metavar="SECONDS", help="how long the test itself may take")
        parser.add_argument("--ipv4", action="store_true", help="only addresses of version 4")
        parser.add_argument("--ipv6", action="store_true", help="only addresses of version 6")
        parser.add_argument("--count", type=whole, metavar="N", help="ping: so many probes")
        parser.add_argument("--server", metavar="HOST", help="dns: the name server to ask")
        parser.add_argument("--expect", metavar="TEXT", help="dns: this must be among the answers")
        parser.add_argument("--warn", type=pause, metavar="DAYS", help="tls: WARNING below so many days, 30 without it")
        parser.add_argument("--crit", type=pause, metavar="DAYS", help="tls: CRITICAL below so many days, 7 without it")
        parser.add_argument("--servername", metavar="NAME", help="tls: the name that the certificate must be for")
        parser.add_argument("--starttls", choices=("smtp", "imap", "pop3", "ftp"), help="tls: what is spoken before it begins")
        parser.add_argument("--min-version", choices=("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"), help="tls: CRITICAL with an older one")
        parser.add_argument("--insecure", action="store_true", help="tls, http: whoever made the certificate, for whatever name")
        parser.add_argument("--status", type=whole, metavar="CODE", help="http: the status that is wanted")
        parser.add_argument("--pattern", metavar="REGEX", help="http: what must be found in the body")
        parser.add_argument("--connect-to", metavar="HOST", help="http: connect to this host, and ask it for the URL's")
        parser.add_argument("--redirects", type=whole, metavar="N", help="http: follow so many redirects")
        parser.add_argument("--elsewhere", action="store_true", help="http: follow redirects to other hosts, too")
        parser.add_argument("--nagios", action="store_true", help="exit with 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN")

    def run(self, options: argparse.Namespace) -> int:
        """See Application."""
        action, things = action_and_things(options.words, ACTIONS)
        targets, common = targets_of(action, things), _inputs(action, options)
        if len(targets) > 1 and (options.json or options.format not in (None, "text") or options.output_file or options.verbose):
            raise UsageError("several targets make a matrix, which is text: ask for one at a time")
        first = {**targets[0][1], **common}
        with agent_client(self.agent, action, first, options) as rpc:
            for _, target in targets[1:]:
                check_inputs(rpc, action, {**target, **common})
            _confirm(rpc, options)
            if len(targets) == 1:
                return self.ask(rpc, action, first, options)
            return _ask_all(rpc, action, [(name, {**target, **common}) for name, target in targets], options)

    def ask(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """See AgentApplication."""
        self._options = options
        return super().ask(rpc, action, inputs, options)

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        return said(result.action or "", result.data)

    def exitcode(self, results: Sequence[RPCResult], code: int) -> int:
        """See AgentApplication. What is no failure of the test and yet bad news counts as one: 2."""
        return _code(results, code, self._options)


def targets_of(action: str, things: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """What each target is called in a matrix, and its inputs. Raises UsageError."""
    if not things:
        raise UsageError(f"{action} of what? {_WANTS[action]}")
    if action == "http":
        if wrong := next((url for url in things if not url.startswith(("http://", "https://"))), None):
            raise UsageError(f"{wrong!r} is no URL: it begins with http:// or https://")
        return [(url, {"url": url}) for url in things]
    if action == "dns":
        kind = things[-1].upper() if len(things) > 1 and things[-1].upper() in _TYPES else "A"
        names = things[:-1] if len(things) > 1 and things[-1].upper() in _TYPES else things
        return [(name, {"fqdn": name, "type": kind}) for name in names]
    if action == "ping":
        return [(host, {"fqdn": host}) for host in things]
    if len(things) == 2 and things[1].isascii() and things[1].isdecimal():  # the historic HOST PORT
        return [(things[0], {"fqdn": things[0], "port": _port(things[1])})]
    return [(thing, _host_and_port(action, thing)) for thing in things]


_WANTS = {
    "ping": "mco nettest ping HOST",
    "connect": "mco nettest connect HOST PORT",
    "dns": "mco nettest dns NAME MX",
    "tls": "mco nettest tls HOST:443",
    "http": "mco nettest http https://HOST/",
}


def _host_and_port(action: str, thing: str) -> dict[str, Any]:
    host, colon, port = thing.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):  # no port, or an address of version 6 and nothing else
        if action == "connect":
            raise UsageError(f"connect to which port of {thing}? {_WANTS['connect']}")
        return {"fqdn": thing.strip("[]")}
    return {"fqdn": host.strip("[]"), "port": _port(port)}


def _port(word: str) -> int:
    if not (word.isascii() and word.isdecimal() and len(word) < 6 and 1 <= int(word) <= 65535):
        raise UsageError(f"{word!r} is no port: give one from 1 to 65535")
    return int(word)


# option, input, actions
_OPTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("wait", "timeout", ACTIONS),
    ("count", "count", ("ping",)),
    ("server", "server", ("dns",)),
    ("expect", "expect", ("dns",)),
    ("warn", "warn", ("tls",)),
    ("crit", "crit", ("tls",)),
    ("servername", "servername", ("tls",)),
    ("starttls", "starttls", ("tls",)),
    ("min_version", "min_version", ("tls",)),
    ("insecure", "verify", ("tls", "http")),
    ("status", "status", ("http",)),
    ("pattern", "pattern", ("http",)),
    ("connect_to", "connect_to", ("http",)),
    ("redirects", "redirects", ("http",)),
    ("elsewhere", "elsewhere", ("http",)),
    ("ipv4", "family", ("ping", "connect", "tls", "http")),
    ("ipv6", "family", ("ping", "connect", "tls", "http")),
)


def _inputs(action: str, options: argparse.Namespace) -> dict[str, Any]:
    if options.ipv4 and options.ipv6:
        raise UsageError("--ipv4 and --ipv6 leave no address")
    inputs: dict[str, Any] = {}
    for option, name, actions in _OPTIONS:
        value = getattr(options, option)
        if value is None or value is False:
            continue
        if action not in actions:
            raise UsageError(f"--{option.replace('_', '-')} is for {' and '.join(actions)}, not for {action}")
        inputs[name] = option if name == "family" else False if option == "insecure" else value
        if option in ("warn", "crit"):
            inputs[name] = int(value)
    return inputs


def _confirm(rpc: RPCClient, options: argparse.Namespace) -> None:
    """The historic question: a test from every host at once is traffic that somebody will ask about. Raises UsageError."""
    if options.yes or is_narrowed(rpc, options):
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("a network test from every host: add a filter, or --yes")
    print("Do you really want to test the network from every host? (y/N) ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent")


def _code(results: Sequence[RPCResult], code: int, options: argparse.Namespace) -> int:
    if options.nagios:
        codes = [nagios_code(result.action or "", result.is_ok, result.data) for result in results]
        return max(codes) if codes else _UNKNOWN
    return 2 if code in (0, 5) and any(result.is_ok and is_bad(result.action or "", result.data) for result in results) else code


def _ask_all(rpc: RPCClient, action: str, targets: Sequence[tuple[str, Mapping[str, Any]]], options: argparse.Namespace) -> int:
    """One call after the other, and a matrix of hosts and targets; gives the highest exit code."""
    style, code = style_for(sys.stdout, options, rpc.client.config), 0
    rows: dict[str, list[str]] = {}
    failed: set[str] = set()  # hosts with a test that failed
    took = 0.0
    for number, (_, inputs) in enumerate(targets):
        with interruptible(results := rpc.call(action, inputs)) as wait:
            came = list(results)
        for result in came:
            row = rows.setdefault(inert(result.sender), ["" for _ in targets])
            if not result.is_ok:
                failed.add(result.sender)
            row[number] = inert(cell(action, result.data, None if result.is_ok else result.statusmsg))
        code = max(code, _code(came, exitcode(results.stats, strict=options.strict), options))
        took += results.stats.agent_time
        if wait.is_interrupted:
            break
    if rows:
        print("\n".join(matrix(dict(sorted(rows.items())), [inert(name) for name, _ in targets])))
    stats = replace(results.stats, responses=len(rows), ok=len(rows) - len(failed), failed=len(failed), agent_time=took)
    print("\n".join([*remark_lines(stats, style), "", summary_line(stats, style)]))
    wait.remark()
    return wait.exitcode(code)
