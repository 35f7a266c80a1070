"""What apt prints: the plan of a simulation, the versions of a policy, the packages of a search, and why something failed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .provider import Change, Found
from .versions import compare_dpkg

_INST = re.compile(r"Inst (\S+?)(?::\S+)?(?: \[([^\]]*)\])? \((\S+) ([^\[\]]*?) ?\[(\S+)\]\)(?: .*)?")
_REMV = re.compile(r"(Remv|Purg) (\S+?)(?::\S+)?(?: \[([^\]]*)\])?(?: .*)?")
_CONF = re.compile(r"Conf (\S+?)(?::\S+)? \((\S+) ([^\[\]]*?) ?\[(\S+)\]\)(?: .*)?")
_ROW = re.compile(r"(?: \*\*\*|    ) (\S+) (-?\d+)")
_SOURCE = re.compile(r" +(-?\d+) (\S.*)")
_HOLDER = re.compile(r"It is held by process (\d+ \([^)]*\)|\d+)")
_LOCKED = ("Could not get lock", "Unable to acquire the dpkg", "lock was locked by another process")
_INTERRUPTED = "dpkg was interrupted"
_DPKG_ERROR = ("dpkg: error", "dpkg: dependency problems")
_MAX_FAILURE = 4000  # characters: it goes into a reply, and is read by people
_MAX_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a package and where it is to be had, as `URL suite/component`; only on the host itself: no sources."""

    version: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What apt knows of a package. installed, candidate: None for none. versions: the newest first."""

    name: str
    installed: str | None = None
    candidate: str | None = None
    versions: tuple[Version, ...] = ()

    def newest(self, pattern: str) -> str | None:
        """The newest version that a pattern means, exact or a glob; None where there is none."""
        return next((row.version for row in self.versions if row.version == pattern or fnmatchcase(row.version, pattern)), None)

    def security_update(self, patterns: Sequence[str]) -> Version | None:
        """The newest version beyond the installed one that a security source has, with these sources alone."""
        for row in self.versions:
            if self.installed is None or compare_dpkg(self.installed, row.version) >= 0:
                return None
            sources = tuple(source for source in row.sources if any(fnmatchcase(source, pattern) for pattern in patterns))
            if sources:
                return Version(row.version, sources)
        return None


def parse_simulation(text: str) -> tuple[Change, ...]:
    """What `apt-get -s` says it would do, in its order; a package that is only configured is `configure`."""
    changes: list[Change] = []
    for line in text.splitlines():
        if match := _INST.fullmatch(line):
            name, old, new, repo, arch = match.groups()
            changes.append(Change(_kind(old, new), name, old or "", new, arch, repo))
        elif match := _REMV.fullmatch(line):
            changes.append(Change("purge" if match[1] == "Purg" else "remove", match[2], match[3] or ""))
        elif match := _CONF.fullmatch(line):
            name, version, repo, arch = match.groups()
            if not any(change.name == name and change.arch == arch for change in changes):
                changes.append(Change("configure", name, version, version, arch, repo))
    return tuple(changes)


def _kind(old: str | None, new: str) -> str:
    if not old:
        return "install"
    order = compare_dpkg(old, new)
    return "upgrade" if order < 0 else "downgrade" if order > 0 else "reinstall"


def parse_policy(text: str) -> dict[str, Policy]:
    """The answer of `apt-cache policy`, by name."""
    found: dict[str, Policy] = {}
    name, told, rows = "", {"Installed": "", "Candidate": ""}, list[tuple[str, list[str]]]()

    def close() -> None:
        if name:
            versions = tuple(Version(version, tuple(sources)) for version, sources in rows)
            found[name] = Policy(name, told["Installed"] or None, told["Candidate"] or None, versions)

    for line in text.splitlines():
        if line.endswith(":") and not line.startswith(" "):
            close()
            name, told, rows = line[:-1], {"Installed": "", "Candidate": ""}, []
        elif match := _ROW.fullmatch(line):
            rows.append((match[1], []))
        elif rows and (match := _SOURCE.fullmatch(line)):
            if not match[2].startswith("/"):  # dpkg's own status file
                rows[-1][1].append(" ".join(match[2].split()[:2]))
        elif not rows:
            key, _, value = line.strip().partition(": ")
            if key in told:
                told[key] = "" if value == "(none)" else value
    close()
    return found


def parse_search(text: str) -> tuple[Found, ...]:
    """The answer of `apt-cache search --names-only`."""
    rows = (line.partition(" - ") for line in text.splitlines() if line)
    return tuple(sorted((Found(name, "", summary) for name, _, summary in rows), key=lambda found: found.name))[:_MAX_FOUND]


def parse_mark(text: str) -> tuple[Change, ...]:
    """What `apt-mark hold` or `unhold` changed."""
    changes = []
    for line in text.splitlines():
        if line.endswith(" set on hold.") and " was already " not in line:
            changes.append(Change("hold", line.removesuffix(" set on hold.")))
        elif line.startswith("Canceled hold on "):
            changes.append(Change("unhold", line.removeprefix("Canceled hold on ").removesuffix(".")))
    return tuple(changes)


def is_locked(stderr: str) -> bool:
    """Whether it failed because another program holds a lock: it may go better a moment later."""
    return any(words in stderr for words in _LOCKED)


def failure_of(stdout: str, stderr: str) -> str:
    """Why apt or dpkg failed, in their own words: errors, what a maintainer script said, dependencies that cannot be met."""
    lines = [line.rstrip() for line in stderr.splitlines() if line.strip() and not _is_chatter(line)]
    told = [line for line in lines if line.startswith(("E: ", *_DPKG_ERROR))]
    if any(line.startswith(_DPKG_ERROR) for line in told):
        said = lines  # all of it: what a script wrote stands before the error, without a mark of its own
    else:
        said = [line for line in lines if line.startswith("E: ")] or lines[-5:]
    text = "\n".join([*(line.removeprefix("E: ") for line in said), *_unmet(stdout)])
    if is_locked(stderr) and (holder := _HOLDER.search(stdout)) and not _HOLDER.search(stderr):
        text += f"\nIt is held by process {holder[1]}"
    return text if len(text) <= _MAX_FAILURE else f"{text[:_MAX_FAILURE]} ..."


def wants_repair(text: str) -> bool:
    """Whether apt refuses everything until an earlier run is finished."""
    return _INTERRUPTED in text or "Unmet dependencies. Try 'apt --fix-broken install'" in text


def _is_chatter(line: str) -> bool:
    return line.startswith(("W: ", "N: ", "debconf: ", "Note: removing the lock file", "and the entire system. See"))


def _unmet(stdout: str) -> list[str]:
    _, marker, rest = stdout.partition("The following packages have unmet dependencies:\n")
    if not marker:
        return []
    lines = []
    for line in rest.splitlines():
        if not line.startswith(" "):
            break
        lines.append(line.strip())
    return lines[:20]
