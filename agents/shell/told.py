"""What is told of jobs: the outputs of status, statuses and list."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.agent import InvalidRPCData, Symbol

from .jobs import Jobs
from .output import CHUNK


def told(jobs: Jobs, handle: str, offsets: tuple[int, int] = (0, 0), most: int = CHUNK) -> dict[str, Any]:
    """A job, and its output from the offsets on, at most so many bytes of each stream. Raises RPCAborted for one that is not there."""
    state = jobs.state(handle)
    stdout, stdout_next, is_more = jobs.output(handle, "stdout", offsets[0], most, is_over=state.is_over)
    stderr, stderr_next, is_more_errors = jobs.output(handle, "stderr", offsets[1], most, is_over=state.is_over)
    return {
        "status": Symbol(state.status),
        "stdout": stdout,
        "stderr": stderr,
        "exitcode": state.exitcode,
        "signal": state.signal,
        "reason": state.reason or None,
        "truncated": state.dropped,
        "stdout_next": stdout_next,
        "stderr_next": stderr_next,
        "more": is_more or is_more_errors,
    }


def listed(jobs: Jobs, handle: str) -> dict[str, Any]:
    """A job as a line of a list."""
    asked, state = jobs.asked(handle), jobs.state(handle)
    return symbols(
        {
            "id": handle,
            "command": asked.get("command"),
            "status": Symbol(state.status),
            "signal": state.signal,
            "exitcode": state.exitcode,
            "user": asked.get("user"),
            "caller": asked.get("caller"),
            "started": None if state.started is None else int(state.started),
            "ended": None if state.ended is None else int(state.ended),
            "reason": state.reason or None,
        }
    )


def symbols(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same, with the names as Ruby's clients look for them inside of an output."""
    return {Symbol(name): value for name, value in told.items()}


def offsets_of(given: Any, identity: str) -> dict[str, tuple[int, int]]:
    """By handle what a caller knows already of this host's jobs. Raises InvalidRPCData."""
    try:
        own = (given or {}).get(identity) or {}
        return {str(handle): (int(known[0]), int(known[1])) for handle, known in own.items()}
    except (AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        raise InvalidRPCData("statuses: offsets are by identity, then by handle, and two numbers each") from error
