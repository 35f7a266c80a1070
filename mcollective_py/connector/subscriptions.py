"""What one connector listens to: what was asked for, what the broker was told of it and has confirmed. Its lock is its owner's."""

from collections.abc import Mapping

from ..message import Destination
from .strays import is_stray
from .targets import Targets


class Subscriptions:
    """Destinations by the id that MESSAGE frames carry; several of them may come by one subscription."""

    def __init__(self, targets: Targets, identity: str) -> None:
        self._targets, self._identity = targets, identity
        self._wanted: dict[str, set[Destination]] = {}
        self._sources: dict[str, Destination] = {}
        self._by_name: dict[str, Destination] = {}  # by broker destination, for STOMP 1.0
        self._names: dict[Destination, str] = {}  # broker destination of each
        self._told: set[str] = set()  # ids of what the broker was asked for
        self._unconfirmed: set[str] = set()
        self._refused: set[str] = set()  # ids: told, and the broker does not have them; to take one back is an error to ActiveMQ

    @property
    def is_confirmed(self) -> bool:
        """Whether the broker has confirmed all that it was told, or refused it for good."""
        return not self._unconfirmed

    def add(self, destination: Destination) -> dict[str, str] | None:
        """Want one more; headers of the SUBSCRIBE that it takes, None where it takes none. ConnectorError for one that cannot be."""
        headers, is_new = self._headers(destination)
        self._wanted.setdefault(headers["id"], set()).add(destination)
        if not is_new:
            return None
        source = self._targets.source(destination)
        self._sources[headers["id"]] = self._by_name[headers["destination"]] = source
        self._names[source] = headers["destination"]
        return self._tell(source)

    def remove(self, destination: Destination) -> dict[str, str] | None:
        """Want one less; headers of the UNSUBSCRIBE that it takes, None where it takes none."""
        headers, _ = self._headers(destination)
        wanted = self._wanted.get(headers["id"], set())
        wanted.discard(destination)
        if wanted or headers["id"] not in self._sources:
            return None
        del self._wanted[headers["id"]], self._names[self._sources.pop(headers["id"])]
        self._by_name.pop(headers["destination"], None)
        self._unconfirmed.discard(headers["id"])
        if headers["id"] not in self._told:
            return None
        self._told.discard(headers["id"])
        if headers["id"] in self._refused:
            self._refused.discard(headers["id"])
            return None
        return {name: headers[name] for name in ("id", "destination")}

    def sources(self) -> list[Destination]:
        """The subscriptions there are."""
        return list(self._sources.values())

    def renew(self) -> list[dict[str, str]]:
        """Headers of every SUBSCRIBE that a new connection takes; none of them is confirmed yet."""
        self._told.clear()
        self._unconfirmed.clear()
        self._refused.clear()
        return self.overdue()

    def overdue(self) -> list[dict[str, str]]:
        """Headers of every SUBSCRIBE that was left out and may be tried now."""
        missing = [source for id, source in self._sources.items() if id not in self._told]
        return [headers for source in missing if (headers := self._tell(source)) is not None]

    def confirm(self, id: str) -> None:
        """The broker has it."""
        self._unconfirmed.discard(id)

    def refuse(self, id: str) -> None:
        """The broker will not have it, and the connection stays."""
        if id in self._unconfirmed:
            self._unconfirmed.discard(id)
            self._refused.add(id)

    def find(self, headers: Mapping[str, str]) -> Destination | None:
        """The subscription that a MESSAGE came by; None where there is none, or where it was not sent to that."""
        source = self._sources.get(headers.get("subscription", "")) or self._by_name.get(headers.get("destination", ""))
        return None if source is None or is_stray(headers, self._names[source]) else source

    def _tell(self, source: Destination) -> dict[str, str] | None:
        if not self._targets.needs_subscribe(source):
            return None
        headers, _ = self._headers(source)
        self._told.add(headers["id"])
        self._unconfirmed.add(headers["id"])
        return headers

    def _headers(self, destination: Destination) -> tuple[dict[str, str], bool]:
        headers = self._targets.subscribe_headers(destination, self._identity)
        return headers, headers["id"] not in self._sources
