"""Names of brokers -> addresses, without ever waiting longer than allowed for a resolver that does not answer."""

import socket
import threading
from collections.abc import Callable

SocketAddress = tuple[int, tuple[str, int] | tuple[str, int, int, int]]
"""Address family, and what a socket of that family connects to."""

Lookup = Callable[[str, int], list[SocketAddress]]


class NotResolved(OSError):
    """No address for a name, now or ever before."""


def system_lookup(host: str, port: int) -> list[SocketAddress]:
    """What the system's resolver says; it may take as long as it likes."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [(int(family), address) for family, _, _, _, address in found]  # type: ignore[misc]  # AF_INET and AF_INET6 only


class AddressBook:
    """Looks names up in a thread of its own, one at a time for each name, and keeps the last good answer for when there is none."""

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._changed = threading.Condition()
        self._last_good: dict[tuple[str, int], list[SocketAddress]] = {}
        self._failed: dict[tuple[str, int], str] = {}
        self._running: set[tuple[str, int]] = set()

    def find(self, host: str, port: int, timeout: float) -> list[SocketAddress]:
        """Addresses to try, in order; timeout: seconds. NotResolved where the name has none, or the resolver never answered."""
        numeric = _numeric(host, port)
        if numeric is not None:
            return numeric
        key = (host, port)
        with self._changed:
            if key not in self._running:
                self._start(key)
            patience = min(timeout, 1.0) if key in self._last_good else timeout
            self._changed.wait_for(lambda: key not in self._running, patience)
            if key in self._last_good:
                return self._last_good[key]
            if key in self._running:
                raise NotResolved(f"the name {host} was not resolved within {timeout:.1f} s: check the resolver (DNS)")
            raise NotResolved(f"the name {host} is not known ({self._failed[key]}): check .host and the resolver (DNS)")

    def _start(self, key: tuple[str, int]) -> None:
        try:
            threading.Thread(target=self._ask, args=key, name="connector-names", daemon=True).start()
        except RuntimeError as error:  # no more threads for this user
            self._failed[key] = str(error)
        else:
            self._running.add(key)

    def _ask(self, host: str, port: int) -> None:
        key = (host, port)
        found: list[SocketAddress] = []
        problem = "no address"
        try:
            found = self._lookup(host, port)
        except (OSError, UnicodeError) as error:
            problem = getattr(error, "strerror", None) or str(error)
        finally:
            with self._changed:
                if found:
                    self._last_good[key] = found
                self._failed[key] = problem
                self._running.discard(key)
                self._changed.notify_all()


def _numeric(host: str, port: int) -> list[SocketAddress] | None:
    """An address written as one; asked of no resolver, which would open files."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        return [(int(family), (host, port))]
    return None
