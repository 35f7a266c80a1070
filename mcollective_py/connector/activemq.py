"""What ActiveMQ needs on top of plain STOMP."""

from ..message import Publication
from .targets import Targets, send_headers, subscribe_headers


def activemq_targets(priority: int = 0) -> Targets:
    """Historic destinations and headers; priority 1 to 9 is sent with every message, 0 with none.

    ActiveMQ answers what a user may not do with an ERROR and keeps the connection. So do we: one forbidden reply queue, which any
    caller can ask for, must not throw a node off its broker.
    """

    def send(publication: Publication) -> dict[str, str]:
        headers = send_headers(publication)
        if priority:
            headers["priority"] = str(priority)
        return headers

    return Targets(subscribe_headers, send, _is_survivable)


def _is_survivable(text: str) -> bool:
    return "is not authorized to" in text
