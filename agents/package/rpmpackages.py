"""What dnf and zypper have alike: what is installed, and how versions compare, is rpm's to say."""

from collections.abc import Sequence
from dataclasses import replace

from mcollective_py.agent import CommandResult, RPCAborted

from . import rpm
from .dnfcommands import split_arch
from .provider import REPLACE, Order, PackageState
from .versions import compare_rpm


class RpmPackages:
    """The part of a Provider that asks rpm. name: of the provider. root: where another system is installed, None for the host's own."""

    name = ""

    def __init__(self, root: str | None) -> None:
        self._root = root

    def status(self, names: Sequence[str]) -> tuple[PackageState, ...]:
        """See Packages."""
        plain = [".".join(part for part in split_arch(name) if part) for name in names]
        states = rpm.states_of(plain, self._rpm(rpm.rpm_query(plain, self._root)), self.name)
        held = set(self.held())
        return tuple(replace(state, is_held=state.name in held) for state in states)

    def installed(self) -> tuple[PackageState, ...]:
        """See Packages."""
        return tuple(sorted(self._rpm(rpm.rpm_all(self._root)), key=lambda state: (state.name, state.arch)))

    def held(self) -> tuple[str, ...]:
        """See Packages."""
        raise NotImplementedError

    def compare(self, left: str, right: str) -> int:
        """See Aftermath. Raises ValueError for a text that is no version."""
        return compare_rpm(left, right)

    def listing(self) -> str:
        """See Aftermath: what `rpm -qa` prints, in its order."""
        return rpm.asked(rpm.rpm_listing(self._root)).stdout

    def _rpm(self, words: list[str]) -> list[PackageState]:
        return rpm.states(words, self.name)


def check_files_choice(order: Order) -> None:
    """Raises RPCAborted where an order says what becomes of configuration files."""
    if order.options.config_files == REPLACE:
        raise RPCAborted("rpm has no such choice: each package says what becomes of its configuration files, see .rpmnew and .rpmsave")


def output_of(result: CommandResult) -> str:
    """All that a tool printed, its standard error last."""
    return result.stdout + (f"\n{result.stderr}" if result.stdout and result.stderr else result.stderr)
