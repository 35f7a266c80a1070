"""Call an action (or send a plain message) and show what comes back: what `mco rpc` and agents' own applications do."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from ..client.audience import Audience
from ..client.discovery import mc
from ..client.replies import Replies
from ..client.results import RPCResult, exitcode
from ..client.rpcclient import RPCClient
from ..client.rpcresults import RPCResults
from ..config import Config
from ..ddl.model import DDL
from ..errors import BrokerRefused, ConnectorError, RPCError, UsageError
from ..filter import Filter
from .endings import ending, in_brackets
from .finding import check_doubt, finding_of
from .main import INTERRUPTED
from .nearnames import unheard
from .noop import with_noop
from .output.base import Ending, failures_first
from .output.chosen import check_output, display_mode, has_lines, is_drawn, open_output, place_of_ending
from .output.outputfile import Destination
from .output.text import ending_text
from .progress import Progress
from .render import Style, remark_lines, wants_display
from .reruns import keep
from .session import remark, style_for
from .waiting import nobody

if TYPE_CHECKING:
    from .output.lines import Wording


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


def announced(
    find: Callable[[], Audience], filter: Filter, window: float, options: argparse.Namespace, config: Config | None = None
) -> Audience:
    """What find discovers, on a terminal: `Discovering hosts using the mc method for at most 2 second(s) .... 12 (full window)`."""
    is_told = sys.stderr.isatty() and not (options.quiet or options.json or options.no_progress)
    if not is_told or options.rerun or (filter.named_identities is not None and finding_of(options).method in (None, mc.METHOD)):
        return find()
    method = mc.METHOD if config is None else finding_of(options).name(filter, config)
    longest = f" for at most {window:g} second(s)" if method == mc.METHOD else ""
    print(f"Discovering hosts using the {method} method{longest} .... ", end="", file=sys.stderr, flush=True)
    found = find()
    how = found.before
    words = ending(how.discovery_ended, how.discovery_age if options.verbose else None)
    print(f"{len(found.nodes)}{in_brackets(words)}", file=sys.stderr)
    if not found.nodes and (hint := nobody(filter).partition("\n")[2]):
        remark(hint)
    return found


def call_and_show(
    rpc: RPCClient,
    action: str,
    inputs: Mapping[str, Any],
    options: argparse.Namespace,
    *,
    wording: "Wording | None" = None,
    asks_first: bool = False,
    asks_above: int | None = None,
    came: list[RPCResult] | None = None,
    followed: Callable[[RPCResults], RPCResults] = lambda results: results,
) -> int:
    """One call from discovery to exit code. Wrong inputs are a UsageError before anything is sent. wording, came: see show.

    asks_first, asks_above: see confirm. followed: what is shown in place of the results.
    """
    inputs = with_noop(rpc.ddl, action, inputs, options)
    check_inputs(rpc, action, inputs)
    check_output(options)
    found = cache(lambda: announced(lambda: rpc.audience, rpc.filter, rpc.discovery_timeout, options, rpc.client.config))
    try:
        confirm(rpc, action, inputs, options, found, asks_first=asks_first, asks_above=asks_above)
    except KeyboardInterrupt:
        return _unsent()
    results = rpc.call_known(action, inputs)  # interrupted in here, it may have been sent
    if results is None:
        try:
            found()
        except KeyboardInterrupt:
            return _unsent()
        results = rpc.call(action, inputs)
    config = rpc.client.config
    return show(followed(results), rpc.ddl, options, style_for(sys.stdout, options, config), config, wording=wording, came=came)


def _unsent() -> int:
    """Tell of an interruption before anything was sent."""
    remark(("\n" if sys.stderr.isatty() else "") + "interrupted: no request was sent")
    return INTERRUPTED


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


def confirm(
    rpc: RPCClient,
    action: str,
    inputs: Mapping[str, Any],
    options: argparse.Namespace,
    find: Callable[[], Any],
    *,
    asks_first: bool = False,
    asks_above: int | None = None,
) -> None:
    """Ask before a destructive action that no filter narrows, and before one whose DDL says so, telling how many hosts find finds.

    asks_first: before any change that no filter narrows. asks_above: on a terminal before any change that a filter narrows, where it
    goes to more hosts than so many; who calls it from elsewhere has said whom he means. UsageError where nobody can answer, or the
    answer is no.
    """
    declared = rpc.ddl.actions[action]
    if not declared.only_reads:
        check_doubt(options, f"{rpc.agent} {action}")
    is_destructive = declared.impact == "destructive"
    is_everywhere = (is_destructive or (asks_first and not declared.only_reads)) and not is_narrowed(rpc, options)
    is_meant = is_everywhere or declared.needs_confirm
    if options.yes or inputs.get("noop") is True or not (is_meant or (asks_above is not None and not declared.only_reads)):
        return
    nature = "is destructive" if is_destructive else "changes hosts"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        if not is_meant:
            return
        if is_everywhere:
            raise UsageError(f"{rpc.agent} {action} {nature} and no filter narrows it: add a filter, or --yes for every host")
        raise UsageError(f"{rpc.agent} {action} wants to be confirmed: call it on a terminal, or with --yes")
    find()
    count = len(rpc.audience.nodes)
    if not count or (not is_meant and asks_above is not None and count <= asks_above):
        return  # nothing will be sent, or not to many
    hosts = "1 host" if count == 1 else f"{count} hosts"
    what = f"{nature} and goes to every host, {hosts}" if is_everywhere else f"goes to {hosts}"
    print(f"{rpc.agent} {action} {what}. Really? (y/N) ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent")


def is_narrowed(rpc: RPCClient, options: argparse.Namespace) -> bool:
    """True where a filter, a limit or a list says whom a call goes to, False where it goes to every host there is."""
    return bool(not rpc.filter.is_empty or rpc.limit or options.rerun or finding_of(options).method not in (None, mc.METHOD))


def show(
    results: RPCResults,
    ddl: DDL | None,
    options: argparse.Namespace,
    style: Style,
    config: Config | None = None,
    *,
    wording: "Wording | None" = None,
    came: list[RPCResult] | None = None,
) -> int:
    """Show results as the options say, then their summaries, who is missing and the sums; gives the exit code.

    Ctrl-C shows what there is. So does a broker that goes away, and its error flies afterwards. config: that of the client, to keep
    the call for --rerun. wording: that of a command of an agent. came: filled with every result, shown or not.
    """
    hosts, action = results.stats.discovered, results.stats.action
    output = open_output(options, ddl, style, hosts, wording)
    is_worded = wording is not None and has_lines(options, style)  # it says itself of whom there is nothing to be said
    mode = options.display or "all" if is_worded else display_mode(options, ddl, action, style)
    destination = Destination(options.output_file)
    kept: list[RPCResult] = []
    progress = Progress(sys.stderr, len(hosts), beside=sys.stdout, is_wanted=is_drawn(options), color=style.color)
    with progress, interruptible(results) as wait:
        for result in results:
            if came is not None:
                came.append(result)
            if options.sort:
                kept.append(result)
            elif wants_display(mode, result) and (text := output.result(result)):
                with progress.aside():
                    destination.write(text)
            progress.advance()
            del result  # while the next one is opened it is no longer in memory
    if config is not None:
        keep(results, config, is_interrupted=wait.is_interrupted)
    for result in failures_first(kept):
        if wants_display(mode, result):
            destination.write(output.result(result))
    is_summed_up = is_worded and wording is not None and not wording.has_summaries  # by the command itself
    outcome = Ending(results.stats, () if is_summed_up else tuple(results.summaries), wait.is_interrupted)
    destination.write(output.end(outcome))
    _tell_ending(outcome, wait, options, style)
    if config is not None and place_of_ending(options) != "none" and not wait.is_interrupted:
        for line in unheard(outcome.stats.no_response, config, options.target):
            remark(line)
    destination.finish()
    return wait.exitcode(exitcode(outcome.stats, strict=options.strict))


def _tell_ending(outcome: Ending, wait: Wait, options: argparse.Namespace, style: Style) -> None:
    """What people are told below or beside the results, unless the format has it all."""
    place, stats = place_of_ending(options), outcome.stats
    if place == "none":
        return
    if place == "stdout":
        started = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(stats.started))
        print(ending_text(outcome, started, style), end="", flush=True)
    elif remarks := remark_lines(stats, replace(style, color=style.color and sys.stderr.isatty())):
        print("\n".join(remarks), file=sys.stderr)
    wait.remark(f"these are the answers up to now; hosts may still be busy with request {stats.request_id}")


def body_of(text: str) -> Any:
    """The body that --body says: JSON, or the text itself where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
