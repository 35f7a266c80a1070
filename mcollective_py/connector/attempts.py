"""Why brokers did not take us, or what we asked for: kept for whoever asks, and logged without flooding the log."""

import logging
import re
from collections.abc import Callable, Sequence

from .pool import Broker

logger = logging.getLogger(__name__)

_SAY_AGAIN = 60.0  # s between log lines about the same trouble

_MISSING = "no exchange '"

# The embedded broker's, ActiveMQ's, Artemis' and RabbitMQ's words for what a login may not do.
_DENIED = ("may not", "not authorized", "does not have permission", "access_refused", "access refused", "access denied", _MISSING)

_EXCHANGE = re.compile(r"(?:no|access to) exchange '([A-Za-z0-9_\-]{1,200})_(?:broadcast|directed)'", re.ASCII)


class Attempts:
    """The last reason of each broker of a pool. clock: monotonic seconds. level: at which they are logged."""

    def __init__(self, pool: Sequence[Broker], clock: Callable[[], float], level: int = logging.WARNING) -> None:
        self._pool, self._clock, self._level = tuple(pool), clock, level
        self._reasons: dict[str, str] = {}
        self._said: dict[str, tuple[str, float]] = {}

    def note(self, broker: Broker, reason: str, level: int | None = None, *, is_quiet: bool = False) -> None:
        """Keep a reason, and log it: once, then once a minute while it stays the same.

        level: another one than usual. is_quiet: keep it only.
        """
        name, now = str(broker), self._clock()
        self._reasons[name] = reason
        said, when = self._said.get(name, ("", 0.0))
        if not is_quiet and (said != reason or now - when >= _SAY_AGAIN):
            self._said[name] = (reason, now)
            logger.log(self._level if level is None else level, "broker %s: %s", name, reason)

    def forget(self) -> None:
        """Begin anew, after a connection."""
        self._reasons.clear()
        self._said.clear()

    def all(self) -> list[tuple[str, str]]:
        """(host:port, reason) of every broker of the pool, as errors.BrokerUnreachable wants them."""
        return [(str(broker), self._reasons.get(str(broker), "not tried, the time was up")) for broker in self._pool]

    def __str__(self) -> str:
        """All reasons on one line; empty without any."""
        return "; ".join(f"{name}: {reason}" for name, reason in self._reasons.items())


def is_denial(text: str) -> bool:
    """Whether a broker's ERROR says that our login may not do what we asked for, or never can."""
    return any(word in text.lower() for word in _DENIED)


def missing_collective(text: str) -> str | None:
    """What to ask where RabbitMQ refuses an exchange of a collective; None for any other refusal.

    A login of least privilege is not told that an exchange is missing: RabbitMQ looks at its rights first.
    """
    found = _EXCHANGE.search(text)
    if found is None:
        return None
    # Each run writes the rights of the logins anew: one that leaves a collective out takes it from them.
    return (
        f"is the collective {found[1]} set up there? "
        f"`mco broker setup rabbitmq --collective {found[1]}`, with a --collective for each of the others, too"
    )


def refusal(broker: Broker, text: str) -> str:
    """Cause and fix for a client whose broker answered with this ERROR."""
    said = f"the broker {broker} refuses this client: {text}"
    if not is_denial(text):
        return said
    if (question := missing_collective(text)) is not None:
        user = "" if broker.user is None else f", and has the user {broker.user} the rights of one who sends requests?"
        return f"{said}: {question}{user}"
    if _MISSING in text:
        return f"{said}. Exchanges of RabbitMQ are made by its administrator: `mco broker setup rabbitmq`"
    if broker.user is not None:
        return f"{said}. The user {broker.user} needs the rights of one who sends requests"
    if broker.tls is None or broker.tls.cert is None:
        return f"{said}. It may want a login: plugin.*.pool.*.user and .password, or TLS with a certificate"
    return f"{said}. Its certificate is {broker.tls.cert}: a caller's name ends in .mcollective, unless told otherwise"
