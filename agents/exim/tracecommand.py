"""`mco exim trace`: the way of messages over the hosts of a fleet, asked round by round until nothing new comes."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcollective_py.cli.agentapplication import agent_client
from mcollective_py.cli.calls import interruptible
from mcollective_py.cli.inert import inert
from mcollective_py.cli.output.chosen import format_of
from mcollective_py.cli.session import print_json, remark, style_for
from mcollective_py.client.results import RPCResult, exitcode
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import UsageError

from .ends import outcome_line, outcome_row, outcomes
from .journey import Journey, Stop
from .journeytext import journey_lines
from .messageid import is_message_id
from .sent import mappings

if TYPE_CHECKING:
    from .application import Exim

_ROUNDS = 12  # a message that goes over more hosts goes in a circle
_MARGIN = 3600.0  # seconds before the first line that is known: clocks differ
_NOT_FOUND = 2


def run(application: "Exim", things: Sequence[str], options: argparse.Namespace) -> int:
    """Trace what the words name; the exit code."""
    if format_of(options) not in ("text", "json"):
        raise UsageError("trace is told as text, or with --json")
    inputs = asked(things)
    for name in ("since", "until", "limit"):
        if (value := getattr(options, name)) is not None:
            inputs[name] = value
    with agent_client("exim", "trace", inputs, options) as rpc:
        return _Tracing(rpc, inputs, options).follow()


def asked(things: Sequence[str]) -> dict[str, Any]:
    """The inputs for the first round. An address may be a Message-ID as well, unless it is in `<>`: then it is one alone."""
    if not things:
        raise UsageError("what is to be traced? mco exim trace ID|MESSAGE-ID|ADDRESS ...")
    found: dict[str, list[str]] = {"ids": [], "message_ids": [], "addresses": []}
    for thing in things:
        if is_message_id(thing):
            found["ids"].append(thing)
        elif "@" not in thing:
            raise UsageError(f"{thing} is no message id, no Message-ID and no address")
        else:
            found["message_ids"].append(thing.strip("<>"))
            if not thing.startswith("<"):
                found["addresses"].append(thing)
    return {name: list(dict.fromkeys(values)) for name, values in found.items() if values}


class _Tracing:
    """One trace on its way."""

    def __init__(self, rpc: RPCClient, inputs: Mapping[str, Any], options: argparse.Namespace) -> None:
        self.rpc, self.inputs, self.options = rpc, inputs, options
        addresses = [one.lower() for one in inputs.get("addresses", ())]
        self.journey = Journey(inputs.get("ids", ()), inputs.get("message_ids", ()), addresses)
        self.wrong: dict[str, str] = {}  # host: why it did not say what it knows
        self.silent: set[str] = set()
        self.refusals: list[tuple[str, Mapping[str, Any]]] = []
        self.is_cut = False

    def follow(self) -> int:
        """Ask until nothing new comes, and tell the way; the exit code."""
        results = self.rpc.call("trace", self.inputs)
        with interruptible(results) as wait:
            hosts = [one.sender for one in results if self._take(one)]
        code = exitcode(results.stats, strict=bool(getattr(self.options, "strict", False)))
        self.silent |= {*results.stats.no_response, *results.stats.silent_known}
        for _ in range(_ROUNDS):
            ids, names = self.journey.questions()
            if wait.is_interrupted or not hosts or not (ids or names):
                break
            more = {"ids": ids, "message_ids": names, "limit": 500, "since": self._since()}
            with interruptible(results := self.rpc.custom_request("trace", {k: v for k, v in more.items() if v}, hosts)) as wait:
                for one in results:
                    self._take(one)
            self.silent |= {*results.stats.no_response}
        else:
            self.is_cut = True
        wait.remark("this is the way as far as it is known")
        self._tell(hosts)
        if code == 0 and (self.wrong or not (self.journey.stops or self.refusals)):
            code = _NOT_FOUND
        return wait.exitcode(code)

    def _take(self, one: RPCResult) -> bool:
        if not one.is_ok:
            self.wrong[one.sender] = one.statusmsg
            return False
        self.journey.take(one.sender, one.data.get("messages"))
        self.refusals += [(one.sender, row) for row in mappings(one.data.get("refusals"))]
        self.is_cut |= one.data.get("truncated") is True
        return True

    def _since(self) -> str:
        earliest = self.journey.earliest
        return f"{time.time() - earliest + _MARGIN:.0f}" if earliest else ""

    def _tell(self, hosts: Sequence[str]) -> None:
        found = outcomes(self.journey)
        cut = self.is_cut or self.journey.is_cut
        if format_of(self.options) == "json":
            print_json(
                {
                    "asked": dict(self.inputs),
                    "messages": [self._row(depth, stop) for depth, stop in self.journey.walk()],
                    "outcomes": [outcome_row(one) for one in found],
                    "refusals": [{"host": host, **row} for host, row in self.refusals],
                    "hosts": sorted(hosts),
                    "silent": sorted(self.silent),
                    "failed": self.wrong,
                    "is_cut": cut,
                }
            )
            return
        style = style_for(sys.stdout, self.options, self.rpc.client.config)
        lines = journey_lines(self.journey, {*self.silent, *self.wrong})
        for host, row in self.refusals:
            lines.append(f"{row.get('time')}  refused by {host}: {row.get('text')}")
        for line in lines:
            sys.stdout.write(f"{inert(line)}\n")
        if found:
            sys.stdout.write("\n" * bool(lines))
            for one in found:
                sys.stdout.write(f"{style.bold(inert(outcome_line(one)))}\n")
        if not lines:
            remark(
                f"mco exim: no host that answered has a trace of {', '.join(_words(self.inputs))}: --since says how far back to look"
            )
        if cut:
            remark("there is more than is shown: ask for one id, or with --since, --until and --limit")
        for host, reason in sorted(self.wrong.items()):
            remark(f"{host} does not tell what it knows: {reason}")
        if self.silent:
            remark(f"no answer from {', '.join(sorted(self.silent))}: the way may go on there")

    @staticmethod
    def _row(depth: int, stop: Stop) -> dict[str, Any]:
        handed = stop.handed
        events = [
            {**event, "to": {"host": handed[at][0], "id": handed[at][1]}} if at in handed else dict(event)
            for at, event in enumerate(stop.events)
        ]
        return {"sender_host": stop.host, "depth": depth, **{k: v for k, v in stop.row.items() if k != "events"}, "events": events}


def _words(inputs: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(one for name in ("ids", "addresses", "message_ids") for one in inputs.get(name, ())))
