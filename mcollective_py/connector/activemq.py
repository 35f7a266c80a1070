"""What ActiveMQ needs on top of plain STOMP."""

from ..message import Publication
from .targets import Targets, concerns_one_frame, send_headers, subscribe_headers


def activemq_targets(priority: int = 0) -> Targets:
    """Historic destinations and headers; priority 1 to 9 is sent with every message, 0 with none."""

    def send(publication: Publication) -> dict[str, str]:
        headers = send_headers(publication)
        if priority:
            headers["priority"] = str(priority)
        return headers

    return Targets(subscribe_headers, send, concerns_one_frame)
