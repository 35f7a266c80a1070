"""Any package system by Puppet's types: `puppet resource package`, one run a package, 1 to 3 seconds each."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from mcollective_py.agent import CommandResult, RPCAborted, run
from mcollective_py.agent.puppetresource import (
    ENVIRONMENT,
    find_puppet,
    parse_changes,
    parse_resource,
    puppet_resource,
)

from .provider import (
    ABSENT,
    PURGED,
    REPLACE,
    Change,
    Comparison,
    Found,
    Options,
    Order,
    Outcome,
    PackageState,
    Provider,
    Restarts,
    Wanted,
)

_ENSURE = {"install": "present", "update": "latest", "uninstall": ABSENT, "purge": PURGED}
_LEAST = 1.0  # seconds for a run, however little is left
_READ_TIMEOUT = 50.0  # seconds
_LAST_LINES = 12  # of what the package tool said


class Puppet:
    """Packages by `puppet resource`. settings: `command`, the puppet program where it is not in one of its usual places; all others are
    parameters of Puppet's package type, as `provider = gem`.

    What is known of a package is not asked again, but after a change: one provider serves one request.
    What Puppet has no word for (lists, repositories, holds, restarts) is asked of the machine's own package system.
    """

    name = "puppet"

    def __init__(self, settings: Mapping[str, str]) -> None:
        program = find_puppet(settings.get("command") or None)
        if program is None:
            raise RPCAborted("there is no puppet here: set plugin.package.puppet.command, or another plugin.package.provider")
        self._program = program
        self._known: dict[str, PackageState] = {}
        self._parameters = {key: value for key, value in settings.items() if key not in ("command", "ensure", "name")}

    def status(self, names: Sequence[str]) -> tuple[PackageState, ...]:
        """See Packages."""
        with _deadline(_READ_TIMEOUT * max(1, len(names))) as left:
            return tuple(self._known.get(name) or self._state(name, left()) for name in names)

    def plan(self, order: Order) -> Outcome:
        """See Packages."""
        return self._carry_out(order, simulates=True)

    def apply(self, order: Order) -> Outcome:
        """See Packages."""
        return self._carry_out(order, simulates=False)

    @property
    def manager(self) -> str:
        """See Repositories."""
        return self._native.manager

    def installed(self) -> tuple[PackageState, ...]:
        """See Packages."""
        return self._native.installed()

    def held(self) -> tuple[str, ...]:
        """See Packages."""
        return self._native.held()

    def hold(self, names: Sequence[str], *, is_held: bool) -> Outcome:
        """See Packages."""
        return self._native.hold(names, is_held=is_held)

    def refresh(self, options: Options) -> Outcome:
        """See Repositories."""
        return self._native.refresh(options)

    def outdated(self, options: Options) -> Outcome:
        """See Repositories."""
        return self._native.outdated(options)

    def search(self, text: str) -> tuple[Found, ...]:
        """See Repositories."""
        return self._native.search(text)

    def clean(self, mode: str) -> Outcome:
        """See Repositories."""
        return self._native.clean(mode)

    def restarts(self) -> Restarts:
        """See Aftermath."""
        return self._native.restarts()

    def compare(self, left: str, right: str) -> int:
        """See Aftermath."""
        return self._native.compare(left, right)

    def listing(self) -> str:
        """See Aftermath."""
        return self._native.listing()

    def repair(self, options: Options) -> Outcome:
        """See Aftermath."""
        return self._native.repair(options)

    @property
    def _native(self) -> Provider:
        from .choice import native_name, provider_of

        return provider_of(native_name(), {})

    def _state(self, name: str, timeout: float) -> PackageState:
        result = run(puppet_resource("package", name, program=self._program), timeout=timeout, env=ENVIRONMENT)
        if result.timed_out:
            raise RPCAborted(f"puppet resource did not say in {timeout:g} seconds what {name} is")
        properties = parse_resource(result.stdout)
        if not properties:
            raise RPCAborted(_failure(name, result, timeout) or f"puppet resource says nothing of {name}")
        self._known[name] = state_of(name, properties)
        return self._known[name]

    def _carry_out(self, order: Order, *, simulates: bool) -> Outcome:
        """One package after the other; the first failure ends it. Puppet prints what was before, so that each is asked for again."""
        _check(order)
        changes: list[Change] = []
        printed: list[str] = []
        with _deadline(order.options.timeout) as left:
            for wanted in order.packages:
                ensure = self._ensure(order, wanted, left)
                words = puppet_resource(
                    "package", wanted.name, {"ensure": ensure, **self._parameters}, program=self._program, noop=simulates
                )
                limit = left()
                result = run(words, timeout=limit, env=ENVIRONMENT)
                printed += [result.stdout, result.stderr]
                failure = _failure(wanted.name, result, limit)
                told = parse_changes(result.stdout)
                before = state_of(wanted.name, parse_resource(result.stdout) or {"ensure": ABSENT})
                after = before
                if simulates and told:
                    after = replace(before, ensure=promised(told, ensure))
                elif not simulates and (told or failure is not None):
                    after = self._state(wanted.name, left())
                if after.ensure != before.ensure:
                    changes.append(change_of(before, after, self.compare))
                if failure is not None:
                    return Outcome(result.exitcode or 1, "".join(printed), tuple(changes), failure)
        return Outcome(0, "".join(printed), tuple(changes))

    def _ensure(self, order: Order, wanted: Wanted, left: Callable[[], float]) -> str:
        if wanted.version is None or order.action in ("uninstall", "purge"):
            return _ENSURE[order.action]
        if order.options.downgrade:
            return wanted.version
        before = self._known.get(wanted.name) or self._state(wanted.name, left())
        if before.is_installed and self.compare(before.ensure, wanted.version) > 0:
            raise RPCAborted(
                f"packages would be downgraded: {wanted.name} from {before.ensure} to {wanted.version}; allow it with downgrade"
            )
        return wanted.version


def state_of(name: str, properties: Mapping[str, object]) -> PackageState:
    """A package as Puppet's properties have it. `present` of a provider without versions stays so; `held` is an old word for installed.

    Puppet may say epoch, version, release and arch (rpm, yum, dnf), or the full version alone.
    """
    ensure = str(properties.get("ensure", ABSENT))
    if ensure in (ABSENT, PURGED):
        return PackageState(name, ensure, provider="puppet")
    epoch, version, release = _parts(ensure)
    return PackageState(
        name,
        ensure,
        str(properties.get("epoch") or epoch),
        str(properties.get("version") or version),
        str(properties.get("release") or release),
        str(properties.get("arch") or ""),
        str(properties.get("provider") or "puppet"),
        properties.get("mark") == "hold",
    )


def change_of(before: PackageState, after: PackageState, compare: Comparison) -> Change:
    """What became of a package. What Puppet has no version for is called `present`."""
    if not after.is_installed:
        gone = "purge" if after.ensure == PURGED and before.ensure == ABSENT else "remove"
        return Change(gone, before.name, before.ensure if before.is_installed else "", "", before.arch)
    if not before.is_installed:
        return Change("install", after.name, "", after.ensure, after.arch)
    try:
        action = "upgrade" if compare(before.ensure, after.ensure) <= 0 else "downgrade"
    except ValueError:  # `latest`, which a simulation cannot say better
        action = "upgrade"
    return Change(action, after.name, before.ensure, after.ensure, after.arch)


def promised(told: Sequence[str], ensure: str) -> str:
    """The `ensure` that a simulation promises: the version where Puppet says one, as for `latest`."""
    found = [match[1] for line in told if (match := re.search(r"should be '([^']+)' \(noop\)$", line))]
    return found[-1] if found else ensure


def _parts(ensure: str) -> tuple[str, str, str]:
    epoch, colon, rest = ensure.partition(":")
    version, hyphen, release = (rest if colon else ensure).rpartition("-")
    return epoch if colon else "0", version if hyphen else release, release if hyphen else ""


def _check(order: Order) -> None:
    options = order.options
    if order.action == "upgrade":
        raise RPCAborted("puppet knows packages one by one: name them, or set another plugin.package.provider")
    if options.security:
        raise RPCAborted("puppet cannot tell security updates from others: set another plugin.package.provider")
    if options.config_files == REPLACE:
        raise RPCAborted("puppet resource keeps configuration files: set another plugin.package.provider")
    if any(wanted.version is not None and set(wanted.version) & set("*?[") for wanted in order.packages):
        raise RPCAborted("puppet needs an exact version: it knows no globs")


def words_of_failure(stderr: str) -> str:
    """Why Puppet failed: its first error, and the end of what the package tool said; Puppet prints all of it, and twice."""
    lines = [line for line in re.sub(r"\x1b\[[0-9;]*m", "", stderr).splitlines() if not line.startswith("(Reading database ...")]
    begins = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    if not begins:
        return ""
    end = begins[1] if len(begins) > 1 else len(lines)
    head, *rest = lines[begins[0] : end]
    return "\n".join([head.removesuffix(": Reading package lists..."), *rest[-_LAST_LINES:]])[:4000]


def _failure(name: str, result: CommandResult, limit: float) -> str | None:
    if result.timed_out:
        return f"puppet was ended after {limit:g} seconds, and {name} may be half installed: see the action repair"
    said = words_of_failure(result.stderr)
    if result.exitcode != 0 and not said:
        said = result.stderr.strip()[-2000:] or f"puppet ended with exit code {result.exitcode} and said nothing"
    return said or None


@contextmanager
def _deadline(seconds: float) -> Iterator[Callable[[], float]]:
    """What is left of the seconds, whenever asked."""
    end = time.monotonic() + seconds
    yield lambda: max(end - time.monotonic(), _LEAST)
