"""`mco rpc`: call any action of any agent, or send a plain message to one."""

import argparse
import sys

from ...client.audience import Audience
from ...client.limit import limited
from ...client.rpcresults import RPCResults
from ...ddl.validate import convert
from ...errors import MCollectiveError, RPCError, UsageError
from ...names import is_action, is_agent
from ...plugins.ddlfiles import agent_ddl
from ..application import Application
from ..calls import announced, body_of, call_and_show, check_inputs, confirm, show, wrong_words
from ..finding import check_doubt, finding_of
from ..inert import inert
from ..inputwords import read_inputs, takes_stdin
from ..noop import with_noop
from ..output.chosen import check_output
from ..reruns import rerun_hosts
from ..sections.filters import filter_of
from ..session import open_client, print_json, read_config, rpc_client, style_for
from ..waiting import connected


class Rpc(Application):
    """The generic client: inputs are typed and checked by the agent's DDL."""

    description = "Call an action of any agent: mco rpc AGENT ACTION input=value ..."
    usage = "AGENT ACTION [INPUT=VALUE | INPUT=@FILE | INPUT:=JSON | INPUT=- ...]  |  AGENT --body VALUE"
    sections = ("common", "filter", "rpc")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("words", nargs="*", metavar="AGENT ACTION INPUT=VALUE", help=argparse.SUPPRESS)
        parser.add_argument("-a", "--agent", metavar="AGENT", help="the agent")
        parser.add_argument("--action", metavar="ACTION", help="the action")
        parser.add_argument("--arg", "--argument", dest="args", action="append", default=[], metavar="INPUT=VALUE", help="one input")
        parser.add_argument("--body", metavar="VALUE", help="a plain message, JSON or text, for an agent without actions such as echo")
        parser.add_argument(
            "--nr", "--no-results", dest="no_results", action="store_true", help="send, print the request id, wait for nothing"
        )

    def run(self, options: argparse.Namespace) -> int:
        try:
            agent, action, words = addressed(options)
        except NoAction as error:
            ddl = agent_ddl(error.agent, read_config(options).paths("libdir"))
            there = ", ".join(sorted(ddl.actions))
            raise UsageError(f"which action? {error.agent} has {there}; `mco plugin doc {error.agent}` explains them") from error
        if action is None:
            if options.noop:
                raise UsageError("--noop is for actions; a plain agent cannot say what it would do")
            return self._plain(agent, options)
        options.stdin_names_hosts = not takes_stdin(words)
        if (options.nodes_file == "-" or options.method == "stdin") and not options.stdin_names_hosts:
            raise UsageError("the standard input is an input of the action, or names the hosts: it cannot be both")
        client = open_client(options)
        rpc = rpc_client(client, agent, options)
        said = read_inputs(words, rpc.ddl.actions.get(action))
        try:
            inputs = {**convert(rpc.ddl, action, said.texts), **said.values}
        except RPCError as error:
            raise wrong_words(error, rpc.ddl, action, said.texts) from error
        inputs = {**with_noop(rpc.ddl, action, inputs, options)}
        check_inputs(rpc, action, inputs)
        _check_sending(options)
        with connected(client, options):
            if not _is_sent_only(options):
                return call_and_show(rpc, action, inputs, options)
            confirm(rpc, action, inputs, options, rpc.discover)
            if not rpc.discover():
                raise _nobody()
            return _print_sent(rpc.send(action, inputs, reply_to=options.reply_to), options)

    def _plain(self, agent: str, options: argparse.Namespace) -> int:
        body, filter = body_of(options.body), filter_of(options)
        _check_sending(options)
        if given := _rollout_options(options):
            raise UsageError(f"{given} is for actions; a plain message goes to all at once, or to some with --limit")
        check_doubt(options, f"a message to {agent}")
        finding, client = finding_of(options), open_client(options)
        nodes, config = rerun_hosts(options, client.config), client.config
        with connected(client, options):
            window = options.discovery_timeout or client.discovery_timeout

            def find() -> Audience:
                return client.audience(
                    agent,
                    filter,
                    nodes,
                    collective=options.target,
                    discovery_timeout=window,
                    full=options.full_discovery,
                    **finding.choice,
                )

            is_random = config.text("rpclimitmethod") == "random"
            found = announced(find, filter, window, options, config)
            audience = limited(found, options.limit, is_random=is_random, seed=options.limit_seed)
            if _is_sent_only(options):
                if not audience.nodes:
                    raise _nobody()
                request_id = client.send(
                    agent, None, body, audience, filter=filter, ttl=options.ttl, collective=options.target, reply_to=options.reply_to
                )
                return _print_sent(request_id, options)
            replies = client.call(
                agent, None, body, audience, filter=filter, timeout=options.timeout, ttl=options.ttl, collective=options.target
            )
            return show(RPCResults(replies), None, options, style_for(sys.stdout, options, config), config=config)


class NoAction(UsageError):
    """The words name an agent and none of its actions."""

    def __init__(self, agent: str) -> None:
        super().__init__(f"which action of {agent}?")
        self.agent = agent


def addressed(options: argparse.Namespace) -> tuple[str, str | None, list[str]]:
    """Agent, action (None for a plain message) and the words of its inputs. Raises UsageError that says what is missing."""
    words = list(options.words)
    agent: str = options.agent or (words.pop(0) if words else "")
    if not is_agent(agent) and is_agent(agent.lower()):
        raise UsageError(f"there is no agent {agent}: their names are lower case, so write {agent.lower()}")
    if not is_agent(agent):
        raise UsageError("which agent? mco rpc AGENT ACTION input=value ...; `mco plugin doc` lists agents")
    if options.body is not None:
        if words or options.action or options.args:
            raise UsageError("--body is a plain message: it goes without an action and inputs")
        return agent, None, []
    action: str = options.action or (words.pop(0) if words and "=" not in words[0] else "")
    if not is_action(action):
        raise NoAction(agent)
    return agent, action, [*options.args, *words]


def _is_sent_only(options: argparse.Namespace) -> bool:
    """Whether nothing is waited for."""
    return options.no_results or options.reply_to is not None


def _nobody() -> MCollectiveError:
    """Why nothing was sent: no mistake of the one who called, so that it is 1 with --strict too."""
    return MCollectiveError("no hosts discovered: no request was sent")


def _rollout_options(options: argparse.Namespace) -> str:
    """Those of --batch, --canary and --max-fail that are given, in words; empty where none is."""
    given = {"--batch": options.batch, "--canary": options.canary, "--max-fail": options.max_fail}
    return " and ".join(name for name, value in given.items() if value is not None)


def _check_sending(options: argparse.Namespace) -> None:
    """Raises UsageError for options that speak against one another."""
    if _is_sent_only(options) and (given := _rollout_options(options)):
        raise UsageError(f"a batch waits for the answers of the one before: {given} goes neither with --no-results nor with --reply-to")
    check_output(options, has_results=not _is_sent_only(options))


def _print_sent(request_id: str, options: argparse.Namespace) -> int:
    """Tell what was sent, and where its answers go: with --reply-to there are some, also where --no-results waits for none."""
    place = options.reply_to
    if options.json:
        print_json({"request_id": request_id} if place is None else {"request_id": request_id, "reply_to": place})
    else:
        print(inert(f"Request sent with id: {request_id}" + ("" if place is None else f" replies to {place}")))
    return 0
