"""RPCClient: an agent's actions as methods, their inputs checked against the DDL before anything is sent."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..config import Config
from ..ddl.model import DDL
from ..ddl.validate import validate
from ..errors import UnknownAction, UsageError
from ..filter import Filter
from ..plugins.ddlfiles import agent_ddl
from ..plugins.sitevalidators import validators_for
from .audience import Audience
from .client import Client
from .filterwords import Words, narrowed
from .replies import Replies
from .results import RPCStats
from .rollout import Rollout
from .rpcresults import BatchedResults, RPCResults

_WHOM = frozenset({"filter", "collective", "full", "method", "method_options", "exclude"})  # attributes that say whom a discovery finds


class RPCClient:
    """Calls one agent on the hosts of a filter: `client.status(service="exim4")`, or `client.call("status", {...})`.

    Every argument is an attribute that can be set between two calls. Who is there is found once and kept until reset() or a change of
    whom is meant. timeout: seconds for the answers, None for the DDL's and the discovery timeout. limit: at most so many hosts, `10`
    or `25%`; limit_method: `first` or `random`; limit_seed: makes a random choice of them the same each time. batch: so many hosts at
    a time, `10` or `25%`, or growing, `1,5,25%,100%`; batch_sleep: seconds between two batches; None: as configured. canary, max_fail:
    when such a call stops, see Rollout. full: discover for the whole window. method, method_options, exclude: see Client.discover.
    owns_client: close() closes the client.
    """

    def __init__(
        self,
        client: Client,
        agent: str,
        ddl: DDL,
        *,
        filter: Filter | None = None,
        timeout: float | None = None,
        discovery_timeout: float | None = None,
        ttl: int | None = None,
        collective: str | None = None,
        limit: str | int | None = None,
        limit_method: str | None = None,
        limit_seed: int | None = None,
        batch: str | int | None = None,
        batch_sleep: float | None = None,
        canary: int | None = None,
        max_fail: str | int | None = None,
        full: bool = False,
        method: str | None = None,
        method_options: Sequence[str] = (),
        exclude: Sequence[str] = (),
        owns_client: bool = False,
    ) -> None:
        self.client, self.agent, self.ddl, self.filter = client, agent, ddl, filter or Filter()
        self.timeout, self.ttl, self.limit, self.full = timeout, ttl, limit, full
        self.method, self.method_options, self.exclude = method, tuple(method_options), tuple(exclude)
        self.discovery_timeout = client.discovery_timeout if discovery_timeout is None else discovery_timeout
        self.collective = client.collective(collective)
        if limit is not None:
            limit_count(limit, 1)
        self.limit_method, self.limit_seed, self.owns_client = limit_method, limit_seed, owns_client
        config = client.config
        self.batch, self.canary, self.max_fail = batch, canary, max_fail
        self.batch_sleep = config.seconds("default_batch_sleep_time") if batch_sleep is None else batch_sleep
        self._rollout()
        self._audience: Audience | None = None
        self._limited: tuple[object, Audience] | None = None
        self._last: RPCResults | None = None

    def __enter__(self) -> Self:
        if self.owns_client:
            self.client.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close(wait=kind is None)

    def close(self, *, wait: bool = True) -> None:
        """Disconnect, where this client has a connection of its own. wait: see Client.close."""
        if self.owns_client:
            self.client.close(wait=wait)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if name in _WHOM:
            self.reset()

    def __getattr__(self, name: str) -> Callable[..., RPCResults]:
        if name.startswith("_") or name not in self.ddl.actions:
            raise AttributeError(f"the agent {self.agent} has no action {name}: it has {', '.join(sorted(self.ddl.actions))}")

        def act(**inputs: Any) -> RPCResults:
            return self.call(name, inputs)

        act.__name__, act.__doc__ = name, self.ddl.actions[name].description
        return act

    def call(self, action: str, inputs: Mapping[str, Any] | None = None) -> RPCResults:
        """Call an action by name. Raises UnknownAction, MissingRPCData or InvalidRPCData before anything is sent."""
        checked = self.checked(action, inputs or {})

        def ask(audience: Audience, after: Replies | None = None, goes_on: Callable[[int], bool] = lambda bad: True) -> Replies:
            return self.client.call(
                self.agent,
                action,
                checked,
                audience,
                filter=self.filter,
                timeout=self._timeout(action),
                ttl=self.ttl,
                collective=self.collective,
                after=after,
                goes_on=goes_on,
            )

        rollout, whole = self._rollout(), self.audience
        # All in one batch is an ordinary call, which may be a broadcast; but one that may stop half-way goes out host by host.
        if rollout is None or not whole.nodes or (rollout.max_fail is None and len(rollout.batches(whole.nodes)) == 1):
            self._last = RPCResults(ask(whole))
        else:
            self._last = BatchedResults(
                rollout,
                whole.nodes,
                lambda nodes, after, goes_on: ask(Audience(nodes, whole.discovered, is_part=True), after, goes_on),
                pause=self.batch_sleep,
                monotonic=time.monotonic,
            )
        if self.ddl.actions[action].aggregates:
            from .aggregate.summaries import Summaries

            self._last.aggregates = Summaries(self.ddl.actions[action], self.client.config.paths("libdir"))
        return self._last

    def send(self, action: str, inputs: Mapping[str, Any] | None = None, *, reply_to: str | None = None) -> str:
        """Call an action without waiting for results; gives the request id.

        reply_to: the broker's name of a place that somebody else reads; without it no replies are wanted. A roll-out needs results:
        UsageError where one was asked for; default_batch_size does not hold here.
        """
        checked = self.checked(action, inputs or {})
        if not (self.batch is None and self.canary is None and self.max_fail is None):
            raise UsageError("a request without results goes to all hosts at once: no batch, canary or max_fail")
        return self.client.send(
            self.agent,
            action,
            checked,
            self.audience,
            filter=self.filter,
            ttl=self.ttl,
            collective=self.collective,
            reply_to=reply_to,
        )

    def custom_request(self, action: str, inputs: Mapping[str, Any], nodes: Sequence[str], filter: Filter | None = None) -> RPCResults:
        """Call an action on exactly these hosts, without a discovery and whatever this client's own filter and batches say.

        filter: what each of them applies before it runs the action; without one they all do.
        """
        replies = self.client.call(
            self.agent,
            action,
            self.checked(action, inputs),
            Audience(tuple(dict.fromkeys(self.client.named(nodes))), keeps_filter=filter is not None),
            filter=filter,
            timeout=self._timeout(action),
            ttl=self.ttl,
            collective=self.collective,
        )
        self._last = RPCResults(replies)
        return self._last

    def checked(self, action: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The inputs with the DDL's defaults, or the error that says which one is wrong."""
        if action not in self.ddl.actions:
            raise UnknownAction(f"the agent {self.agent} has no action {action}: it has {', '.join(sorted(self.ddl.actions))}")
        wanted = self.ddl.actions[action].inputs.values()
        validators = validators_for(wanted, self.client.config.paths("libdir"), is_strict=False)
        return validate(self.ddl, action, inputs, validators, trusts_host=True)

    # --- whom ---------------------------------------------------------------------------------------------------------

    @property
    def audience(self) -> Audience:
        """The hosts of the next call, discovered when first asked for."""
        if self._audience is None:
            found = self.client.audience(
                self.agent,
                self.filter,
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

    def discover(self, nodes: Sequence[str] | None = None) -> tuple[str, ...]:
        """The hosts of the next call; with nodes (names, node sets, groups), exactly those, without asking."""
        if nodes is not None:
            self._audience = Audience(tuple(dict.fromkeys(self.client.named(nodes, self.exclude))))
        return self.audience.nodes

    def reset(self) -> None:
        """Forget who was discovered; the next call finds out again."""
        self._audience = None

    def reset_filter(self) -> None:
        """Mean every host again."""
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

    @property
    def stats(self) -> RPCStats:
        """Those of the last call."""
        return self._last.stats if self._last else RPCStats(agent=self.agent)

    def _narrow(self, **words: str) -> None:
        self.filter = narrowed(self.filter, **words)

    def _rollout(self) -> Rollout | None:
        """The batches that were asked for, else those of the configuration; None for all at once. Raises UsageError."""
        config, batch = self.client.config, self.batch
        if batch is None and config.number("default_batch_size"):
            batch = config.word("default_batch_size")
        rollout = Rollout.of(batch, self.canary, self.max_fail)
        if rollout is not None and not config.flag("direct_addressing"):
            raise UsageError("batches address hosts by name: they need direct_addressing = 1 in the configuration")
        return rollout

    def _timeout(self, action: str) -> float:
        return self.ddl.timeout(action) + self.discovery_timeout if self.timeout is None else self.timeout


def limited(found: Audience, limit: str | int | None, *, is_random: bool = False, seed: int | None = None) -> Audience:
    """The first (or any) few of an audience. seed: makes the choice of any the same each time."""
    count = len(found.nodes) if limit is None else limit_count(limit, len(found.nodes))
    if count >= len(found.nodes):
        return found
    nodes: Sequence[str] = found.nodes[:count]
    if is_random:
        from random import Random

        nodes = sorted(Random(seed).sample(sorted(found.nodes), count))  # noqa: S311  no secret: a choice of hosts
    return Audience(tuple(nodes), found.discovered, is_part=True)


def limit_count(limit: str | int, total: int) -> int:
    """How many of total hosts `10` or `25%` means, at least one. Raises UsageError for anything else."""
    text = str(limit)
    number, percent = (text[:-1], True) if text.endswith("%") else (text, False)
    if not (number.isascii() and number.isdigit() and len(number) < 10) or int(number) == 0 or (percent and int(number) > 100):
        raise UsageError(f"a limit is a number above 0 or a percentage up to 100%, not {limit!r}")
    return max(total * int(number) // 100, 1) if percent else int(number)


def rpcclient(
    agent: str,
    *,
    fact: Words = (),
    with_class: Words = (),
    with_agent: Words = (),
    identity: Words = (),
    combined: Words = (),
    compound: Words = (),
    filter: Filter | None = None,
    nodes: Sequence[str] | None = None,
    exclude: Sequence[str] = (),
    method: str | None = None,
    method_options: Sequence[str] = (),
    collective: str | None = None,
    timeout: float | None = None,
    discovery_timeout: float | None = None,
    ttl: int | None = None,
    limit: str | int | None = None,
    limit_method: str | None = None,
    limit_seed: int | None = None,
    batch: str | int | None = None,
    batch_sleep: float | None = None,
    canary: int | None = None,
    max_fail: str | int | None = None,
    config: Config | str | Path | None = None,
    client: Client | None = None,
) -> RPCClient:
    """An RPCClient for one agent, with a connection as the configuration file says (or over a client that is there already).

    It connects at `with`, or else when first used, and close() ends that.

    fact, with_class, with_agent, identity, combined, compound: the words of -F, -C, -A, -I, -W and -S, one or several; they narrow the
    filter, where there is one. nodes: exactly these hosts, names and node sets. exclude: hosts that are not meant: names, node
    sets, `/regex/`. method, method_options: how hosts are found, as --dm and --do say it: `method="flatfile", method_options=[FILE]`.
    """
    meant = narrowed(
        filter,
        fact=fact,
        with_class=with_class,
        with_agent=with_agent,
        identity=identity,
        combined=combined,
        compound=compound,
    )
    chosen = Client.from_config(config) if client is None else client
    ddl = agent_ddl(agent, chosen.config.paths("libdir"))
    rpc = RPCClient(
        chosen,
        agent,
        ddl,
        filter=meant,
        method=method,
        method_options=method_options,
        exclude=exclude,
        timeout=timeout,
        discovery_timeout=discovery_timeout,
        ttl=ttl,
        collective=collective,
        limit=limit,
        limit_method=limit_method,
        limit_seed=limit_seed,
        batch=batch,
        batch_sleep=batch_sleep,
        canary=canary,
        max_fail=max_fail,
        owns_client=client is None,
    )
    if nodes is not None:
        rpc.discover(nodes)
    return rpc
