"""`mco iptables`: block and unblock addresses on many hosts, for a time, with a way back."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, agent_client, none_of, one_of
from mcollective_py.cli.calls import confirm
from mcollective_py.cli.noop import with_noop
from mcollective_py.cli.output.chosen import format_of
from mcollective_py.cli.session import print_json
from mcollective_py.client.results import RPCResult
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import MCollectiveError, UsageError

OF_ONE = ("unblock", "isblocked", "disallow", "extend")
OF_SEVERAL = ("block", "allow")
OF_FILES = ("import", "reconcile")
OF_IDS = ("confirm", "undo")
WITHOUT = ("listblocked", "list", "export", "diff", "flush", "setup", "teardown", "status")
ACTIONS = (*OF_SEVERAL, *OF_ONE, *WITHOUT, *OF_FILES, *OF_IDS)
CHANGES = (*OF_SEVERAL, "unblock", "disallow", "extend", "flush", "setup", "teardown", *OF_FILES)

# Option -> the words that take it.
TAKEN_BY = {
    "for": ("block", "allow", "extend", "import"),
    "reason": ("block", "allow", "extend", "import", "flush", "list", "listblocked"),
    "ticket": ("block", "allow", "extend", "import", "flush"),
    "by": ("flush",),
    "all": ("flush",),
    "allowed": ("list", "listblocked", "extend", "flush"),
    "proto": (*OF_SEVERAL, *OF_ONE),
    "ports": (*OF_SEVERAL, *OF_ONE),
    "confirm": CHANGES,
    "name": ("reconcile",),
    "exact": ("reconcile",),
    "empty": ("reconcile",),
    "spool": ("block",),
}
_ACTION = {"import": "apply", "list": "listblocked", "diff": "export"}
_INPUT = {"proto": "protocol"}


class Iptables(AgentApplication):
    """The historic `mco iptables`, and the rest of the agent."""

    description = "Block and unblock addresses, for a time, and undo what was not confirmed"
    usage = (
        "block|allow IP ...  |  unblock|isblocked|disallow|extend IP  |  list  |  flush --reason TEXT  |  import|reconcile FILE|-"
        "  |  export  |  diff  |  confirm|undo ID  |  setup  |  teardown  |  status"
    )
    agent = "iptables"
    actions = ACTIONS
    has_summaries = False

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        parser.add_argument("words", nargs="*", metavar="ACTION IP|FILE|ID", help=f"the action: {', '.join(ACTIONS)}")
        parser.add_argument("-s", "--silent", action="store_true", help="as ever: wait for no answers, print the request id")
        parser.add_argument("--for", metavar="TIME", help="so long, as 90, 30m or 2h; without it there is no end")
        parser.add_argument("--reason", metavar="TEXT", help="why; flush, list: only what has this one")
        parser.add_argument("--ticket", metavar="ID", help="where it is written down; flush: only what has this one")
        parser.add_argument("--by", metavar="CALLER", help="flush: only what this caller put there, as cert=alice")
        parser.add_argument("--all", action="store_true", default=None, help="flush: everything that is blocked")
        parser.add_argument("--allowed", action="store_true", default=None, help="list, extend, flush: exceptions, in place of blocks")
        parser.add_argument("--proto", metavar="PROTOCOL", help="of this protocol only: tcp, udp, icmp")
        parser.add_argument("--ports", metavar="PORTS", help="to these ports only, as 25,587 or 8000-8010; tcp without --proto")
        parser.add_argument("--confirm", metavar="TIME", help="undone by itself after so long, unless mco iptables confirm ID is said")
        parser.add_argument("--name", metavar="NAME", help="reconcile: which list this is, `default` without it")
        parser.add_argument(
            "--exact", action="store_true", default=None, help="reconcile: what is not on the list goes, whoever put it there"
        )
        parser.add_argument("--empty", action="store_true", default=None, help="reconcile: the list may be empty")
        parser.add_argument(
            "--spool", action="store_true", default=None, help="block: collect for two seconds, and send all as one request"
        )

    def run(self, options: argparse.Namespace) -> int:
        """See Application."""
        word, things = self._worded(options)
        options.stdin_names_hosts = "-" not in things
        if options.spool:
            from .spool import spooled

            return spooled(things, options, self._send)
        if word in ("export", "diff") and format_of(options) == "text":
            from .spreading import show_spread

            with agent_client(self.agent, "export", {}, options) as rpc:
                return show_spread(rpc, options, is_difference=word == "diff")
        action, inputs = self._called(word, things, options)
        self.asks_first = word not in OF_IDS  # what waits is kept or undone wherever it does, and time is short
        from .ordered import many_of

        with agent_client(self.agent, action, inputs, options) as rpc:
            self.asks_above = many_of(rpc.client.config.plugin("iptables")) if self.asks_first else None
            asked = self._protecting(rpc, action, inputs)
            if options.silent:
                return self._only_send(rpc, action, asked, options)
            return self.ask(rpc, action, asked, options)

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        from .shown import line_of

        return line_of(result.action or "", result.data)

    def exitcode(self, results: Sequence[RPCResult], code: int) -> int:
        """See AgentApplication: an id that waits on no host was mistyped, or its time is over: what was asked for is not so."""
        answers = [result for result in results if result.action in OF_IDS]
        return 2 if answers and code == 0 and not any(result.data.get("changed") for result in answers) else code

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """See AgentApplication."""
        return self._called(*self._worded(options), options)

    # --- words --------------------------------------------------------------------------------------------------------

    def _worded(self, options: argparse.Namespace) -> tuple[str, list[str]]:
        word, things = action_and_things(options.words, ACTIONS)
        for name, takers in TAKEN_BY.items():
            if getattr(options, name) is not None and word not in takers:
                raise UsageError(f"--{name} is for {', '.join(takers)}, not for {word}")
        if word in WITHOUT:
            none_of(things, word)
        elif word in OF_SEVERAL:
            if not things:
                raise UsageError(f"which address? mco iptables {word} IP")
        else:
            one_of(things, {"import": "file", "reconcile": "file", "confirm": "id", "undo": "id"}.get(word, "address"))
        if word == "extend" and getattr(options, "for") is None:
            raise UsageError("extend: how long from now on? --for 2h")
        if word == "flush" and all(getattr(options, name) is None for name in ("reason", "ticket", "by", "all")):
            raise UsageError("flush: what is to go? --reason TEXT, --ticket ID, --by CALLER, or --all")
        return word, things

    def _called(self, word: str, things: Sequence[str], options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """The agent's action and its inputs."""
        from .ordered import inputs_of_file, inputs_of_several, seconds_given

        confirm = {"confirm": seconds_given(options.confirm, "confirm")} if options.confirm is not None else {}
        if word in OF_FILES:
            return _ACTION.get(word, word), inputs_of_file(word, things[0], options) | confirm
        if word in OF_SEVERAL and len(things) > 1:
            return "apply", inputs_of_several(word, things, options) | confirm
        if word in OF_IDS:
            return word, {"id": things[0]}
        given = {_INPUT.get(name, name): getattr(options, name) for name in ("reason", "ticket", "proto", "ports", "by", "all")}
        inputs: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if getattr(options, "for") is not None:
            inputs["for"] = seconds_given(getattr(options, "for"), "for")
        if options.allowed:
            inputs["kind"] = "allow"
        if things:
            from .ordered import check_address

            check_address(things[0])
            inputs["ipaddr"] = things[0]
        return _ACTION.get(word, word), inputs | confirm

    def _protecting(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The inputs, with the operator's own addresses for hosts to spare. Raises UsageError where they would be blocked."""
        if "protect" not in rpc.ddl.actions[action].inputs:
            return inputs
        from .operators import protected_addresses
        from .ordered import check_spares

        own = protected_addresses(rpc.client.brokers)
        check_spares(action, inputs, own)
        return {**inputs, "protect": own} if own else inputs

    def _only_send(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """Wait for no answers, as the historic --silent does; the request id is what is printed."""
        inputs = with_noop(rpc.ddl, action, inputs, options)
        confirm(rpc, action, inputs, options, rpc.discover, asks_first=self.asks_first, asks_above=self.asks_above)
        if not rpc.discover():
            raise MCollectiveError("no hosts discovered: no request was sent")
        id = rpc.send(action, inputs)
        print_json({"request_id": id}) if options.json else print(id)
        return 0

    def _send(self, lines: Sequence[str], options: argparse.Namespace, hosts: Sequence[str] | None) -> Sequence[RPCResult]:
        """What the spooler does with what it has collected: see spool.Send."""
        inputs = self._batch(lines)
        with agent_client(self.agent, "ban", inputs, options) as rpc:
            if hosts is not None:
                rpc.discover(list(hosts))
            return list(rpc.call("ban", self._protecting(rpc, "ban", inputs)))

    def _batch(self, lines: Sequence[str]) -> Mapping[str, Any]:
        from .lists import inputs_of_lines

        return inputs_of_lines(lines)
