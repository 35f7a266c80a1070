"""Check: one thing that was looked at, what was seen, and the exact fix; and how checks are shown. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...errors import BrokerUnreachable, ConfigError
from ..inert import inert

OK, WARN, FAIL, SKIP = "ok", "warn", "fail", "skip"

_RED, _GREEN, _YELLOW = "\x1b[31m", "\x1b[32m", "\x1b[33m"
_COLOURS = {OK: _GREEN, WARN: _YELLOW, FAIL: _RED, SKIP: _YELLOW}
_NAME = 22  # columns


@dataclass(frozen=True, slots=True)
class Check:
    """name: what was looked at. outcome: OK, WARN, FAIL, or SKIP where it could not be tried. seen: what there is. fix: what to do.

    strict: the exit code of a failure with --strict.
    """

    name: str
    outcome: str
    seen: str
    fix: str = ""
    strict: int = 1

    def to_dict(self) -> dict[str, str]:
        """As it stands in a JSON document."""
        return {"name": self.name, "outcome": self.outcome, "seen": self.seen, "fix": self.fix}


def ok(name: str, seen: str) -> Check:
    """Something that is as it should be."""
    return Check(name, OK, seen)


def warn(name: str, seen: str, fix: str) -> Check:
    """Something that works, and perhaps not for long, or not as meant."""
    return Check(name, WARN, seen, fix)


def fail(name: str, seen: str, fix: str, strict: int = 1) -> Check:
    """Something that keeps others from working."""
    return Check(name, FAIL, seen, fix, strict)


def misconfigured(name: str, seen: str, fix: str) -> Check:
    """A failure of the configuration or of a file that it names."""
    return fail(name, seen, fix, ConfigError.strict_exitcode)


def unreachable(name: str, seen: str, fix: str) -> Check:
    """A failure on the way to the broker, or at it."""
    return fail(name, seen, fix, BrokerUnreachable.strict_exitcode)


def skip(name: str, why: str) -> Check:
    """Something that could not be tried because of what failed before."""
    return Check(name, SKIP, f"not tried: {why}")


def lines(check: Check, *, color: bool = False) -> list[str]:
    """One check as text."""
    word = f"{_COLOURS[check.outcome]}{check.outcome:<4}\x1b[0m" if color else f"{check.outcome:<4}"
    shown = [f"{word}  {check.name:<{_NAME}}  {inert(check.seen)}"]
    return [*shown, f"      {'':<{_NAME}}  fix: {inert(check.fix)}"] if check.fix else shown


def summary(checks: Sequence[Check]) -> str:
    """The last line: how many of each."""
    counts = {outcome: sum(check.outcome == outcome for check in checks) for outcome in (OK, WARN, FAIL, SKIP)}
    words = {OK: "ok", WARN: "to look at", FAIL: "failed", SKIP: "not tried"}
    return f"{len(checks)} checks: " + ", ".join(f"{count} {words[outcome]}" for outcome, count in counts.items() if count)


def exitcode(checks: Iterable[Check], *, strict: bool = False) -> int:
    """0 unless something failed; with strict that of the first failure: 78 configuration and keys, 69 brokers, else 1."""
    first = next((check for check in checks if check.outcome == FAIL), None)
    return 0 if first is None else first.strict if strict else 1
