"""Client: publish a request, then yield the verified replies to it."""

import socket
import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..config import Config
from ..connector.base import Connector
from ..connector.targets import reply_destination
from ..ddl.model import PLAIN_TIMEOUT
from ..errors import ConnectorClosed, NotSent, NotSigned, UsageError
from ..filter import Filter
from ..message import Destination, Request
from ..names import is_place_for_replies
from ..security.base import SecurityPlugin
from ..text import printable
from .addressing import Address
from .audience import Audience
from .collector import Collector
from .discovery import mc
from .filterwords import Words, narrowed
from .finding import FindsHosts
from .known import KnownHosts
from .publisher import Publisher
from .recalled import RecalledResults
from .recollection import Recollection
from .replies import Replies
from .results import RPCStats
from .whom import Groups


class Client(FindsHosts):
    """Sends requests to the fleet and gives their replies. It belongs to one thread; several requests may be open at once.

    connector: not yet connected. identity, reply_destination: see Publisher. known: hosts seen before, None to keep none. clock:
    seconds since the epoch. monotonic: seconds for measuring.
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
        self._connector, self._known, self.groups = connector, known, Groups(config)
        self._clock, self._monotonic = clock, monotonic
        self._publisher = Publisher(config, connector, security, identity=identity, clock=clock, reply_destination=reply_destination)
        self._open: dict[str, Replies] = {}  # by request id
        self._is_connected = self._is_closed = False
        self._reading = threading.Lock()  # held by who waits for a message

    @classmethod
    def from_config(cls, config: Config | str | Path | None = None, *, clock: Callable[[], float] = time.time) -> Self:
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
            clock=clock,
            reply_destination=broker_targets(config).reply_destination,
        )

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close(wait=kind is None)

    def connect(self) -> None:
        """Connect now. Raises BrokerUnreachable, with every broker tried, after connection_timeout; ConnectorClosed once closed."""
        if self._is_closed:
            raise ConnectorClosed("this client is closed: call inside its with block, or make another one")
        if not self._is_connected:
            self._connector.connect(self.connection_timeout)
            self._is_connected = True

    def close(self, *, wait: bool = True) -> None:
        """Give up the reply queues and the connection; with wait, requests still being sent are sent to the end first."""
        try:
            self._end_requests(wait=wait, lost=True)
        finally:
            if self._is_connected:
                self._is_connected, self._is_closed = False, True
                try:
                    self._publisher.forget_replies()
                finally:
                    self._connector.close()

    def _end_requests(self, *, wait: bool, lost: bool = False) -> None:
        """lost: for those who read on, the connection is gone."""
        for replies in list(self._open.values()):
            if wait:
                replies.wait_published(self.publish_timeout)
            replies.close(lost=lost)

    @property
    def on_behalf_of(self) -> str | None:
        """The caller id that requests are made for from now on, None for this client's own. Hosts take that from certificates of their
        `plugin.x509.privileged_certnames` only; policies then judge the one asked for, and audits name both."""
        return self._publisher.on_behalf_of

    @on_behalf_of.setter
    def on_behalf_of(self, caller: str | None) -> None:
        self._publisher.on_behalf_of = caller

    @property
    def brokers(self) -> tuple[str, ...]:
        """Names or addresses of the configured brokers."""
        from ..connector.factory import broker_hosts

        return broker_hosts(self.config)

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
        unknown_timeout: float | None = None,
        ttl: int | None = None,
        full: bool = False,
        exclude: Words = (),
        audience: Audience | None = None,
    ) -> Replies:
        """Ask who matches the filter; each node that does replies `pong`. Raises FilterError for one that no node could apply.

        It ends when every host that the filter names has answered; else when every host known to match has, and a moment later;
        else, and with full, after timeout seconds (the discovery timeout). unknown_timeout: that in its place, where nobody is known
        to match, and with full. exclude: names, node sets and `/regex/` of hosts that are not meant. audience: exactly these hosts.
        """
        meant, chosen = self.whom(filter, exclude), self.collective(collective)
        window = self.discovery_timeout if timeout is None else timeout
        widest = window if unknown_timeout is None else unknown_timeout
        question = self._publisher.draft(mc.AGENT, None, mc.QUESTION, collective=chosen, ttl=ttl)
        if audience is None and meant.names is not None and not full:
            audience = Audience(meant.names)
            if meant.names and not meant.is_decided_here:
                return self._start(question, Address(meant.filter, None), window, audience.before, expected=meant.names)
        if audience is not None:
            return self.call(mc.AGENT, None, mc.QUESTION, audience, timeout=window, ttl=ttl, collective=collective)
        past = Recollection(self._known, chosen, meant, self.config.seconds("plugin.discovery.full_window_interval"), self._clock)
        if full or past.is_empty:
            window = widest
        # A longer wait than usual is a bound, not a wish to search: what a usual window taught is enough to end it.
        enough = None if full else past.enough(min(window, self.discovery_timeout))
        before, learn = RPCStats(did_discovery=True, discovery_method=mc.METHOD), partial(past.learn, window=window)
        replies = self._start(question, Address(meant.wire, None), window, before, known=enough, at_end=learn)
        if meant.is_decided_here:
            replies.is_meant = meant.judge()
        return replies

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
        nodes: Words | None = None,
        exclude: Words = (),
        method: str | None = None,
        method_options: Words = (),
        timeout: float | None = None,
        ttl: int | None = None,
        collective: str | None = None,
    ) -> Replies:
        """Send a plain message to an agent's handlemsg; iterate over the replies.

        fact, with_class, with_agent, identity, combined, compound: the words of -F, -C, -A, -I, -W and -S, one or several; they
        narrow the filter, where there is one. nodes: exactly these hosts, in place of a filter; without them the hosts are discovered
        first, so that who stays silent is known. exclude, method, method_options: see discover. timeout: seconds for the answers.
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
        if nodes is not None and not meant.is_empty:
            raise UsageError("the hosts are either named by nodes or found by a filter, not both")
        found = self.audience(agent, meant, nodes, collective=collective, method=method, method_options=method_options, exclude=exclude)
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
        after: Replies | None = None,
        goes_on: Callable[[int], bool] = lambda bad: True,
        secret: Sequence[str] = (),
    ) -> Replies:
        """Send an action's inputs (or a plain body) to an audience. An empty one ends at once and nothing is sent.

        after: replies to a request that goes on with this audience, as named hosts; they are what is returned. goes_on: asked before
        each host that is addressed by name, and told how many have failed or were silent so far; False ends the sending. secret: what
        of it or its replies is sensitive, in words; then all of it goes encrypted to hosts by name, and who did not answer this client
        yet is asked for a certificate first. UsageError where that cannot be.
        """
        request_id, is_secret = None if after is None else after.request_id, self._encrypts(agent, action, secret)
        draft = self._publisher.draft(
            agent, action, body, collective=self.collective(collective), ttl=ttl, request_id=request_id, is_secret=is_secret
        )
        window = PLAIN_TIMEOUT + self.discovery_timeout if timeout is None else timeout
        if not audience.nodes:
            return self._nobody(draft, audience)
        meant = self.whom(filter).wire
        where, silent = self._in_secret(draft, meant, audience) if is_secret else (self._publisher.address(agent, meant, audience), ())
        if after is not None:
            after.go_on(audience.nodes)
            after.collector.give_up(silent)
            return self._publish(draft, where, after, goes_on)
        return self._start(draft, where, window, audience.before, expected=audience.nodes, goes_on=goes_on, silent=silent)

    def call_known(
        self,
        agent: str,
        action: str,
        body: Any,
        filter: Filter,
        *,
        timeout: float,
        discovery_timeout: float,
        ttl: int | None,
        collective: str | None,
    ) -> RecalledResults | None:
        """Call an action of whoever a filter means without a discovery before it, where the hosts that are known for it are enough to
        end one early, and too many to be asked by name; None where they are not. timeout: seconds for the answers; discovery_timeout:
        for those who stay silent to say that they are there.
        """
        meant, chosen = self.whom(filter.with_agent(agent)), self.collective(collective)
        if meant.names is not None or meant.is_decided_here:
            return None
        past = Recollection(self._known, chosen, meant, self.config.seconds("plugin.discovery.full_window_interval"), self._clock)
        known = past.enough(min(discovery_timeout, self.discovery_timeout))
        if known is None or len(known) <= self.config.number("direct_addressing_threshold"):
            return None
        before = RPCStats(did_discovery=True, discovery_method=mc.METHOD, discovery_ended="known", discovery_age=past.age)
        draft = self._publisher.draft(agent, action, body, collective=chosen, ttl=ttl)
        replies = self._start(draft, Address(meant.wire, None), timeout, before, known=known)
        find = partial(self.ping, meant.wire, collective=chosen, timeout=discovery_timeout, ttl=ttl)
        return RecalledResults(replies, find, self._monotonic)

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
        secret: Sequence[str] = (),
    ) -> str:
        """Send without waiting for replies; gives the request id when it is handed over. An empty audience is a UsageError, and one
        that could not all be sent to within publish_timeout a NotSent, which names the rest. Raises BrokerRefused for what it refuses.

        reply_to: the broker's name of a place that somebody else reads; without it no replies are wanted. secret: see call.
        """
        is_secret = self._encrypts(agent, action, secret)
        if is_secret and reply_to is not None:
            raise UsageError(
                f"{', '.join(secret)} is sensitive: replies are encrypted for who asks, nobody else can read them (reply_to)"
            )
        draft = self._publisher.draft(agent, action, body, collective=self.collective(collective), ttl=ttl, is_secret=is_secret)
        if reply_to is not None and not is_place_for_replies(reply_to):
            raise UsageError(f"{printable(reply_to)} is no place for replies: /queue/NAME for example, and not where requests travel")
        meant = self.whom(filter).wire
        where, silent = self._in_secret(draft, meant, audience) if is_secret else (self._publisher.address(agent, meant, audience), ())
        where, _ = self._publisher.checked(where)
        self.connect()
        left = self._publisher.publish(draft, where, reply_to=reply_to, timeout=self.publish_timeout)
        if left.names or silent:
            raise NotSent(draft.id, (*silent, *left.names))
        return draft.id

    def _encrypts(self, agent: str, action: str | None, secret: Sequence[str]) -> bool:
        """Whether a request is to be encrypted. Raises UsageError where it would have to be and the wire keeps no secrets."""
        if not secret:
            return False
        if self.security.recipients is not None:
            return True
        if self.config.flag("sensitive_in_clear"):
            return False
        raise UsageError(
            f"{', '.join(secret)} of {agent} {action} is sensitive, and everybody at the broker can read this wire (securityprovider = "
            f"{self.config.word('securityprovider')}): nothing was sent. x509 encrypts it; sensitive_in_clear = 1, here and on the "
            "hosts, sends it all the same"
        )

    def _in_secret(self, draft: Request, filter: Filter, audience: Audience) -> tuple[Address, tuple[str, ...]]:
        """The address of a request that is to be encrypted, and who of the audience is silent and so not in it.

        Who has not answered this client yet is asked: a reply brings the host's certificate. Raises UsageError for a host that cannot
        receive anything encrypted, and where hosts cannot be asked by name.
        """
        if not self.config.flag("direct_addressing"):
            raise UsageError("what is sensitive goes encrypted to hosts by name: that needs direct_addressing = 1 in the configuration")
        recipients = self.security.recipients
        assert recipients is not None  # _encrypts says so
        if unknown := recipients.unknown(audience.nodes, self._clock()):
            for _ in self.ping(collective=draft.collective, timeout=self.discovery_timeout, ttl=draft.ttl, audience=Audience(unknown)):
                pass  # the security plugin learns by it
        recipients.check(audience.nodes)
        where = self._publisher.address(draft.agent, filter, replace(audience, is_part=True))
        silent = dict.fromkeys(recipients.unknown(audience.nodes, self._clock()))
        return replace(where, targets=tuple(name for name in where.targets or () if name not in silent)), tuple(silent)

    def _nobody(self, draft: Request, audience: Audience) -> Replies:
        collector = Collector(draft.agent, started=self._monotonic(), window=0, expected=())
        return Replies(collector, self._before(draft, audience.before), pump=self._pump, monotonic=self._monotonic)

    def _start(
        self,
        draft: Request,
        where: Address,
        window: float,
        before: RPCStats,
        *,
        expected: Sequence[str] | None = None,
        known: frozenset[str] | None = None,
        at_end: Callable[[Replies, bool], None] | None = None,
        goes_on: Callable[[int], bool] = lambda bad: True,
        silent: Collection[str] = (),
    ) -> Replies:
        """Publish a draft and wait for its replies. window: seconds for them. expected, known: see Collector. silent: not asked."""
        where, more = self._publisher.checked(where)
        self.connect()
        self._publisher.place_for_replies(draft.collective)
        collector = Collector(
            draft.agent,
            started=self._monotonic(),
            window=window + more,
            expected=expected,
            is_closed=where.targets is not None,
            known=known,
        )
        collector.give_up(silent)

        def over(replies: Replies, complete: bool) -> None:
            self._open.pop(draft.id, None)
            if at_end is not None:
                at_end(replies, complete)

        replies = Replies(collector, self._before(draft, before), pump=self._pump, monotonic=self._monotonic, at_end=over)
        self._open[draft.id] = replies
        return self._publish(draft, where, replies, goes_on)

    def _publish(self, draft: Request, where: Address, replies: Replies, goes_on: Callable[[int], bool]) -> Replies:
        reply_to, on_sealed = self._publisher.place_for_replies(draft.collective), replies.collector.sent
        replies.publish(
            lambda: self._publisher.publish(
                draft, where, reply_to=reply_to, timeout=self.publish_timeout, goes_on=lambda: goes_on(replies.bad), on_sealed=on_sealed
            )
        )
        return replies

    def _before(self, draft: Request, stats: RPCStats) -> RPCStats:
        return stats.of_call(draft.id, draft.agent, draft.action, self._clock())

    def _pump(self, timeout: float) -> bool:
        """Wait for one message and hand it to whose it is; False where none came.

        One that nobody vouches for counts against every open request. Raises UsageError where another thread waits already: each would
        take the other's messages and hand them over too late.
        """
        if not self._reading.acquire(blocking=False):
            raise UsageError("two threads wait for answers on one client: make one in each thread")
        try:
            delivery = self._connector.receive(timeout)
        finally:
            self._reading.release()
        if delivery is None:
            return False
        try:
            reply = self.security.open_reply(self.security.read(delivery.payload))
        except NotSigned as error:
            for replies in self._open.values():
                replies.reject(error)
            return True
        if reply.request_id in self._open:  # else it is late: of a request that has ended
            self._open[reply.request_id].deliver(reply)
        return True
