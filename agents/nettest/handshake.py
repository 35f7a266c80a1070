"""TLS handshakes: one that takes every certificate, to see it, and one that verifies."""

import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

from mcollective_py.agent import RPCAborted

from .connecting import connect, ended_after
from .starttls import start_tls
from .targets import Target

VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where TLS is tried, how long one try may take in seconds, and what is said before it begins."""

    targets: Sequence[Target]
    servername: str
    seconds: float
    starttls: str = "none"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a handshake came to. seconds: connecting and shaking hands."""

    der: bytes
    version: str
    cipher: str
    address: str
    seconds: float


def look(endpoint: Endpoint) -> Seen:
    """Shake hands whatever the certificate is. Raises RPCAborted where there is no TLS at all."""
    context = open_context()
    try:
        with shaken(endpoint, context) as (connection, address, seconds):
            der = connection.getpeercert(binary_form=True)
            cipher = connection.cipher()
            if der is None:
                raise RPCAborted("the server shows no certificate")
            return Seen(der, connection.version() or "", cipher[0] if cipher else "", address, seconds)
    except (OSError, ValueError) as error:
        raise RPCAborted(f"no TLS handshake: {words_of(error)}") from error


def problem_of(endpoint: Endpoint, ca: str | None) -> str | None:
    """Why the certificate is not good for the name, None where it is. ca: a file of further CAs; RPCAborted for one that is none."""
    context = verifying_context(ca)
    try:
        with shaken(endpoint, context):
            return None
    except (OSError, ValueError, RPCAborted) as error:
        return words_of(error)


def accepted_versions(endpoint: Endpoint) -> list[str]:
    """The versions of TLS that the server takes, each tried by itself; what this host's own TLS cannot do is left out."""
    return [name for name, version in VERSIONS.items() if _takes(endpoint, version)]


def _takes(endpoint: Endpoint, version: ssl.TLSVersion) -> bool:
    import warnings

    context = open_context()
    try:
        with warnings.catch_warnings():  # the old ones are deprecated: that is why they are looked for
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        with shaken(endpoint, context):
            return True
    except (OSError, ValueError):
        return False


def open_context() -> ssl.SSLContext:
    """For a look: every certificate, every version, every cipher."""
    import warnings

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def verifying_context(ca: str | None) -> ssl.SSLContext:
    """As programs of this host verify, with further CAs of a file. Raises RPCAborted for a file that is none."""
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(cafile=ca)
        except (OSError, ssl.SSLError) as error:
            raise RPCAborted(f"plugin.nettest.ca of this host cannot be read: {ca}: {words_of(error)}") from error
    return context


@contextmanager
def shaken(endpoint: Endpoint, context: ssl.SSLContext) -> Iterator[tuple[ssl.SSLSocket, str, float]]:
    """A connection after its handshake, the address and the seconds that it took. Raises OSError, ssl.SSLError, RPCAborted."""
    started = monotonic()
    attempt = connect(endpoint.targets, endpoint.seconds)
    if attempt.connection is None:
        raise RPCAborted(f"{attempt.status}: {attempt.address}: {attempt.error}")
    left: Callable[[], float] = lambda: endpoint.seconds - (monotonic() - started)  # noqa: E731
    with attempt.connection as plain, ended_after(plain, left()):
        if endpoint.starttls != "none":
            start_tls(plain, endpoint.starttls)
        with context.wrap_socket(plain, server_hostname=endpoint.servername) as connection:
            yield connection, attempt.address, monotonic() - started


def words_of(error: Exception) -> str:
    """An error of TLS or of the system in its own words, without where in OpenSSL it was."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, TimeoutError | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the server closed the connection, or the time was over"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)
