"""Call an action (or send a plain message) and show what comes back: what `mco rpc` and agents' own applications do."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from ..client.audience import Audience
from ..client.replies import Replies
from ..client.results import RPCResult, RPCStats, exitcode
from ..client.rpcclient import RPCClient
from ..client.rpcresults import RPCResults
from ..ddl.model import DDL
from ..errors import BrokerRefused, ConnectorError, RPCError, UsageError
from ..filter import Filter
from .main import INTERRUPTED
from .progress import Progress
from .render import Style, remark_lines, result_document, result_lines, stats_lines, summary_line, wants_display
from .session import print_json, remark, style_for
from .waiting import nobody


@dataclass(slots=True)
class Wait:
    """How a wait for replies ended. is_interrupted: before its time. lost: because the broker went away."""

    is_interrupted: bool = False
    lost: ConnectorError | None = None

    def remark(self, what: str = "these are the answers up to now") -> None:
        """Say why what is shown is not all, where that is so."""
        if self.is_interrupted:
            remark(f"{'interrupted' if self.lost is None else 'the broker went away'}: {what}")

    def exitcode(self, code: int) -> int:
        """The code, or that of an interruption. Raises what took the broker away: said last, when all that came is shown."""
        if self.lost is not None:
            raise self.lost
        return INTERRUPTED if self.is_interrupted else code


@contextmanager
def interruptible(*waited: Replies | RPCResults) -> Iterator[Wait]:
    """Inside, Ctrl-C and a broker that goes away end the wait and nothing else: what came before is no less true.

    A broker that refuses what we ask for is an error: there is nothing to be shown.
    """
    wait = Wait()
    try:
        yield wait
    except KeyboardInterrupt:
        wait.is_interrupted = True
    except BrokerRefused:
        raise
    except ConnectorError as error:
        wait.is_interrupted, wait.lost = True, error
    else:
        return
    for replies in waited:
        replies.close()


def announced(find: Callable[[], Audience], filter: Filter, window: float, options: argparse.Namespace) -> Audience:
    """What find discovers, said on a terminal: `Discovering hosts using the mc method for at most 2 second(s) .... 12`."""
    is_told = sys.stderr.isatty() and not (options.quiet or options.json or options.no_progress)
    if not is_told or filter.named_identities is not None:
        return find()
    print(f"Discovering hosts using the mc method for at most {window:g} second(s) .... ", end="", file=sys.stderr, flush=True)
    found = find()
    print(len(found.nodes), file=sys.stderr)
    if not found.nodes and (hint := nobody(filter).partition("\n")[2]):
        remark(hint)
    return found


def call_and_show(rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
    """One call from discovery to exit code. Wrong inputs are a UsageError before anything is sent."""
    check_inputs(rpc, action, inputs)
    confirm(rpc, action, options)
    announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options)
    return show(rpc.call(action, inputs), rpc.ddl, options, style_for(sys.stdout, options, rpc.client.config))


def check_inputs(rpc: RPCClient, action: str, inputs: Mapping[str, Any]) -> None:
    """Raises UsageError for what the DDL does not allow: the command was called wrongly, nothing has been sent."""
    try:
        rpc.checked(action, inputs)
    except RPCError as error:
        raise wrong_words(error, rpc.ddl, action, inputs) from error


def wrong_words(error: RPCError, ddl: DDL, action: str, inputs: Iterable[str]) -> UsageError:
    """The error as one of the command line's, with the nearest action or input where one is unknown."""
    declared = ddl.actions.get(action)
    if declared is None:
        near = get_close_matches(action, ddl.actions, 1)
    else:
        unknown = [name for name in inputs if name not in declared.inputs]
        near = get_close_matches(unknown[0], declared.inputs, 1) if unknown else []
    return UsageError(f"{error}: did you mean {near[0]}?" if near else str(error))


def confirm(rpc: RPCClient, action: str, options: argparse.Namespace) -> None:
    """Ask before a destructive action that no filter narrows; UsageError where nobody can answer, or the answer is no."""
    if rpc.ddl.actions[action].impact != "destructive" or not rpc.filter.is_empty or rpc.limit or options.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{rpc.agent} {action} is destructive and no filter narrows it: add a filter, or --yes for every host")
    print(f"{rpc.agent} {action} is destructive and goes to every host. Really? (y/N) ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent")


def show(results: RPCResults, ddl: DDL | None, options: argparse.Namespace, style: Style) -> int:
    """Show results as they come, then who is missing and the sums; gives the exit code.

    Ctrl-C shows what there is. So does a broker that goes away, and its error flies afterwards.
    """
    mode = options.display or ("always" if style.verbose else _mode(ddl, results.stats.action))
    is_buffered = options.sort or options.json
    kept: list[RPCResult] = []
    is_drawn = not (options.no_progress or options.json or options.quiet)
    progress = Progress(sys.stderr, len(results.stats.discovered), beside=sys.stdout, is_wanted=is_drawn, color=style.color)
    with progress, interruptible(results) as wait:
        for result in results:
            if is_buffered:
                kept.append(result)
            elif wants_display(mode, result):
                with progress.aside():
                    _print_result(result, ddl, style)
            progress.advance()
    stats = results.stats
    kept.sort(key=lambda result: (result.is_ok, result.sender))
    if options.json:
        print_json(call_document(kept, stats, is_interrupted=wait.is_interrupted))
    else:
        for result in kept:
            if wants_display(mode, result):
                _print_result(result, ddl, style)
        _print_end(stats, style)
        wait.remark(f"these are the answers up to now; hosts may still be busy with request {stats.request_id}")
    return wait.exitcode(exitcode(stats, strict=options.strict))


def call_document(results: list[RPCResult], stats: RPCStats, *, is_interrupted: bool = False) -> dict[str, Any]:
    """The document of --json for a call."""
    return {
        "request_id": stats.request_id,
        "agent": stats.agent,
        "action": stats.action,
        "interrupted": is_interrupted,
        "replies": [result_document(result) for result in results],
        "stats": stats.to_dict(),
    }


def body_of(text: str) -> Any:
    """The body that --body says: JSON, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _mode(ddl: DDL | None, action: str | None) -> str:
    return ddl.actions[action].display if ddl and action and action in ddl.actions else "always"


def _print_result(result: RPCResult, ddl: DDL | None, style: Style) -> None:
    print("\n".join(result_lines(result, ddl, style)), flush=True)


def _print_end(stats: RPCStats, style: Style) -> None:
    remarks = remark_lines(stats, style)
    if remarks:
        print("\n".join([*remarks, ""]))
    if style.verbose:
        started = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(stats.started))
        print("\n".join([*stats_lines(stats, started, style), ""]))
    print("\n" + summary_line(stats, style))
