"""The port between the package agent and a package system, and the values that both speak of.

A provider is a class of one file (apt.py, dnf.py, ...) whose words of commands and parsers are pure functions beside it. Whatever it
cannot do it refuses by RPCAborted that says so; what the tool refuses comes back as `failure`, in the tool's own words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

ABSENT, PURGED = "absent", "purged"  # `ensure` of a package that is not there; purged: nor its configuration files (dpkg knows)
CHANGING = ("install", "update", "uninstall", "purge", "upgrade")  # what an Order can ask for
KEEP, REPLACE = "keep", "replace"  # configuration files that somebody has changed on the host


@dataclass(frozen=True, slots=True)
class Wanted:
    """A package by name (`nginx`, with an architecture `libc6:i386`), and the version it is to have: exact, or a glob (`1.24.*`)."""

    name: str
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How an order is carried out. Seconds: lock_wait for the lock of the package system, timeout for all of it.

    downgrade: an older version than the installed one may be put in its place. change_held: packages on hold may be changed.
    security: only updates from where the distribution publishes security updates. config_files: KEEP or REPLACE.
    full: packages may be removed where others cannot be upgraded otherwise; for `upgrade` alone.
    """

    downgrade: bool = False
    change_held: bool = False
    security: bool = False
    config_files: str = KEEP
    full: bool = False
    lock_wait: float = 60.0
    timeout: float = 150.0


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: one of CHANGING, with these packages; `upgrade` without packages means all that can be upgraded."""

    action: str
    packages: tuple[Wanted, ...] = ()
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class PackageState:
    """One package as the host has it; the historic outputs of `status` are its first seven fields.

    ensure: the full version (apt: epoch:version-revision; rpm: version-release), ABSENT or PURGED. epoch: "0" where there is none.
    version and release: the parts before and after the last hyphen; release is empty where there is none. All empty where absent.
    trouble: what is wrong with it in the package system's word (`half-configured`), empty where nothing is.
    """

    name: str
    ensure: str
    epoch: str = ""
    version: str = ""
    release: str = ""
    arch: str = ""
    provider: str = ""
    is_held: bool = False
    trouble: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether it is there at all, be it half."""
        return self.ensure not in (ABSENT, PURGED)


@dataclass(frozen=True, slots=True)
class Change:
    """One package that would be, or was changed. action: install, upgrade, downgrade, reinstall, remove, purge or configure; for one
    that was left half done the trouble that it is in, as PackageState has it.

    old and new: full versions, empty where there is none. repo: where the new one comes from, as the tool names it.
    """

    action: str
    name: str
    old: str = ""
    new: str = ""
    arch: str = ""
    repo: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of the tool ended. changes: what it did, would do, or has to offer; also those before a failure.

    output: what the tool printed. failure: why it failed, in the tool's own words, None where it did not.
    """

    exitcode: int = 0
    output: str = ""
    changes: tuple[Change, ...] = ()
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One package that a search found in the repositories."""

    name: str
    version: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Restarts:
    """What still runs the old files. reboot: whether the host wants a reboot, None where nothing here can tell; reasons: why, in words.

    services: units to be restarted; None where nothing here can tell.
    """

    reboot: bool | None = None
    reasons: tuple[str, ...] = ()
    services: tuple[str, ...] | None = None


class Packages(Protocol):
    """What is installed, and how it is changed."""

    name: str  # as `plugin.package.provider` and the output `provider` have it: apt, dnf, zypper, puppet

    def status(self, names: Sequence[str]) -> tuple[PackageState, ...]:
        """The state of each, in this order; one that nobody knows is ABSENT."""
        ...

    def installed(self) -> tuple[PackageState, ...]:
        """All that is installed, sorted by name and architecture."""
        ...

    def plan(self, order: Order) -> Outcome:
        """What the order would change, as the tool itself says; nothing is done, and no lock is needed."""
        ...

    def apply(self, order: Order) -> Outcome:
        """Carry the order out."""
        ...

    def held(self) -> tuple[str, ...]:
        """Names of the packages on hold, sorted."""
        ...

    def hold(self, names: Sequence[str], *, is_held: bool) -> Outcome:
        """Put packages on hold, or release them; changes: those that were not so before, `hold` or `unhold` as their action."""
        ...


class Repositories(Protocol):
    """What is to be had."""

    manager: str  # the historic word of `package_manager`: apt, yum, zypper

    def refresh(self, options: Options) -> Outcome:
        """Fetch the lists of packages anew."""
        ...

    def outdated(self, options: Options) -> Outcome:
        """What could be upgraded, by the lists that are here; options.security: only security updates."""
        ...

    def search(self, text: str) -> tuple[Found, ...]:
        """Packages whose name has the text, installed or not, sorted by name; at most 1000."""
        ...

    def clean(self, mode: str) -> Outcome:
        """Throw cached files away; mode: as `yum_clean` takes it."""
        ...


class Aftermath(Protocol):
    """What is left to do, and how the package system itself counts and compares."""

    def restarts(self) -> Restarts:
        """Whether a reboot, or restarts of services, are due."""
        ...

    def compare(self, left: str, right: str) -> int:
        """Negative, 0 or positive as the left version is older than, the same as or newer than the right one."""
        ...

    def listing(self) -> str:
        """The text that the historic `md5` is made of, and whose lines the historic `count` counts."""
        ...

    def repair(self, options: Options) -> Outcome:
        """Finish what an interrupted run left half done."""
        ...


class Provider(Packages, Repositories, Aftermath, Protocol):
    """A whole package system. Made with its settings, the keys of `plugin.package.<provider>.*` without that prefix."""


def difference(before: Iterable[PackageState], after: Iterable[PackageState], compare: "Comparison") -> tuple[Change, ...]:
    """What changed between two lists of all that is installed: how a run is told, whatever the tool printed."""
    was = {(state.name, state.arch): state for state in before}
    now = {(state.name, state.arch): state for state in after}
    changes = []
    for key in sorted({*was, *now}):
        old, new = was.get(key), now.get(key)
        if new is None:
            changes.append(Change("remove", key[0], old.ensure if old else "", "", key[1]))
        elif old is None:
            changes.append(Change(new.trouble or "install", new.name, "", new.ensure, new.arch))
        elif old.ensure != new.ensure:
            action = "upgrade" if compare(old.ensure, new.ensure) < 0 else "downgrade"
            changes.append(Change(new.trouble or action, new.name, old.ensure, new.ensure, new.arch))
        elif old.trouble != new.trouble:
            changes.append(Change(new.trouble or "configure", new.name, old.ensure, new.ensure, new.arch))
    return tuple(changes)


class Comparison(Protocol):
    """As Aftermath.compare."""

    def __call__(self, left: str, right: str) -> int: ...
