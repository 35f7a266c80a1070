"""What a host sends of itself: a plain message to all agents of one name, signed by its own certificate, that nobody answers."""

import secrets
from typing import Any

from ..filter import Filter
from ..message import Destination, Kind, Publication, Request
from .host import Host


def plain_broadcast(host: Host, agent: str, body: Any, collective: str, now: float) -> Publication:
    """Such a message ready to be sent, for as long as the host's own ttl. now: seconds since the epoch.

    Raises UnsendableValue for a body that the wire cannot carry, or too large for one message.
    """
    ttl = min(host.config.number("ttl"), int(host.rules.max_ttl))
    request = Request(
        id=secrets.token_hex(16),
        caller=host.security.caller,
        sender=host.identity,
        collective=collective,
        agent=agent,
        action=None,
        body=body,
        filter=Filter(agents=(agent,)),
        time=now,
        ttl=ttl,
        wants_reply=False,
    )
    payload = host.security.seal_request(request).payload
    return Publication(payload, Destination(Kind.AGENT, collective, agent), host.identity, now, ttl)
