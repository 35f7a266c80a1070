"""`mco audit verify`: is the audit log whole and as it was written. `mco audit query`: who did what, where, when, and how it ended."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from ...config import Config
from ...errors import ConfigError, MCollectiveError, UsageError
from ..application import Application
from ..audit.lines import Line, line_of
from ..audit.logfiles import BAD_PACKING, by_log, numbered_lines, rotated, unreadable
from ..audit.moments import moment_of
from ..audit.requests import Reading, Wanted
from ..audit.shown import shown
from ..audit.verified import verified
from ..inert import inert
from ..session import print_json, remark

_SHOWN_FINDINGS = 200
_WORDS = ("caller", "agent", "action", "host", "decision", "outcome", "request", "since", "until")


class Audit(Application):
    """Reads audit logs where they lie: nothing is asked of any host."""

    description = "Verify the audit log, or find in it who did what"
    usage = "verify [FILE ...]  |  query [FILE ...] [--caller C] [--agent A] [--since T] ..."
    sections = ("json",)

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("verb", metavar="verify|query", help="what to do")
        files = "audit logs, rotated and packed ones too, - for standard input; without one, this host's, with all that was rotated"
        parser.add_argument("files", nargs="*", metavar="FILE", help=files)
        parser.add_argument("-c", "--config", metavar="FILE", help="the server.cfg that names this host's log")
        parser.add_argument(
            "--caller", default="", metavar="NAME", help="query: who asked, or signed for who asked; * stands for anything"
        )
        parser.add_argument("--agent", default="", metavar="NAME", help="query: the agent; * stands for anything")
        parser.add_argument("--action", default="", metavar="NAME", help="query: the action; * stands for anything")
        parser.add_argument("--host", default="", metavar="NAME", help="query: the host that was asked; * stands for anything")
        parser.add_argument("--decision", default="", choices=("allow", "deny", "invalid"), help="query: what the host decided")
        parser.add_argument("--outcome", type=_outcome, metavar="CODE", help="query: a status code, ok, failed or unknown")
        parser.add_argument("--request", default="", metavar="ID", help="query: the request of this id")
        parser.add_argument("--since", metavar="TIME", help="query: not before 2h ago, 14:30, 2026-11-23, ...")
        parser.add_argument("--until", metavar="TIME", help="query: not after")
        parser.add_argument("--strict", action="store_true", help="exit codes that tell more apart, see docs/exit-codes.md")

    def run(self, options: argparse.Namespace) -> int:
        if options.verb == "verify":
            if given := [word for word in _WORDS if getattr(options, word)]:
                raise UsageError(f"--{given[0]} is for `mco audit query`: what is verified is the whole log")
            return verify(options)
        if options.verb == "query":
            return query(options)
        raise UsageError(f"there is no `mco audit {options.verb}`: `mco audit verify [FILE ...]`, or `mco audit query [FILE ...]`")


def verify(options: argparse.Namespace) -> int:
    """0 where every log is whole, 2 where one is not."""
    found = [verified(log, files, heads.get(log)) for logs, heads in [_logs(options)] for log, files in logs.items()]
    if options.json:
        print_json({"logs": [each.to_dict() for each in found]})
    else:
        for each in found:
            for finding in each.findings[:_SHOWN_FINDINGS]:
                print(inert(str(finding)))
            if (hidden := len(each.findings) + each.more - _SHOWN_FINDINGS) > 0:
                print(f"and {hidden} more findings: --json has the first thousand")
            print(inert(each.summary()))
            for text in each.remarks():
                remark(inert(text))
    return 2 if any(each.findings for each in found) else 0


def query(options: argparse.Namespace) -> int:
    """0 where a request matches, 1 where none does."""
    now = datetime.now().astimezone()
    since, until = (None if word is None else moment_of(word, now) for word in (options.since, options.until))
    words = {word: getattr(options, word) or "" for word in _WORDS if word not in ("since", "until")}
    wanted = Wanted(**words, since=since, until=until)
    logs, _ = _logs(options)
    readings: list[Reading] = []
    count = 0
    if options.json:
        sys.stdout.write('{"requests": [')
    for files in logs.values():
        readings.append(Reading(wanted))
        for each in readings[-1].requests(_lines(files)):
            count += 1
            if options.json:
                sys.stdout.write(f"{',' if count > 1 else ''}\n{json.dumps(each.to_dict())}")
            else:
                print(inert(shown(each)))
    strange = sum(reading.unreadable for reading in readings)
    if options.json:
        sys.stdout.write(f'\n], "unreadable": {strange}}}\n')
    if strange:
        remark(f"{strange} lines are no records: `mco audit verify` says which")
    if not count:
        remark("no request matches")
    return 0 if count else 1


def _lines(files: Sequence[str]) -> Iterator[Line]:
    for path in files:
        try:
            for _, raw in numbered_lines(path):
                yield line_of(raw)
        except BAD_PACKING as error:
            remark(f"{path} cannot be unpacked to its end: {error}")
        except OSError as error:
            raise MCollectiveError(unreadable(path, error)) from error


def _logs(options: argparse.Namespace) -> tuple[dict[str, list[str]], dict[str, Path]]:
    """The files of each log, oldest first, and for this host's own log the folder of its daemon's state."""
    heads: dict[str, Path] = {}
    try:
        if options.files:
            return by_log(options.files), heads
        config = Config.find("server", options.config)
        if config.word("rpcauditprovider").lower() != "logfile":
            provider = config.word("rpcauditprovider")
            problem = (
                f"the audit goes to {provider}: name files, or pipe it in: journalctl -o cat -t mcollective-audit | mco audit verify -"
            )
            raise ConfigError(problem, file=config.file, key="rpcauditprovider")
        log = Path(config.word("plugin.rpcaudit.logfile"))
        heads[str(log)] = Path(config.word("statedir"))
        return by_log(rotated(log)), heads
    except OSError as error:
        raise MCollectiveError(unreadable(str(error.filename), error)) from error


def _outcome(word: str) -> str:
    if word in ("ok", "failed", "unknown") or (word.isascii() and word.isdigit() and len(word) < 6):
        return word
    raise argparse.ArgumentTypeError(f"{word!r} is no outcome: a status code, ok, failed or unknown")
