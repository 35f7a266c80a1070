"""last_run_summary.yaml: what Puppet says of its last run, and how that run ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# What Ruby's agent has in `summary`, whatever the file left out.
_RESOURCES = ("failed", "changed", "corrective_change", "total", "restarted", "out_of_sync")
# Output -> part and name in the summary.
NUMBERS: Mapping[str, tuple[str, str]] = {
    "out_of_sync_resources": ("resources", "out_of_sync"),
    "failed_resources": ("resources", "failed"),
    "corrected_resources": ("resources", "corrective_change"),
    "changed_resources": ("resources", "changed"),
    "total_resources": ("resources", "total"),
    "total_time": ("time", "total"),
    "config_retrieval_time": ("time", "config_retrieval"),
}
MAX_SUMMARY = 256 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class LastRun:
    """The summary of a run. summary: as Puppet wrote it, its five parts always there. lastrun: seconds since the epoch, 0 for never."""

    summary: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lastrun(self) -> int:
        return int(self.number("time", "last_run"))

    @property
    def config_version(self) -> str:
        """The version of the catalog; empty where none came, `unknown` where the file says nothing of it."""
        value = self.summary["version"].get("config", "unknown")
        return "" if value is None else str(value)

    def number(self, part: str, name: str) -> float:
        """A number of a part, 0 where there is none."""
        value = self.summary[part].get(name, 0)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else 0

    @property
    def has_no_catalog(self) -> bool:
        """True where the run ended before a catalog was there: it did not compile, or no server answered.

        Puppet counts no failure then; an empty version of the configuration is the only sign of it.
        """
        return self.lastrun > 0 and not self.config_version

    @property
    def outcome(self) -> str:
        """How the run ended, in a word: never, nocatalog, failed, changed, noop (drift was only told) or unchanged."""
        if not self.lastrun:
            return "never"
        if self.has_no_catalog:
            return "nocatalog"
        if self.number("resources", "failed") or self.number("resources", "failed_to_restart") or self.number("events", "failure"):
            return "failed"
        if self.number("resources", "changed") or self.number("changes", "total"):
            return "changed"
        return "noop" if self.number("events", "noop") else "unchanged"

    @property
    def exitcode(self) -> int:
        """The code that `puppet agent --detailed-exitcodes` ends such a run with: 0, 1, 2, 4 or 6."""
        if self.has_no_catalog:
            return 1
        failed = self.outcome == "failed"
        changed = self.number("resources", "changed") or self.number("changes", "total")
        return (4 if failed else 0) + (2 if changed else 0)


def parse_summary(text: bytes) -> LastRun:
    """The summary that a file says. Raises ValueError for what is none."""
    from mcollective_py.agent.rubydata import read_yaml
    from mcollective_py.errors import Malformed

    try:
        said = read_yaml(text) if text.strip() else {}
    except Malformed as error:
        raise ValueError(f"cannot be read: {error}") from error
    if not isinstance(said, dict) or not all(isinstance(part, dict) for part in said.values()):
        raise ValueError("is no summary of a run")
    summary: dict[str, Any] = {"changes": {}, "time": {}, "resources": {}, "version": {}, "events": {}, **said}
    summary["resources"] = {**dict.fromkeys(_RESOURCES, 0), **summary["resources"]}
    return LastRun(summary)


def never() -> LastRun:
    """What there is where Puppet has not run yet."""
    return parse_summary(b"")
