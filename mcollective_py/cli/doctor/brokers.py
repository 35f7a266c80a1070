"""Checks of each broker of the pool, one step after the other: its name, TCP, TLS, login and versions, and what else it offers."""

import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from ...config import Config
from ...connector.addresses import AddressBook, NotResolved
from ...connector.link import Link
from ...connector.pool import Broker, pool_size, read_broker, read_options
from ...connector.stream import AttemptFailed, Stream, explain
from ...connector.tls import client_context, explain_tls
from ...errors import ConfigError, KeyFileError
from ...security.load import own_places
from .check import Check, misconfigured, ok, unreachable, warn
from .exposed import old_version, other_ports
from .files import SOON


def pool(config: Config, side: str) -> tuple[list[tuple[int, Broker]], list[Check]]:
    """The brokers that the configuration lists, with their numbers, and why the others cannot be used."""
    family = config.word("connector")

    def own_files() -> object:
        return own_places(config, side) if config.word("securityprovider") == "x509" else None

    brokers, checks = [], []
    try:
        size = pool_size(config, family)
    except ConfigError as error:
        fix = f"write plugin.{family}.pool.size = 1 and plugin.{family}.pool.1.host = NAME into {config.file}"
        return [], [misconfigured("brokers", str(error), fix)]
    for number in range(1, size + 1):
        try:
            brokers.append((number, read_broker(config, family, number, os.environ, own_files)))  # type: ignore[arg-type]  # as pool has it
        except ConfigError as error:
            fix = f"mend plugin.{family}.pool.{number}.* in {config.file}; docs/connectors.md has the settings"
            checks.append(misconfigured(f"broker {number}", str(error), fix))
    return brokers, checks


def walk(
    config: Config, number: int, broker: Broker, timeout: float, use: Callable[[Link, "Said"], Iterable[Check]] | None = None
) -> Iterator[Check]:
    """Everything from the broker's name to its answer to CONNECT, until something fails; timeout: seconds for each step.

    use: what more to look at with the logged-in link, and what the broker says on it.
    """
    one = f"plugin.{config.word('connector')}.pool.{number}"
    label, file = f"broker {number} ", config.file
    try:
        addresses = AddressBook().find(broker.host, broker.port, timeout)
    except NotResolved as error:
        fix = f"write a name or address that is known as {one}.host in {file}; `getent hosts {broker.host}` asks the resolver"
        yield unreachable(f"{label}name", str(error), fix)
        return
    yield ok(f"{label}name", f"{broker.host} is {', '.join(dict.fromkeys(str(address[0]) for _, address in addresses))}")
    problem: OSError = TimeoutError()
    sock: socket.socket | None = None
    for family, address in addresses:
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.settimeout(timeout)
            sock.connect(address)
            break
        except OSError as error:
            problem = error
            if sock is not None:
                sock.close()
            sock = None
    if sock is None:
        fix = f"start the broker there, open the firewall for {broker}, or mend {one}.host and {one}.port in {file}"
        yield unreachable(f"{label}TCP", f"{broker}: {explain(problem)}", fix)
        return
    yield ok(f"{label}TCP", f"{broker} takes connections")
    is_here = _is_loopback(sock)
    if broker.tls is not None:
        try:
            sock = client_context(broker.tls).wrap_socket(sock, server_hostname=broker.host)
        except KeyFileError as error:
            sock.close()
            yield misconfigured(f"{label}TLS", str(error), f"mend {one}.ssl.ca, .cert and .key in {file}, or the files that they name")
            return
        except OSError as error:
            sock.close()
            seen = explain_tls(error) if isinstance(error, ssl.SSLError) else f"TLS failed in the handshake: {explain(error)}"
            yield unreachable(f"{label}TLS", seen, _tls_fix(error, broker, one, file))
            return
        yield _certificate(f"{label}TLS", sock, time.time())
    elif not is_here:
        fix = f"have the broker speak TLS and set {one}.ssl = 1: anybody on the way reads the login, and which host is asked for what"
        yield warn(f"{label}TLS", "the connection is not encrypted", fix)
    else:
        yield ok(f"{label}TLS", "not used, on this machine only")
    yield from _login(config, label, one, broker, sock, timeout, use)
    if not is_here:
        yield from other_ports(f"{label}ports", [*dict.fromkeys(str(address[0]) for _, address in addresses)], timeout)


class Said:
    """What a broker says on a link that nothing is read from: receipts and errors. A connector.link.LinkEvents."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._receipts: set[str] = set()
        self._errors: list[tuple[str, str]] = []
        self._is_lost = False

    def on_message(self, headers: Mapping[str, str], body: bytes) -> None:
        """Not looked at."""

    def on_receipt(self, receipt: str) -> None:
        """See LinkEvents."""
        with self._changed:
            self._receipts.add(receipt)
            self._changed.notify_all()

    def on_error(self, text: str, receipt: str) -> bool:
        """See LinkEvents."""
        with self._changed:
            self._errors.append((receipt, text))
            self._changed.notify_all()
        return False

    def on_lost(self, link: Link) -> None:
        """See LinkEvents."""
        with self._changed:
            self._is_lost = True
            self._changed.notify_all()

    def answer(self, receipt: str, timeout: float) -> str | None:
        """The ERROR that came before this receipt, None where it came; timeout (seconds) or a lost connection is an error too."""
        with self._changed:
            self._changed.wait_for(lambda: receipt in self._receipts or self._errors or self._is_lost, timeout)
            if receipt in self._receipts:
                return None
            return self._errors[0][1] if self._errors else "no answer"


def _login(
    config: Config,
    label: str,
    one: str,
    broker: Broker,
    sock: socket.socket,
    timeout: float,
    use: Callable[[Link, Said], Iterable[Check]] | None,
) -> Iterator[Check]:
    said = Said()
    link = Link(broker, Stream(sock), said, read_options(config, config.word("connector")))
    try:
        link.login(timeout)
    except AttemptFailed as failed:
        link.stop("closed")
        yield unreachable(f"{label}login", failed.reason, _login_fix(failed.reason, config, one))
        return
    who = f"as {broker.user}" if broker.user is not None else "by certificate" if broker.tls and broker.tls.cert else "without a user"
    yield ok(f"{label}login", f"{who}; STOMP {link.version}")
    if link.version == "1.0":
        fix = "update it or switch STOMP 1.1 on: without heartbeats a dead broker is noticed late"
        yield warn(f"{label}STOMP", "the broker speaks STOMP 1.0 only", fix)
    yield from old_version(f"{label}version", link.server)
    if use is not None:
        yield from use(link, said)
    link.goodbye(min(timeout, 2.0))


def _login_fix(reason: str, config: Config, one: str) -> str:
    file = config.file
    if "refused the login" in reason:
        return (
            f"write the right {one}.user and {one}.password (or .password_file) into {file}, or set STOMP_USER and STOMP_PASSWORD; "
            "on the embedded broker `mco broker adduser` sets a password"
        )
    if "virtual host" in reason:
        return f"write the virtual host that the broker has as {one.rpartition('.pool.')[0]}.vhost into {file}"
    if "want TLS" in reason or "client certificate" in reason or reason.startswith("TLS"):
        return (
            f"set {one}.ssl = 1 in {file}, with a certificate that the broker takes as {one}.ssl.cert and .key; or use its plain port"
        )
    if "speak STOMP" in reason or "broken frame" in reason:
        return f"write the port on which the broker speaks STOMP as {one}.port into {file}: 61613 is usual, 61614 with TLS"
    return f"see the broker's own log; and is {one}.port in {file} its STOMP port?"


# OpenSSL's X509_V_ERR numbers: what mends each. {one} and {file}: the setting and where it stands; {seen}: of the certificate.
_TLS_FIXES = {
    9: "set the clocks of both hosts by NTP: `timedatectl`",
    10: "renew the broker's certificate (`mco ca renew NAME`, or with Puppet `puppet ssl clean` there) and restart it",
    12: "fetch a new list from the CA (`mco ca refresh` there): plugin.x509.crl names the file",
    18: "name the broker's certificate itself as {one}.ssl.ca in {file}, or have a CA sign it",
    23: "the broker needs a new certificate: `mco ca issue NAME --broker`",
}
_OTHER_CA = "name the CA that signed it{issuer} as {one}.ssl.ca (or plugin.x509.ca) in {file}"
_OTHER_NAME = "write a name that the certificate has{names} as {one}.host into {file}, or issue one for this name"


def _tls_fix(error: OSError, broker: Broker, one: str, file: str | None) -> str:
    if not isinstance(error, ssl.SSLCertVerificationError):
        reason = getattr(error, "reason", None) or ""
        if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE") or not isinstance(error, ssl.SSLError):
            return f"set {one}.ssl = 0 in {file}, or write the broker's TLS port as {one}.port: 61614 is usual"
        return f"check {one}.ssl.cert, .key and .ciphers in {file}; the broker's own log names the reason, too"
    names, issuer = _shown_certificate(broker)
    words = {
        "one": one,
        "file": file,
        "names": f" ({', '.join(names)})" if names else "",
        "issuer": f" ({issuer})" if issuer else "",
    }
    code = error.verify_code
    text = _OTHER_NAME if code in (62, 64) else _OTHER_CA if code in (19, 20, 21) else _TLS_FIXES.get(code, _OTHER_CA)
    return text.format(**words)


def _shown_certificate(broker: Broker) -> tuple[tuple[str, ...], str]:
    """The names in the broker's certificate, and its issuer: only to be told. Nothing is sent, and none of ours is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((broker.host, broker.port), timeout=3) as plain,
            context.wrap_socket(plain, server_hostname=broker.host) as sock,
        ):
            der = sock.getpeercert(binary_form=True)
    except OSError:
        return (), ""
    from cryptography import x509

    try:
        certificate = x509.load_der_x509_certificate(der or b"")
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]
        return tuple(names[:5]), certificate.issuer.rfc4514_string()[:100]
    except (ValueError, x509.ExtensionNotFound):
        return (), ""


def _certificate(name: str, sock: ssl.SSLSocket, now: float) -> Check:
    until = ssl.cert_time_to_seconds(str((sock.getpeercert() or {}).get("notAfter", "Jan  1 00:00:00 1970 GMT")))
    seen = f"{sock.version()}, the broker's certificate is good for {(until - now) / 86400:.0f} days"
    if until - now < SOON:
        return warn(name, seen, "renew it on the broker in time, then restart that")
    return ok(name, seen)


def _is_loopback(sock: socket.socket) -> bool:
    peer = str(sock.getpeername()[0])
    return peer.startswith("127.") or peer == "::1"
