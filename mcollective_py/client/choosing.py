"""Whom the next call is for: the part of RPCClient that says so, and keeps who was found until somebody else is meant."""

from collections.abc import Sequence

from ..filter import Filter
from .audience import Audience
from .client import Client
from .filterwords import Words, narrowed
from .limit import limited


class ChoosesHosts:
    """What RPCClient is beside its calls; the attributes are those that its caller sets."""

    client: Client
    agent: str
    filter: Filter
    nodes: Sequence[str] | None
    exclude: Sequence[str]
    method: str | None
    method_options: Sequence[str]
    collective: str
    discovery_timeout: float  # seconds
    full: bool
    limit: str | int | None
    limit_method: str | None
    limit_seed: int | None
    _audience: Audience | None = None
    _limited: tuple[object, Audience] | None = None

    @property
    def audience(self) -> Audience:
        """The hosts of the next call, discovered when first asked for."""
        if self._audience is None:
            found = self.client.audience(
                self.agent,
                self.filter,
                self.nodes,
                collective=self.collective,
                discovery_timeout=self.discovery_timeout,
                full=self.full,
                method=self.method,
                method_options=self.method_options,
                exclude=self.exclude,
            )
            self._audience = found
        chosen = (self._audience, self.limit, self.limit_method, self.limit_seed)
        if self._limited is None or self._limited[0] != chosen:  # a random choice is made once
            is_random = (self.limit_method or self.client.config.text("rpclimitmethod")) == "random"
            self._limited = (chosen, limited(self._audience, self.limit, is_random=is_random, seed=self.limit_seed))
        return self._limited[1]

    def discover(self, nodes: Words | None = None) -> tuple[str, ...]:
        """The hosts of the next call; with nodes (names, node sets, groups), exactly those from now on, without asking."""
        if nodes is not None:
            self.nodes = nodes
        return self.audience.nodes

    def reset(self) -> None:
        """Forget who was discovered or named; the next call finds out by the filter."""
        self.nodes = None

    def reset_filter(self) -> None:
        """Mean every host again."""
        self.reset()
        self.filter = Filter()

    def fact_filter(self, word: str) -> None:
        """Mean only hosts with `fact=value` (also =~ != < > <= >=)."""
        self._narrow(fact=word)

    def class_filter(self, name: str) -> None:
        """Mean only hosts with this Puppet class, or one that matches `/regex/`."""
        self._narrow(with_class=name)

    def agent_filter(self, name: str) -> None:
        """Mean only hosts that also have this agent."""
        self._narrow(with_agent=name)

    def identity_filter(self, name: str) -> None:
        """Mean this host, too, or those that match `/regex/`."""
        self._narrow(identity=name)

    def compound_filter(self, expression: str) -> None:
        """Mean only hosts for which an expression of -S holds: `(country=uk or web) and not fstat('/etc/motd').size>0`."""
        self._narrow(compound=expression)

    def _narrow(self, **words: str) -> None:
        self.filter = narrowed(self.filter, **words)
