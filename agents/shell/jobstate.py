"""How a job is, by what its folder says; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

STARTING, RUNNING, STOPPED, FAILED = "starting", "running", "stopped", "failed"
_STARTS_WITHIN = 60.0  # seconds; a supervisor that was not heard of by then was never there


@dataclass(frozen=True, slots=True)
class JobState:
    """status: starting, running, stopped or failed, Ruby's words. exitcode, signal: of one that stopped. reason: why it failed or was
    ended. dropped: bytes of its output that were not kept. ended: seconds since the epoch, None where that is not known."""

    status: str
    exitcode: int | None = None
    signal: str | None = None
    reason: str = ""
    dropped: int = 0
    started: float | None = None
    ended: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in (STOPPED, FAILED)


def state_of(
    asked: Mapping[str, Any],
    started: Mapping[str, Any] | None,
    ended: Mapping[str, Any] | None,
    failed: Mapping[str, Any] | None,
    *,
    is_supervised: bool,
    boot_id: str,
    now: float,
) -> JobState:
    """The state by the records of a job. is_supervised: whether its supervisor lives, looked at before `ended` was read."""
    began = _number(started, "time")
    if ended is not None:
        dropped = ended.get("dropped")
        return JobState(
            STOPPED,
            None if ended.get("timed_out") else ended.get("exitcode"),
            ended.get("signal"),
            "its time was over" if ended.get("timed_out") else str(ended.get("reason", "")),
            sum(dropped.values()) if isinstance(dropped, dict) else 0,
            began,
            _number(ended, "time"),
        )
    if failed is not None:
        return JobState(FAILED, reason=str(failed.get("reason", "")), ended=_number(asked, "time"))
    if is_supervised:
        return JobState(STARTING if started is None else RUNNING, started=began)
    if asked.get("boot_id") != boot_id:
        return JobState(FAILED, reason="the host was started anew while it ran: how far it came is not known", started=began)
    if started is not None:
        return JobState(FAILED, reason="its supervisor was ended, and the command with it: how far it came is not known", started=began)
    if now - (_number(asked, "time") or 0.0) < _STARTS_WITHIN:
        return JobState(STARTING)
    return JobState(FAILED, reason="it was never started")


def _number(record: Mapping[str, Any] | None, key: str) -> float | None:
    value = (record or {}).get(key)
    return float(value) if isinstance(value, int | float) else None
