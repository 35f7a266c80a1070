"""`mco runs`: the last calls of this user, and which hosts succeeded, failed, were missing or not asked."""

import argparse
import shutil
import sys
import time
from itertools import islice

from ...client.runs import Run
from ...client.runs import Runs as Kept
from ..application import Application
from ..optiontypes import whole
from ..render import name_columns
from ..session import print_json, read_config

_COUNTS = ("ok", "failed", "missing", "not_asked")


class Runs(Application):
    """Lists calls, or shows one; `mco rpc ... --rerun failed:ID` goes on from there."""

    description = "List the last calls, or show which hosts of one failed: mco runs [ID]"
    usage = "[ID]"
    sections = ("json",)

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("request_id", nargs="?", metavar="ID", help="a request id, or its beginning; `last` for the last call")
        parser.add_argument("-c", "--config", metavar="FILE", help="calls made with this configuration file")
        parser.add_argument("-q", "--quiet", action="store_true", help="no remarks on warnings")
        parser.add_argument("-n", "--number", type=whole, default=20, metavar="N", help="list so many (default: 20)")

    def run(self, options: argparse.Namespace) -> int:
        kept = Kept.of_user(str(read_config(options).file))
        if options.request_id is not None:
            run = kept.find(None if options.request_id == "last" else options.request_id)
            if options.json:
                print_json(document(run))
            else:
                print("\n".join(run_lines(run, shutil.get_terminal_size().columns if sys.stdout.isatty() else 80)))
            return 0
        runs = list(islice(kept.latest(), options.number))
        if options.json:
            print_json({"runs": [document(run) for run in runs]})
        elif runs:
            print("\n".join(list_lines(runs)))
        else:
            print("no calls are kept yet: each `mco rpc` is", file=sys.stderr)
        return 0


def document(run: Run) -> dict[str, object]:
    """A run as it stands in a JSON document."""
    return {name: value for name, value in run.to_dict().items() if name != "scope"}


def list_lines(runs: list[Run]) -> list[str]:
    """A line for each call, below their headings."""
    rows = [("ID", "WHEN", "CALL", *(name.replace("_", " ").upper() for name in _COUNTS), "")]
    for run in runs:
        end = "stopped" if run.stopped else "interrupted" if run.is_interrupted else ""
        counts = (str(len(getattr(run, name))) for name in _COUNTS)
        rows.append((run.request_id[:8], _when(run), _call(run), *counts, end))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            f"{word:<{width}}" if at < 3 else f"{word:>{width}}" for at, (word, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def run_lines(run: Run, width: int) -> list[str]:
    """One call, and its hosts by outcome. width: columns of the terminal."""
    lines = [f"{_call(run)}, {_when(run)}, request {run.request_id}"]
    if run.stopped:
        lines.append(f"the roll-out {run.stopped}")
    if run.is_interrupted:
        lines.append("interrupted: hosts that are missing may have been at work on it")
    for name in _COUNTS:
        hosts = getattr(run, name)
        if hosts:
            lines += ["", f"{name.replace('_', ' ')} ({len(hosts)}):", *name_columns(hosts, width)]
    again = [which for which in ("failed", "missing") if run.hosts(which)]
    if len(again) == 2:
        again.append("not-ok")  # both of them
    words = ", or ".join(f"{which}:{run.request_id[:8]}" for which in again)
    return [*lines, *(["", f"again for these: mco rpc {run.agent} {run.action or '--body'} ... --rerun {words}"] if again else [])]


def _call(run: Run) -> str:
    return f"{run.agent} {run.action or '(message)'}"


def _when(run: Run) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.started))
