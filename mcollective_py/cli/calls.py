"""Call an action (or send a plain message) and show what comes back: what `mco rpc` and agents' own applications do."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..client.client import Audience
from ..client.results import RPCResult, RPCStats, exitcode
from ..client.rpcclient import RPCClient, RPCResults
from ..ddl.model import DDL
from ..errors import ConnectorError, RPCError, UsageError
from ..filter import Filter
from .progress import Progress
from .render import Style, remark_lines, result_document, result_lines, stats_lines, summary_line, wants_display
from .session import print_json, remark, style_for

INTERRUPTED = 130


def announced(find: Callable[[], Audience], filter: Filter, window: float, options: argparse.Namespace) -> Audience:
    """What find discovers, said on a terminal: `Discovering hosts using the mc method for at most 2 second(s) .... 12`."""
    is_told = sys.stderr.isatty() and not (options.quiet or options.json or options.no_progress)
    if not is_told or filter.named_identities is not None:
        return find()
    print(f"Discovering hosts using the mc method for at most {window:g} second(s) .... ", end="", file=sys.stderr, flush=True)
    found = find()
    print(len(found.nodes), file=sys.stderr)
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
        raise UsageError(str(error)) from error


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
    is_interrupted, lost = False, None
    progress = Progress(
        sys.stderr,
        len(results.stats.discovered),
        is_wanted=not (options.no_progress or options.json or options.quiet),
        width=style.width,
    )
    try:
        progress.show(0)
        for done, result in enumerate(results, 1):
            if is_buffered:
                kept.append(result)
            elif wants_display(mode, result):
                progress.clear()
                _print_result(result, ddl, style)
            progress.show(done)
    except KeyboardInterrupt:
        is_interrupted = True
        results.close()
    except ConnectorError as error:  # the broker has gone: what came before it is no less true
        is_interrupted, lost = True, error
        results.close()
    finally:
        progress.clear()
    stats = results.stats
    kept.sort(key=lambda result: (result.is_ok, result.sender))
    code = INTERRUPTED if is_interrupted else exitcode(stats, strict=options.strict)
    if options.json:
        print_json(call_document(kept, stats, is_interrupted=is_interrupted))
    else:
        for result in kept:
            if wants_display(mode, result):
                _print_result(result, ddl, style)
        _print_end(stats, style, options, is_interrupted)
    if lost is not None:
        raise lost
    return code


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


def _print_end(stats: RPCStats, style: Style, options: argparse.Namespace, is_interrupted: bool) -> None:
    remarks = remark_lines(stats, style)
    if remarks:
        print("\n".join([*remarks, ""]))
    if style.verbose:
        started = time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(stats.started))
        print("\n".join([*stats_lines(stats, started, style), ""]))
    print("\n" + summary_line(stats, style))
    if is_interrupted:
        remark(f"interrupted: these are the answers up to now; hosts may still be busy with request {stats.request_id}")
