"""The one client of a console: commands use it as their own, and leave the connection open for the next."""

from typing import Any

from ...client.client import Client
from ...client.replies import Replies
from ...errors import ConnectorError


class KeptClient(Client):
    """A Client that a command's `with` block does not disconnect; leave() does. last: the replies to the last call, None before one."""

    last: Replies | None = None

    def call(self, *words: Any, **options: Any) -> Replies:
        """See Client."""
        self.last = super().call(*words, **options)
        return self.last

    def close(self, *, wait: bool = True) -> None:
        """End the requests that are open. A connection that fails here is given up, so that the next command makes another."""
        try:
            self._end_requests(wait=wait)
        except ConnectorError:
            self.leave()
            raise

    def leave(self) -> None:
        """Disconnect; this client is not used again."""
        super().close(wait=False)
