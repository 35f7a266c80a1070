"""RabbitMQ's management API over HTTP, as far as a setup needs it."""

import base64
import http.client
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from ..errors import ConnectorError, UsageError
from ..text import printable

_TIMEOUT = 20.0  # s
_LARGEST = 1 << 20  # bytes of an answer


class ManagementAPI:
    """One login at one broker. url: `http://127.0.0.1:15672` or `https://...`; ca: file with the CA of its certificate.

    Redirects are not followed: the password goes where the operator said. Raises UsageError for a url that is none, and for a password
    that would travel in the clear to another machine.
    """

    def __init__(self, url: str, user: str, password: str, ca: str | None = None) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = 0
        is_bare = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or not is_bare:
            raise UsageError(f"{printable(url)} is no address of a management API: http://127.0.0.1:15672, or https://BROKER:15671")
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise UsageError("the password would travel in the clear: use https://, or run this on the broker's own machine")
        self._host, self._port, self._is_tls, self._ca = parts.hostname, port, parts.scheme == "https", ca
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        self.url = f"{parts.scheme}://{parts.hostname}:{port or (15671 if self._is_tls else 15672)}"

    def get(self, path: str) -> Any:
        """The answer to a GET; path: below `/api/`. None where there is no such thing. Raises ConnectorError."""
        return self._call("GET", path, None)

    def put(self, path: str, body: Any) -> None:
        """Make or change something. Raises ConnectorError that says what the broker said."""
        self._call("PUT", path, body)

    def _call(self, method: str, path: str, body: Any) -> Any:
        connection = self._connection()
        try:
            connection.request(method, f"/api/{path}", None if body is None else json.dumps(body), self._headers)
            answer = connection.getresponse()
            said = answer.read(_LARGEST)
        except (OSError, http.client.HTTPException) as error:
            raise ConnectorError(f"{self.url} does not answer as a management API: {error or type(error).__name__}") from error
        finally:
            connection.close()
        if answer.status == 404 and method == "GET":
            return None
        if answer.status == 401:
            raise ConnectorError(f"{self.url} refused the login: it takes a user with the tag administrator")
        if answer.status >= 300:
            raise ConnectorError(f"{self.url}: {method} {path}: {answer.status} {printable(said.decode(errors='replace')[:300])}")
        try:
            return json.loads(said) if said else None
        except ValueError as error:
            raise ConnectorError(f"{self.url} does not answer as a management API: no JSON") from error

    def _connection(self) -> http.client.HTTPConnection:
        if not self._is_tls:
            return http.client.HTTPConnection(self._host, self._port or 15672, timeout=_TIMEOUT)
        try:
            context = ssl.create_default_context(cafile=self._ca)
        except OSError as error:
            raise ConnectorError(f"{self._ca}: no CA certificates can be read from it: {error}") from error
        return http.client.HTTPSConnection(self._host, self._port or 15671, timeout=_TIMEOUT, context=context)
