"""Publishes this host's audit, line by line as it was written, to the agents named `auditcollector`."""

import logging
import threading
from collections.abc import Callable, Sequence

from ..errors import ConnectorError, MCollectiveError
from ..message import AUDIT, Publication
from .auditoutbox import Outbox
from .broadcast import plain_broadcast
from .host import Host
from .registrar import Sender

logger = logging.getLogger(__name__)

_BATCH = 256 << 10  # bytes of lines in one message
_PAUSE = 1.0  # seconds for which lines are gathered before they go
_AWAY = 2.0  # seconds until a broker that was not there is tried again
_LOOK = 5.0  # seconds between two looks at whether a reload has changed the audit


def collection(host: Host, lines: Sequence[bytes], now: float) -> Publication:
    """A message with these lines, ready to be sent: a plain one, signed by the host's own certificate, that nobody answers."""
    body = [line.decode().removesuffix("\n") for line in lines]
    return plain_broadcast(host, AUDIT, body, host.config.word("main_collective"), now)


class AuditSender:
    """Empties the audit's outbox from a thread of its own; without `plugin.rpcaudit.publish` there is none.

    What a broker takes is on its way and no more: a collector that is away, or a message that is lost, leaves a gap in the numbers
    there. clock: seconds since the epoch.
    """

    def __init__(self, sender: Sender, clock: Callable[[], float]) -> None:
        self._sender, self._clock = sender, clock
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def update(self) -> None:
        """Begin, where the present configuration wants it; called again after a reload."""
        if self._thread is None and self._sender.host.audit.outbox is not None:
            self._thread = threading.Thread(target=self._run, name="audit-sender", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Send what there is, if a broker takes it at once, and no more after that."""
        self._end.set()
        if self._thread is not None and (outbox := self._sender.host.audit.outbox) is not None:
            self._send_all(outbox)

    def _run(self) -> None:
        while not self._end.is_set():
            outbox = self._sender.host.audit.outbox
            if outbox is None:
                self._end.wait(_LOOK)
            elif outbox.wait(_LOOK):
                self._end.wait(_PAUSE)
                if not self._send_all(outbox):
                    self._end.wait(_AWAY)

    def _send_all(self, outbox: Outbox) -> bool:
        while lines := outbox.take(_BATCH):
            try:
                self._sender.publish(collection(self._sender.host, lines, self._clock()))
            except ConnectorError as error:
                outbox.put_back(lines)
                logger.debug("the audit waits for a broker: %s", error)
                return False
            except MCollectiveError as error:
                logger.warning("%d lines of the audit are not published: %s", len(lines), error)
        if dropped := outbox.dropped:
            outbox.dropped = 0
            logger.warning("%d lines of the audit were not published: no broker took them in time", dropped)
        return True
