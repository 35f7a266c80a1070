"""Publisher: requests on their way out, addressed, checked, sealed and handed to the connector; and where their replies come."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ..config import Config
from ..connector.base import Connector
from ..errors import NoRoomToSend, UsageError
from ..filter import Filter
from ..message import Destination, Kind, Publication, Request
from ..names import is_caller
from ..security.base import SecurityPlugin
from ..text import printable
from .addressing import CHUNK, SECRET_CHUNK, Address, address
from .audience import Audience

PER_PUBLISH_TIMEOUT = 1000  # nodes; more have as many times longer


@dataclass(frozen=True, slots=True)
class Left:
    """Nodes that a request was not handed over for. is_stopped: because it was told to end; else the time was over."""

    names: tuple[str, ...] = ()
    is_stopped: bool = False


class Publisher:
    """Sends requests as this process' caller, or on behalf of another: on_behalf_of, a caller id, or None.

    identity: this host's name, a label. clock: seconds since the epoch. reply_destination: collective, identity and a token that nobody
    can guess -> where replies come, as the connector's broker has it.
    """

    def __init__(
        self,
        config: Config,
        connector: Connector,
        security: SecurityPlugin,
        *,
        identity: str,
        clock: Callable[[], float],
        reply_destination: Callable[[str, str, str], Destination],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._connector, self._security = config, connector, security
        self._identity, self._clock, self._reply_destination, self._monotonic = identity, clock, reply_destination, monotonic
        self.on_behalf_of: str | None = None
        self._token = f"{os.getpid()}.{os.urandom(16).hex()}"  # 128 bits: who guesses it could read the replies
        self._reply_to: dict[str, Destination] = {}  # by collective

    def address(self, agent: str, filter: Filter, audience: Audience) -> Address:
        """How a request reaches its audience, by the configuration. Raises UsageError where it cannot."""
        return address(
            agent,
            filter,
            audience.nodes,
            is_named=audience.discovered is None or audience.is_part,
            direct_addressing=self._config.flag("direct_addressing"),
            threshold=self._config.number("direct_addressing_threshold"),
            keeps_filter=audience.keeps_filter,
        )

    def checked(self, where: Address) -> tuple[Address, float]:
        """The address as it can be sent, and how many seconds longer hosts may take over its filter. Raises FilterError."""
        if where.filter.is_literal:
            Filter.from_wire(where.filter.to_wire())  # it has no expression: what reads those is not loaded
        else:
            from ..matching.matcher import check

            check(where.filter)
        if not where.filter.compound:
            return where, 0.0
        from .datafunctions import prepared  # DDLs are read for few filters

        filter, seconds = prepared(where.filter, self._config.paths("libdir"))
        return replace(where, filter=filter), seconds

    def draft(
        self,
        agent: str,
        action: str | None,
        body: Any,
        *,
        collective: str,
        ttl: int | None = None,
        request_id: str | None = None,
        is_secret: bool = False,
    ) -> Request:
        """A request that is not addressed yet and wants no reply. ttl: seconds, None for the configuration's. request_id: None for a
        new one. is_secret: to be encrypted. Raises UsageError where this wire knows no asking on behalf of others."""
        own, other = self._security.caller, self.on_behalf_of
        if other is not None and "delegate" not in self._security.covers:
            raise UsageError(f"only securityprovider = x509 can ask on behalf of {printable(other)}: this wire has one caller")
        if other is not None and not is_caller(other):
            raise UsageError(f"{printable(other)} is no caller: write KIND=NAME, such as sso=alice or cert=alice.mcollective")
        return Request(
            id=request_id or os.urandom(16).hex(),
            caller=other or own,
            delegate="" if other is None else own,
            sender=self._identity,
            collective=collective,
            agent=agent,
            action=action,
            body=body,
            filter=Filter(),
            time=self._clock(),
            ttl=self._config.number("ttl") if ttl is None else ttl,
            wants_reply=False,
            is_secret=is_secret,
        )

    def place_for_replies(self, collective: str) -> str:
        """The connector's name of the place where replies of a collective come; from now on they are received."""
        if collective not in self._reply_to:
            destination = self._reply_destination(collective, self._identity, self._token)
            self._connector.subscribe([destination])
            self._reply_to[collective] = destination
        return self._reply_to[collective].name

    def publish(
        self,
        draft: Request,
        where: Address,
        *,
        reply_to: str | None,
        timeout: float | None = None,
        goes_on: Callable[[], bool] = lambda: True,
        on_sealed: Callable[[str, tuple[str, ...] | None], None] = lambda digest, targets: None,
    ) -> Left:
        """Seal and send a draft, as many requests of one id as its address has chunks, each with the time of its sealing.

        reply_to: None where no replies are wanted. timeout: seconds for a thousand nodes, more have as many times longer; None for
        publish_timeout. goes_on: asked before each node, False ends it. on_sealed: told each digest and its targets before it is sent.
        Where no replies come to this client, it waits, as long again at most, until the broker has taken the last one: BrokerRefused
        where it will not.
        """
        seconds = self._config.seconds("publish_timeout") if timeout is None else timeout
        deadline = self._monotonic() + seconds * max(-(-len(where.targets or ()) // PER_PUBLISH_TIMEOUT), 1)
        is_heard = any(reply_to == place.name for place in self._reply_to.values())
        done, last = 0, len(where.targets or ()) or 1
        for targets in where.chunks(SECRET_CHUNK if draft.is_secret else CHUNK):
            request = replace(
                draft, filter=where.filter, targets=targets, time=self._clock(), reply_to=reply_to, wants_reply=reply_to is not None
            )
            sealed = self._security.seal_request(request)
            on_sealed(sealed.digest, targets)
            for destination in _destinations(request):
                is_stopped = not goes_on()
                if is_stopped or (done and self._monotonic() > deadline):
                    return Left((where.targets or ())[done:], is_stopped)
                publication = Publication(sealed.payload, destination, request.sender, request.time, request.ttl, reply_to)
                try:
                    # Who waits for replies is told of a refusal while waiting; else nothing but the broker's receipt tells.
                    self._connector.publish([publication], confirm=seconds if done + 1 == last and not is_heard else None)
                except NoRoomToSend:
                    if not done:
                        raise
                    return Left((where.targets or ())[done:])
                done += 1
        return Left()

    def forget_replies(self) -> None:
        """Receive no more replies."""
        try:
            self._connector.unsubscribe(self._reply_to.values())
        finally:
            self._reply_to.clear()


def _destinations(request: Request) -> list[Destination]:
    if request.targets is None:
        return [Destination(Kind.AGENT, request.collective, request.agent)]
    return [Destination(Kind.NODE, request.collective, name) for name in request.targets]
