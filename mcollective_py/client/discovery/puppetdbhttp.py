"""Asking PuppetDB over HTTP: one connection for one discovery, bounded in time and size; no redirect is followed and no proxy used."""

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from ...connector.tls import client_context, explain_tls
from ...errors import DiscoveryError, KeyFileError, Malformed
from ...text import printable
from ...wire.strictjson import JSONLimits, loads
from .puppetdbplace import PREFIX, Server

MAX_BYTES = 64 * 1024 * 1024  # of one answer; 10,000 hosts with a fact each are one
_LIMITS = JSONLimits(size=MAX_BYTES, depth=128, keys=100_000, string=4 * 1024 * 1024, digits=400, values=5_000_000)
_MAX_SAID = 300  # characters of what it says of an error
_QUERY = "/pdb/query/v4"

Row = dict[str, Any]


class Conversation:
    """Queries to the first of some servers that can be reached.

    timeout: seconds for all of it. Everything that goes wrong is a DiscoveryError that names the server and the reason.
    """

    def __init__(self, servers: Sequence[Server], timeout: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._servers, self._timeout, self._monotonic = tuple(servers), timeout, monotonic
        self._end = monotonic() + timeout
        self._connection: http.client.HTTPConnection | None = None
        self._server = self._servers[0]

    def __enter__(self) -> Self:
        self._connection = self._connected()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._connection is not None:
            self._connection.close()

    def rows(self, query: list[Any] | str) -> list[Row]:
        """The rows of the answer to a query: its AST, or PQL as somebody wrote it."""
        status, raw = self._answer(json.dumps({"query": query}).encode())
        if status != 200:
            raise DiscoveryError(f"PuppetDB at {self._server} {_refusal(status, raw)}")
        try:
            value = loads(raw, _LIMITS)
        except Malformed as error:
            raise DiscoveryError(f"PuppetDB at {self._server} answers what cannot be read: {error}") from error
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise DiscoveryError(f"PuppetDB at {self._server} answers something else than a list of rows")
        return value

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        connection = self._connection
        if connection is None or connection.sock is None:  # it closed after the answer before
            connection = self._connection = self._connected()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        try:
            with self._hung_up_at_end(connection.sock):
                connection.request("POST", _QUERY, body, headers)
                response = connection.getresponse()
                return response.status, self._read(response)
        except (OSError, http.client.HTTPException) as error:
            if self._monotonic() >= self._end:
                raise self._too_late() from error
            raise DiscoveryError(f"PuppetDB at {self._server} does not answer: {_reason(error)}") from error

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        taken = bytearray()
        while piece := response.read1(256 * 1024):
            taken += piece
            if len(taken) > MAX_BYTES:
                raise DiscoveryError(f"the answer of PuppetDB at {self._server} has more than {MAX_BYTES} bytes: narrow the filter")
        response.close()  # what read1 leaves to do, before the connection can be used again
        if response.length:
            raise http.client.IncompleteRead(bytes(taken[:1]), response.length)
        return bytes(taken)

    def _connected(self) -> http.client.HTTPConnection:
        failures: list[str] = []
        for server in self._servers:
            self._server, left = server, self._end - self._monotonic()
            if left <= 0:
                break
            try:
                connection = self._new(server, left)
                connection.connect()
            except KeyFileError as error:
                raise DiscoveryError(_in_our_words(str(error))) from error
            except OSError as error:
                failures.append(f"{server}: {_reason(error)}")
            else:
                return connection
        if not failures:
            raise self._too_late()
        raise DiscoveryError(f"PuppetDB cannot be reached: {'; '.join(failures)}")

    def _new(self, server: Server, timeout: float) -> http.client.HTTPConnection:
        if server.tls is None:
            return http.client.HTTPConnection(server.host, server.port, timeout=timeout)
        return http.client.HTTPSConnection(server.host, server.port, timeout=timeout, context=client_context(server.tls))

    @contextlib.contextmanager
    def _hung_up_at_end(self, sock: socket.socket) -> Any:
        """Within, the connection ends when the time is over, also with a server that sends a byte now and then."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise self._too_late()

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's, which would take away what is being read with

        timer = threading.Timer(left, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _too_late(self) -> DiscoveryError:
        return DiscoveryError(f"PuppetDB at {self._server} took longer than {self._timeout:g} s ({PREFIX}timeout)")


def _refusal(status: int, raw: bytes) -> str:
    """What a status other than 200 means, with PuppetDB's own words."""
    said = printable(" ".join(raw[: 4 * _MAX_SAID].decode("utf-8", "replace").split()), most=_MAX_SAID)
    if 300 <= status < 400:
        return f"answers {status}, a redirect, which is not followed: set {PREFIX}url to where it is"
    if status in (401, 403):
        said = said or "it does not let this certificate ask"
    if status == 404:
        said = "there is no PuppetDB of version 4 or newer at this address"
    return f"answers {status}: {said}" if said else f"answers {status}"


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return _in_our_words(explain_tls(error))
    if isinstance(error, socket.gaierror):
        return f"the name is not known ({error.strerror})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, http.client.RemoteDisconnected | http.client.IncompleteRead):
        return "it hung up"
    if isinstance(error, http.client.HTTPException):
        return f"it does not speak HTTP on this port ({type(error).__name__})"
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__


# What explains TLS with brokers names their settings.
_OURS = (
    ("set .ssl = 0", f"write http:// in {PREFIX}url"),
    (" (.ssl.ca or plugin.x509.ca)", f" ({PREFIX}ca)"),
    ("on the broker", "on its host"),
    (" .ssl.", f" {PREFIX}"),
    ("(.ssl.", f"({PREFIX}"),
    (" .host", f" {PREFIX}host"),
)


def _in_our_words(text: str) -> str:
    for theirs, ours in _OURS:
        text = text.replace(theirs, ours)
    return text
