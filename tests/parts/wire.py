"""Wire: a client below the client library, for messages that it would never send."""

import secrets
import time
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from mcollective_py.config import Config
from mcollective_py.connector.factory import open_connector
from mcollective_py.connector.targets import reply_destination
from mcollective_py.filter import Filter
from mcollective_py.message import Destination, Kind, Publication, Reply, Request
from mcollective_py.security.load import security_plugin


class Wire:
    """A connected client with the key of a client.cfg; `with Wire(config_file) as wire:`."""

    def __init__(self, config_file: Path) -> None:
        config = Config.from_file(config_file, "client")
        self.security = security_plugin(config, "client", time.time)
        self.connector = open_connector(config, "tester", is_daemon=False)
        self._replies = reply_destination("mcollective", "tester", secrets.token_hex(16))

    def __enter__(self) -> "Wire":
        self.connector.connect(10.0)
        self.connector.subscribe([self._replies])
        assert self.connector.wait_subscribed(10.0)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.connector.close()

    def request(self, agent: str = "rpcutil", action: str | None = "ping", body: Any = None, **changes: Any) -> Request:
        """A good request by default; every field can be changed."""
        made = Request(
            id=secrets.token_hex(16),
            caller=self.security.caller,
            sender="tester",
            collective="mcollective",
            agent=agent,
            action=action,
            body={} if body is None and action else body,
            filter=Filter(agents=(agent,)),
            time=time.time(),
            ttl=60,
            reply_to=self._replies.name,
        )
        return replace(made, **changes)

    def send(self, request: Request, **where: Any) -> bytes:
        """Seal and publish; the payload that went out."""
        payload = self.security.seal_request(request).payload
        self.publish(payload, agent=request.agent, **where)
        return payload

    def publish(self, payload: bytes, *, agent: str = "rpcutil", node: str | None = None, reply_to: str | None = None) -> None:
        """Publish any bytes to an agent's topic, or to a node by name."""
        to = Destination(Kind.NODE, "mcollective", node) if node else Destination(Kind.AGENT, "mcollective", agent)
        self.connector.publish([Publication(payload, to, "tester", time.time(), 60, reply_to or self._replies.name)])

    def reply(self, timeout: float = 5.0) -> Reply | None:
        """The next reply, verified; None when there was none in time."""
        delivery = self.connector.receive(timeout)
        return None if delivery is None else self.security.open_reply(self.security.read(delivery.payload))

    def active_agents(self) -> list[str]:
        """The agents that the one host of a site has active now."""
        stats = self.ask(self.request(action="daemon_stats"))
        assert stats is not None, "the host does not answer"
        return list(stats.data["agents"])

    def ask(self, request: Request, timeout: float = 20.0) -> Reply | None:
        """Send, and wait for the reply to just this request."""
        self.send(request)
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            reply = self.reply(left)
            if reply is not None and reply.request_id == request.id:
                return reply
        return None
