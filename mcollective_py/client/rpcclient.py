"""RPCClient: an agent's actions as methods, their inputs checked against the DDL before anything is sent."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..config import Config
from ..ddl.model import DDL
from ..ddl.validate import validate
from ..errors import UnknownAction, UsageError
from ..filter import Filter
from ..plugins.ddlfiles import agent_ddl
from ..plugins.sitevalidators import validators_for
from .attributes import WHOM, checked_attribute, described
from .audience import Audience
from .choosing import ChoosesHosts
from .client import Client
from .discovery.choice import chosen
from .discovery.mc import METHOD
from .filterwords import Words, narrowed, several
from .replies import Replies
from .results import RPCStats
from .rpcresults import BatchedResults, RPCResults

if TYPE_CHECKING:
    from .rollout import Rollout


class RPCClient(ChoosesHosts):
    """Calls one agent on the hosts of a filter: `client.status(service="exim4")`, or `client.call("status", {...})`.

    Every argument but the first three is an attribute that can be set between two calls. Who is there is found once and kept until
    reset() or a change of whom is meant. Arguments: see rpcclient. owns_client: close() closes the client. An action's inputs and
    outputs are in help(client.ACTION).
    """

    def __init__(
        self,
        client: Client,
        agent: str,
        ddl: DDL,
        *,
        filter: Filter | None = None,
        nodes: Words | None = None,
        exclude: Words = (),
        method: str | None = None,
        method_options: Words = (),
        collective: str | None = None,
        timeout: float | None = None,
        discovery_timeout: float | None = None,
        ttl: int | None = None,
        full: bool = False,
        limit: str | int | None = None,
        limit_method: str | None = None,
        limit_seed: int | None = None,
        batch: str | int | None = None,
        batch_sleep: float | None = None,
        canary: int | None = None,
        max_fail: str | int | None = None,
        owns_client: bool = False,
    ) -> None:
        self._last: RPCResults | None = None
        self.client, self.agent, self.ddl, self.owns_client = client, agent, ddl, owns_client
        self.nodes = None
        self.filter = filter or Filter()
        if nodes is not None and not self.filter.is_empty:
            raise UsageError("the hosts are either named or found by a filter: custom_request() asks those named that match")
        self.nodes, self.exclude, self.method, self.method_options = nodes, exclude, method, method_options
        self.collective, self.full = client.collective(collective), full
        self.timeout, self.ttl = timeout, ttl
        self.discovery_timeout = client.discovery_timeout if discovery_timeout is None else discovery_timeout
        self.limit, self.limit_method, self.limit_seed = limit, limit_method, limit_seed
        self.batch, self.canary, self.max_fail = batch, canary, max_fail
        self.batch_sleep = client.config.seconds("default_batch_sleep_time") if batch_sleep is None else batch_sleep
        self._rollout()

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

    if not TYPE_CHECKING:  # which would take any name for one that can be set

        def __setattr__(self, name: str, value: Any) -> None:
            object.__setattr__(self, name, value if name.startswith("_") else self._checked_attribute(name, value))
            if name in WHOM:
                self._audience = None

    def _checked_attribute(self, name: str, value: Any) -> Any:
        kept = checked_attribute(name, value)
        if name == "filter" and self.nodes is not None and not kept.is_empty:
            raise UsageError("the hosts are named here, and no filter narrows that: reset() first, and it finds hosts")
        if value is None and name == "discovery_timeout":
            return self.client.discovery_timeout
        if value is None and name == "batch_sleep":
            return self.client.config.seconds("default_batch_sleep_time")
        return self.client.collective(kept) if name == "collective" else kept

    def __getattr__(self, name: str) -> Callable[..., RPCResults]:
        if name.startswith("_"):  # asked before anything is set, where a copy is made
            raise AttributeError(name)
        if name not in self.ddl.actions:
            raise AttributeError(self._no_action(name))

        def act(**inputs: Any) -> RPCResults:
            return self.call(name, inputs)

        act.__name__, act.__qualname__, act.__doc__ = name, f"{self.agent}.{name}", described(self.ddl.actions[name])
        return act

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self.ddl.actions})

    def __repr__(self) -> str:
        whom = "every host" if self.filter.is_empty else str(self.filter)
        return f"<RPCClient {self.agent}: {whom if self.nodes is None else ', '.join(self.nodes) or 'nobody'}>"

    def _no_action(self, name: str) -> str:
        return f"the agent {self.agent} has no action {name}: it has {', '.join(sorted(self.ddl.actions))}"

    def call(self, action: str, inputs: Mapping[str, Any] | None = None) -> RPCResults:
        """Call an action by name. Raises UnknownAction, MissingRPCData or InvalidRPCData before anything is sent."""
        checked = self.checked(action, inputs or {})
        secret = self.ddl.actions[action].secrets(checked)

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
                secret=secret,
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
        return self._summarized(self._last, action)

    def call_known(self, action: str, inputs: Mapping[str, Any] | None = None) -> RPCResults | None:
        """Call an action that only reads without a discovery before it; None where that would not do, and nothing is sent.

        It does where the hosts that are known for the filter would end a discovery early. Who of them is silent is asked whether it is
        there, and waited for only then. Errors as of call.
        """
        checked = self.checked(action, inputs or {})
        is_plain = self._audience is None and self.nodes is None and self.limit is None and not self.exclude and not self.full
        declared = self.ddl.actions[action]
        if not (is_plain and declared.only_reads and not declared.secrets(checked) and self._rollout() is None):
            return None
        if chosen(self.method, several(self.method_options, "method_options"), self.filter, self.client.config)[0] != METHOD:
            return None
        results = self.client.call_known(
            self.agent,
            action,
            checked,
            self.filter,
            timeout=self._timeout(action),
            discovery_timeout=self.discovery_timeout,
            ttl=self.ttl,
            collective=self.collective,
        )
        if results is None:
            return None
        self._last = results
        return self._summarized(results, action)

    def _summarized(self, results: RPCResults, action: str) -> RPCResults:
        if self.ddl.actions[action].aggregates:
            from .aggregate.summaries import Summaries

            results.aggregates = Summaries(self.ddl.actions[action], self.client.config.paths("libdir"))
        return results

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
            secret=self.ddl.actions[action].secrets(checked),
        )

    def custom_request(self, action: str, inputs: Mapping[str, Any], nodes: Words, filter: Filter | None = None) -> RPCResults:
        """Call an action on exactly these hosts, without a discovery and whatever this client's own filter and batches say.

        filter: what each of them applies before it runs the action; without one they all do.
        """
        checked = self.checked(action, inputs)
        replies = self.client.call(
            self.agent,
            action,
            checked,
            Audience(self.client.named(nodes), keeps_filter=filter is not None),
            filter=filter,
            timeout=self._timeout(action),
            ttl=self.ttl,
            collective=self.collective,
            secret=self.ddl.actions[action].secrets(checked),
        )
        self._last = RPCResults(replies)
        return self._last

    def checked(self, action: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The inputs with the DDL's defaults, or the error that says which one is wrong."""
        if action not in self.ddl.actions:
            raise UnknownAction(self._no_action(action))
        wanted = self.ddl.actions[action].inputs.values()
        validators = validators_for(wanted, self.client.config.paths("libdir"), is_strict=False)
        return validate(self.ddl, action, inputs, validators, trusts_host=True)

    @property
    def stats(self) -> RPCStats:
        """Those of the last call."""
        return self._last.stats if self._last else RPCStats(agent=self.agent)

    def _rollout(self) -> "Rollout | None":
        """The batches that were asked for, else those of the configuration; None for all at once. Raises UsageError."""
        config, batch = self.client.config, self.batch
        if batch is None and config.number("default_batch_size"):
            batch = config.word("default_batch_size")
        if batch is None and self.canary is None and self.max_fail is None:
            return None
        from .rollout import Rollout

        rollout = Rollout.of(batch, self.canary, self.max_fail)
        if rollout is not None and not config.flag("direct_addressing"):
            raise UsageError("batches address hosts by name: they need direct_addressing = 1 in the configuration")
        return rollout

    def _timeout(self, action: str) -> float:
        return self.ddl.timeout(action) + self.discovery_timeout if self.timeout is None else self.timeout


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
    nodes: Words | None = None,
    exclude: Words = (),
    method: str | None = None,
    method_options: Words = (),
    collective: str | None = None,
    timeout: float | None = None,
    discovery_timeout: float | None = None,
    ttl: int | None = None,
    full: bool = False,
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

    Whom, each one text or several: fact, with_class, with_agent, identity, combined, compound: the words of -F, -C, -A, -I, -W and -S;
    they narrow the filter, where there is one. nodes: exactly these hosts, names and node sets, in place of a filter. exclude: hosts
    that are not meant: names, node sets, `/regex/`. method, method_options: how hosts are found, as --dm and --do say it:
    `method="flatfile", method_options=FILE`. full: discover for the whole window. limit: at most so many hosts, `10` or `25%`;
    limit_method: `first` or `random`, None as configured; limit_seed: makes a random choice of them the same each time.

    How long, in seconds: timeout: for the answers, None for the DDL's and the discovery timeout; discovery_timeout; ttl: for which
    hosts take the request.

    A few at a time: batch: `10`, `25%`, or growing, `1,5,25%,100%`; batch_sleep: seconds between two batches, None as configured;
    canary: the first so many hosts must all succeed; max_fail: how many hosts may fail or be silent, `2` or `10%`.

    config: the configuration, or its file; None for the user's or the host's. client: a Client that is there already.
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
    return RPCClient(
        chosen,
        agent,
        ddl,
        filter=meant,
        nodes=nodes,
        exclude=exclude,
        method=method,
        method_options=method_options,
        collective=collective,
        timeout=timeout,
        discovery_timeout=discovery_timeout,
        ttl=ttl,
        full=full,
        limit=limit,
        limit_method=limit_method,
        limit_seed=limit_seed,
        batch=batch,
        batch_sleep=batch_sleep,
        canary=canary,
        max_fail=max_fail,
        owns_client=client is None,
    )
