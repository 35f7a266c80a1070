"""HTTP requests: over a connection of our own, so that neither a proxy, a file nor another host is asked than the one that is named."""

import http.client
import re
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from mcollective_py.agent import InvalidRPCData, RPCAborted

from .connecting import connect, ended_after
from .handshake import open_context, verifying_context, words_of
from .targets import Target

_PORTS = {"http": 80, "https": 443}
_PIECE = 65536
_MAX_HEADER = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is fetched and how. resolve: host and port to addresses; it refuses what must not be asked. seconds: for all of it.

    redirects: how many are followed; elsewhere: also to other hosts. verify: whether certificates are.
    """

    url: str
    method: str
    seconds: float
    max_bytes: int
    resolve: Callable[[str, int, float], list[Target]]
    redirects: int = 0
    elsewhere: bool = False
    verify: bool = True
    ca: str | None = None


@dataclass(slots=True)
class Fetched:
    """What came. body: at most max_bytes of it. Times in seconds from the beginning of the last request."""

    status: int
    reason: str
    headers: dict[str, str]
    body: bytes
    is_cut: bool
    address: str
    connected: float
    first_byte: float
    url: str
    path: list[str] = field(default_factory=list)  # the URLs before it
    total: float = 0.0


def split_url(url: str) -> tuple[SplitResult, str, int]:
    """An URL, its host and port. Raises InvalidRPCData for anything but http and https with a plain host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidRPCData(f"url is none: {error}") from error
    if parts.scheme not in _PORTS:
        raise InvalidRPCData("url must begin with http:// or https://")
    if parts.username is not None or parts.password is not None:
        raise InvalidRPCData("url must have no user and no password: they would be in logs")
    if not re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45}", host, re.ASCII):
        raise InvalidRPCData("url must have a host")
    if port == 0:
        raise InvalidRPCData("url must have a port from 1 to 65535")
    return parts, host, port or _PORTS[parts.scheme]


def host_header(scheme: str, host: str, port: int) -> str:
    """The Host of a request: with a port only where it is not the scheme's own, as browsers have it; some servers know no `x:443`."""
    name = f"[{host}]" if ":" in host else host
    return name if port == _PORTS[scheme] else f"{name}:{port}"


def is_same_place(here: str, there: str) -> bool:
    """True where a redirect stays at the host: at the same port, or from http to https."""
    first, second = split_url(here), split_url(there)
    if first[1].lower() != second[1].lower():
        return False
    schemes = first[0].scheme, second[0].scheme
    return (schemes[0] == schemes[1] and first[2] == second[2]) or schemes == ("http", "https")


def fetch(wanted: Wanted) -> Fetched:
    """The answer, after at most so many redirects. Raises RPCAborted, or InvalidRPCData for an URL that is none."""
    started, url, path = monotonic(), wanted.url, list[str]()
    while True:
        left = wanted.seconds - (monotonic() - started)
        if left <= 0:
            raise RPCAborted(f"no answer within {wanted.seconds:g} s")
        fetched = _one(wanted, url, left)
        fetched.path, fetched.total = path, monotonic() - started
        location = fetched.headers.get("location", "")
        if fetched.status not in (301, 302, 303, 307, 308) or not location or len(path) >= wanted.redirects:
            return fetched
        try:
            there = urljoin(url, location)
            stays = is_same_place(url, there)
        except (InvalidRPCData, ValueError) as error:
            raise RPCAborted(f"redirected to what is no URL: {location[:200]}") from error
        if not (stays or wanted.elsewhere):
            raise RPCAborted(f"redirected elsewhere, to {there[:200]}: not followed")
        path.append(url)
        url = there


def _one(wanted: Wanted, url: str, seconds: float) -> Fetched:
    parts, host, port = split_url(url)
    started = monotonic()
    left: Callable[[], float] = lambda: seconds - (monotonic() - started)  # noqa: E731
    attempt = connect(wanted.resolve(host, port, left()), left())
    if attempt.connection is None:
        raise RPCAborted(f"{attempt.status}: {attempt.address}: {attempt.error}")
    with ExitStack() as opened:
        connection: Any = opened.enter_context(attempt.connection)
        opened.enter_context(ended_after(connection, left()))
        try:
            if parts.scheme == "https":
                context = verifying_context(wanted.ca) if wanted.verify else open_context()
                connection = opened.enter_context(context.wrap_socket(connection, server_hostname=host))
            client = http.client.HTTPConnection(host, port)
            client.auto_open = 0
            client.sock = connection
            client.request(
                wanted.method,
                (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
                headers={
                    "Host": host_header(parts.scheme, host, port),
                    "User-Agent": "mcollective-nettest",
                    "Accept": "*/*",
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                },
            )
            answer = opened.enter_context(client.getresponse())
            first_byte = monotonic() - started
            body, is_cut = _body(answer, wanted.max_bytes)
        except ssl.SSLCertVerificationError as error:
            raise RPCAborted(f"the certificate is not good: {error.verify_message}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            if left() <= 0:
                raise RPCAborted(f"no whole answer within {wanted.seconds:g} s") from error
            raise RPCAborted(f"no answer of HTTP: {_words(error)}") from error
    if left() <= 0 and not is_cut:
        raise RPCAborted(f"no whole answer within {wanted.seconds:g} s")
    headers = {
        name.lower(): str(answer.headers[name])[:_MAX_HEADER] for name in ("Location", "Content-Type", "Server") if answer.headers[name]
    }
    return Fetched(
        answer.status, str(answer.reason)[:100], headers, body, is_cut, attempt.address, attempt.seconds or 0.0, first_byte, url
    )


def _body(answer: http.client.HTTPResponse, max_bytes: int) -> tuple[bytes, bool]:
    """At most so many bytes, and whether there were more."""
    body = b""
    while len(body) <= max_bytes:
        piece = answer.read(min(_PIECE, max_bytes + 1 - len(body)))
        if not piece:
            return body, False
        body += piece
    return body[:max_bytes], True


def _words(error: Exception) -> str:
    if isinstance(error, http.client.BadStatusLine):
        return f"what came is none: {str(error)[:100]!r}"
    if isinstance(error, OSError):
        return words_of(error)
    return f"{type(error).__name__}: {str(error)[:200]}"
