"""`mco keys`: which certificates, CAs and revocation lists are trusted, here and on the hosts."""

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from ...client.results import RPCResult, exitcode
from ...config import Config
from ...errors import UsageError
from ...security.base import TellsTrust
from ...security.load import own_places, security_plugin
from ..application import Application
from ..calls import announced, interruptible
from ..inert import inert
from ..keyscheck import judged, read_der
from ..keysreport import ending_lines, fleet_lines, own_lines, rule_lines, trust_groups, trust_lines
from ..render import remark_lines, summary_line
from ..sections.filters import filter_of
from ..session import open_client, print_json, read_config, rpc_client, style_for
from ..waiting import connected, told_if_slow, waited_for

_NO_CERTIFICATES = "securityprovider = {} has no certificates: mco keys is about x509"


class Keys(Application):
    """Shows what this client trusts, judges a certificate, and compares what hosts trust."""

    description = "Show which certificates are trusted, here and on the hosts"
    usage = "[--server]  |  check FILE [--server]  |  hosts [filters]"
    sections = ("common", "filter", "calls", "json")
    actions = ("check", "hosts")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", nargs="?", choices=self.actions, help="check: judge a certificate; hosts: ask what they trust")
        parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="check: a certificate in PEM")
        parser.add_argument("--server", action="store_true", help="by this host's server.cfg, as root, in place of the client's")
        parser.add_argument("--hosts", action="store_true", help="as the word hosts; so do filters alone")

    def run(self, options: argparse.Namespace) -> int:
        verb = options.verb or ("hosts" if options.hosts or not filter_of(options).is_empty else "here")
        if (options.file is not None) != (verb == "check"):
            raise UsageError("which certificate? mco keys check FILE" if verb == "check" else f"mco keys {verb} takes no file")
        if options.server and verb == "hosts":
            raise UsageError("hosts are asked by this client: --server goes with its own keys and with check")
        if verb == "hosts":
            return self._hosts(options)
        config = Config.find("server", options.config) if options.server else read_config(options)
        if config.word("securityprovider") != "x509":
            raise UsageError(_NO_CERTIFICATES.format(config.word("securityprovider")))
        side = "server" if options.server else "client"
        return _check(options, config, side) if verb == "check" else _here(options, config, side)

    def _hosts(self, options: argparse.Namespace) -> int:
        if options.reply_to is not None:
            raise UsageError("the report is made from the answers: --reply-to is for `mco rpc`")
        results: list[RPCResult] = []
        client = open_client(options)
        rpc = rpc_client(client, "rpcutil", options)
        with connected(client, options):
            announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options, client.config)
            called = rpc.call("trusted")
            with told_if_slow(lambda: waited_for(called.replies), options), interruptible(called) as wait:
                results.extend(called)
            stats, style = called.stats, style_for(sys.stdout, options, client.config)
        here = client.security.trusted() if isinstance(client.security, TellsTrust) else {}
        groups, failed, now = trust_groups(results), [one for one in results if not one.is_ok], time.time()
        if options.json:
            print_json(
                {
                    "interrupted": wait.is_interrupted,
                    "here": {"ca": here.get("ca"), "crl": here.get("crl")},
                    "groups": [
                        {"hosts": list(group.hosts), "ca": group.said.get("ca"), "crl": group.said.get("crl")} for group in groups
                    ],
                    "hosts": {one.sender: dict(one.data) for one in results if one.is_ok},
                    "failed": [{"sender": one.sender, "statusmsg": one.statusmsg, "refusal": one.refusal} for one in failed],
                    "stats": stats.to_dict(),
                }
            )
            return wait.exitcode(exitcode(stats, strict=options.strict))
        ending = ending_lines(results, now)
        for line in (*fleet_lines(groups, here, now), *([""] if groups and ending else []), *ending):
            print(line)
        for one in failed:
            print(f"{inert(one.sender):<40} {inert(one.statusmsg)}")
        print("\n".join([*remark_lines(stats, style), "", summary_line(stats, style)]))
        wait.remark()
        return wait.exitcode(exitcode(stats, strict=options.strict))


def _here(options: argparse.Namespace, config: Config, side: str) -> int:
    now, where = time.time(), own_places(config, side)
    plugin = security_plugin(config, side, time.time)
    if not isinstance(plugin, TellsTrust):  # x509 is one
        raise UsageError(_NO_CERTIFICATES.format(config.word("securityprovider")))
    report = plugin.trusted()
    if options.json:
        print_json({"side": side, "files": _files(where), **report})
        return 2 if report["refused"] or report["trouble"] else 0
    print("This client" if side == "client" else "This host")
    print(
        "\n".join(
            f"   {line}" for line in own_lines(report, now, certificate=str(where.certificate), key=str(where.key or "in ssh-agent"))
        )
    )
    print(f"It trusts {where.ca}" + (f" and {where.crl}, asked by {report['revocation']}" if where.crl else ""))
    print("\n".join(f"   {line}" for line in trust_lines(report, now)))
    print("By these rules")
    print("\n".join(f"   {line}" for line in rule_lines(report)))
    if side == "client":
        print("   what hosts go by is theirs to say: mco keys hosts")
    return 2 if report["refused"] or report["trouble"] else 0


def _check(options: argparse.Namespace, config: Config, side: str) -> int:
    from ...security.trusted import certificate_facts

    der, now = read_der(options.file), time.time()
    found = judged(config, side, der, now)
    try:
        facts: dict[str, Any] = certificate_facts(der)
    except ValueError as error:
        facts = {"name": "", "trouble": str(error)}
    if options.json:
        print_json({"side": side, "certificate": facts, "verdicts": [taken.to_dict() for taken in found]})
        return 0 if any(not taken.refusal for taken in found) else 2
    print(f"{options.file}: {inert(facts['name'] or 'no name')}, {facts.get('key', 'a key that cannot be read')}")
    for taken in found:
        print(f"   as a {taken.role}: {'refused: ' + inert(taken.refusal) if taken.refusal else 'accepted'}")
        for line in taken.remarks:
            print(f"      {inert(line)}")
    if side == "client":
        print("   by this client's files and settings; `mco keys hosts` compares them with the hosts', --server judges by server.cfg")
    return 0 if any(not taken.refusal for taken in found) else 2


def _files(where: Any) -> dict[str, str | None]:
    return {name: None if (path := getattr(where, name)) is None else str(path) for name in ("ca", "certificate", "key", "crl")}
