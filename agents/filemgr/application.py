"""`mco filemgr`: look at files of many hosts, fetch them, put one in place everywhere."""

import argparse
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, agent_client
from mcollective_py.cli.calls import call_and_show, confirm
from mcollective_py.cli.inert import inert
from mcollective_py.cli.optiontypes import whole
from mcollective_py.cli.session import remark
from mcollective_py.errors import MCollectiveError, UsageError
from mcollective_py.sizes import size_words

from .fetched import Fetched, folder_for
from .words import COMMANDS, TAKEN, Called, called

PIECE = 256 * 1024  # bytes in one message
_MOST = 16 * 1024 * 1024  # bytes of one host's file that are fetched
_LARGEST = 1024 * 1024 * 1024  # bytes that are sent


class Filemgr(AgentApplication):
    """The file first or last, or by --file; without a command the file is touched."""

    description = "Look at files of hosts, fetch them, put them in place, remove them"
    usage = "COMMAND FILE  |  --file FILE [--details] touch|remove|status"
    agent = "filemgr"
    actions = tuple(COMMANDS)

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        told = "; ".join(f"{command} {words}" for command, words in COMMANDS.items())
        parser.add_argument("words", nargs="*", metavar="COMMAND FILE", help=told)
        parser.add_argument("-f", "--file", metavar="FILE", help="the file on the hosts")
        parser.add_argument("-d", "--details", action="store_true", help="with status: all that is known of the file")
        parser.add_argument("--backup", action="store_true", help="with remove and put: keep a copy of what was there")
        parser.add_argument("--mode", metavar="OCTAL", help="with put and mkdir: its permissions, as 0640")
        parser.add_argument("--owner", metavar="USER", help="with put and mkdir: whom it belongs to")
        parser.add_argument("--group", metavar="GROUP", help="with put and mkdir: its group")
        parser.add_argument("-n", "--lines", type=whole, metavar="N", help="with tail and head: how many lines (10)")
        parser.add_argument("-E", "--regex", action="store_true", help="with grep: the text is a regular expression")
        parser.add_argument("-i", "--ignore-case", action="store_true", help="with grep: capitals do not matter")
        parser.add_argument("--name", metavar="'*.log'", help="with find: names")
        parser.add_argument(
            "--type", choices=("file", "directory", "symlink", "socket", "fifo"), metavar="TYPE", help="with find: file, ..."
        )
        parser.add_argument("--older", metavar="TIME", help="with find: changed longer ago than this, as 30d")
        parser.add_argument("--newer", metavar="TIME", help="with find: changed since then, as 1h")
        parser.add_argument("--larger", metavar="SIZE", help="with find: larger than this, as 100M")
        parser.add_argument("--smaller", metavar="SIZE", help="with find: smaller than this")
        parser.add_argument("--depth", type=whole, metavar="N", help="with find: so many folders deep (8)")
        parser.add_argument("--overwrite", action="store_true", help="with get: replace files of hosts that are there already")
        parser.add_argument("--max-size", type=whole, metavar="MIB", help="with get: fetch at most so much of one host (16)")

    def run(self, options: argparse.Namespace) -> int:
        extra = {name: getattr(options, name) for name in TAKEN}
        self._reasons: dict[str, str] = {}
        self._called: Called = called(options.words, options.file, extra)
        self._is_trial = options.noop
        if options.details and self._called.command != "status":
            raise UsageError("--details is for status")
        if options.max_size is not None and self._called.command != "get":
            raise UsageError("--max-size is for get")
        if options.overwrite and self._called.command != "get":
            raise UsageError("--overwrite is for get")
        if self._called.command == "get":
            return self._get(options)
        if self._called.command == "put":
            return self._put(options)
        if options.details:
            with agent_client(self.agent, "status", self._called.inputs, options) as rpc:
                return call_and_show(rpc, "status", self._called.inputs, options)
        return super().run(options)

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        return self._called.action, self._called.inputs

    def line(self, result: Any) -> str | None:
        if self._called.command == "get":
            if result.sender in self._there:
                return None  # what is in the way is told in the end
            if isinstance(result.get("size"), int) and result["size"] > self._most:
                return None  # and so is what is too large
            return f"{size_words(result.get('size'))} to {self._folder / result.sender}"
        if self._is_trial and self._called.command not in _WORDS:
            return "would be changed" if result.get("changed") else "as it is to be"
        return _WORDS.get(self._called.command, _changed)(result)

    def failure(self, result: Any) -> str | None:
        return self._reasons.get(result.sender)  # why the first piece was not taken, where that is where it began

    def exitcode(self, results: Sequence[Any], code: int) -> int:
        self._results = results
        return code

    def closing(self, results: Sequence[Any]) -> Iterable[str]:
        if self._called.command != "diff":
            return
        kinds = {str(result.get("sha256")) for result in results if result.is_ok}
        if len(kinds) == 1 and all(result.is_ok for result in results):
            yield "the file is the same everywhere"
        elif len(kinds) > 1:
            yield f"there are {len(kinds)} different files"

    def _put(self, options: argparse.Namespace) -> int:
        content = _local(self._called.local)
        digest = sha256(content).hexdigest()
        inputs: dict[str, Any] = {**self._called.inputs, "sha256": digest, "content": b64encode(content[:PIECE]).decode()}
        if len(content) <= PIECE or options.noop:
            if len(content) > PIECE:
                inputs |= {"size": len(content), "offset": 0}
            with agent_client(self.agent, "put", inputs, options) as rpc:
                return self.ask(rpc, "put", inputs, options)
        inputs |= {"size": len(content), "offset": 0}
        with agent_client(self.agent, "put", inputs, options) as rpc:
            if rpc.batch is not None or rpc.canary is not None or rpc.max_fail is not None:
                raise UsageError(f"a file of more than {PIECE} bytes goes to all hosts at once: no --batch, --canary or --max-fail")
            confirm(rpc, "put", inputs, options, rpc.discover, asks_first=True)
            options.yes = True  # it is answered for all pieces
            rpc.discover()
            last = (len(content) - 1) // PIECE * PIECE
            for offset in range(0, last, PIECE):
                inputs |= {"offset": offset, "content": b64encode(content[offset : offset + PIECE]).decode()}
                results = list(rpc.call("put", inputs))
                if offset == 0 and not any(result.is_ok and not result.get("complete") for result in results):
                    return self.ask(rpc, "put", inputs, options)  # nobody wants the rest: it is there, or may not be
                for result in results:
                    if not result.is_ok:
                        self._reasons.setdefault(result.sender, result.statusmsg)
            inputs |= {"offset": last, "content": b64encode(content[last:]).decode()}
            return self.ask(rpc, "put", inputs, options)

    def _get(self, options: argparse.Namespace) -> int:
        self._folder = folder_for(self._called.local)
        self._there = set() if options.overwrite else {entry.name for entry in self._folder.iterdir()}
        most = self._most = (options.max_size or _MOST // 2**20) * 2**20
        inputs = {**self._called.inputs, "offset": 0, "length": PIECE}
        files: dict[str, Fetched] = {}
        problems: dict[str, str] = {}

        def take(results: Iterable[Any]) -> list[str]:
            """Keep the pieces of those that succeeded; the hosts that have more."""
            more = []
            for result in results:
                host = result.sender
                try:
                    if not result.is_ok:
                        if host in files:
                            raise MCollectiveError(result.statusmsg)
                        continue  # it was told already
                    if (file := files.get(host)) is None:
                        file = files[host] = Fetched(self._folder, host, most, least=PIECE, replaces=options.overwrite)
                    if file.take(result.data):
                        file.finish()
                    else:
                        more.append(host)
                except (MCollectiveError, OSError) as error:
                    problems[host] = str(error)
            return more

        try:
            with agent_client(self.agent, "get", inputs, options) as rpc:
                code = self.ask(rpc, "get", inputs, options)
                waiting, offset = take(self._results), PIECE
                while waiting:
                    more = take(results := rpc.custom_request("get", {**inputs, "offset": offset}, sorted(waiting)))
                    problems |= dict.fromkeys(results.stats.no_response, "it did not answer any more")
                    waiting, offset = more, offset + PIECE
        finally:
            for file in files.values():
                file.give_up()
        for host, problem in sorted(problems.items()):
            remark(f"{inert(host)}: {inert(problem)}: nothing of it was kept")
        return 2 if problems and code in (0, 5) else code


def _local(path: str) -> bytes:
    """The content of the file here."""
    try:
        if Path(path).stat().st_size > _LARGEST:
            raise UsageError(f"{path} has more than {_LARGEST} bytes")
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error


def _changed(result: Any) -> str | None:
    copy = f", a copy is {result.get('backup')}" if result.get("backup") else ""
    return f"changed{copy}" if result.get("changed") else "as it was"


def _text(result: Any) -> str:
    more = " ..." if result.get("truncated") else ""
    return f"{result.get('text', '')}{more}" or "(nothing)"


def _found(result: Any) -> str:
    found = result.get("found")
    rows = [
        f"{one.get('mode')} {one.get('uid')!s:>5} {size_words(one.get('size')):>10} {one.get('path')}"
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, Mapping)
    ]
    more = f"... {result.get('count')} in all" if result.get("truncated") else ""
    return "\n".join([*rows, *([more] if more else [])]) or "none"


def _used(result: Any) -> str:
    return (
        f"{size_words(result.get('bytes'))} in {result.get('files')} files and {result.get('folders')} folders; the file system has "
        f"{size_words(result.get('total'))} and is {result.get('percent')}% full"
        + (" (not all was looked at)" if result.get("truncated") else "")
    )


_WORDS = {
    "status": lambda result: str(result.get("output")),
    "diff": lambda result: (
        f"{result.get('sha256')} {size_words(result.get('size'))} {result.get('mode')} {result.get('uid')}:{result.get('gid')}"
    ),
    "tail": _text,
    "head": _text,
    "grep": lambda result: _text(result) if result.get("matches") else None,
    "find": _found,
    "du": _used,
}
