"""zypper, with rpm for what is installed."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from mcollective_py.agent import CommandResult, RPCAborted, run

from . import zypperanswers as answers
from . import zyppercommands as commands
from .dnfcommands import split_arch
from .lockwait import run_unlocked
from .provider import Change, Found, Options, Order, Outcome, Restarts, Wanted, difference
from .restarts import merged, native_restarts
from .rpmpackages import RpmPackages, check_files_choice, output_of
from .versions import compare_rpm, sort_key

_MOST = 16 * 1024 * 1024  # bytes of a list of packages
_READ_TIMEOUT = 50.0  # seconds for what only asks
_REBOOT = 102


class Zypper(RpmPackages):
    """Packages by zypper. settings: `installroot`, as `plugin.package.zypper.*` has it."""

    name = "zypper"
    manager = "zypper"

    def __init__(self, settings: Mapping[str, str]) -> None:
        root = settings.get("installroot") or None
        if root is not None and not root.startswith("/"):
            raise RPCAborted(f"plugin.package.zypper.installroot is {root}: it must be an absolute path")
        super().__init__(root and root.rstrip("/"))

    def plan(self, order: Order) -> Outcome:
        """See Packages."""
        check_files_choice(order)
        order = self._exact(order)
        with self._released(order):
            result = self._run(commands.zypper_change(self._root, order, simulates=True), order.options)
        failure = self._failure(order, result, order.options.timeout)
        return Outcome(0 if failure is None else result.exitcode, result.stdout, answers.parse_summary(result.stdout), failure)

    def apply(self, order: Order) -> Outcome:
        """See Packages. The changes are told by comparing what was and is installed."""
        end = time.monotonic() + order.options.timeout
        check_files_choice(order)
        order = self._exact(order)
        before = self.installed()
        with self._released(order):
            left = replace(order.options, timeout=max(end - time.monotonic(), 1.0))
            result = self._run(commands.zypper_change(self._root, order, simulates=False), left)
        changes = difference(before, self.installed(), compare_rpm)
        return Outcome(result.exitcode, output_of(result), changes, self._failure(order, result, left.timeout, changes))

    def held(self) -> tuple[str, ...]:
        """See Packages. Read from the list of locks, which is quicker than asking zypper."""
        try:
            return answers.parse_locks((Path(self._root or "/") / "etc/zypp/locks").read_text(errors="replace")[:_MOST])
        except OSError:
            return ()

    def hold(self, names: Sequence[str], *, is_held: bool) -> Outcome:
        """See Packages."""
        before = set(self.held())
        due = [name for name in names if (name in before) != is_held]
        if not due:
            return Outcome()
        result = self._run(commands.zypper_lock(self._root, due, is_held=is_held), Options())
        after = set(self.held())
        done = [name for name in due if (name in after) == is_held]
        failure = _failure(result, Options().timeout)
        if failure is None and len(done) < len(due):
            failure = f"zypper left as they are: {', '.join(sorted({*due} - {*done}))}: {output_of(result).strip()}"
        return Outcome(
            result.exitcode, output_of(result), tuple(Change("hold" if is_held else "unhold", name) for name in done), failure
        )

    def refresh(self, options: Options) -> Outcome:
        """See Repositories."""
        result = self._run(commands.zypper_refresh(self._root), options)
        return Outcome(result.exitcode, output_of(result), failure=_failure(result, options.timeout))

    def outdated(self, options: Options) -> Outcome:
        """See Repositories. Security updates are what the security patches would upgrade."""
        if options.security:
            planned = self.plan(Order("upgrade", (), options))
            return replace(planned, changes=tuple(change for change in planned.changes if change.action == "upgrade"))
        result = self._run(commands.zypper_updates(self._root), options)
        failure = _failure(result, options.timeout)
        return Outcome(result.exitcode, output_of(result), answers.parse_updates(result.stdout), failure)

    def search(self, text: str) -> tuple[Found, ...]:
        """See Repositories. With the newest version of each."""
        newest = {name: max(versions, key=sort_key("rpm")) for name, versions in self._versions(text, is_exact=False).items()}
        summaries = answers.parse_summaries(self._searched(commands.zypper_summaries(self._root, text)).stdout) if newest else {}
        return tuple(Found(name, newest[name], summaries.get(name, "")) for name in sorted(newest)[:1000])

    def clean(self, mode: str) -> Outcome:
        """See Repositories."""
        result = self._run(commands.zypper_clean(self._root, mode), Options(timeout=_READ_TIMEOUT))
        return Outcome(result.exitcode, output_of(result), failure=_failure(result, _READ_TIMEOUT))

    def restarts(self) -> Restarts:
        """See Aftermath. zypper says whether a reboot is due, /proc which services run old files."""
        told = [native_restarts()]
        with suppress(RPCAborted):
            result = run(commands.zypper_needs_reboot(), timeout=_READ_TIMEOUT)
            if result.exitcode in (0, _REBOOT) and not result.timed_out:
                is_due = result.exitcode == _REBOOT
                told.append(Restarts(is_due, (result.stdout.strip().splitlines()[0],) if is_due and result.stdout.strip() else ()))
        return merged(told)

    def repair(self, options: Options) -> Outcome:
        """See Aftermath."""
        before = self.installed()
        result = self._run(commands.zypper_verify(self._root), options)
        changes = difference(before, self.installed(), compare_rpm)
        return Outcome(result.exitcode, output_of(result), changes, _failure(result, options.timeout))

    @contextmanager
    def _released(self, order: Order) -> Iterator[None]:
        """With change_held, the packages of the order are not on hold meanwhile: zypper has no option for that."""
        held = [wanted.name for wanted in order.packages if wanted.name in self.held()] if order.options.change_held else []
        if held and (failure := self.hold(held, is_held=False).failure):
            raise RPCAborted(failure)
        try:
            yield
        finally:
            if held:
                self.hold(held, is_held=True)

    def _exact(self, order: Order) -> Order:
        """The order with the newest version that there is for each glob of versions. Raises RPCAborted where there is none."""
        return replace(order, packages=tuple(self._without_glob(wanted) for wanted in order.packages))

    def _without_glob(self, wanted: Wanted) -> Wanted:
        if wanted.version is None or not set(wanted.version) & set("*?["):
            return wanted
        there = self._versions(wanted.name, is_exact=True).get(split_arch(wanted.name)[0], [])
        fitting = [version for version in there if fnmatchcase(version, wanted.version)]
        if not fitting:
            offer = f"there are {', '.join(there)}" if there else "nor any other"
            raise RPCAborted(f"no repository has {wanted.name} in a version {wanted.version}: {offer}")
        return Wanted(wanted.name, max(fitting, key=sort_key("rpm")))

    def _versions(self, text: str, *, is_exact: bool) -> dict[str, list[str]]:
        found = self._searched(commands.zypper_search(self._root, text, is_exact=is_exact))
        versions = answers.parse_search(found.stdout)
        return {name: [version for version in several if version] for name, several in versions.items() if any(several)}

    def _searched(self, words: list[str]) -> CommandResult:
        result = self._run(words, Options(timeout=_READ_TIMEOUT))
        if result.exitcode != answers.NOT_FOUND and (failure := _failure(result, _READ_TIMEOUT)):
            raise RPCAborted(failure)
        return result

    def _failure(self, order: Order, result: CommandResult, timeout: float, changes: Sequence[Change] = ()) -> str | None:
        """Also what zypper left alone without a word of failure; what it does not know is no failure where it was to go."""
        if order.action in ("uninstall", "purge") and result.exitcode == answers.NOT_FOUND:
            return None
        failure = _failure(result, timeout)
        if failure is not None or changes:
            return failure
        left = answers.locked_items(result.stdout)
        held = [wanted.name for wanted in order.packages if wanted.name in left and not answers.is_newest(result.stdout, wanted.name)]
        if held:
            return f"packages on hold would be changed: {', '.join(held)}; unhold them first, or allow it with change_held"
        return None

    def _run(self, words: list[str], options: Options) -> CommandResult:
        return run_unlocked(words, options, lambda result: result.exitcode == answers.LOCKED)


def _failure(result: CommandResult, timeout: float) -> str | None:
    if result.timed_out:
        return (
            f"zypper was ended after {timeout:g} seconds, and packages may be half installed: look with `rpm -Va`, and mend with the "
            "action repair"
        )
    return answers.failure_of(result.exitcode, result.stdout, result.stderr)
