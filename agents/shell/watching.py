"""What a watcher knows of jobs on many hosts: how far their output has been shown, and how they ended; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STREAMS = ("stdout", "stderr")
_LONGEST = 8192  # characters of a line that does not end
_MOST = 1 << 50  # bytes of output: a number that every host takes


@dataclass(slots=True)
class Watched:
    """One job of one host. offsets: bytes shown of both streams. status: the last that was heard."""

    sender: str
    handle: str
    offsets: list[int] = field(default_factory=lambda: [0, 0])
    status: str = "starting"
    exitcode: int | None = None
    signal: str | None = None
    reason: str = ""
    has_more: bool = False
    _begun: list[str] = field(default_factory=lambda: ["", ""])

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return self.status not in ("starting", "running") and not self.has_more

    @property
    def is_well(self) -> bool:
        """Whether it came to its end with 0."""
        return self.status == "stopped" and self.exitcode == 0

    def hear(self, told: Mapping[str, Any]) -> list[str]:
        """The whole lines that have come, `HOST stdout: LINE`; all that there is once the job is over. told: what the host says."""
        lines, before = [], list(self.offsets)
        for index, name in enumerate(STREAMS):
            self._begun[index] += text_of(told.get(name))
            if isinstance(reached := told.get(f"{name}_next"), int) and reached <= _MOST:
                self.offsets[index] = max(self.offsets[index], reached)
        self.status = text_of(told.get("status")) or "failed"
        self.has_more = told.get("more") is True and self.offsets != before  # a host that says so for ever is not asked for ever
        exitcode = told.get("exitcode")
        self.exitcode = exitcode if isinstance(exitcode, int) else None
        self.signal, self.reason = text_of(told.get("signal")) or None, text_of(told.get("reason") or told.get("error"))
        for index, name in enumerate(STREAMS):
            *whole, rest = self._begun[index].split("\n")
            if rest and (self.is_over or len(rest) > _LONGEST):
                whole, rest = [*whole, rest], ""
            self._begun[index] = rest
            lines += [f"{self.sender} {name}: {line}" for line in whole]
        dropped = told.get("truncated")
        if self.is_over and isinstance(dropped, int) and dropped > 0:
            lines.append(f"{self.sender}: {dropped} bytes more of its output were not kept")
        return lines

    def ending(self) -> str | None:
        """How it ended, in words; None where there is nothing to say."""
        words = how_it_ended(self.exitcode, self.signal, self.reason)
        return None if self.is_well and not self.reason else words or self.status


def how_it_ended(exitcode: Any, signal: Any, reason: Any) -> str:
    """`exit code 3`, `ended by signal KILL`, and why, where that is known; empty for nothing to say."""
    how = f"ended by signal {signal}" if signal else f"exit code {exitcode}" if isinstance(exitcode, int) and exitcode else ""
    return "; ".join(part for part in (how, text_of(reason)) if part)


def text_of(value: Any) -> str:
    """A text that a host sent; empty for what is none."""
    return value if isinstance(value, str) else ""
