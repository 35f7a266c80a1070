"""Runner: owns connector, threads and executors, and walks every delivery through the pipeline."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

from ..agent.rpc import RPCRequest
from ..connector.factory import ObservedConnector
from ..errors import Busy, ConnectorClosed, ConnectorError, NotSigned, Rejected, RPCError
from ..message import EVERY_AGENT, Delivery, Destination, Kind, Publication, Reply, Request
from ..node.view import NodeView
from ..plugins.loader import LoadedAgent
from .call import Call, Outcome
from .endings import told
from .executor import Executor
from .explanation import Question, answer, explain
from .historic import refusal
from .host import Host
from .journal import Journal
from .pipeline import admit, authorize_call, open_delivery
from .ratelimit import RateLimit
from .secretsinuse import SecretsInUse
from .stats import Stats

logger = logging.getLogger(__name__)

_SUBSCRIBE_TIMEOUT = 30.0  # seconds for the broker to say that it has taken the subscriptions


class Runner:
    """One connected daemon: `run` receives until `stop`.

    reads and changes: the executors for actions that only read and for the rest. clock: seconds since the epoch.
    on_subscribed: told our identity when the first broker has taken the subscriptions. journal: open; without one, all that is known of
    requests ends with the process. secrets: what the log leaves out.
    """

    def __init__(
        self,
        host: Host,
        connector: ObservedConnector,
        reads: Executor,
        changes: Executor,
        stats: Stats,
        clock: Callable[[], float],
        on_subscribed: Callable[[str], None] = lambda identity: None,
        journal: Journal | None = None,
        secrets: SecretsInUse | None = None,
    ) -> None:
        self.host, self._stats, self._clock, self._on_subscribed = host, stats, clock, on_subscribed
        self._connector: ObservedConnector = connector
        self._successor: ObservedConnector | None = None
        self._reads, self._changes = reads, changes
        self._journal = journal or Journal(clock=clock)
        self._replay = self._journal.replay
        self._secrets = secrets or SecretsInUse()
        self._warnings = RateLimit(20, 1.0)
        self._courtesies = RateLimit(5, 1.0)
        self._is_stopping = threading.Event()
        self._dropped = 0  # by connectors that a reload has replaced
        self._taken_up: float | None = None  # when the delivery in hand was; seconds of the monotonic clock

    # --- life ---------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Connect, for ever if it must be, and handle deliveries until `stop`; runs in a thread of its own."""
        while not self._is_stopping.is_set():
            connector = self._connector
            try:
                connector.connect(None)
                connector.subscribe(destinations(self.host))
                if connector.wait_subscribed(_SUBSCRIBE_TIMEOUT):
                    self._on_subscribed(self.host.identity)
                while True:
                    delivery = connector.receive()
                    if delivery is not None:
                        self._handle_safely(delivery)
            except ConnectorClosed:
                if self._successor is not None:
                    self._dropped += connector.dropped
                    self._connector, self._successor = self._successor, None

    def reload(self, host: Host, connector: ObservedConnector | None = None) -> None:
        """Work by a new configuration from the next delivery on. connector: a new one where its settings changed."""
        gone, come = set(destinations(self.host)) - set(destinations(host)), destinations(host)
        former, self.host = self.host, host
        if former.audit is not host.audit:
            former.audit.close()
        if connector is not None:
            self._successor = connector
            self._connector.close()
            return
        self._connector.unsubscribe(gone)
        self._connector.subscribe(come)

    @property
    def dropped(self) -> int:
        """Messages that were received and lost, by all connectors so far."""
        return self._dropped + self._connector.dropped

    @property
    def connection(self) -> object:
        """Another value for each connection to a broker, None while there is none."""
        connector = self._connector
        return None if (peer := connector.peer) is None else (id(connector), connector.reconnects, peer)

    def publish(self, publication: Publication) -> None:
        """Send something of this host's own. Raises ConnectorError."""
        self._connector.publish([publication])

    def running(self) -> int:
        """Actions that hold a slot of an executor now."""
        return self._reads.running() + self._changes.running()

    def in_hand(self) -> float:
        """For how many seconds one and the same delivery has been worked at; 0 where none is."""
        taken_up = self._taken_up
        return 0.0 if taken_up is None else monotonic() - taken_up

    def explain(self, asked: RPCRequest, view: NodeView) -> Mapping[str, Any]:
        """The outputs of `rpcutil explain`: what would become of the request that is asked about. Raises InvalidRPCData."""
        host, now = self.host, self._clock()
        question = Question.of_inputs(asked)
        subscriptions = {*destinations(host)}
        if not question.is_direct and replace(question.source(""), name=EVERY_AGENT) in subscriptions:  # the topic of all agents
            subscriptions.add(question.source(""))
        found = explain(question, asked, host, view, subscriptions, self._replay, self._check_room, now)
        agent = host.agents.get(question.agent)
        earlier = self._journal.status(asked.caller, asked["request"]) if "request" in asked else None
        return answer(found, asked, agent.ddl if agent else None, host.rules, now, earlier)

    def request_status(self, asked: RPCRequest, *, of_any_caller: bool) -> Mapping[str, Any]:
        """The outputs of `rpcutil request_status`, or of `find_request`: what became of the request with an id."""
        now, since = self._clock(), self._journal.since
        known = {"since": since} if since > 0 else {}
        if not of_any_caller:
            return told(self._journal.status(asked.caller, asked["request"]), now) | known
        return {
            "requests": [{"caller": caller, **told(ending, now)} for caller, ending in self._journal.of_any_caller(asked["request"])],
            **known,
        }

    def _check_room(self, caller: str, only_reads: bool) -> None:
        (self._reads if only_reads else self._changes).check_room(caller)

    def stop_receiving(self) -> None:
        """Take no new requests; what runs goes on and its replies are still sent."""
        self._is_stopping.set()
        try:
            self._connector.unsubscribe(destinations(self.host))
        except ConnectorError as error:
            logger.debug("could not unsubscribe: %s", error)

    def stop(self, timeout: float, before_close: Callable[[], None] = lambda: None) -> bool:
        """Let running actions finish for at most timeout seconds, send their replies, and close; False where some were cut.

        before_close: called when they have ended, with the broker still there.
        """
        self.stop_receiving()
        deadline = monotonic() + timeout  # one for both, or a stop could take twice what systemd was told
        have_read = self._reads.shutdown(timeout)
        have_changed = self._changes.shutdown(max(0.0, deadline - monotonic()))
        before_close()
        self._connector.close()
        self.host.audit.close()
        return have_read and have_changed

    # --- one delivery -------------------------------------------------------------------------------------------------

    def _handle_safely(self, delivery: Delivery) -> None:
        """Whatever a message brings about, the next one is handled too."""
        self._taken_up = monotonic()
        try:
            self.handle(delivery)
        except ConnectorClosed:
            raise
        except Exception:
            self._stats.count("faults")
            logger.exception("a fault of ours at a message from %s, which is dropped", delivery.sender)
        finally:
            self._taken_up = None

    def handle(self, delivery: Delivery) -> None:
        """Walk one delivery through the pipeline and answer it, run it or drop it."""
        host, now = self.host, self._clock()
        self._stats.count("total")
        try:
            if self._is_stopping.is_set():
                raise Busy(f"{host.identity} is shutting down")
            request = open_delivery(delivery, host.security, host.identity)
            view = host.node.view()  # it looks at files, which no flood of rubbish is worth
            admit(request, delivery, view, self._replay, host.rules, host.audit, now)
        except Rejected as error:
            self._refused(error, delivery, now)
            return
        self._stats.count("validated")
        self._stats.count("passed")
        try:
            agent, request = authorize_call(
                request,
                view,
                host.agents,
                host.authorization,
                host.audit,
                lambda order: self._replay.remember_proof(order, now, host.rules.skew),
                host.takes_clear,
            )
            self._submit(host, agent, request, view, now)
        except Rejected as error:
            error.request = request
            self._refused(error, delivery, now)
        except RPCError as error:
            logger.warning("%s %s %s for %s refused: %s", request.id, request.agent, _what(request), request.caller, error)
            self._journal.refused(request, error, now, is_taken_in=True)
            outcome: Outcome | None = Outcome(error.statuscode, str(error), None, error.refusal)
            if host.speaks_ruby:
                asked = host.agents.get(request.agent)
                outcome = refusal(error, request, asked.ddl if asked else None)
            if outcome is not None:
                self._answer(host, request, outcome)

    def _submit(self, host: Host, agent: LoadedAgent, request: Request, view: NodeView, now: float) -> None:
        action = request.action
        call = Call(
            request=request,
            folder=agent.folder,
            view=view,
            timeout=agent.timeout(action),
            only_reads=agent.only_reads(action),
            config=host.plugin_settings[agent.name],
            defaults=None if action is None or action in agent.external else agent.defaults(action),
        )
        executor = self._reads if call.only_reads else self._changes
        try:
            executor.check_room(request.caller)  # first: what finds no room is not worth waiting for the disk
            self._journal.begin(request, now, only_reads=call.only_reads)
            self._secrets.begin(request, agent.ddl)
            executor.submit(call, lambda outcome: self._finished(host, request, outcome))
        except (Busy, RPCError) as error:
            self._secrets.end(request, Outcome())
            host.audit.refused(request, agent.ddl, error)
            raise

    def _refused(self, error: Rejected, delivery: Delivery, now: float) -> None:
        self._stats.refused(error)
        if not error.is_security:
            logger.debug("%s", error)
        elif self._warnings.allows(now):
            if held_back := self._warnings.take_held_back():
                logger.warning("refused %d more messages before, too many to log each", held_back)
            logger.warning("refused a message (%s) from %s: %s", error.reason, delivery.sender, error)
        request = error.request
        if isinstance(error, NotSigned):
            self.host.audit.invalid(delivery, error)
        if request is not None:
            is_taken_in = error.stage not in ("consistency", "freshness", "replay", "filter")
            self._journal.refused(request, error, now, is_taken_in=is_taken_in)
        if request is not None and error.is_told and self._courtesies.allows(now):
            self._answer(self.host, request, Outcome(5, str(error), None, error.reason))

    def _finished(self, host: Host, request: Request, outcome: Outcome) -> None:
        logger.info("%s %s %s for %s: status %d", request.id, request.agent, _what(request), request.caller, outcome.statuscode)
        outcome = self._secrets.end(request, outcome)
        self._journal.ended(request, outcome, self._clock())
        host.audit.finished(request, outcome)
        if request.action is None and outcome.statuscode == 0 and outcome.body is None:
            return  # handlemsg gave None: no reply
        self._answer(host, request, outcome)

    def _answer(self, host: Host, request: Request, outcome: Outcome) -> None:
        if request.reply_to is None:
            return
        destination = Destination(Kind.REPLY, request.collective, request.reply_to)
        try:
            payloads = host.security.seal_reply(self._reply(host, request, outcome), request)
        except RPCError as error:
            logger.warning("%s the reply of %s cannot be sent: %s", request.id, request.agent, error)
            failure = Outcome(error.statuscode, str(error), None, error.refusal)
            payloads = host.security.seal_reply(self._reply(host, request, failure), request)
        if not payloads:  # a wire without words for it
            return
        now = self._clock()
        try:
            self._connector.publish(Publication(payload, destination, host.identity, now, request.ttl) for payload in payloads)
        except ConnectorError as error:
            logger.warning("%s the reply is lost: %s", request.id, error)
            self._stats.count("replieslost")
            return
        self._stats.count("replies")

    def _reply(self, host: Host, request: Request, outcome: Outcome) -> Reply:
        body = {} if outcome.body is None and request.action is not None else outcome.body
        return Reply(
            request_id=request.id,
            request_digest=request.digest,
            sender=host.identity,
            agent=request.agent,
            action=request.action,
            body=body,
            time=self._clock(),
            statuscode=outcome.statuscode,
            statusmsg=outcome.statusmsg,
            refusal=outcome.refusal,
            historic=outcome.historic,
        )


def destinations(host: Host) -> list[Destination]:
    """What a host subscribes to: each active agent in each collective, and itself by name where direct addressing is on.

    With `agents_multiplex` one topic brings what is for any agent, so that a reload which drops an agent leaves it alone.
    """
    config, collectives = host.config, host.config.items("collectives")
    is_multiplexed = config.flag(f"plugin.{config.word('connector')}.agents_multiplex")
    agents = [EVERY_AGENT] if is_multiplexed else list(host.agents)
    named = [Destination(Kind.NODE, collective, host.identity) for collective in collectives]
    return [Destination(Kind.AGENT, collective, agent) for collective in collectives for agent in agents] + (
        named if config.flag("direct_addressing") else []
    )


def _what(request: Request) -> str:
    return request.action or "(plain message)"
