"""`mco shell`: commands on hosts, to their end or as jobs that are watched, listed and ended."""

import argparse
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mcollective_py.cli.agentapplication import AgentApplication, agent_client, one_of
from mcollective_py.cli.calls import interruptible, is_narrowed
from mcollective_py.cli.inert import inert
from mcollective_py.cli.main import INTERRUPTED
from mcollective_py.cli.optiontypes import seconds, whole
from mcollective_py.cli.output.chosen import format_of
from mcollective_py.cli.output.lines import said_of
from mcollective_py.cli.session import remark
from mcollective_py.client.results import RPCResult
from mcollective_py.client.rpcclient import RPCClient
from mcollective_py.errors import MCollectiveError, UsageError

from .inputs import inputs_of, options_within
from .watching import Watched, how_it_ended, text_of

ACTIONS = ("run", "start", "script", "watch", "status", "list", "kill", "purge")
_SOON, _LATER = 0.3, 2.0  # seconds between two looks at jobs: while they write, and while they are quiet
_ANSWERS_WITHIN = 5.0  # seconds
_GIVEN_UP = 60.0  # seconds without an answer: a daemon that is started anew is back by then
_AT_ONCE = 200  # hosts of one request
_MOST_HANDLES = 100
_NOBODY = 1  # the exit code where no host was discovered
_SHOWN = 500_000  # characters of a stream in text
_TURNED_ON = "the shell agent is off where server.cfg does not say plugin.shell.enabled = 1; mco why HOST shell says how it is there"


class Shell(AgentApplication):
    """The historic `mco shell`, and scripts."""

    description = "Run commands and scripts on hosts, at once or as jobs"
    usage = "run|start COMMAND  |  script FILE [ARGUMENT ...]  |  watch|status|kill HANDLE ...  |  list  |  purge [HANDLE ...]"
    agent = "shell"
    actions = ACTIONS
    asks_first = False  # of run and start the DDL says so; who names a job has narrowed it to that

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """See Application."""
        parser.add_argument(
            "words", nargs="*", metavar="ACTION ...", help="quote a command, or put -- before it: its options are its own"
        )
        parser.add_argument("--tail", action="store_true", help="run, script: show the output while it comes; Ctrl-C ends the command")
        parser.add_argument("--background", action="store_true", help="script: start it as a job")
        parser.add_argument("--argv", action="store_true", help="the words are a program and its words, and no shell reads them")
        parser.add_argument("--interpreter", metavar="PROGRAM", help="what reads the script, in place of what its first line says")
        parser.add_argument("--user", metavar="USER", help="who the command runs as")
        parser.add_argument("--group", metavar="GROUP", help="its primary group")
        parser.add_argument("--cwd", metavar="FOLDER", help="where it starts, / without it")
        parser.add_argument("--env", metavar="NAME=VALUE", action="append", help="a variable; may be given several times")
        parser.add_argument("--stdin", metavar="FILE", help="what it reads; - is the standard input of mco")
        parser.add_argument("--umask", metavar="OCTAL", help="022 without it")
        parser.add_argument("--max-time", type=seconds, metavar="SECONDS", help="then it is ended, with all that it started")
        parser.add_argument("--max-memory", metavar="SIZE", help="of each of its processes, as 512M")
        parser.add_argument("--max-cpu", type=whole, metavar="SECONDS", help="computing time of each of its processes")
        parser.add_argument("--max-output", metavar="SIZE", help="kept of each stream, as 64K")
        parser.add_argument("--signal", metavar="SIGNAL", help="kill: TERM (without it), KILL, INT, QUIT; HUP, USR1, USR2, STOP, CONT")
        parser.add_argument("--grace", type=whole, metavar="SECONDS", help="kill: what is left then gets KILL, 5 without it")
        parser.add_argument("--age", metavar="DURATION", help="purge: only jobs that ended so long ago, as 1d")

    def check_words(self, words: Sequence[str], parser: argparse.ArgumentParser) -> None:
        """See Application: an option within a command line that is not quoted would be taken for ours, and the rest run without it."""
        if found := options_within(words, parser, ("run", "start", "script")):
            how = "write -- before it" if "script" in words else "quote the command, or write -- before it"
            raise UsageError(f"is {found[0]} meant for the command? Then {how}; the options of mco stand before that")

    def run(self, options: argparse.Namespace) -> int:
        """See Application."""
        action, things = self._addressed(options)
        options.stdin_names_hosts = options.stdin != "-" and things[:1] != ["-"]
        if action in ("watch", "status", "kill"):
            return self._of_jobs(action, _handles(things), options)
        if action == "purge" and things:
            self._called(action, things, options)
            return self._of_jobs(action, _handles(things), options)
        called, inputs = self._called(action, things, options)
        self.asks_first = called == "purge"  # what all jobs of everybody wrote would be gone
        with agent_client(self.agent, called, inputs, options) as rpc:
            if called in ("run", "start") and is_narrowed(rpc, options):
                options.yes = True  # `mco rpc` asks whatever the filter; whoever types a command and a filter has said what he wants
            if action in ("run", "script") and options.tail:
                return self._tail(rpc, inputs, options)
            return self.ask(rpc, called, inputs, options)

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        data = result.data
        if result.action == "run":
            return _ran(data) or None
        if result.action == "start":
            return text_of(data.get("handle")) or None
        if result.action == "list":
            return "\n".join(_listed(data.get("jobs"))) or None
        if result.action == "statuses":
            return "\n".join(_stated(data.get("statuses"))) or None
        if result.action == "kill":
            return None if data.get("signalled") else f"it had ended already ({data.get('status')})"
        purged = data.get("purged")
        return "\n".join(str(handle) for handle in purged) if isinstance(purged, list) and purged else None

    def failure(self, result: RPCResult) -> str | None:
        """See AgentApplication: who calls this agent for the first time is told how a host gets it."""
        return _TURNED_ON if result.refusal == "unknownagent" else None

    def ask(self, rpc: RPCClient, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """See AgentApplication."""
        code = super().ask(rpc, action, inputs, options)
        if code == _NOBODY:
            remark(_TURNED_ON)
        return code

    def exitcode(self, results: Sequence[RPCResult], code: int) -> int:
        """See AgentApplication: a command that did not end with 0 is a failure, though the host did what it was asked."""
        is_bad = any(result.is_ok and _went_wrong(result) for result in results)
        return 2 if is_bad and code in (0, 5) else code

    # --- words ------------------------------------------------------------------------------------------------------

    def _addressed(self, options: argparse.Namespace) -> tuple[str, list[str]]:
        action, *things = options.words or [""]
        if action not in ACTIONS:
            raise UsageError(f"which action? mco shell {'|'.join(ACTIONS)} ...; a command is run by mco shell run 'COMMAND'")
        return action, things

    def _called(self, action: str, things: list[str], options: argparse.Namespace) -> tuple[str, Mapping[str, Any]]:
        """The agent's action, and its inputs."""
        if options.tail and action not in ("run", "script"):
            raise UsageError("--tail is for run and script; mco shell watch HANDLE shows the output of a job")
        if options.background and action != "script":
            raise UsageError("--background is for script; a command is started as a job by mco shell start")
        if action == "list":
            if things:
                raise UsageError(f"list takes no {' '.join(things)!r}")
            return "list", {}
        if action == "purge":
            handles = {"handles": _handles(things)} if things else {}
            return "purge", handles | ({"age": options.age} if options.age is not None else {})
        inputs = inputs_of(action, things, options)
        is_job = action == "start" or options.tail or options.background
        return "start" if is_job else "run", inputs

    # --- jobs -------------------------------------------------------------------------------------------------------

    def _of_jobs(self, action: str, handles: list[str], options: argparse.Namespace) -> int:
        """watch, status, kill and purge: of the hosts that the filter means, those that have the jobs."""
        if action == "kill":
            one_of(handles, "job")
        asked = {"handles": handles}
        looking = argparse.Namespace(**{**vars(options), "noop": False})  # to look who has them changes nothing
        with agent_client(self.agent, "statuses", asked, looking) as rpc:
            with interruptible(results := rpc.call("statuses", {**asked, "output": False})) as wait:
                told = list(results)
                jobs = [job for result in told for job in _found(result, handles)]
            if wait.is_interrupted:
                return wait.exitcode(INTERRUPTED)
            if not jobs:
                refusing = [one for one in told if not one.is_ok]
                silent = results.stats.no_response
                more = f"; {len(silent)} did not answer" if silent else ""
                more += "".join(f"; {one.sender}: {said_of(one, self.line, self.failure)}" for one in refusing[:1])
                raise MCollectiveError(f"no host that answered has {'this job' if len(handles) == 1 else 'these jobs'}{more}")
            rpc.discover(sorted({job.sender for job in jobs}))
            if action == "kill":
                inputs = {"handle": handles[0]}
                inputs |= {name: value for name in ("signal", "grace") if (value := getattr(options, name)) is not None}
                return self.ask(rpc, "kill", inputs, options)
            if action == "purge":
                age = {"age": options.age} if options.age is not None else {}
                return self.ask(rpc, "purge", {**asked, **age}, options)
            if action == "status" or format_of(options) != "text":
                if action == "watch":
                    self._follow(rpc, jobs, options, lambda line: None)
                return self.ask(rpc, "statuses", asked, options)
            return self._follow(rpc, jobs, options, _printed)

    def _tail(self, rpc: RPCClient, inputs: Mapping[str, Any], options: argparse.Namespace) -> int:
        """Start jobs, show what they write, and end them where the operator leaves."""
        if format_of(options) != "text":
            raise UsageError("--tail is for people; start the command, and mco shell watch HANDLE --json tells how it ended")
        started = _Started()
        code = started.ask(rpc, "start", inputs, options)
        if not started.jobs:
            return code
        followed = self._follow(rpc, started.jobs, options, _printed, ends_them=True)
        return followed if followed == INTERRUPTED else max(code, followed) if code in (0, 2, 5) else code

    def _follow(
        self, rpc: RPCClient, jobs: list[Watched], options: argparse.Namespace, show: Callable[[str], None], *, ends_them: bool = False
    ) -> int:
        """Show what jobs write until they have ended; the exit code."""
        heard = dict.fromkeys((job.sender for job in jobs), time.monotonic())
        rpc.timeout, pause_now, is_interrupted = _ANSWERS_WITHIN, 0.0, False
        lost: set[str] = set()
        while waiting := [job for job in jobs if not job.is_over and job.sender not in lost]:
            try:
                time.sleep(pause_now)
                lines = _look(rpc, waiting, heard)
            except KeyboardInterrupt:
                is_interrupted = True
                if not ends_them:
                    remark("interrupted: the jobs go on")
                    break
                remark("interrupted: the commands are ended; again to leave without waiting for that")
                _kill(rpc, waiting)
                ends_them, lines = False, []
            for line in lines:
                show(line)
            for job in waiting:
                if job.is_over and (words := job.ending()):
                    show(f"{job.sender}: {words}")
            pause_now = _SOON if lines or is_interrupted else min(_LATER, max(_SOON, pause_now * 1.5))
            if any(job.has_more for job in waiting):
                pause_now = 0.0
            for sender in {job.sender for job in waiting if time.monotonic() - heard[job.sender] > _GIVEN_UP}:
                lost.add(sender)
                remark(f"{sender} does not answer any more; its job may go on: mco shell watch {waiting[0].handle}")
        if is_interrupted:
            return INTERRUPTED
        return 2 if lost or not all(job.is_well for job in jobs) else 0


class _Started(Shell):
    """The call that starts what is to be watched: of hosts where that went well nothing is said."""

    def __init__(self) -> None:
        self.jobs: list[Watched] = []

    def line(self, result: RPCResult) -> str | None:
        """See AgentApplication."""
        return None

    def exitcode(self, results: Sequence[RPCResult], code: int) -> int:
        """See AgentApplication."""
        self.jobs = [Watched(one.sender, handle) for one in results if one.is_ok and (handle := text_of(one.data.get("handle")))]
        return code


def _look(rpc: RPCClient, waiting: Sequence[Watched], heard: dict[str, float]) -> list[str]:
    """Ask the hosts of jobs once; the lines that have come. heard: by host when it answered last."""
    by_host: dict[str, dict[str, Watched]] = {}
    for job in waiting:
        by_host.setdefault(job.sender, {})[job.handle] = job
    lines: list[str] = []
    hosts = sorted(by_host)
    for start in range(0, len(hosts), _AT_ONCE):
        asked = hosts[start : start + _AT_ONCE]
        handles = sorted({handle for host in asked for handle in by_host[host]})[:_MOST_HANDLES]
        offsets = {host: {handle: job.offsets for handle, job in by_host[host].items() if any(job.offsets)} for host in asked}
        inputs = {"handles": handles, "offsets": {host: known for host, known in offsets.items() if known}}
        for result in rpc.custom_request("statuses", inputs, asked):
            heard[result.sender] = time.monotonic()
            told = result.data.get("statuses") if result.is_ok else None
            for handle, job in by_host.get(result.sender, {}).items():
                if isinstance(told, Mapping) and isinstance(of_job := told.get(handle), Mapping):
                    lines += job.hear(of_job)
                elif not result.is_ok:
                    lines += job.hear({"status": "failed", "error": result.statusmsg})
    return lines


def _kill(rpc: RPCClient, jobs: Sequence[Watched]) -> None:
    for handle in sorted({job.handle for job in jobs}):
        for _ in rpc.custom_request("kill", {"handle": handle}, sorted({job.sender for job in jobs if job.handle == handle})):
            pass


def _found(result: RPCResult, handles: Sequence[str]) -> Iterable[Watched]:
    """The jobs that a host has of those that were asked for, as yet unseen."""
    told = result.data.get("statuses") if result.is_ok else None
    for handle in handles:
        of_job = told.get(handle) if isinstance(told, Mapping) else None
        if isinstance(of_job, Mapping) and of_job.get("status") != "error":
            yield Watched(result.sender, handle)


def _went_wrong(result: RPCResult) -> bool:
    """Whether a command ended with another code than 0, or was ended."""
    if result.action == "run":
        return result.data.get("exitcode") != 0
    told = result.data.get("statuses") if result.action == "statuses" else None
    ended = [job for job in told.values() if isinstance(job, Mapping)] if isinstance(told, Mapping) else []
    return any(job.get("status") == "failed" or (job.get("status") == "stopped" and job.get("exitcode") != 0) for job in ended)


def _ran(data: Mapping[str, Any]) -> str:
    """The output of a command, and how it ended unless that was well."""
    parts = [_cut(text_of(data.get("stdout"))).rstrip("\n")]
    parts += [f"stderr: {line}" for line in _cut(text_of(data.get("stderr"))).rstrip("\n").split("\n") if line]
    reason = "" if data.get("success") else f"its time was over after {data.get('seconds')} s"
    parts.append(reason or how_it_ended(data.get("exitcode"), data.get("signal"), ""))
    return "\n".join(part for part in parts if part)


def _cut(text: str) -> str:
    """What is shown of a stream, and what to do for the rest: the agent's own word on what it left out stands at the end of it."""
    more = len(text) - _SHOWN
    return f"{text[:_SHOWN]}\n[{more} characters more: --json has all that was kept]" if more > 0 else text


def _listed(jobs: Any) -> Iterable[str]:
    for handle, job in jobs.items() if isinstance(jobs, Mapping) else ():
        if isinstance(job, Mapping):
            ended = how_it_ended(job.get("exitcode"), job.get("signal"), job.get("reason"))
            status = f"{job.get('status')} ({ended})" if ended else f"{job.get('status')}"
            yield f"{handle}  {status:<10}  {job.get('user')}  {text_of(job.get('command'))}"


def _stated(statuses: Any) -> Iterable[str]:
    for handle, told in statuses.items() if isinstance(statuses, Mapping) else ():
        if isinstance(told, Mapping):
            ended = how_it_ended(told.get("exitcode"), told.get("signal"), told.get("reason") or told.get("error"))
            yield f"{handle}  {told.get('status')}" + (f" ({ended})" if ended else "")


def _handles(things: Sequence[str]) -> list[str]:
    if not things:
        raise UsageError("which job? mco shell list shows their handles")
    if len(things) > _MOST_HANDLES:
        raise UsageError(f"{_MOST_HANDLES} jobs at a time")
    return list(things)


def _printed(line: str) -> None:
    print(inert(line), flush=True)
