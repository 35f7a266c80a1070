"""AgentApplication: what the `mco` commands of agents share: their words, the question before a change, a line a host, the exit code.

    class Disk(AgentApplication):
        description = "Look after disks"
        usage = "ACTION DISK"
        agent = "disk"
        actions = ("check", "wipe")

        def call(self, options):
            action, disks = action_and_things(options.words, self.actions)
            return action, {"disk": one_of(disks, "disk")}

        def line(self, result):
            return result["state"] if result.action == "check" else None

All formats of output but text are those of `mco rpc`, and so is `-v`.
"""

import argparse
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from ..client.results import RPCResult
from ..client.rpcclient import RPCClient
from ..client.rpcresults import RPCResults
from ..errors import UsageError
from .application import Application
from .calls import call_and_show, check_inputs
from .noop import with_noop
from .output.chosen import check_output
from .output.lines import Wording
from .session import open_client, rpc_client
from .waiting import connected


class AgentApplication(Application):
    """A command that calls one action of one agent.

    agent: its name. asks_first: before every change that no filter narrows. asks_above: on a terminal before every change that one
    narrows, where it goes to more hosts than so many; None for never. has_summaries: what the DDL summarizes stands below the lines;
    False where `closing` says it all. keeps_results: for `exitcode`; False where it does not look at them, and they are many.
    """

    sections: Sequence[str] = ("common", "filter", "rpc")
    agent = ""
    asks_first = True
    asks_above: int | None = None
    has_summaries = True
    keeps_results = True

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """The action that the words mean, and its inputs. Raises UsageError."""
        raise NotImplementedError(f"{type(self).__name__} has no call method")

    def line(self, result: RPCResult) -> str | None:
        """What to say of a host that succeeded; None for nothing. A failure is always told, in the host's own words."""
        return None

    def failure(self, result: RPCResult) -> str | None:
        """What to say of a host that failed; None for its message."""
        return None

    def listing(self, result: RPCResult) -> Iterable[str] | None:
        """Long lists in place of `line`: see Wording. None for what is none."""
        return None

    def closing(self, results: Sequence[RPCResult]) -> Iterable[str]:
        """Lines below all results."""
        return ()

    def followed(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], results: RPCResults) -> RPCResults:
        """What is shown in place of the results of the call: more that is asked for because of them."""
        return results

    def exitcode(self, results: Sequence[RPCResult], code: int) -> int:
        """The exit code. code: that of docs/exit-codes.md."""
        return code

    def run(self, options: argparse.Namespace) -> int:
        """See Application."""
        action, inputs = self.call(options)
        with agent_client(self.agent, action, inputs, options) as rpc:
            return self.ask(rpc, action, inputs, options)

    def ask(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """One call from discovery to exit code; for commands that make several, within agent_client."""
        came: list[RPCResult] = []
        wording = Wording(self.line, self.closing, self.failure, self.has_summaries, self.listing)
        code = call_and_show(
            rpc,
            action,
            inputs,
            options,
            wording=wording,
            asks_first=self.asks_first,
            asks_above=self.asks_above,
            came=came if self.keeps_results else None,
            followed=lambda results: self.followed(rpc, action, inputs, results),
        )
        return self.exitcode(came, code)


@contextmanager
def agent_client(agent: str, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> Iterator[RPCClient]:
    """What calls the agent, connected within. What is wrong with the words is a UsageError before any broker is looked for.

    action, inputs: of the first call.
    """
    if options.reply_to is not None:
        raise UsageError(f"this command shows the answers itself: --reply-to is for `mco rpc {agent} {action}`")
    client = open_client(options)
    rpc = rpc_client(client, agent, options)
    check_inputs(rpc, action, with_noop(rpc.ddl, action, inputs, options))
    check_output(options)
    with connected(client, options):
        yield rpc


def action_and_things(words: Sequence[str], actions: Collection[str]) -> tuple[str, list[str]]:
    """The action among the words, and what it is about: `ACTION THING ...`, or the action last. Raises UsageError.

    A word that is an action is one where it stands first, whatever the others are.
    """
    if not words:
        raise UsageError(f"which action? There are {', '.join(actions)}")
    for at in (0, -1):
        if words[at] in actions:
            rest = list(words)
            return rest.pop(at), rest
    # Who mistypes writes the action first or last: what is near to one is that.
    near = next((found[0] for word in (words[0], words[-1]) if (found := get_close_matches(word, list(actions), 1, 0.7))), None)
    hint = f"did you mean {near}?" if near else f"there are {', '.join(actions)}"
    raise UsageError(f"no action among {' '.join(words)!r}: {hint}")


def one_of(things: Sequence[str], what: str) -> str:
    """The only one of the things. Raises UsageError for none or several; what: `service`."""
    if not things:
        raise UsageError(f"which {what}?")
    if len(things) > 1:
        raise UsageError(f"one {what} at a time, not {', '.join(things)}")
    return things[0]


def none_of(things: Sequence[str], action: str) -> None:
    """Raises UsageError where an action is given things that it does not take."""
    if things:
        raise UsageError(f"{action} takes no {' '.join(things)!r}")
