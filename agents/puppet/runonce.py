"""Starting a run, and finding out how one that was started has ended."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mcollective_py.agent import RPCAborted, RPCReply, RPCRequest
from mcollective_py.agent.kept import read_kept, write_kept
from mcollective_py.agent.ownsettings import flag, whole
from mcollective_py.agent.puppetresource import ENVIRONMENT, parse_errors

from .runs import options_of, outcome_of, run_words
from .settings import Places, agent_command, state_folder
from .status import AgentStatus

_RUN_LIMIT = 7200  # seconds; a run that takes longer is ended
_NOT_RUN = ("Skipping run of Puppet configuration client", "Run of Puppet configuration client already in progress")


def start_run(config: Mapping[str, str], places: Places, status: AgentStatus, request: RPCRequest, reply: RPCReply) -> None:
    """Start a run and fill the reply; the messages are the historic ones. Nothing is started where a run would be refused."""

    def refuse(why: str) -> None:
        reply["summary"] = why
        reply.abort(why)

    if status.lock is not None:
        refuse(f"Puppet is disabled: '{status.lock.message}'" if status.lock.message else "Puppet is disabled")
    if status.applying:
        refuse("Puppet is currently applying a catalog, cannot run now")
    if request.get("server") and not flag(config, "puppet", "allow_server_override", False):
        refuse("Passing 'server' option is not allowed in module configuration")
    is_signalled = bool(status.daemon) and flag(config, "puppet", "signal_daemon", True)
    options = options_of(
        request,
        is_signalled=is_signalled,
        splay=flag(config, "puppet", "splay", True),
        splaylimit=whole(config, "puppet", "splaylimit", 30, 0, 9_999_999),
    )
    if is_signalled and options.are_custom:
        if request.get("force") is not True:
            refuse("Cannot specify any custom puppet options when the daemon is running")
        is_signalled = False  # beside the daemon, once: its lock sees that no two apply a catalog
        options = options_of(request, is_signalled=False, splay=False, splaylimit=0)
    from mcollective_py.agent import read_record, start_detached

    record = _record(config)
    earlier = read_record(record)
    if earlier is not None and earlier.is_running and request.get("force") is not True:
        refuse(f"A Puppet run that was started {int(time.time() - earlier.started)} seconds ago has not ended, cannot run now")
    reply["initiated_at"], reply["run"] = int(time.time()), request.id
    if is_signalled:
        try:
            os.kill(status.daemon, signal.SIGUSR1)
        except OSError as error:
            refuse(f"Failed to signal the puppet agent at pid {status.daemon}: {error.strerror}")
        write_kept(_signalled(config), {"id": request.id, "at": time.time(), "after": status.lastrun.lastrun})
        reply["summary"] = "Signalled the running Puppet Daemon"
        return
    words = run_words(agent_command(config), options, config=config.get("config"), has_serverport=places.has_serverport)
    limit = whole(config, "puppet", "run_timeout", _RUN_LIMIT, 0, 9_999_999) + (options.splaylimit or 0 if options.splay else 0)
    try:
        start_detached(words, record, id=request.id, timeout=limit, env=ENVIRONMENT)
    except (OSError, RPCAborted) as error:
        refuse(f"Puppet could not be started: {error}")
    reply["summary"] = f"Started a Puppet run using the '{' '.join(words)}' command"


def find_result(config: Mapping[str, str], status: AgentStatus, run: str | None) -> dict[str, Any]:
    """The outputs of run_result but those of the report. run: the id of the request that started it, None for the latest.

    has_report: whether last_run_report.yaml is of this run. said: why it ended, where it did so before there was a report.
    """
    from mcollective_py.agent import read_record

    record, signalled = read_record(_record(config)), read_kept(_signalled(config))
    lastrun = status.lastrun
    known = _signal_of(signalled)
    if record is not None and run in (None, record.id) and (run is not None or known is None or known[1] <= record.started):
        has_ended = record.finished is not None
        has_report = has_ended and int(record.started) <= lastrun.lastrun
        result = _state(record.id, record.started)
        if has_ended:
            code = 1 if record.exitcode is None else record.exitcode
            said = [line for line in record.stdout.splitlines() if any(words in line for words in _NOT_RUN)]
            said = [line.removeprefix("Notice: ").strip() for line in said] + parse_errors(record.stderr)
            if record.timed_out:
                said.insert(0, "it took too long and was ended")
            if has_report and lastrun.outcome in ("noop", "nocatalog") and code in (0, 1):
                outcome = lastrun.outcome
            else:
                outcome = outcome_of(code)
            return result | {
                "state": "finished", "exitcode": code, "outcome": outcome, "finished": int(record.finished or 0),
                "has_report": has_report and not (said and not has_report), "said": said,
            }  # fmt: skip
        if not record.is_running:
            return result | {"state": "finished", "exitcode": 1, "outcome": "failed", "said": ["it was killed, or the host went down"]}
        return result | {"state": "running" if status.applying else "waiting"}
    if known is not None and run in (None, known[0]):
        result = _state(known[0], known[1])
        if status.applying:
            return result | {"state": "running"}
        if lastrun.lastrun == known[2]:  # a run that ended in the second of the signal is an earlier one
            if status.daemon and status.lock is None:
                return result | {"state": "waiting"}
            why = "the daemon that was told to run is not there any more" if not status.daemon else "Puppet was disabled before it ran"
            return result | {"state": "finished", "exitcode": 1, "outcome": "failed", "said": [why]}
        ended = {"exitcode": lastrun.exitcode, "outcome": lastrun.outcome, "finished": lastrun.lastrun, "has_report": True}
        return result | {"state": "finished"} | ended
    raise RPCAborted("no run of that id is known here" if run else "no run has been started from here")


def _state(id: str, started: float) -> dict[str, Any]:
    return {
        "run": id, "started": int(started), "state": "unknown", "exitcode": -1, "outcome": "", "finished": 0, "has_report": False,
        "said": [],
    }  # fmt: skip


def _signal_of(kept: Any) -> tuple[str, float, int] | None:
    """Id, time of the signal, and when the run before it had ended."""
    if not isinstance(kept, dict) or not isinstance(kept.get("id"), str):
        return None
    if not isinstance(kept.get("at"), int | float) or not isinstance(kept.get("after"), int):
        return None
    return kept["id"], float(kept["at"]), kept["after"]


def _record(config: Mapping[str, str]) -> Path:
    return Path(state_folder(config)) / "puppet-run.json"


def _signalled(config: Mapping[str, str]) -> str:
    return str(Path(state_folder(config)) / "puppet-signal.json")
