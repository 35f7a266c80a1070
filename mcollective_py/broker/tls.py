"""TLS of the broker: the context from files, and the name in a client's certificate."""

import asyncio.sslproto
import ssl
from pathlib import Path
from typing import Any

from ..errors import KeyFileError
from ..regularfile import UnusableFile, read_regular
from .settings import BrokerTLSFiles

_READ_BUFFER = 16 * 1024
_MAX_FILE = 64 * 1024 * 1024  # bytes; a CRL of a million entries has 40


def server_context(files: BrokerTLSFiles) -> ssl.SSLContext:
    """A server's context: TLS 1.2 or later, clients checked against CA and CRL. Raises KeyFileError naming the file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    _load_own(context, files)
    _load_trusted(context, files)
    if files.ca is not None:
        context.verify_mode = ssl.CERT_REQUIRED if files.is_client_required else ssl.CERT_OPTIONAL
    return context


def _load_own(context: ssl.SSLContext, files: BrokerTLSFiles) -> None:
    _check_holds(files.certificate, b"-----BEGIN CERTIFICATE", "certificate")
    _check_holds(files.key, b"PRIVATE KEY-----", "private key")
    try:
        if files.key.stat().st_mode & 0o007:
            raise KeyFileError("others can read this private key; `chmod 600` it", file=str(files.key))
        # A key with a pass phrase must be an error: by default OpenSSL would ask for it on the terminal.
        context.load_cert_chain(files.certificate, files.key, password=_no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
            raise KeyFileError(f"this key does not belong to the certificate in {files.certificate}", file=str(files.key)) from error
        raise KeyFileError(_words(error), file=f"{files.certificate}, {files.key}") from error


def _load_trusted(context: ssl.SSLContext, files: BrokerTLSFiles) -> None:
    if files.ca is None:
        return
    _load(context, files.ca, b"-----BEGIN CERTIFICATE", "certificate of a CA")
    if files.crl is not None:
        _load(context, files.crl, b"-----BEGIN X509 CRL", "revocation list")
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _load(context: ssl.SSLContext, file: Path, mark: bytes, what: str) -> None:
    _check_holds(file, mark, what)
    try:
        context.load_verify_locations(file)
    except (OSError, ssl.SSLError) as error:
        raise KeyFileError(f"holds no {what} that can be used: {_words(error)}", file=str(file)) from error


def _check_holds(file: Path, mark: bytes, what: str) -> None:
    """Refuse a file that is not there or holds something else: OpenSSL says neither which file nor what it misses."""
    try:
        content = read_regular(str(file), _MAX_FILE)[0]
    except UnusableFile as error:
        raise KeyFileError(error.strerror, file=str(file)) from error
    except OSError as error:
        raise KeyFileError(f"the {what} cannot be read: {error.strerror or error}", file=str(file)) from error
    if mark not in content:
        raise KeyFileError(f"holds no {what} in PEM", file=str(file))


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"OpenSSL cannot read it ({(error.reason or 'no reason given').lower().replace('_', ' ')})"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


# What OpenSSL calls them, and what they are. What a peer's alert says begins with TLSV1_ALERT or SSLV3_ALERT.
_REASONS = {
    "HTTP_REQUEST": "it spoke HTTP",
    "HTTPS_PROXY_REQUEST": "it spoke plain STOMP, no TLS",  # CONNECT is a word of HTTP too
    "WRONG_VERSION_NUMBER": "it did not speak TLS",
    "PACKET_LENGTH_TOO_LONG": "it did not speak TLS",
    "BAD_RECORD_TYPE": "it did not speak TLS",
    "RECORD_LAYER_FAILURE": "it did not speak TLS",
    "UNSUPPORTED_PROTOCOL": "it speaks no TLS as new as 1.2",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it showed no client certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust this broker's certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not take this broker's certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not take this broker's certificate",
}


def handshake_words(error: ssl.SSLError) -> str:
    """Why a handshake failed, in words for the log."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not do: {error.verify_message}"
    reason = error.reason or ""
    return _REASONS.get(reason, reason.lower().replace("_", " ") or "the handshake failed")


def _no_password() -> str:
    raise ValueError("the key has a pass phrase, which a broker cannot be asked for")


def certificate_name(certificate: Any) -> str | None:
    """The one common name of a verified certificate (as `SSLObject.getpeercert` gives it), None where there is none or several."""
    if not certificate:
        return None
    names = [value for rdn in certificate.get("subject", ()) for key, value in rdn if key == "commonName"]
    return names[0] if len(names) == 1 else None


def shrink_read_buffers() -> None:
    """Make asyncio's TLS keep 16 KiB a connection instead of 256: measured 76 MB instead of 311 at 1,000 connections, same speed.

    The attribute is an internal one of CPython; where it is missing nothing happens.
    """
    protocol = getattr(asyncio.sslproto, "SSLProtocol", None)
    if protocol is not None and isinstance(getattr(protocol, "max_size", None), int):
        protocol.max_size = _READ_BUFFER
