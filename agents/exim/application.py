"""`mco exim`: the mail queues of a fleet."""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things, none_of, one_of
from mcollective_py.cli.inert import inert
from mcollective_py.cli.optiontypes import delay, duration, whole
from mcollective_py.client.results import RPCResult
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.client.rpcresults import RPCResults
from mcollective_py.errors import InvalidRPCData, UsageError

from .fields import matchers
from .layout import listing_lines
from .optionchecks import check_options, check_pattern
from .orders import ACTING, Order, both, check_words, order_of
from .orders import ACTIONS as CHANGES
from .outcomes import NOWHERE, WELL, outcome_lines, sum_line
from .parts import PART, Parts
from .sent import mappings, number
from .shown import broken_lines, count_lines, lines_of, size_lines, table_lines
from .tallies import KINDS

# Word of the command -> action of the agent, for words that are one call; those of orders.ACTING are several.
ACTIONS = {
    **{name: name for name in ("mailq", "size", "count", "list", "histogram", "top", "show", "body", "exigrep", "exinext")},
    **{name: name for name in ("ratelimits", "paniclog", "health", "exiwhat", "runq", "delivermatching")},
    **{name: name for name in ("block", "unblock", "blocked")},
    "summary": "summarytext",
    "domains": "summary",
    "test": "testaddress",
}
_LIVE = "top alone"
_SELECTING = ("mailq", "size", "count", "list", "summary", "domains", "histogram", "top")
# Historic input -> its option.
_MATCHERS = {
    "limit_sender": "match-sender",
    "limit_recipient": "match-recipient",
    "limit_younger_than": "match-younger",
    "limit_older_than": "match-older",
    "limit_frozen_only": "match-frozen",
    "limit_unfrozen_only": "match-active",
}
_OF_ONE = {"show": "msgid", "body": "msgid", "test": "address", "exigrep": "pattern", "delivermatching": "pattern"}
_OF_ONE |= {"block": "address", "unblock": "address"}
_OF_MESSAGES = (*_SELECTING, *ACTING, _LIVE)
# Option -> the words that take it; as an input it is called the same.
_TAKEN_BY = {
    "columns": ("list",),
    "limit": ("list", "trace", "body", "exigrep"),
    "after": ("list",),
    "since": ("exigrep", "trace"),
    "until": ("exigrep", "trace"),
    "count": ("top",),
    "lines": ("paniclog",),
    "wait": ("retry", "runq", "delivermatching"),
    "reason": ("block",),
    "force": ("runq", "delivermatching"),
    "queue": ("runq", "delivermatching"),
    "domain": ("runq",),
    "interval": (_LIVE,),
    "max_messages": (*ACTING, _LIVE),
    "select": _OF_MESSAGES,
    **dict.fromkeys(_MATCHERS, _OF_MESSAGES),
}
_WORDS_HELP = (
    "a selection is 'sender=~\"@example.org$\" and age>2h and not frozen', in quotes, over sender, recipient, domain, age, size, "
    "frozen, bounce, subject, error, host, auth, queue and more; giveup sends bounces, rm does not; top counts " + ", ".join(KINDS)
)


class Exim(AgentApplication):
    """The historic `mco exim`, selections for every word of it, and what is new beside it."""

    description = "The mail queues of Exim"
    usage = (
        "mailq|size|summary [SELECTION]  |  list|count|domains|histogram [SELECTION]  |  exiwhat  |  test ADDRESS  |  exigrep PATTERN"
        "  |  top  |  top senders|domains|errors|... [SELECTION]  |  show|body ID  |  trace ID|MESSAGE-ID|ADDRESS ..."
        "  |  freeze|thaw|retry|giveup|rm ID ...|SELECTION  |  markdelivered ID ...|SELECTION [RECIPIENT]"
        "  |  addrecipient ID ...|SELECTION RECIPIENT  |  setsender ID ...|SELECTION SENDER  |  move ID ...|SELECTION QUEUE"
        "  |  rmbounces|rmfrozen [SELECTION]  |  runq [PATTERN]"
        "  |  block|unblock ADDRESS  |  exinext|ratelimits [ABOUT]  |  blocked|paniclog|health"
    )
    agent = "exim"

    def __init__(self) -> None:
        self.order: Order | None = None
        self.samples: list[str] = []  # messages that are meant, shown below a trial
        self._is_trial = False
        self._untold: Sequence[str] = WELL
        self._parts: Parts | None = None
        self._is_one_part = False

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        add = parser.add_argument
        add("words", nargs="*", metavar="ACTION", help=_WORDS_HELP)
        add("--select", metavar="SELECTION", help="which mail; for every action about the queue")
        add("--match-sender", "--limit-sender", dest="limit_sender", metavar="REGEX", help="mail whose <sender> matches")
        add("--match-recipient", "--limit-recipient", dest="limit_recipient", metavar="REGEX", help="with such a recipient")
        add("--match-younger", "--limit-younger", dest="limit_younger_than", type=_age, metavar="SECONDS", help="younger than this")
        add("--match-older", "--limit-older", dest="limit_older_than", type=_age, metavar="SECONDS", help="older than this, or than 2h")
        add("--match-frozen", "--limit-frozen", dest="limit_frozen_only", action="store_true", default=None, help="frozen mail")
        add("--match-active", "--limit-active", dest="limit_unfrozen_only", action="store_true", default=None, help="mail not frozen")
        add("--interval", type=duration, metavar="SECONDS", help="top alone: ask hosts so often, every 3 seconds without it")
        add("--max-messages", type=whole, metavar="N", help="change nothing where more are meant on all hosts, 1000 without it")
        add(
            "--wait",
            type=delay,
            metavar="SECONDS",
            help="retry, runq: wait for the end of it, 25 s at most, and tell what became of it",
        )
        add("--force", dest="force", action="store_const", const="force", help="runq: also what it is too early to try again")
        add("--force-frozen", dest="force", action="store_const", const="frozen", help="runq: that, and frozen mail")
        add("--queue", metavar="QUEUE", help="runq: of this named queue")
        add("--domain", metavar="DOMAIN", help="runq: for recipients of this domain")
        add("--columns", metavar="NAMES", help="list: with commas between, or all")
        add("--limit", type=whole, metavar="N", help="list, trace: messages of a host; body: bytes; exigrep: lines")
        add("--after", metavar="ID", help="list: only messages after this one")
        add("--since", metavar="TIME", help="exigrep, trace: from when, as 2h or '2026-11-23 16:00'; rotated logs are read too")
        add("--until", metavar="TIME", help="exigrep, trace: until when")
        add("--count", type=whole, metavar="N", help="top: how many each host tells, 100 without it")
        add("--lines", type=whole, metavar="N", help="paniclog: how many, 20 without it")
        add("--reason", metavar="TEXT", help="block: why, for who looks at it later")

    def run(self, options: argparse.Namespace) -> int:
        """See Application. What is more than one call has a file of its own, imported where it is asked for."""
        first, *things = options.words or [""]
        if first == "trace":
            from . import tracecommand

            self._taken(first, options)
            return tracecommand.run(self, things, options)
        if options.words == ["top"]:
            from . import live

            options.select = both(*_told(self._taken(_LIVE, options))) or None
            return live.run(self, things, options)
        word, things = action_and_things(options.words, (*ACTIONS, *ACTING, "trace"))
        self._is_trial = bool(options.noop)
        # An operator who waits for the end of deliveries wants to know which messages are still there, and of those named all.
        self._untold = WELL if not options.wait else () if word == "retry" else ("done",)
        self.has_summaries = word not in (*ACTING, "runq", "delivermatching", "size", "count")  # one line of sums says it
        if word in ACTING:
            from .actingcommand import act

            self.order = self.order_in(word, things, options)
            return act(self, self.order, options)
        return super().run(options)

    def order_in(self, word: str, things: Sequence[str], options: argparse.Namespace) -> Order:
        """The order that an acting word means. Raises UsageError."""
        given = self._taken(word, options)
        inputs = {"wait": given["wait"]} if "wait" in given else {}
        return order_of(word, things, _told(given), inputs)

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """See AgentApplication: of the words that are one call."""
        word, things = action_and_things(options.words, tuple(ACTIONS))
        inputs = self._taken(word, options)
        if word in ("show", "body") and not things:
            raise UsageError(f"which message? mco exim {word} ID")
        if word in _OF_ONE:
            inputs[_OF_ONE[word]] = one_of(things, _OF_ONE[word])
            if word == "exigrep":
                check_pattern(inputs["pattern"])
        elif word == "runq" and things:
            if "domain" in inputs:
                raise UsageError("runq takes a pattern or --domain, not both")
            return "delivermatching", inputs | {"pattern": one_of(things, "pattern")}
        elif word in ("exinext", "ratelimits"):
            inputs |= {"about": one_of(things, "address, domain or host")} if things else {}
        elif word in _SELECTING:
            if word == "top":
                inputs["by"] = _kind(things.pop(0)) if things else "senders"
            if len(things) > 1:
                raise UsageError(f"one selection, in quotes, not {len(things)}: mco exim {word} 'frozen and age>1d'")
            # Hosts of Ruby know the historic inputs alone, and these two actions.
            told = things if word in ("mailq", "size") else [*things, *_told(inputs)]
            select = inputs.pop("select", None)
            if word in ("mailq", "size"):
                told = [*told, *([select] if select else [])]
            else:
                inputs = {name: value for name, value in inputs.items() if name not in _MATCHERS}
            for text in told:
                check_words(text)
            inputs |= {"select": selection} if (selection := both(*told)) else {}
        else:
            none_of(things, word)
        return ACTIONS[word], inputs

    @staticmethod
    def _taken(word: str, options: argparse.Namespace) -> dict[str, Any]:
        """The options as inputs. Raises UsageError for one that the word does not take."""
        given = {name: value for name in _TAKEN_BY if (value := getattr(options, name)) is not None}
        for name in given:
            if word not in _TAKEN_BY[name]:
                raise UsageError(f"--{_MATCHERS.get(name, name.replace('_', '-'))} is for {', '.join(_TAKEN_BY[name])}, not for {word}")
        check_options(given)
        return given

    def ask(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """See AgentApplication: a list travels in parts, all of them unless --limit says how much; one message is where it is."""
        if action in ("show", "body"):
            from .whichhost import narrowed

            if not narrowed(rpc, inputs["msgid"], options):
                return NOWHERE
        self.keeps_results = action not in ("list", "mailq")
        self._is_one_part = "limit" in inputs
        if action == "list" and not self._is_one_part:
            inputs = {**inputs, "limit": PART}
        code = super().ask(rpc, action, inputs, options)
        if self._parts is not None and self._parts.incomplete:
            print(f"not complete: {', '.join(map(inert, self._parts.incomplete))}", file=sys.stderr)
        if self._parts is not None and self._parts.ok and not self._parts.messages:
            print("no message is meant", file=sys.stderr)
        return code

    def followed(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], results: RPCResults) -> RPCResults:
        """See AgentApplication."""
        if action != "list" or self._is_one_part:
            return results
        self._parts = Parts(results, lambda host, after: rpc.custom_request("list", {**inputs, "after": after}, [host]))
        return self._parts

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        action = result.action or ""
        if action in CHANGES:
            return "\n".join(outcome_lines(result.data, untold=self._untold))
        lines = [*lines_of(action, result.data), *broken_lines(result.data)]
        if not lines:
            return None
        return "\n".join(["", *lines] if len(lines) > 1 else lines)

    def failure(self, result: RPCResult) -> str | None:
        """See AgentApplication: the messages that were not done, each with the reason."""
        if result.action not in CHANGES or not mappings(result.data.get("outcomes")):
            return None
        return "\n".join(outcome_lines(result.data, result.statusmsg, untold=self._untold))

    def listing(self, result: RPCResult) -> Iterable[str] | None:
        """See AgentApplication: what may be long is written as it comes."""
        if result.action == "mailq":
            rows = mappings(result.data.get("mailq"))
            return chain((line for row in rows for line in listing_lines([row])), broken_lines(result.data))
        if result.action == "list" and (rows := mappings(result.data.get("messages"))):
            return [f"   {result.sender}:", *(f"      {line}" for line in (*table_lines(rows), *broken_lines(result.data)))]
        return None

    def closing(self, results: Sequence[RPCResult]) -> Iterable[str]:
        """See AgentApplication."""
        well = [one for one in results if one.is_ok]
        if any(one.action == "size" for one in well):
            return size_lines((one.sender, one.data) for one in well)
        if any(one.action == "count" for one in well):
            return count_lines([one.data for one in well])
        changing = [one.data for one in results if one.action in CHANGES and number(one.data.get("matched"))]
        if not changing:
            return ()
        sums = [sum_line(changing, is_trial=self._is_trial)] if len(changing) > 1 else []
        return [*sums, *([""] if sums and self.samples else []), *self.samples] if self._is_trial else sums


def _told(given: Mapping[str, Any]) -> list[str]:
    """The selections that options say, historic matchers among them."""
    try:
        matching = matchers(given)
    except InvalidRPCData as error:
        raise UsageError("--match-frozen and --match-active leave no message") from error
    return [*([given["select"]] if "select" in given else []), *matching]


def _age(word: str) -> str:
    """So many seconds, or 2h, as the historic inputs have it."""
    return str(int(duration(word)))


def _kind(word: str) -> str:
    if word in KINDS:
        return word
    raise UsageError(f"top of what? There are {', '.join(KINDS)}")
