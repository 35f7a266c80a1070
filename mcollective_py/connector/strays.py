"""Messages that came by a subscription but were not sent to it: what a broker lets through beside the rights of who sent them. Pure."""

from collections.abc import Mapping

# RabbitMQ marks so what has expired in, or was dropped from, another queue. Topic permissions are not asked for such a message, and
# nothing in a fleet has its requests or replies go that way.
_DEAD_LETTER = ("x-first-death-", "x-last-death-")

_PREFIXES = ("/topic/", "/queue/")


def is_stray(headers: Mapping[str, str], destination: str) -> bool:
    """Whether a MESSAGE was sent to anything but the destination that was subscribed to, or is a dead letter.

    ActiveMQ attaches subscribers to a destination with a wildcard in its name, `/topic/C.*.agent`, that somebody sends to; RabbitMQ
    delivers by a CC header as well, and an exchange can be fed by another one. Each of them says in `destination` where it came from.
    """
    if "x-death" in headers or any(name.startswith(_DEAD_LETTER) for name in headers):
        return True
    if destination.startswith("/temp-queue/"):
        return False  # its messages carry a name that the broker made
    sent_to = headers.get("destination", "")
    # An exchange without a key ends in a slash; Artemis may leave out what tells a topic from a queue.
    return sent_to.removesuffix("/") != destination and not any(destination == prefix + sent_to for prefix in _PREFIXES)
