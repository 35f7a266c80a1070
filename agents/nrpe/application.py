"""`mco nrpe`: run a check of NRPE everywhere and see where it is not well."""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, agent_client
from mcollective_py.cli.calls import Wait, interruptible
from mcollective_py.cli.inert import inert
from mcollective_py.cli.options import Parser, parse
from mcollective_py.errors import MCollectiveError, UsageError

from .fleet import STATES, HostState, Share, fleet_lines, fleet_state

_SILENT = ("ok", "warning", "critical", "unknown")
_UNKNOWN = 3


class Nrpe(AgentApplication):
    """Only hosts that are not OK are shown; -v, or --display all, shows all."""

    description = "Run a check of NRPE and show where it is not OK"
    usage = "CHECK [ARGUMENT ...]  |  --all  |  --list"
    agent = "nrpe"

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("words", nargs="*", metavar="CHECK ARGUMENT", help="the check, and what its $ARG1$, $ARG2$ and so on are")
        parser.add_argument("--all", action="store_true", dest="all_checks", help="run all checks that take no arguments")
        parser.add_argument("--list", action="store_true", dest="list_checks", help="show which checks there are")
        parser.add_argument("--nagios", action="store_true", help="one state of all hosts, for a monitoring server: a line and 0 to 3")
        parser.add_argument(
            "--warning", type=_share, metavar="N[%]", help="with --nagios: WARNING if more hosts than this are not OK (0)"
        )
        parser.add_argument("--critical", type=_share, metavar="N[%]", help="with --nagios: CRITICAL if more than this are CRITICAL")
        parser.add_argument("--silent", choices=_SILENT, metavar="STATE", help="with --nagios: what a silent host counts as (unknown)")

    def check_words(self, words: Sequence[str], parser: Parser) -> None:
        """See Application: a wrong option is UNKNOWN to a monitoring server, and no state of the fleet as 1 would be."""
        if "--nagios" in words:
            try:
                parse(parser, words)
            except UsageError as error:
                print(_unknown(error))
                raise SystemExit(_UNKNOWN) from error

    def run(self, options: argparse.Namespace) -> int:
        self._shows_ok = options.display in ("all", "ok")
        if not options.nagios:
            if given := [name for name in ("warning", "critical", "silent") if getattr(options, name) is not None]:
                raise UsageError(f"--{given[0]} goes with --nagios")
            return super().run(options)
        try:
            return self._nagios(options)
        except MCollectiveError as error:  # 1 and 2 would be states of the fleet
            print(_unknown(error))
            return _UNKNOWN

    def call(self, options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        words: Sequence[str] = [part for word in options.words[:1] for part in word.split("!")] + list(options.words[1:])
        if options.all_checks or options.list_checks:
            if words or (options.all_checks and options.list_checks):
                raise UsageError("one check by its name, or --all, or --list")
            return ("runallcommands" if options.all_checks else "list"), {}
        if not words:
            raise UsageError("which check? mco nrpe CHECK; `mco nrpe --list` shows which there are, --all runs them")
        if wrong := next((word for word in words[1:] if "!" in word), None):
            raise UsageError(f"{wrong!r}: arguments cannot have a !, it stands between them")
        return "runcommand", {"command": words[0], **({"args": "!".join(words[1:])} if words[1:] else {})}

    def line(self, result: Any) -> str | None:
        if result.action == "list":
            return "\n".join(_listed(result))
        if result.action == "runallcommands":
            return "\n".join(_all_lines(result, shows_ok=self._shows_ok)) or None
        return f"{result.get('state', 'OK')}: {result.get('output', '')}" if self._shows_ok else None

    def failure(self, result: Any) -> str | None:
        if result.statuscode != 1 or result.refusal or "exitcode" not in result:
            return None
        return f"{result.statusmsg}: {_text(result.get('output'))}"

    def closing(self, results: Sequence[Any]) -> Iterable[str]:
        if not any(result.action == "runallcommands" for result in results):
            return
        bad = sum(_state(result) != 0 for result in results)
        yield f"{len(results) - bad} of {len(results)} hosts have only checks that are OK"

    def exitcode(self, results: Sequence[Any], code: int) -> int:
        """With --all a host answers well whatever its checks say; the code tells of these."""
        is_bad = any(result.action == "runallcommands" and _state(result) for result in results)
        return 2 if code in (0, 5) and is_bad else code

    def _nagios(self, options: argparse.Namespace) -> int:
        if options.json or options.format or options.output_file or options.noop:
            raise UsageError("--nagios is a format of its own")
        action, inputs = self.call(options)
        if action == "list":
            raise UsageError("--nagios needs a check, or --all")
        warning: Share = options.warning or Share(0)
        critical: Share = options.critical or (warning if options.warning else Share(0))
        hosts: list[HostState] = []
        with agent_client(self.agent, action, inputs, options) as rpc:
            results = rpc.call_known(action, inputs) or rpc.call(action, inputs)
            wait: Wait
            with interruptible(results) as wait:
                hosts += [HostState(inert(result.sender), _state(result), inert(_said(result))) for result in results]
            stats = results.stats
        if wait.lost is not None:
            raise wait.lost
        missing = sorted({*stats.no_response, *stats.not_sent, *stats.not_asked, *stats.silent_known} - {host.name for host in hosts})
        state = _SILENT.index(options.silent or "unknown")
        hosts += [HostState(inert(name), state, "no answer") for name in missing]
        print("\n".join(fleet_lines(inputs.get("command", "NRPE"), hosts, len(missing), warning, critical)))
        return wait.exitcode(fleet_state(hosts, warning, critical))


def _unknown(error: MCollectiveError) -> str:
    """The line of a plugin that could not look; what stood behind | would be read as performance data."""
    return f"NRPE UNKNOWN - {inert(str(error).partition(chr(10))[0]).replace('|', '/')}"


def _share(word: str) -> Share:
    try:
        return Share.of(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _state(result: Any) -> int:
    """The state of a host's check, or of the worst of its checks; UNKNOWN where it did not run them."""
    code = result.get("exitcode")
    is_run = result.statuscode in (0, 1) and not result.refusal and isinstance(code, int) and not isinstance(code, bool)
    return code if is_run and 0 <= code < _UNKNOWN else _UNKNOWN


def _said(result: Any) -> str:
    if result.action == "runallcommands" and result.is_ok:
        return "; ".join(_all_lines(result))
    return _text(result.get("output")) or result.statusmsg


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _all_lines(result: Any, *, shows_ok: bool = False) -> list[str]:
    """A line for each check of a host that is not OK, the worst first, and what could not be read or run."""
    commands = result.get("commands")
    rows = []
    for name, one in commands.items() if isinstance(commands, Mapping) else ():
        code = one.get("exitcode") if isinstance(one, Mapping) else None
        state = code if isinstance(code, int) and 0 <= code < _UNKNOWN else _UNKNOWN
        if state or shows_ok:
            printed = _text(one.get("output") if isinstance(one, Mapping) else None)
            rows.append(((2, 1, 3, 0).index(state), name, f"{name} {STATES[state]}: {printed.partition('|')[0].rstrip()}"))
    if not commands:
        rows.append((0, "", "UNKNOWN: no checks"))
    problems = result.get("problems")
    return [text for _, _, text in sorted(rows)] + [_text(problem) for problem in (problems if isinstance(problems, list) else ())]


def _listed(result: Any) -> list[str]:
    commands, refused = result.get("commands"), result.get("refused")
    lines = []
    for name, one in sorted(commands.items()) if isinstance(commands, Mapping) else ():
        count = one.get("arguments") if isinstance(one, Mapping) else None
        takes = "" if not count else f", {count} argument{'' if count == 1 else 's'}"
        lines.append(f"{name} ({_text(one.get('program')) if isinstance(one, Mapping) else ''}{takes})")
    lines += [f"{name} is refused: {_text(why)}" for name, why in (sorted(refused.items()) if isinstance(refused, Mapping) else ())]
    problems = result.get("problems")
    return [*lines, *(_text(problem) for problem in (problems if isinstance(problems, list) else ()))] or ["no checks"]
