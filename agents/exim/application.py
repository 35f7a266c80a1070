"""`mco exim`: the mail queues of a fleet."""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, none_of, one_of
from mcollective_py.cli.calls import interruptible
from mcollective_py.cli.inert import inert
from mcollective_py.cli.optiontypes import whole
from mcollective_py.cli.output.chosen import has_lines
from mcollective_py.cli.session import style_for
from mcollective_py.client.results import RPCResult
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import InvalidRPCData, UsageError

from .fields import check_selection
from .shown import (
    broken_lines,
    count_line,
    health_lines,
    mailq_lines,
    mappings,
    message_lines,
    retry_lines,
    size_lines,
    table_lines,
)
from .tallies import KINDS

# Word of the command -> action of the agent.
ACTIONS = {
    **{name: name for name in ("mailq", "size", "count", "list", "histogram", "top", "show", "body", "exigrep", "exinext")},
    **{name: name for name in ("ratelimits", "paniclog", "health", "exiwhat")},
    "summary": "summarytext",
    "domains": "summary",
    "test": "testaddress",
}
# Word -> the file whose `run(application, things, options) -> exit code` does it; top: where it stands alone.
_ELSEWHERE = {"trace": "tracecommand", "top": "live"}
_SELECTING = ("mailq", "size", "count", "list", "summary", "domains", "histogram", "top")
_MATCHERS = ("limit_sender", "limit_recipient", "limit_younger_than", "limit_older_than", "limit_frozen_only", "limit_unfrozen_only")
_OF_ONE = {"show": "msgid", "body": "msgid", "test": "address", "exigrep": "pattern"}
# Option -> the words that take it; as an input it is called the same.
_TAKEN_BY = {
    "columns": ("list",),
    "limit": ("list", "body", "exigrep"),
    "after": ("list",),
    "since": ("exigrep",),
    "until": ("exigrep",),
    "count": ("top",),
    "lines": ("paniclog",),
    **dict.fromkeys(_MATCHERS, ("mailq", "size")),
}


class Exim(AgentApplication):
    """The historic `mco exim` and what is new beside it, as far as it reads."""

    description = "The mail queues of Exim"
    usage = (
        "mailq|size|summary|exiwhat  |  test ADDRESS  |  exigrep PATTERN\n"
        "list|count|domains|histogram [SELECTION]  |  top WHAT [SELECTION]  |  show|body ID\n"
        "exinext|ratelimits [ABOUT]  |  paniclog|health\n"
        "a selection: 'sender=~\"@example.org$\" and age>2h and not frozen'"
    )
    agent = "exim"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        add = parser.add_argument
        add("words", nargs="*", metavar="ACTION", help=argparse.SUPPRESS)
        add("--select", metavar="SELECTION", help="which mail; for every action about the queue")
        add("--match-sender", "--limit-sender", dest="limit_sender", metavar="REGEX", help="mailq, size: mail whose <sender> matches")
        add("--match-recipient", "--limit-recipient", dest="limit_recipient", metavar="REGEX", help="with such a recipient")
        add("--match-younger", "--limit-younger", dest="limit_younger_than", metavar="SECONDS", help="younger than this")
        add("--match-older", "--limit-older", dest="limit_older_than", metavar="SECONDS", help="older than this")
        add("--match-frozen", "--limit-frozen", dest="limit_frozen_only", action="store_true", default=None, help="frozen mail")
        add("--match-active", "--limit-active", dest="limit_unfrozen_only", action="store_true", default=None, help="mail not frozen")
        add("--columns", metavar="NAMES", help="list: with commas between, or all")
        add("--limit", type=whole, metavar="N", help="list: messages of a host; body: bytes; exigrep: lines")
        add("--after", metavar="ID", help="list: only messages after this one")
        add("--since", metavar="TIME", help="exigrep: from when, as 2h or '2026-11-23 16:00'; rotated logs are read too")
        add("--until", metavar="TIME", help="exigrep: until when")
        add("--count", type=whole, metavar="N", help="top: how many each host tells, 100 without it")
        add("--lines", type=whole, metavar="N", help="paniclog: how many, 20 without it")

    def run(self, options: argparse.Namespace) -> int:
        """See Application. What is more than one call has a file of its own, imported where it is asked for."""
        first, *things = options.words or [""]
        for word, file in _ELSEWHERE.items():
            if first == word and (word != "top" or not things):
                return int(import_module(f"{__package__}.{file}").run(self, things, options))
        return super().run(options)

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """See AgentApplication."""
        word, things = action_and_things(options.words, tuple(ACTIONS))
        inputs = self._taken(word, options)
        self._more: list[tuple[str, str]] = []
        if word in _OF_ONE:
            inputs[_OF_ONE[word]] = one_of(things, _OF_ONE[word])
        elif word in ("exinext", "ratelimits"):
            inputs |= {"about": one_of(things, "address, domain or host")} if things else {}
        elif word in _SELECTING:
            if word == "top":
                inputs["by"] = _kind(things.pop(0)) if things else "senders"
            inputs |= self._selection(word, things, options)
        else:
            none_of(things, word)
        return ACTIONS[word], inputs

    def _taken(self, word: str, options: argparse.Namespace) -> dict[str, Any]:
        given = {name: value for name in _TAKEN_BY if (value := getattr(options, name)) is not None}
        for name in given:
            if word not in _TAKEN_BY[name]:
                shown = name.replace("limit_", "match-").replace("_than", "").replace("_", "-")
                raise UsageError(f"--{shown} is for {', '.join(_TAKEN_BY[name])}, not for {word}")
        return given

    @staticmethod
    def _selection(word: str, things: Sequence[str], options: argparse.Namespace) -> dict[str, str]:
        told = [*things, *([options.select] if options.select else [])]
        if len(told) > 1:
            raise UsageError(f"one selection, in quotes, not {len(told)}: mco exim {word} 'frozen and age>1d'")
        try:
            check_selection(told[0] if told else "")
        except InvalidRPCData as error:
            raise UsageError(str(error)) from error
        return {"select": told[0]} if told else {}

    def ask(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """See AgentApplication: a list comes in parts, of which the others are fetched host by host."""
        code = super().ask(rpc, action, inputs, options)
        if action != "list" or "limit" in inputs or not has_lines(options, style_for(sys.stdout, options, rpc.client.config)):
            return code
        for sender, after in self._more:
            while after:
                with interruptible(results := rpc.custom_request("list", {**inputs, "after": after}, [sender])) as wait:
                    came = list(results)
                if wait.is_interrupted or not came or not came[0].is_ok:
                    reason = came[0].statusmsg if came else "it gave no answer"
                    print(f"the list of {inert(sender)} is not complete: {inert(reason)}", file=sys.stderr)
                    return wait.exitcode(2)
                print(f"   {inert(sender)}:")
                for line in table_lines(mappings(came[0].data.get("messages")))[1:]:
                    print(f"      {inert(line)}")
                after = _next(came[0].data)
        return code

    def exitcode(self, results: Sequence[RPCResult], code: int) -> int:
        """See AgentApplication."""
        self._more = [(one.sender, after) for one in results if one.is_ok and one.action == "list" and (after := _next(one.data))]
        return code

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        lines = [*self._lines(result.action or "", result.data), *broken_lines(result.data)]
        if not lines:
            return None
        return "\n".join(["", *lines] if len(lines) > 1 else lines)

    @staticmethod
    def _lines(action: str, data: Mapping[str, Any]) -> list[str]:
        if action == "list":
            return table_lines(mappings(data.get("messages")))
        if action == "count":
            return [count_line(data)]
        if action in ("mailq", "size", "summary", "histogram", "top"):
            return []  # told of all hosts together, below
        if action == "show":
            return message_lines(data)
        if action == "exinext":
            return retry_lines(mappings(data.get("retry")))
        if action == "ratelimits":
            return table_lines(mappings(data.get("rates")))
        if action == "health":
            return health_lines(data)
        if action == "exiwhat":
            told = data.get("exiwhat")
            return [str(line) for line in told] if isinstance(told, list) else []
        name = {"summarytext": "summary", "testaddress": "routing_information", "exigrep": "matches"}.get(action, action)
        text = data.get(name)
        return text.strip("\n").split("\n") if isinstance(text, str) and text.strip("\n") else []

    def closing(self, results: Sequence[RPCResult]) -> Iterable[str]:
        """See AgentApplication."""
        well = [one for one in results if one.is_ok]
        if any(one.action == "size" for one in well):
            return size_lines((one.sender, one.data) for one in well)
        if any(one.action == "mailq" for one in well):
            return mailq_lines(one.data for one in well)
        return ()


def _kind(word: str) -> str:
    if word in KINDS:
        return word
    raise UsageError(f"top of what? There are {', '.join(KINDS)}")


def _next(data: Mapping[str, Any]) -> str:
    after = data.get("next")
    return after if isinstance(after, str) else ""
