"""Supervisors, started: one that is waited for, or that of a job, which goes on without us."""

import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from mcollective_py.agent import RPCAborted, run

from .jobs import Jobs
from .jobstate import JobState
from .spec import Spec
from .start import background, foreground, in_unit, unit_of

_MARGIN = 6.0  # seconds beyond its time in which a supervisor ends what it runs
_STARTS_WITHIN = 15.0  # seconds
_SYSTEMD_RUN = "/usr/bin/systemd-run"


def run_supervised(spec: Spec) -> dict[str, Any]:
    """How a command ended, with its output (see supervisor.py). Raises RPCAborted where it could not be started."""
    import json

    ended = run(
        foreground(*_own()),
        stdin=spec.to_json(),
        timeout=(spec.timeout or 0) + _MARGIN,
        max_output=16 * spec.max_output + (1 << 20),  # as JSON a byte takes up to twelve in two streams
        env={"LC_ALL": "C.UTF-8"},
    )
    try:
        outcome: dict[str, Any] = json.loads(ended.stdout)
    except ValueError as error:
        said = ended.stderr.strip()[-500:] or "it said nothing"
        raise RPCAborted(f"the command's supervisor ended with {ended.exitcode}: {said}", 5) from error
    if "error" in outcome:
        raise RPCAborted(str(outcome["error"]))
    return outcome


def supervise(jobs: Jobs, handle: str, logger: logging.Logger, *, wants_unit: bool) -> str | None:
    """Start the supervisor of a job; the systemd unit that it is in, None for a plain process. Raises RPCAborted."""
    folder = jobs.path(handle)
    if wants_unit and os.geteuid() == 0 and Path("/run/systemd/system").is_dir():
        try:
            ended = run(in_unit(_SYSTEMD_RUN, handle, *_own(), folder), timeout=_STARTS_WITHIN)
        except RPCAborted as error:
            logger.warning("no unit for the job %s: %s", handle, error)
        else:
            if ended.exitcode == 0:
                return unit_of(handle)
            logger.warning("no unit for the job %s: %s", handle, ended.stderr.strip()[-300:])
    ended = run(background(*_own(), folder), timeout=_STARTS_WITHIN)
    if ended.exitcode:
        jobs.forget(handle)
        raise RPCAborted(f"the supervisor of the job could not be started: {ended.stderr.strip()[-500:]}", 5)
    return None


def begun(jobs: Jobs, handle: str) -> JobState:
    """The state of a job once it is known whether its program runs; `starting` where that takes too long."""
    deadline = time.monotonic() + _STARTS_WITHIN
    while (state := jobs.state(handle)).status == "starting" and time.monotonic() < deadline:
        time.sleep(0.01)  # this process is the action's own
    return state


def _own() -> tuple[str, str, str]:
    """The interpreter, the folder that this agent's lies in, and the name of this agent's."""
    folder = Path(__file__).absolute().parent
    return os.path.realpath(sys.executable), str(folder.parent), folder.name
