"""Debian's package system: dpkg, and apt over it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from mcollective_py.agent import CommandResult, RPCAborted, run

from . import aptwords, dpkg
from .apttext import Policy, failure_of, is_locked, parse_mark, parse_policy, parse_search, parse_simulation, wants_repair
from .kernel import this_kernel
from .provider import Change, Found, Options, Order, Outcome, PackageState, Restarts, difference
from .restarts import NEEDRESTART, merged, native_restarts, needrestart_batch, parse_needrestart
from .versions import compare_dpkg

# Seconds for what only reads, be it the lists of a large distribution on a slow disk: short of the 60 of the DDL for quick questions.
_ASK = 50.0
_AGAIN = 1.0  # seconds between two tries for a lock
_MAX_OUTPUT = 32 * 1024  # characters of apt's output in a reply: its end, where the news is
_SECURITY = "*-security/*,*://security.*"
REPAIR = "packages may be half configured: `mco package repair` here, or `dpkg --configure -a` and `apt-get -f install` on the host"

_HINTS = {
    "without --allow-downgrades": "\nThe input downgrade=true, or `mco package --downgrade`, allows it",
    "without --allow-change-held-packages": "\nThe input change_held=true, or `mco package --change-held`, allows it",
}


class Apt:
    """See Provider. Settings: security_sources (globs with commas between, of `URL suite/component`)."""

    name = "apt"
    manager = "apt"

    def __init__(self, settings: Mapping[str, str]) -> None:
        self._security = [word.strip() for word in settings.get("security_sources", _SECURITY).split(",") if word.strip()]

    # --- what is installed ----------------------------------------------------------------------------------------------

    def status(self, names: Sequence[str]) -> tuple[PackageState, ...]:
        """See Packages."""
        return dpkg.states_of(names, self._query(dpkg.query(names), may_miss=True))

    def installed(self) -> tuple[PackageState, ...]:
        """See Packages."""
        states = (state for state in dpkg.parse_query(self._query(dpkg.query_all())) if state.is_installed)
        return tuple(sorted(states, key=lambda state: (state.name, state.arch)))

    def held(self) -> tuple[str, ...]:
        """See Packages."""
        return dpkg.held_names(dpkg.parse_query(self._query(dpkg.query_all())))

    def listing(self) -> str:
        """See Aftermath."""
        return dpkg.parse_list(self._query(dpkg.list_all()))

    def _query(self, words: Sequence[str], *, may_miss: bool = False) -> str:
        result = run(words, timeout=_ASK, max_output=16 << 20)
        if result.timed_out or result.truncated or (result.exitcode and not (may_miss and result.exitcode == 1)):
            raise RPCAborted(_why(result, words))
        return result.stdout

    # --- changes --------------------------------------------------------------------------------------------------------

    def plan(self, order: Order) -> Outcome:
        """See Packages."""
        try:
            command = self._command(order)
        except _CannotBeDone as reason:
            return Outcome(100, failure=str(reason))
        if command is None:
            return Outcome()
        words = aptwords.apt_get(command, order.options, is_trial=True)
        result = run(words, timeout=_ASK, env=aptwords.environment(order.options))
        changes = parse_simulation(result.stdout)
        failed = result.exitcode != 0 or result.timed_out
        return Outcome(result.exitcode, _end(result.stdout), changes, _why(result, words) if failed else None)

    def apply(self, order: Order) -> Outcome:
        """See Packages."""
        try:
            command = self._command(order)
        except _CannotBeDone as reason:
            return Outcome(100, failure=str(reason))
        if command is None:
            return Outcome()
        return self._changing([aptwords.apt_get(command, order.options)], order.options)

    def hold(self, names: Sequence[str], *, is_held: bool) -> Outcome:
        """See Packages."""
        try:
            self._known(names)
        except _CannotBeDone as reason:
            return Outcome(100, failure=str(reason))
        words = aptwords.mark(names, is_held=is_held)
        result = self._waiting(words, Options())
        failed = result.exitcode != 0 or result.timed_out
        return Outcome(result.exitcode, _end(result.stdout), parse_mark(result.stdout), _why(result, words) if failed else None)

    def repair(self, options: Options) -> Outcome:
        """See Aftermath."""
        commands = [aptwords.configure_all(options), aptwords.apt_get(aptwords.fix_broken(), options)]
        return self._changing(commands, options)

    def _changing(self, commands: Sequence[Sequence[str]], options: Options) -> Outcome:
        """Run commands one after the other; what they changed is seen by what is installed before and after, whatever they print.

        The last one's word counts: dpkg may be unable to configure what apt then makes whole.
        """
        before = dpkg.parse_query(self._query(dpkg.query_all()))
        end, output, failure, exitcode = time.monotonic() + options.timeout, "", None, 0
        for words in commands:
            result = self._waiting(words, replace(options, timeout=max(1.0, end - time.monotonic())))
            output, exitcode = output + result.stdout, result.exitcode
            failure = _why(result, words) if result.exitcode or result.timed_out else None
            if result.timed_out:
                break
        after = dpkg.parse_query(self._query(dpkg.query_all()))
        return Outcome(exitcode, _end(output), _changes(before, after), failure)

    def _command(self, order: Order) -> list[str] | None:
        """The words for apt-get, None where there is nothing to do. Raises _CannotBeDone with apt's words."""
        names = [wanted.name for wanted in order.packages]
        if order.action in ("uninstall", "purge"):
            for name in names:
                _checked(name, None)
            there = self.status(names)
            gone = [name for name, state in zip(names, there, strict=True) if state.ensure == "purged"]
            if gone:  # apt would take the name for an expression and remove what matches
                raise _CannotBeDone(f"Package {gone[0]} is not installed")
            return aptwords.remove(names) if order.action == "uninstall" else aptwords.purge(names)
        if order.action == "upgrade" and not order.packages:
            if not order.options.security:
                return aptwords.upgrade(is_full=order.options.full)
            updates = self._security_updates(self._simulated_upgrade(order.options).changes)
            specs = [aptwords.spec(change.name, change.new) for change in updates]
            return aptwords.only_upgrade(specs) if specs else None
        known, specs = self._known(names), []
        for wanted in order.packages:
            policy = known[wanted.name]
            version = policy.newest(wanted.version) if wanted.version is not None else None
            if wanted.version is not None and version is None:
                raise _CannotBeDone(f"Version '{wanted.version}' for '{wanted.name}' was not found{_there(policy)}")
            if policy.candidate is None and version is None:
                raise _CannotBeDone(f"Package '{wanted.name}' has no installation candidate")
            specs.append(_checked(wanted.name, version))
        return aptwords.install(specs) if order.action == "install" else aptwords.only_upgrade(specs)

    def _known(self, names: Sequence[str]) -> dict[str, Policy]:
        """What apt knows of each. Raises _CannotBeDone for one that it does not know by exactly this name.

        apt takes a name that it does not know for a glob or a regular expression, and installs what matches.
        """
        for name in names:
            _checked(name, None)
        found = parse_policy(self._query(aptwords.policy(names)))
        known = {name: found.get(name) or found.get(name.partition(":")[0]) for name in names}
        if unknown := [name for name in names if known[name] is None]:
            raise _CannotBeDone("\n".join(f"Unable to locate package {name}" for name in unknown))
        return {name: policy for name, policy in known.items() if policy is not None}

    def _security_updates(self, changes: Sequence[Change]) -> list[Change]:
        """Those changes that a security source has, each to the newest version there: newer ones of other sources are left alone."""
        upgradable = [change for change in changes if change.action == "upgrade"]
        if not upgradable:
            return []
        policies = parse_policy(self._query(aptwords.policy([change.name for change in upgradable])))
        updates = []
        for change in upgradable:
            policy = policies.get(change.name)
            update = policy.security_update(self._security) if policy is not None else None
            if update is not None:
                updates.append(replace(change, new=update.version, repo=update.sources[0]))
        return updates

    def _simulated_upgrade(self, options: Options) -> Outcome:
        words = aptwords.apt_get(aptwords.upgrade(is_full=True), options, is_trial=True)
        result = run(words, timeout=_ASK, env=aptwords.environment(options), max_output=4 << 20)
        if result.exitcode or result.timed_out:
            raise RPCAborted(_why(result, words))
        return Outcome(result.exitcode, result.stdout, parse_simulation(result.stdout))

    def _waiting(self, words: Sequence[str], options: Options) -> CommandResult:
        """Run what changes something, again and again while another program holds the lock, up to the limit."""
        began = time.monotonic()
        while True:
            left = options.timeout - (time.monotonic() - began)
            result = run(words, timeout=max(1.0, left), env=aptwords.environment(options), max_output=4 << 20)
            waited = time.monotonic() - began
            if not (result.exitcode and is_locked(result.stderr)) or waited + _AGAIN > min(options.lock_wait, options.timeout):
                return result
            time.sleep(_AGAIN)

    # --- what is to be had ----------------------------------------------------------------------------------------------

    def refresh(self, options: Options) -> Outcome:
        """See Repositories."""
        words = aptwords.update()
        result = self._waiting(words, options)
        failed = result.exitcode != 0 or result.timed_out or "W: Failed to fetch" in result.stderr
        return Outcome(result.exitcode, _end(result.stdout), (), _why(result, words, is_update=True) if failed else None)

    def outdated(self, options: Options) -> Outcome:
        """See Repositories. The changes are upgrades alone; packages on hold are not among them."""
        outcome = self._simulated_upgrade(options)
        changes = self._security_updates(outcome.changes) if options.security else outcome.changes
        return replace(outcome, output=_end(outcome.output), changes=tuple(change for change in changes if change.action == "upgrade"))

    def search(self, text: str) -> tuple[Found, ...]:
        """See Repositories."""
        found = parse_search(self._query(aptwords.search(text)))
        if not found:
            return ()
        policies = parse_policy(self._query(aptwords.policy([one.name for one in found])))
        candidates = {name: policy.candidate for name, policy in policies.items()}
        return tuple(replace(one, version=candidates.get(one.name) or "") for one in found)

    def clean(self, mode: str) -> Outcome:
        """See Repositories."""
        raise RPCAborted("Cannot find yum at /usr/bin/yum")

    # --- and afterwards -------------------------------------------------------------------------------------------------

    def restarts(self) -> Restarts:
        """See Aftermath."""
        told = [native_restarts(), this_kernel(compare_dpkg)]
        if _is_there(NEEDRESTART):
            result = run(needrestart_batch(), timeout=_ASK)
            if not result.exitcode and not result.timed_out:
                told.append(parse_needrestart(result.stdout))
        answer = merged(told)
        return answer if answer.reboot is not None else replace(answer, reboot=False)

    def compare(self, left: str, right: str) -> int:
        """See Aftermath."""
        return compare_dpkg(left, right)


class _CannotBeDone(Exception):
    """Why apt would refuse, in its own words; nothing has been run."""


def _checked(name: str, version: str | None) -> str:
    try:
        return aptwords.spec(name, version)
    except ValueError as error:
        raise _CannotBeDone(str(error)) from error


def _there(policy: Policy) -> str:
    versions = [row.version for row in policy.versions][:5]
    return f"; there are {', '.join(versions)}" if versions else ""


def _changes(before: Sequence[PackageState], after: Sequence[PackageState]) -> tuple[Change, ...]:
    """What was changed, with what only dpkg tells: configuration files that went, too."""
    changes = difference((state for state in before if state.is_installed), (s for s in after if s.is_installed), compare_dpkg)
    now = {(state.name, state.arch) for state in after if state.ensure != "purged"}
    there = {change.name for change in changes}
    gone = (state for state in before if state.ensure != "purged" and (state.name, state.arch) not in now)
    purged = {state.name: state for state in gone}
    told = [replace(change, action="purge") if change.action == "remove" and change.name in purged else change for change in changes]
    told += [Change("purge", state.name, arch=state.arch) for name, state in purged.items() if name not in there]
    return tuple(sorted(told, key=lambda change: (change.name, change.arch)))


def _why(result: CommandResult, words: Sequence[str], *, is_update: bool = False) -> str:
    """Why a command failed, and what to do about it."""
    tool = words[0].rpartition("/")[2]
    said = failure_of(result.stdout, result.stderr)
    if result.timed_out:
        what = f"{tool} took too long and was ended" + ("" if is_update or tool.startswith(("dpkg-", "apt-cache")) else f": {REPAIR}")
        return f"{what}\n{said}" if said else what
    if wants_repair(result.stderr):
        return f"{said}\n`mco package repair` does that on many hosts"
    hint = next((hint for words_of_apt, hint in _HINTS.items() if words_of_apt in said), "")
    return f"{said}{hint}" if said else f"{tool} ended with exit code {result.exitcode}"


def _end(text: str) -> str:
    return text if len(text) <= _MAX_OUTPUT else f"...\n{text[-_MAX_OUTPUT:].partition(chr(10))[2]}"


def _is_there(program: str) -> bool:
    from pathlib import Path

    return Path(program).exists()
