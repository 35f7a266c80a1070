"""dnf, and yum of older machines, with rpm for what is installed."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mcollective_py.agent import CommandResult, RPCAborted, run

from . import dnfanswers as answers
from . import dnfcommands as commands
from . import rpm
from .lockwait import run_unlocked
from .provider import Change, Found, Options, Order, Outcome, Restarts, difference
from .restarts import merged, native_restarts
from .rpmpackages import RpmPackages, check_files_choice, output_of
from .versions import compare_rpm

_MOST = 16 * 1024 * 1024  # bytes of a list of packages
_READ_TIMEOUT = 50.0  # seconds for what only asks


class Dnf(RpmPackages):
    """Packages by dnf. settings: `installroot`, `releasever`, `setopt`, `disableplugin`, as `plugin.package.dnf.*` has them."""

    name = "dnf"
    manager = "yum"

    def __init__(self, settings: Mapping[str, str]) -> None:
        program = next((place for place in commands.PROGRAMS if Path(place).exists()), commands.PROGRAMS[0])
        self._tool = commands.tool_of(settings, program, is_dnf5=Path(program).resolve().name == "dnf5")
        super().__init__(self._tool.installroot)

    def plan(self, order: Order) -> Outcome:
        """See Packages. dnf says no old versions: they are those that are installed."""
        check_files_choice(order)
        return self._refused(order) or self._plan(order)

    def apply(self, order: Order) -> Outcome:
        """See Packages. The changes are told by comparing what was and is installed."""
        check_files_choice(order)
        end = time.monotonic() + order.options.timeout
        if refusal := self._refused(order):
            return refusal
        held = set(self.held()) if order.options.change_held else set()
        before = self.installed()
        left = replace(order.options, timeout=max(end - time.monotonic(), 1.0))
        result = self._run(commands.dnf_change(self._tool, order, simulates=False), left)
        changes = difference(before, self.installed(), compare_rpm)
        failure = _failure(result, left.timeout) or self._passed_over(order, result, changes)
        self._hold_again(held, changes)
        return Outcome(result.exitcode, output_of(result), changes, failure)

    def held(self) -> tuple[str, ...]:
        """See Packages. Read from the list itself, which is quicker than asking dnf, and there without the plugin too."""
        root = Path(self._root or "/")
        if self._tool.is_dnf5:
            return answers.parse_locks_toml(_text(root / "etc/dnf/versionlock.toml"))
        for folder in ("etc/dnf/plugins", "etc/yum/pluginconf.d"):
            conf = _text(root / folder / "versionlock.conf")
            if conf:
                place = answers.parse_lock_place(conf)
                return answers.parse_locks(_text(Path(place) if place else root / folder / "versionlock.list"))
        return ()

    def hold(self, names: Sequence[str], *, is_held: bool) -> Outcome:
        """See Packages. A package is held in the version that it has."""
        before = set(self.held())
        if is_held and (absent := [state.name for state in self.status(names) if not state.is_installed]):
            return Outcome(1, failure=f"not installed, so there is no version to hold: {', '.join(absent)}")
        changes: list[Change] = []
        printed: list[str] = []
        for name in [name for name in names if (name in before) != is_held]:
            result = self._run(commands.dnf_lock(self._tool, name, is_held=is_held), Options())
            printed.append(output_of(result))
            failure = self._lock_failure(result, name, is_held)
            if failure is not None:
                return Outcome(result.exitcode or 1, "".join(printed), tuple(changes), failure)
            changes.append(Change("hold" if is_held else "unhold", name))
        return Outcome(0, "".join(printed), tuple(changes))

    def refresh(self, options: Options) -> Outcome:
        """See Repositories. A repository that dnf passes over, as its `skip_if_unavailable` has it, is a failure here."""
        result = self._run(commands.dnf_refresh(self._tool), options)
        failure = _failure(result, options.timeout) or answers.unreadable_repositories(result.stdout, result.stderr)
        return Outcome(result.exitcode, output_of(result), failure=failure)

    def outdated(self, options: Options) -> Outcome:
        """See Repositories. Exit code 100 where there are updates, as dnf has it."""
        result = self._run(commands.dnf_check_update(self._tool, security=options.security), options)
        failure = None if result.exitcode == 100 and not result.timed_out else _failure(result, options.timeout)
        changes = self._with_old(answers.parse_updates(result.stdout))
        if failure is None and not changes:  # with some of the repositories, "nothing" would be a guess
            failure = answers.unreadable_repositories(result.stdout, result.stderr)
        return Outcome(result.exitcode, output_of(result), changes, failure)

    def search(self, text: str) -> tuple[Found, ...]:
        """See Repositories."""
        result = self._run(commands.dnf_search(self._tool, text), Options(timeout=_READ_TIMEOUT))
        if failure := _failure(result, _READ_TIMEOUT):
            raise RPCAborted(failure)
        return answers.parse_search(result.stdout)

    def clean(self, mode: str) -> Outcome:
        """See Repositories."""
        if mode in commands.YUM_MODES and Path(self._tool.program).resolve().name != "yum":
            return Outcome(0, f"dnf keeps no {mode}: there is nothing to clean\n")
        result = self._run(commands.dnf_clean(self._tool, mode), Options(timeout=_READ_TIMEOUT))
        return Outcome(result.exitcode, output_of(result), failure=_failure(result, _READ_TIMEOUT))

    def restarts(self) -> Restarts:
        """See Aftermath. dnf says whether a reboot is due, /proc which services run old files."""
        told = [native_restarts()]
        with suppress(RPCAborted):
            result = run(commands.dnf_needs_reboot(self._tool), timeout=_READ_TIMEOUT)
            told.append(answers.parse_needs_reboot(result.exitcode, result.stdout))
        return merged(told)

    def repair(self, options: Options) -> Outcome:
        """See Aftermath. Older versions that an interrupted upgrade left beside the new ones are removed."""
        before = self.installed()
        result = self._run(commands.dnf_repair(self._tool), options)
        if "No duplicated packages" in result.stderr:
            return Outcome(0, output_of(result))
        changes = difference(before, self.installed(), compare_rpm)
        return Outcome(result.exitcode, output_of(result), changes, _failure(result, options.timeout))

    def _plan(self, order: Order) -> Outcome:
        result = self._run(commands.dnf_change(self._tool, order, simulates=True), order.options)
        changes = self._with_old(answers.parse_transaction(result.stdout))
        if changes and not result.timed_out:  # it ends with 1 where something would be done
            return Outcome(0, output_of(result), changes, self._passed_over(order, result, changes))
        failure = _failure(result, order.options.timeout) or self._passed_over(order, result, changes)
        return Outcome(result.exitcode, output_of(result), changes, failure)

    def _refused(self, order: Order) -> Outcome | None:
        """What dnf would do without a word, and nobody asked for: older versions, and changes to packages on hold.

        A simulation tells, and is run only where it could be so.
        """
        held = set() if order.options.change_held or order.action == "upgrade" else set(self.held())
        touches_held = bool(held) and (order.action in ("uninstall", "purge") or any(one.name in held for one in order.packages))
        if not touches_held and not self._goes_down(order):
            return None
        planned = self._plan(Order(order.action, order.packages, replace(order.options, change_held=True)))
        touched = sorted({change.name for change in planned.changes} & held)
        if touched:
            failure = f"packages on hold would be changed: {', '.join(touched)}; unhold them first, or allow it with change_held"
            return Outcome(1, planned.output, (), failure)
        older = [change for change in planned.changes if change.action == "downgrade"]
        if older and not order.options.downgrade:
            what = ", ".join(f"{change.name} from {change.old} to {change.new}" for change in older)
            return Outcome(1, planned.output, (), f"packages would be downgraded: {what}; allow it with downgrade")
        return None

    def _goes_down(self, order: Order) -> bool:
        """Whether a wanted version could be older than what is installed, and that was not asked for."""
        versions = {} if order.options.downgrade else {one.name: one.version for one in order.packages if one.version is not None}
        there = self.status(list(versions)) if versions else ()
        return any(
            state.is_installed and _may_be_older(versions[name], state.ensure) for name, state in zip(versions, there, strict=True)
        )

    def _passed_over(self, order: Order, result: CommandResult, changes: Sequence[Change]) -> str | None:
        """What dnf left out and still ended well: packages that it does not know, repositories that it could not read."""
        unmatched = None if order.action in ("uninstall", "purge") else answers.unmatched(result.stdout, result.stderr)
        return unmatched or (None if changes else answers.unreadable_repositories(result.stdout, result.stderr))

    def _hold_again(self, held: set[str], changes: Sequence[Change]) -> None:
        """A lock names a version: what was changed in spite of it is held in its new one."""
        changed = [change.name for change in changes if change.name in held and change.new]
        if changed:
            self.hold(changed, is_held=False)
            self.hold(changed, is_held=True)

    def _lock_failure(self, result: CommandResult, name: str, is_held: bool) -> str | None:
        if answers.is_unknown_command(f"{result.stdout}{result.stderr}", "versionlock"):
            return "dnf holds packages by its plugin versionlock, which is not installed here: python3-dnf-plugin-versionlock"
        failure = _failure(result, Options().timeout)
        if failure is None and (name in self.held()) != is_held:
            return f"dnf did not {'hold' if is_held else 'release'} {name}: {output_of(result).strip()}"
        return failure

    def _with_old(self, changes: Sequence[Change]) -> tuple[Change, ...]:
        """The changes with the versions that are installed now."""
        names = sorted({change.name for change in changes if not change.old and change.action != "install"})
        if not names:
            return tuple(changes)
        old = {(state.name, state.arch): state for state in self._rpm(rpm.rpm_query(names, self._root))}
        by_name = {state.name: state for state in old.values()}
        found = []
        for change in changes:
            state = old.get((change.name, change.arch)) or by_name.get(change.name)
            found.append(replace(change, old=state.ensure) if state and not change.old and change.action != "install" else change)
        return tuple(found)

    def _run(self, words: list[str], options: Options) -> CommandResult:
        return run_unlocked(words, options, lambda result: answers.is_locked(result.exitcode, f"{result.stdout}\n{result.stderr}"))


def _may_be_older(wanted: str, installed: str) -> bool:
    try:
        return compare_rpm(wanted, installed) < 0
    except ValueError:  # a glob
        return True


def _failure(result: CommandResult, timeout: float) -> str | None:
    if result.timed_out:
        return (
            f"dnf was ended after {timeout:g} seconds, and packages may be half installed: look with `dnf check` and `dnf history`, "
            "and mend with the action repair"
        )
    return answers.failure_of(result.exitcode, result.stdout, result.stderr)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")[:_MOST]
    except OSError:
        return ""
