"""The package agent: what is asked for is compared with what is there, and the provider does the rest."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from mcollective_py.agent import Agent, InvalidRPCData, MissingRPCData, RPCAborted, RPCReply, RPCRequest, action

from .choice import is_there, native_name, provider_name, provider_of
from .provider import Change, Options, Order, Outcome, PackageState, Provider, Wanted
from .wishes import fits, options_of, wanted_of

ALREADY, NOT_PRESENT = "Package is already installed", "Package is not present on the system"  # as ever
_PROGRAMS = {"apt": "Cannot find apt-get at /usr/bin/apt-get", "dnf": "Cannot find yum at /usr/bin/yum"}
_MAX_ROWS = 5000  # of packages or changes in a reply


class Package(Agent):
    """Installs, updates, removes and looks up packages of the operating system."""

    # --- changes --------------------------------------------------------------------------------------------------------

    @action
    def install(self, request: RPCRequest, reply: RPCReply) -> None:
        """Put packages there, in the wanted version; those that are there already stay as they are."""
        provider, wanted = self._provider(), self._wanted(request)
        states = provider.status([one.name for one in wanted])
        due = [one for one, state in zip(wanted, states, strict=True) if not fits(state, one.version)]
        if self._is_strict and len(due) < len(wanted):
            there = next(one for one in wanted if one not in due)
            if there.version is None:
                self._refuse(reply, states, f"{ALREADY}{_of(there, wanted)}")
        self._carry_out(request, reply, provider, "install", wanted, due)

    @action
    def update(self, request: RPCRequest, reply: RPCReply) -> None:
        """Bring packages that are there to the newest or the wanted version."""
        provider, wanted = self._provider(), self._wanted(request)
        states = provider.status([one.name for one in wanted])
        for one, state in zip(wanted, states, strict=True):
            if not state.is_installed:
                self._refuse(reply, states, f"{NOT_PRESENT}{_of(one, wanted)}")
        due = [one for one, state in zip(wanted, states, strict=True) if one.version is None or not fits(state, one.version)]
        self._carry_out(request, reply, provider, "update", wanted, due)

    @action
    def uninstall(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take packages away, and leave their configuration files."""
        self._remove(request, reply, "uninstall")

    @action
    def purge(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take packages away with their configuration files."""
        self._remove(request, reply, "purge")

    @action
    def upgrade(self, request: RPCRequest, reply: RPCReply) -> None:
        """Upgrade all that can be upgraded, or what is a security update."""
        provider, options = self._provider(), self._options(request)
        self._refresh_first(request, provider, options)
        order = Order("upgrade", (), options)
        self._tell(reply, provider.plan(order) if request.noop else provider.apply(order))

    @action
    def repair(self, request: RPCRequest, reply: RPCReply) -> None:
        """Finish what an interrupted run left half done."""
        self._tell(reply, self._native().repair(self._options(request)))

    @action
    def hold(self, request: RPCRequest, reply: RPCReply) -> None:
        """Put packages on hold."""
        self._hold(request, reply, is_held=True)

    @action
    def unhold(self, request: RPCRequest, reply: RPCReply) -> None:
        """Release packages."""
        self._hold(request, reply, is_held=False)

    # --- looking --------------------------------------------------------------------------------------------------------

    @action
    def status(self, request: RPCRequest, reply: RPCReply) -> None:
        """What is there of packages."""
        states = self._provider().status([one.name for one in self._wanted(request, has_versions=False)])
        _tell_states(reply, states)

    @action
    def compare(self, request: RPCRequest, reply: RPCReply) -> None:
        """How the installed version stands to another one."""
        provider, one = self._provider(), self._wanted(request)[0]
        state = provider.status([one.name])[0]
        reply["name"], reply["ensure"], reply["relation"], reply["older"] = state.name, state.ensure, "absent", False
        if not state.is_installed:
            return
        try:
            order = provider.compare(state.ensure, request["version"])
        except ValueError as error:
            raise InvalidRPCData(str(error)) from error
        reply["relation"] = "older" if order < 0 else "newer" if order > 0 else "same"
        reply["older"] = order < 0

    @action
    def list(self, request: RPCRequest, reply: RPCReply) -> None:
        """What is installed, by a pattern."""
        from fnmatch import fnmatchcase

        pattern = request.get("pattern", "*")
        states = [state for state in self._native().installed() if fnmatchcase(state.name, pattern)]
        reply["package_count"] = len(states)
        reply["packages"] = [_state_row(state) for state in states[:_MAX_ROWS]]

    @action
    def held(self, request: RPCRequest, reply: RPCReply) -> None:
        """What is on hold."""
        reply["held"] = [*self._native().held()]

    @action
    def count(self, request: RPCRequest, reply: RPCReply) -> None:
        """How many packages there are."""
        reply["output"], reply["exitcode"] = str(len(self._native().listing().splitlines())), 0

    @action
    def md5(self, request: RPCRequest, reply: RPCReply) -> None:
        """The historic digest."""
        from .drift import historic_md5

        reply["output"], reply["exitcode"] = historic_md5(self._native().listing()), 0

    @action
    def digest(self, request: RPCRequest, reply: RPCReply) -> None:
        """A digest of what is installed, whatever the tools print."""
        from .drift import digest

        states = self._native().installed()
        reply["digest"], reply["package_count"] = digest(states), len(states)

    @action
    def search(self, request: RPCRequest, reply: RPCReply) -> None:
        """What is to be had."""
        found = self._native().search(self._wanted(request)[0].name)
        reply["package_count"] = len(found)
        reply["available_packages"] = [{"name": one.name, "version": one.version, "summary": one.summary} for one in found]

    @action
    def reboot_required(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether updates wait for a reboot."""
        restarts = self._native().restarts()
        reply["reboot_required"], reply["reasons"] = restarts.reboot, [*restarts.reasons]

    @action
    def needs_restart(self, request: RPCRequest, reply: RPCReply) -> None:
        """What still runs old files."""
        restarts = self._native().restarts()
        reply["services"] = None if restarts.services is None else [*restarts.services]
        reply["reboot_required"], reply["reasons"] = restarts.reboot, [*restarts.reasons]

    # --- lists of packages ----------------------------------------------------------------------------------------------

    @action
    def refresh(self, request: RPCRequest, reply: RPCReply) -> None:
        """Fetch the lists anew."""
        self._refresh(request, reply, self._native())

    @action
    def apt_update(self, request: RPCRequest, reply: RPCReply) -> None:
        """Fetch apt's lists anew."""
        self._refresh(request, reply, self._named("apt"))

    @action
    def yum_clean(self, request: RPCRequest, reply: RPCReply) -> None:
        """Throw away what yum or dnf keeps."""
        self._tell(reply, self._named("dnf").clean(request.get("mode", self.config.get("yum_clean_mode", "all"))))

    @action
    def checkupdates(self, request: RPCRequest, reply: RPCReply) -> None:
        """What could be upgraded."""
        self._check(request, reply, self._native())

    @action
    def apt_checkupdates(self, request: RPCRequest, reply: RPCReply) -> None:
        """What could be upgraded by apt."""
        self._check(request, reply, self._named("apt"))

    @action
    def yum_checkupdates(self, request: RPCRequest, reply: RPCReply) -> None:
        """What could be upgraded by yum or dnf."""
        self._check(request, reply, self._named("dnf"))

    # --- what they share ------------------------------------------------------------------------------------------------

    @property
    def _is_strict(self) -> bool:
        from mcollective_py.agent.ownsettings import flag

        return flag(self.config, "package", "strict", False)

    def _provider(self) -> Provider:
        return provider_of(provider_name(self.config), self.config)

    def _native(self) -> Provider:
        """The machine's own package system: what Puppet is not asked for, also where it is the provider."""
        name = provider_name(self.config)
        return provider_of(native_name() if name == "puppet" else name, self.config)

    def _named(self, name: str) -> Provider:
        if not is_there(name):
            raise RPCAborted(_PROGRAMS[name])
        return provider_of(name, self.config)

    def _options(self, request: RPCRequest) -> Options:
        return options_of(request, self.config)

    def _wanted(self, request: RPCRequest, *, has_versions: bool = True) -> tuple[Wanted, ...]:
        try:
            wanted = wanted_of(request.get("package"), request.get("version"), request.get("packages"))
        except ValueError as error:
            raise InvalidRPCData(str(error)) from error
        if not wanted:
            raise MissingRPCData(request.action, "package")
        if not has_versions and any(one.version is not None for one in wanted):
            raise InvalidRPCData(f"{request.action} takes no versions")
        return wanted

    def _refresh_first(self, request: RPCRequest, provider: Provider, options: Options) -> None:
        if not request.get("refresh") or request.noop:
            return
        outcome = provider.refresh(options)
        if outcome.failure is not None:
            raise RPCAborted(outcome.failure)

    def _carry_out(
        self, request: RPCRequest, reply: RPCReply, provider: Provider, what: str, wanted: Sequence[Wanted], due: Sequence[Wanted]
    ) -> None:
        """Do what is due, and tell the states of all that was asked for."""
        options = self._options(request)
        outcome = Outcome()
        if due:
            self._refresh_first(request, provider, options)
            order = Order(what, tuple(due), options)
            outcome = provider.plan(order) if request.noop else provider.apply(order)
        _tell_states(reply, provider.status([one.name for one in wanted]))
        self._tell(reply, outcome)

    def _remove(self, request: RPCRequest, reply: RPCReply, what: str) -> None:
        provider, wanted = self._provider(), self._wanted(request)
        states = provider.status([one.name for one in wanted])
        due = []
        for one, state in zip(wanted, states, strict=True):
            is_there = state.is_installed or state.trouble or (what == "purge" and state.ensure != "purged" and provider.name == "apt")
            if is_there and one.version is not None and not fits(replace(state, trouble=""), one.version):
                self._refuse(reply, states, f"{one.name} is {state.ensure} here, not {one.version}: nothing was removed")
            if is_there:
                due.append(one)
            elif self._is_strict:
                self._refuse(reply, states, f"{NOT_PRESENT}{_of(one, wanted)}")
        self._carry_out(request, reply, provider, what, wanted, [replace(one, version=None) for one in due])

    def _refuse(self, reply: RPCReply, states: Sequence[PackageState], words: str) -> None:
        _tell_states(reply, states)
        reply["changed"], reply["changes"] = False, []
        raise RPCAborted(words, 5 if self._is_strict else 1)  # the agent in Ruby raised an error of no kind

    def _hold(self, request: RPCRequest, reply: RPCReply, *, is_held: bool) -> None:
        provider, names = self._native(), [one.name for one in self._wanted(request, has_versions=False)]
        before = provider.held()
        if request.noop:
            due = [name for name in names if (name.partition(":")[0] in before) is not is_held]
            outcome = Outcome(changes=tuple(Change("hold" if is_held else "unhold", name) for name in due))
        else:
            outcome = provider.hold(names, is_held=is_held)
        reply["held"] = [*provider.held()]
        self._tell(reply, outcome)

    def _refresh(self, request: RPCRequest, reply: RPCReply, provider: Provider) -> None:
        options = self._options(request)
        outcome = provider.refresh(options)
        self._tell(reply, outcome)
        if outcome.failure is None:
            reply["outdated_packages"] = _outdated_rows(provider.outdated(options))

    def _check(self, request: RPCRequest, reply: RPCReply, provider: Provider) -> None:
        outcome = provider.outdated(self._options(request))
        reply["package_manager"], reply["outdated_packages"] = provider.manager, _outdated_rows(outcome)
        reply["output"], reply["exitcode"] = outcome.output, outcome.exitcode
        if outcome.failure is not None:
            reply.fail(outcome.failure)

    def _tell(self, reply: RPCReply, outcome: Outcome) -> None:
        reply["output"] = outcome.output
        if "exitcode" in reply:
            reply["exitcode"] = outcome.exitcode
        if "changed" in reply:
            reply["changed"], reply["changes"] = bool(outcome.changes), [_change_row(change) for change in outcome.changes[:_MAX_ROWS]]
        if outcome.failure is not None:
            reply.fail(outcome.failure)


def _tell_states(reply: RPCReply, states: Sequence[PackageState]) -> None:
    reply["packages"] = [_state_row(state) for state in states]
    if len(states) > 1:  # for the summaries: they count the elements of a list one by one
        reply["ensure"] = [f"{state.name} {state.ensure}" for state in states]
        if "arch" in reply:
            reply["arch"] = [state.arch for state in states if state.is_installed]
    if len(states) == 1:  # the historic outputs are of one package
        state = states[0]
        reply["name"], reply["ensure"], reply["provider"] = state.name, state.ensure, state.provider
        if state.is_installed:
            reply["epoch"], reply["version"], reply["release"], reply["arch"] = state.epoch, state.version, state.release, state.arch


def _state_row(state: PackageState) -> dict[str, Any]:
    row: dict[str, Any] = {"name": state.name, "ensure": state.ensure, "arch": state.arch}
    if state.is_held:
        row["held"] = True
    if state.trouble:
        row["trouble"] = state.trouble
    return row


def _change_row(change: Change) -> dict[str, str]:
    values = {
        "action": change.action,
        "name": change.name,
        "old": change.old,
        "new": change.new,
        "arch": change.arch,
        "repo": change.repo,
    }
    return {key: value for key, value in values.items() if value}


def _outdated_rows(outcome: Outcome) -> list[dict[str, str]]:
    return [
        {"package": change.name, "version": change.new, "repo": change.repo, **({"installed": change.old} if change.old else {})}
        for change in outcome.changes[:_MAX_ROWS]
    ]


def _of(one: Wanted, wanted: Sequence[Wanted]) -> str:
    """Which of several; the message for one is the historic one, to the letter."""
    return f": {one.name}" if len(wanted) > 1 else ""
