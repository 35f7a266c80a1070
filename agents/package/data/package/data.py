"""package('openssl').installed, package('openssl').version<3.0.13: whether a host has a package, and in which version."""

from collections.abc import Callable, Mapping
from typing import Any

from mcollective_py.node.data import Data, OrderedText, RPCAborted

from .question import parse_question


class Version(OrderedText):
    """An installed version, which stands to others as the package system says. compare: as in Provider."""

    def __new__(cls, text: str, compare: Callable[[str, str], int]) -> "Version":
        made = super().__new__(cls, text)
        made._compare = compare
        return made

    _compare: Callable[[str, str], int]

    def order(self, other: str) -> int:
        """See OrderedText."""
        return self._compare(str(self), other)


class Package(Data):
    """The state of one package, by the machine's own package system; nothing is fetched and nothing locked."""

    def query(self, query: str) -> Mapping[str, Any]:
        """The outputs. Raises RPCAborted for a version that is none to the package system."""
        from ...choice import native_name, provider_name, provider_of  # only hosts that are asked pay for it
        from ...versions import OPERATORS

        name, operator, version = parse_question(query)
        configured = provider_name(self.config)  # the settings plugin.package.* are the agent's, too
        provider = provider_of(native_name() if configured == "puppet" else configured, self.config)
        state = provider.status([name])[0]
        try:
            matches = state.is_installed and (operator is None or OPERATORS[operator](provider.compare(state.ensure, version)))
        except ValueError as error:
            raise RPCAborted(str(error)) from error
        return {
            "status": state.ensure,
            "installed": state.is_installed,
            "version": Version(state.ensure, provider.compare) if state.is_installed else "",
            "held": state.is_held,
            "matches": matches,
        }
