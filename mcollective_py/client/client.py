"""Client: publish a request, then yield the verified replies to it."""

import os
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..config import Config
from ..connector.base import Connector
from ..connector.targets import reply_destination
from ..ddl.model import PLAIN_TIMEOUT
from ..errors import NotSigned, UsageError
from ..filter import Filter
from ..matching.matcher import check
from ..message import Destination, Kind, Publication, Request
from ..names import is_place_for_replies
from ..security.base import SecurityPlugin
from ..text import printable
from .addressing import Address, address
from .collector import Collector
from .discovery import mc
from .discovery.base import Discovered
from .filterwords import Words, narrowed
from .known import Knowledge, KnownHosts
from .replies import Replies
from .results import RPCStats


@dataclass(frozen=True, slots=True)
class Audience:
    """Who a call is for. nodes: names. discovered: how they were found, None where they were named."""

    nodes: tuple[str, ...]
    discovered: Discovered | None = None
    is_part: bool = False  # of what was discovered: such a request is always directed


class Client:
    """Sends requests to the fleet and gives their replies. It belongs to one thread; several requests may be open at once.

    connector: not yet connected. identity: this host's name, a label. known: hosts seen before, None to
    keep none. clock: seconds since the epoch. monotonic: seconds for measuring. reply_destination: collective, identity and a token
    that nobody can guess -> where replies come, as the connector's broker has it.
    """

    def __init__(
        self,
        config: Config,
        connector: Connector,
        security: SecurityPlugin,
        *,
        identity: str,
        known: KnownHosts | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        reply_destination: Callable[[str, str, str], Destination] = reply_destination,
    ) -> None:
        self.config, self.security, self.identity = config, security, identity
        self.collectives: tuple[str, ...] = tuple(config.items("collectives"))
        self.main_collective = config.word("main_collective")
        self.discovery_timeout = config.seconds("discovery_timeout")
        self.connection_timeout = config.seconds("connection_timeout")
        self.publish_timeout = config.seconds("publish_timeout")
        self._connector, self._known, self._reply_destination = connector, known, reply_destination
        self._clock, self._monotonic = clock, monotonic
        self._token = f"{os.getpid()}.{os.urandom(16).hex()}"  # 128 bits: who guesses it could read the replies
        self._reply_to: dict[str, Destination] = {}  # by collective
        self._open: dict[str, Replies] = {}  # by request id
        self._is_connected = False

    @classmethod
    def from_config(cls, config: Config | str | Path | None = None) -> Self:
        """A client as a configuration says: one already read, or the given file, else the user's, else the host's.

        It connects when first used.
        """
        from ..connector.factory import broker_targets, open_connector
        from ..security.load import security_plugin

        if not isinstance(config, Config):
            config = Config.find("client", config)
        identity = config.text("identity") or socket.gethostname()
        return cls(
            config,
            open_connector(config, identity, is_daemon=False),
            security_plugin(config, "client", time.time),
            identity=identity,
            known=KnownHosts.of_user(str(config.file)),
            reply_destination=broker_targets(config).reply_destination,
        )

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close(wait=kind is None)

    def connect(self) -> None:
        """Connect now. Raises BrokerUnreachable, with every broker tried, after connection_timeout."""
        if not self._is_connected:
            self._connector.connect(self.connection_timeout)
            self._is_connected = True

    def close(self, *, wait: bool = True) -> None:
        """Give up the reply queues and the connection; with wait, requests still being sent are sent to the end first."""
        try:
            for replies in list(self._open.values()):
                if wait:
                    replies.wait_published(self.publish_timeout)
                replies.close()
        finally:
            if self._is_connected:
                self._is_connected = False
                try:
                    self._connector.unsubscribe(self._reply_to.values())
                finally:
                    self._connector.close()
            self._reply_to.clear()

    # --- who is there ---------------------------------------------------------------------------------------------

    def collective(self, name: str | None) -> str:
        """The collective to use; UsageError for one this client is not in."""
        if name is not None and name not in self.collectives:
            raise UsageError(f"unknown collective {name!r}: this client is in {', '.join(self.collectives)}")
        return name or self.main_collective

    def ping(
        self,
        filter: Filter | None = None,
        *,
        collective: str | None = None,
        timeout: float | None = None,
        ttl: int | None = None,
        full: bool = False,
    ) -> Replies:
        """Ask who matches the filter; each node that does replies `pong`. Raises FilterError for one that no node could apply.

        It ends when every host that the filter names has answered; else when every host known to match has, and a moment later;
        else, and with full, after timeout seconds (the discovery timeout).
        """
        filter, chosen = filter or Filter(), self.collective(collective)
        window = self.discovery_timeout if timeout is None else timeout
        everybody, named = Address(filter, None), filter.named_identities
        if named is not None and not full:
            return self._start(
                mc.AGENT, None, mc.QUESTION, everybody, chosen, window, RPCStats(discovered=named), expected=named, ttl=ttl
            )
        knowledge = self._known.load(chosen, mc.AGENT, filter) if self._known else Knowledge()
        interval = self.config.seconds("plugin.discovery.full_window_interval")
        enough = None if full else knowledge.expected(self._clock(), interval)

        def learn(replies: Replies, complete: bool) -> None:
            collector = replies.collector
            replies.silent_known = tuple(sorted(set(knowledge.hosts) - set(collector.answered)))
            if complete and self._known:
                was_full = collector.was_full_window
                learned = knowledge.learned(collector.answered, was_full=was_full, now=self._clock(), can_change=not filter.is_empty)
                self._known.save(chosen, mc.AGENT, filter, learned)

        stats = RPCStats(did_discovery=True)
        return self._start(mc.AGENT, None, mc.QUESTION, everybody, chosen, window, stats, known=enough, ttl=ttl, at_end=learn)

    def discover(
        self, filter: Filter | None = None, *, collective: str | None = None, timeout: float | None = None, full: bool = False
    ) -> Discovered:
        """Who matches the filter now."""
        return mc.collect(self.ping(filter, collective=collective, timeout=timeout, full=full))

    def audience(
        self,
        agent: str,
        filter: Filter,
        nodes: Sequence[str] | None = None,
        *,
        collective: str | None = None,
        discovery_timeout: float | None = None,
        full: bool = False,
    ) -> Audience:
        """Who a call is for: the nodes given, the hosts that the filter names, or else whoever a discovery finds."""
        named = filter.named_identities if nodes is None else tuple(nodes)
        if named is not None:
            return Audience(tuple(dict.fromkeys(named)))
        found = self.discover(filter.with_agent(agent), collective=collective, timeout=discovery_timeout, full=full)
        return Audience(found.nodes, found)

    # --- asking them ----------------------------------------------------------------------------------------------

    def request(
        self,
        agent: str,
        body: Any,
        *,
        fact: Words = (),
        with_class: Words = (),
        with_agent: Words = (),
        identity: Words = (),
        combined: Words = (),
        compound: Words = (),
        filter: Filter | None = None,
        nodes: Sequence[str] | None = None,
        timeout: float | None = None,
        ttl: int | None = None,
        collective: str | None = None,
    ) -> Replies:
        """Send a plain message to an agent's handlemsg; iterate over the replies.

        fact, with_class, with_agent, identity, combined, compound: the words of -F, -C, -A, -I, -W and -S, one or several; they
        narrow the filter, where there is one. nodes: exactly these hosts; without them the hosts are discovered first, so that who
        stays silent is known. timeout: seconds for the answers.
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
        found = self.audience(agent, meant, nodes, collective=collective)
        return self.call(agent, None, body, found, filter=meant, timeout=timeout, ttl=ttl, collective=collective)

    def call(
        self,
        agent: str,
        action: str | None,
        body: Any,
        audience: Audience,
        *,
        filter: Filter | None = None,
        timeout: float | None = None,
        ttl: int | None = None,
        collective: str | None = None,
        request_id: str | None = None,
    ) -> Replies:
        """Send an action's inputs (or a plain body) to an audience. An empty one ends at once and nothing is sent.

        request_id: that of a request which goes on with this audience; without it a new one.
        """
        chosen = self.collective(collective)
        stats = _before(audience)
        window = PLAIN_TIMEOUT + self.discovery_timeout if timeout is None else timeout
        if not audience.nodes:
            return self._nobody(agent, action, stats)
        where = self._address(agent, filter or Filter(), audience)
        return self._start(agent, action, body, where, chosen, window, stats, expected=audience.nodes, ttl=ttl, request_id=request_id)

    def send(
        self,
        agent: str,
        action: str | None,
        body: Any,
        audience: Audience,
        *,
        filter: Filter | None = None,
        ttl: int | None = None,
        collective: str | None = None,
        reply_to: str | None = None,
    ) -> str:
        """Send without waiting for replies; gives the request id when it is handed over. An empty audience is a UsageError.

        reply_to: the broker's name of a place that somebody else reads; without it no replies are wanted.
        """
        chosen, request_id = self.collective(collective), os.urandom(16).hex()
        if reply_to is not None and not is_place_for_replies(reply_to):
            raise UsageError(f"{printable(reply_to)} is no place for replies: /queue/NAME for example, and not where requests travel")
        where, _ = self._checked(self._address(agent, filter or Filter(), audience))
        self.connect()
        for chunk in where.chunks():
            request = self._request(request_id, agent, action, body, where.filter, chosen, chunk, reply_to, ttl)
            self._publish(request, self.security.seal_request(request).payload)
        return request_id

    def _address(self, agent: str, filter: Filter, audience: Audience) -> Address:
        return address(
            agent,
            filter,
            audience.nodes,
            is_named=audience.discovered is None or audience.is_part,
            direct_addressing=self.config.flag("direct_addressing"),
            threshold=self.config.number("direct_addressing_threshold"),
        )

    def _checked(self, where: Address) -> tuple[Address, float]:
        """The address as it can be sent, and how many seconds longer hosts may take over its filter. Raises FilterError."""
        check(where.filter)
        if not where.filter.compound:
            return where, 0.0
        from .datafunctions import prepared  # DDLs are read for few filters

        filter, seconds = prepared(where.filter, self.config.paths("libdir"))
        return replace(where, filter=filter), seconds

    def _nobody(self, agent: str, action: str | None, stats: RPCStats) -> Replies:
        now = self._monotonic()
        collector = Collector(agent, started=now, window=0, expected=())
        named = _named(stats, os.urandom(16).hex(), agent, action, self._clock())
        return Replies(collector, named, pump=self._pump, monotonic=self._monotonic)

    def _start(
        self,
        agent: str,
        action: str | None,
        body: Any,
        where: Address,
        collective: str,
        window: float,
        stats: RPCStats,
        *,
        expected: Sequence[str] | None = None,
        known: frozenset[str] | None = None,
        ttl: int | None = None,
        at_end: Callable[[Replies, bool], None] | None = None,
        request_id: str | None = None,
    ) -> Replies:
        where, more = self._checked(where)
        window += more
        self.connect()
        reply_to = self._subscribe(collective)
        request_id = request_id or os.urandom(16).hex()
        is_closed = where.targets is not None
        collector = Collector(agent, started=self._monotonic(), window=window, expected=expected, is_closed=is_closed, known=known)

        def over(replies: Replies, complete: bool) -> None:
            self._open.pop(request_id, None)
            if at_end is not None:
                at_end(replies, complete)

        def publish() -> None:
            for chunk in where.chunks():
                request = self._request(request_id, agent, action, body, where.filter, collective, chunk, reply_to.name, ttl)
                sealed = self.security.seal_request(request)
                collector.sent(sealed.digest, chunk)
                self._publish(request, sealed.payload)

        named = _named(stats, request_id, agent, action, self._clock())
        replies = Replies(collector, named, pump=self._pump, monotonic=self._monotonic, at_end=over)
        self._open[request_id] = replies
        replies.publish(publish)
        return replies

    def _request(
        self,
        request_id: str,
        agent: str,
        action: str | None,
        body: Any,
        filter: Filter,
        collective: str,
        targets: tuple[str, ...] | None,
        reply_to: str | None,
        ttl: int | None,
    ) -> Request:
        return Request(
            id=request_id,
            caller=self.security.caller,
            sender=self.identity,
            collective=collective,
            agent=agent,
            action=action,
            body=body,
            filter=filter,
            time=self._clock(),
            ttl=self.config.number("ttl") if ttl is None else ttl,
            reply_to=reply_to,
            targets=targets,
            wants_reply=reply_to is not None,
        )

    def _publish(self, request: Request, payload: bytes) -> None:
        if request.targets is None:
            destinations = [Destination(Kind.AGENT, request.collective, request.agent)]
        else:
            destinations = [Destination(Kind.NODE, request.collective, name) for name in request.targets]
        self._connector.publish(
            Publication(payload, destination, request.sender, request.time, request.ttl, request.reply_to)
            for destination in destinations
        )

    def _subscribe(self, collective: str) -> Destination:
        if collective not in self._reply_to:
            destination = self._reply_destination(collective, self.identity, self._token)
            self._connector.subscribe([destination])
            self._reply_to[collective] = destination
        return self._reply_to[collective]

    def _pump(self, timeout: float) -> None:
        """Wait for one message and hand it to whose it is. One that nobody vouches for counts against every open request."""
        delivery = self._connector.receive(timeout)
        if delivery is None:
            return
        try:
            reply = self.security.open_reply(self.security.read(delivery.payload))
        except NotSigned as error:
            for replies in self._open.values():
                replies.reject(error)
            return
        if reply.request_id in self._open:  # else it is late: of a request that has ended
            self._open[reply.request_id].deliver(reply)


def _before(audience: Audience) -> RPCStats:
    """What the statistics say before the request is sent."""
    found = audience.discovered
    if found is None:
        return RPCStats(discovered=audience.nodes)
    return RPCStats(
        discovered=audience.nodes,
        did_discovery=True,
        unverified=found.unverified,
        silent_known=found.silent_known,
        refusals=found.refusals,
        discovery_time=found.seconds,
    )


def stats_before(audience: Audience, request_id: str, agent: str, action: str | None, started: float) -> RPCStats:
    """What the statistics of a call to an audience say before anybody is asked. started: seconds since the epoch."""
    return _named(_before(audience), request_id, agent, action, started)


def _named(stats: RPCStats, request_id: str, agent: str, action: str | None, started: float) -> RPCStats:
    return replace(stats, request_id=request_id, agent=agent, action=action, started=started)
