"""`mco why`: which stage a request would end at on a host, by the host's own signed word."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...client.client import Client
from ...client.datafunctions import prepared
from ...client.discovery import mc
from ...client.known import KnownHosts
from ...config import Config
from ...ddl.validate import convert, validate
from ...errors import DDLError, FilterError, MCollectiveError, RPCError, UsageError
from ...filter import Filter
from ...matching.nodeset import expand, is_nodeset
from ...names import is_action, is_agent, is_identity
from ...plugins.ddlfiles import agent_ddl
from ..application import Application
from ..inert import inert
from ..sections.filters import filter_of
from ..session import open_client, print_json, remark
from ..waiting import connected, told_if_slow
from ..why.asking import Asking
from ..why.question import Hypothesis
from ..why.verdict import DENIED, RUN, SILENT, Verdict, lines

EVERYBODY = "*"
_MAX_NAMES = 50  # in the filter of a question
_TIMEOUT = 5.0  # seconds: a host that is there answers a question in a fraction of one


class Why(Application):
    """Asks hosts for an explanation, and says what can be known of those that give none."""

    description = "Explain why a host does not run a request, or would"
    usage = "HOST [AGENT [ACTION [INPUT=VALUE ...]]] [filters]"
    sections = ("common", "filter", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("host", metavar="HOST", help="a host's name, a node set like web[01-20], or '*' for all that are known")
        parser.add_argument("words", nargs="*", metavar="AGENT ACTION INPUT=VALUE", help="the request in question")
        parser.add_argument("--request", metavar="ID", type=_request_id, help="say too how this earlier request of yours ended there")

    def run(self, options: argparse.Namespace) -> int:
        client = open_client(options)
        asked = hypothesis(options, client)
        known = KnownHosts.of_user(str(client.config.file))
        asking = Asking(client, asked, timeout=options.timeout or _TIMEOUT, known=known)
        with connected(client, options), told_if_slow(lambda: "asking the hosts", options):
            hosts = asking.everybody(client.discovery_timeout) if options.host == EVERYBODY else hosts_of(options.host)
            if not hosts:
                raise MCollectiveError("nobody is known and nobody answers: `mco doctor` checks this client")
            found = asking.verdicts(hosts)
        if options.json:
            request: dict[str, Any] = {"agent": asked.agent, "action": asked.action, "collective": asked.collective, "ttl": asked.ttl}
            request |= {"filter": asked.filter.to_wire(), "withheld": list(asked.withheld)}
            hosts_said = [each.to_dict() for each in found]
            print_json(
                {"request": request, "interrupted": asking.wait.is_interrupted, "hosts": hosts_said, "unverified": asking.unverified}
            )
        else:
            print("\n".join(lines(found, asked)))
            asking.wait.remark()
        return asking.wait.exitcode(exitcode(found, strict=options.strict))


def exitcode(found: list[Verdict], *, strict: bool = False) -> int:
    """0 where it would run on all, 2 where not on some, 4 where none answered; strict: 5 some are silent, 77 all are denied."""
    outcomes = {each.outcome for each in found}
    if outcomes == {SILENT}:
        return 4
    if strict and all(each.outcome == DENIED or each.stage == "policy" for each in found):
        return 77
    if outcomes - {RUN, SILENT}:
        return 2
    return (5 if strict else 2) if SILENT in outcomes else 0


def hosts_of(word: str) -> list[str]:
    """The hosts that the word names. Raises UsageError."""
    try:
        names = expand(word)
    except FilterError as error:
        raise UsageError(str(error)) from error
    for name in names:
        if not is_identity(name):
            raise UsageError(f"{name[:80]!r} is no host name; the host comes first: mco why HOST [AGENT [ACTION ...]]")
    return list(names)


def hypothesis(options: argparse.Namespace, client: Client) -> Hypothesis:
    """The request that the words and filters describe. Raises UsageError."""
    config = client.config
    agent, action, words = _addressed(options.words)
    ddl = None
    if agent is not None and action is not None:
        try:
            ddl = agent_ddl(agent, config.paths("libdir"))
        except DDLError as error:
            remark(f"{error}; so no inputs are told to the hosts, and they are not checked")
    inputs: Mapping[str, Any] = words
    if ddl is not None and action is not None:
        try:
            inputs = convert(ddl, action, words)
            validate(ddl, action, inputs, trusts_host=True)
        except RPCError as error:
            remark(f"this client would not even send it: {error}")
    return Hypothesis(
        agent,
        action,
        inputs,
        _meant(options, config),
        client.collective(options.target),
        options.ttl or config.number("ttl"),
        ddl,
        is_direct=_is_direct(config),
        request=options.request,
    )


def _meant(options: argparse.Namespace, config: Config) -> Filter:
    """The filter as a discovery would send it. Raises UsageError for options that choose hosts in other ways than by asking them."""
    for word, given in (("--nodes", "nodes_file"), ("-x", "exclude"), ("--dm", "method"), ("--do", "method_options")):
        if getattr(options, given, None) not in (None, "", [], (), mc.METHOD):
            raise UsageError(f"{word} finds or leaves out hosts here; `mco why` asks the hosts that come first on its line")
    filter = filter_of(options)
    if any(name.startswith("group:") for name in filter.identities):
        raise UsageError("a group is found here and not by asking hosts: name hosts, or a node set")
    names = [name for word in filter.identities for name in (expand(word) if is_nodeset(word) else (word,))]
    if len(names) > _MAX_NAMES:  # for whom else it is matters to nobody
        asked = {options.host} if options.host == EVERYBODY else set(expand(options.host))
        names = [name for name in names if name in asked][:_MAX_NAMES] or names[:_MAX_NAMES]
    filter = replace(filter, identities=tuple(dict.fromkeys(names)))
    return prepared(filter, config.paths("libdir"))[0] if filter.compound else filter


def _is_direct(config: Config) -> bool:
    return config.flag("direct_addressing")


def _addressed(words: list[str]) -> tuple[str | None, str | None, dict[str, str]]:
    rest = list(words)
    agent = rest.pop(0) if rest else None
    if agent is not None and not is_agent(agent):
        raise UsageError(f"{agent[:64]!r} is no name of an agent: mco why HOST AGENT ACTION INPUT=VALUE")
    action = rest.pop(0) if rest and "=" not in rest[0] else None
    if action is not None and not is_action(action):
        raise UsageError(f"{action[:64]!r} is no name of an action")
    inputs: dict[str, str] = {}
    for word in rest:
        name, is_pair, value = word.partition("=")
        if not is_pair or not is_action(name) or action is None:
            raise UsageError(f"{inert(word)!r} is no input: write ACTION name=value")
        inputs[name] = value
    return agent, action, inputs


def _request_id(word: str) -> str:
    if len(word) != 32 or not set(word) <= set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"{word!r} is no request id: 32 digits and letters a to f, as `mco rpc --json` has it")
    return word
