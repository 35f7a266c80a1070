"""`mco process`: list, count and signal processes, the busiest, and who listens where."""

import argparse
import sys
import time
from collections.abc import Mapping
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, action_and_things
from mcollective_py.cli.calls import interruptible
from mcollective_py.cli.inert import inert
from mcollective_py.cli.optiontypes import seconds, whole
from mcollective_py.client.results import RPCResult
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import UsageError
from mcollective_py.sizes import size_words

from .table import BUSIEST, FIELDS, USUAL, fields_of, listener_lines, mappings, process_lines, text_of

ACTIONS = ("list", "count", "top", "ports", "signal")
_NAMED = 5  # processes that a question names on each host
_MOST = 100_000  # processes that one request may signal on a host, whatever a host says


class Process(AgentApplication):
    """The historic `mco process list` and what is new beside it."""

    description = "List, count and signal processes"
    usage = "ACTION [PATTERN]"
    agent = "process"
    actions = ACTIONS

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        parser.add_argument(
            "words",
            nargs="*",
            metavar="ACTION PATTERN",
            help=f"the action: {', '.join(ACTIONS)}; the pattern is a regular expression of command lines",
        )
        parser.add_argument("-z", "--zombies", action="store_true", help="zombies only")
        parser.add_argument("-u", "--user", metavar="USER", help="processes of this user only, by name or number")
        parser.add_argument("--state", metavar="STATES", help="processes in one of these states only: D waits for a disk, T is stopped")
        parser.add_argument("--fields", metavar="FIELDS", help=f"with commas between: {', '.join(FIELDS)}")
        parser.add_argument("--whole", action="store_true", help="commands are not cut at 60 characters")
        parser.add_argument("--silent", action="store_true", help="the sums only")
        parser.add_argument("--by", choices=("cpu", "memory"), help="top: what is measured, cpu without it")
        parser.add_argument("--top", type=whole, metavar="N", help="top: so many processes, 10 without it")
        parser.add_argument("--seconds", type=seconds, metavar="SECONDS", help="top: how long computing is measured, 1 without it")
        parser.add_argument("--port", type=whole, metavar="PORT", help="ports: who listens on this one")
        parser.add_argument("-s", "--signal", metavar="SIGNAL", help="signal: HUP, KILL, USR1, ...; TERM without it")
        parser.add_argument("--pid", type=whole, metavar="PID", help="signal: the process of this number")
        parser.add_argument("--wait", type=seconds, metavar="SECONDS", help="signal: wait until they have ended")
        parser.add_argument("--kill", action="store_true", help="signal: KILL those that are still there after the wait")
        parser.add_argument("--at-most", type=whole, metavar="N", help="signal: send nothing where more processes are meant")

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """See AgentApplication."""
        action, things = action_and_things(options.words, ACTIONS)
        if len(things) > 1:
            raise UsageError(f"one pattern, not {', '.join(things)}: put quotes around one with blanks")
        if options.signal is None and action == "signal":
            options.signal = "TERM"
        inputs: dict[str, Any] = {"pattern": things[0]} if things else {}
        for option, name, wanted in _OPTIONS:
            value = getattr(options, option)
            if value in (None, False):
                continue
            if wanted and action not in wanted:
                raise UsageError(f"--{option.replace('_', '-')} is for {' and '.join(wanted)}, not for {action}")
            inputs[name] = value.upper().removeprefix("SIG") if name == "signal" else value
        self._fields = self._chosen_fields(options, action)
        self._options = options
        return action, inputs

    def ask(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """See AgentApplication: a signal is sent when it has been seen whom it would reach."""
        if not self._fields:
            self._fields = _fields(rpc.client.config.plugin("process").get("fields", ""), "plugin.process.fields") or USUAL
        if action != "signal" or options.noop or options.yes:
            return super().ask(rpc, action, inputs, options)
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError("a signal is sent when its processes have been seen: call this on a terminal, with --noop or with --yes")
        with interruptible(results := rpc.call(action, {**inputs, "noop": True})) as wait:
            came = list(results)
        if wait.is_interrupted:
            return wait.exitcode(0)
        if not (counted := _previewed(came)):
            print("no process is meant: nothing was sent", file=sys.stderr)
            return 1 if not came else 2 if any(not result.is_ok for result in came) else 0
        hosts = "1 host" if len(counted) == 1 else f"{len(counted)} hosts"
        question = f"Send {inputs['signal']} to {_many(sum(counted), 'process')} on {hosts}? (y/N) "
        print(question, end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise UsageError("nothing was sent")
        options.yes = True
        return super().ask(rpc, action, {"at_most": max(counted), **inputs}, options)

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        data = result.data
        if result.action == "count":
            return None if self._options.silent else text_of(data.get("count"))
        if result.action == "signal":
            return _signalled(data, self._options)
        if self._options.silent:
            return None
        if result.action == "ports":
            return "\n".join(listener_lines(data.get("listeners"))) if mappings(data.get("listeners")) else None
        entries = mappings(data.get("pslist"))
        lines = process_lines(entries, self._fields, _when, is_whole=self._options.whole) if entries else []
        if result.action == "top":
            load = data.get("load")
            load = " ".join(text_of(part) for part in load) if isinstance(load, list) else text_of(load)
            memory = f"{size_words(data.get('available'))} of {size_words(data.get('memory'))} available"
            lines.insert(0, f"load {load}, {text_of(data.get('cpus'))} processors, {memory}")
        if data.get("truncated"):
            lines.append(f"... these are the first {len(entries)}")
        return "\n".join(lines) or None

    @staticmethod
    def _chosen_fields(options: argparse.Namespace, action: str) -> tuple[str, ...]:
        if options.fields:
            return _fields(options.fields, "--fields")
        return BUSIEST if action == "top" else ()


# option, input, and the actions that it is for, () for all
_OPTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("zombies", "just_zombies", ()),
    ("user", "user", ()),
    ("state", "state", ()),
    ("by", "sort", ("top",)),
    ("top", "count", ("top",)),
    ("seconds", "seconds", ("top",)),
    ("port", "port", ("ports",)),
    ("signal", "signal", ("signal",)),
    ("pid", "pid", ("signal",)),
    ("wait", "wait", ("signal",)),
    ("kill", "kill", ("signal",)),
    ("at_most", "at_most", ("signal",)),
)


def _fields(words: str, where: str) -> tuple[str, ...]:
    try:
        return fields_of(words) if words else ()
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from error


def _previewed(came: list[RPCResult]) -> list[int]:
    """Say whom a signal would reach, host by host; gives how many on each host that has any."""
    counted = []
    for result in sorted(came, key=lambda result: result.sender):
        count = result.data.get("count") if result.is_ok else None
        if not result.is_ok:
            print(f"   {inert(result.sender)}: {inert(result.statusmsg)}", file=sys.stderr)
        elif isinstance(count, int) and count > 0:
            counted.append(min(count, _MOST))
            entries = mappings(result.data.get("processes"))
            print(f"   {inert(result.sender)}: {_many(count, 'process')}", file=sys.stderr)
            for line in process_lines(entries[:_NAMED], ("PID", "USER", "COMMAND"), _when)[1:]:
                print(f"      {inert(line)}", file=sys.stderr)
            if count > _NAMED:
                print(f"      ... and {count - _NAMED} more", file=sys.stderr)
    return counted


def _signalled(data: Mapping[str, Any], options: argparse.Namespace) -> str | None:
    count, ended = data.get("count"), data.get("ended")
    if not count:
        return None
    words = [f"{'would send' if not data.get('changed') else 'sent'} {options.signal.upper()} to {_many(count, 'process')}"]
    if isinstance(ended, int):
        words.append(f", {ended} ended")
    if killed := data.get("killed"):
        words.append(f", {killed} by KILL")
    shown = (
        () if options.silent else process_lines(data.get("processes"), ("PID", "USER", "COMMAND"), _when, is_whole=options.whole)[1:]
    )
    return "\n".join(["".join(words), *shown])


def _many(count: Any, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count} {noun}es"


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
