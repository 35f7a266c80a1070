"""Who a call is for: the part of Client that finds hosts, by asking them or by another discovery method."""

from abc import ABC, abstractmethod

from ..config import Config
from ..errors import FilterError
from ..facttest import is_regex
from ..filter import Filter
from .audience import Audience
from .discovery import choice, mc
from .discovery.base import Discovered
from .filterwords import Words, narrowed, several
from .replies import Replies
from .whom import Groups, Whom, whom


class FindsHosts(ABC):
    """What Client is beside its connection. groups: those of the configured inventory file."""

    config: Config
    discovery_timeout: float
    groups: Groups

    @abstractmethod
    def collective(self, name: str | None) -> str:
        """See Client."""

    @abstractmethod
    def ping(
        self,
        filter: Filter | None = None,
        *,
        collective: str | None = None,
        timeout: float | None = None,
        full: bool = False,
        exclude: Words = (),
    ) -> Replies:
        """See Client."""

    def discover(
        self,
        filter: Filter | None = None,
        *,
        fact: Words = (),
        with_class: Words = (),
        with_agent: Words = (),
        identity: Words = (),
        combined: Words = (),
        compound: Words = (),
        collective: str | None = None,
        timeout: float | None = None,
        full: bool = False,
        method: str | None = None,
        method_options: Words = (),
        exclude: Words = (),
        agent: str | None = None,
    ) -> Discovered:
        """Who matches the filter now, and has the agent.

        fact, with_class, with_agent, identity, combined, compound: words that narrow the filter, as request() takes them. method: how
        they are found, None as configured; method_options: what the method takes. exclude: names, node sets and `/regex/` of hosts
        that are not meant. Raises FilterError for a filter that the method cannot apply, DiscoveryError for a source that cannot be
        used.
        """
        filter = narrowed(
            filter, fact=fact, with_class=with_class, with_agent=with_agent, identity=identity, combined=combined, compound=compound
        )
        name, words, meant = self._finding(filter, method, method_options, exclude)
        window = self.discovery_timeout if timeout is None else timeout
        if name != mc.METHOD:
            chosen = self.collective(collective)
            return choice.discover_by(name, words, meant, self.config, agent=agent, collective=chosen, timeout=window)
        asked = filter if agent is None else filter.with_agent(agent)
        return mc.collect(self.ping(asked, collective=collective, timeout=window, full=full, exclude=exclude))

    def _finding(self, filter: Filter, method: str | None, method_options: Words, exclude: Words) -> tuple[str, tuple[str, ...], Whom]:
        name, words = choice.chosen(method, several(method_options, "method_options"), filter, self.config)
        return name, words, self.whom(filter, exclude, words[0] if name == "inventory" and words else None)

    def whom(self, filter: Filter | None = None, exclude: Words = (), inventory: str | None = None) -> Whom:
        """The filter with the names that its node sets and groups stand for, and the hosts that are not meant.

        inventory: the file that groups stand in, None for the configured one.
        """
        return whom(narrowed(filter), several(exclude, "exclude"), self.groups if inventory is None else Groups(self.config, inventory))

    def audience(
        self,
        agent: str,
        filter: Filter,
        nodes: Words | None = None,
        *,
        collective: str | None = None,
        discovery_timeout: float | None = None,
        full: bool = False,
        method: str | None = None,
        method_options: Words = (),
        exclude: Words = (),
    ) -> Audience:
        """Who a call is for: the nodes given (names and node sets), the hosts that the filter names, or else whoever a discovery finds.

        method, method_options, exclude: see discover. Hosts that a list gives, and what an exclusion leaves, are asked by name.
        """
        if nodes is not None:
            return Audience(self.named(nodes, exclude))
        _, _, meant = self._finding(filter, method, method_options, exclude)
        if method in (None, mc.METHOD) and meant.names is not None:
            return Audience(meant.names)
        found = self.discover(
            filter,
            collective=collective,
            timeout=discovery_timeout,
            full=full,
            method=method,
            method_options=method_options,
            exclude=exclude,
            agent=agent,
        )
        return Audience(found.nodes, found, is_part=found.method != mc.METHOD or meant.is_decided_here)

    def named(self, nodes: Words, exclude: Words = ()) -> tuple[str, ...]:
        """The hosts that names, node sets and groups stand for, without the excluded ones. Raises FilterError for anything else."""
        nodes = several(nodes, "nodes")
        if any(is_regex(word) for word in nodes):
            raise FilterError("nodes are names, node sets and groups: a regular expression belongs into the filter")
        return self.whom(Filter(identities=tuple(dict.fromkeys(nodes))), exclude).names or ()
