"""TLS with a broker: the context, and in plain words why a handshake failed. There is no way to leave the checks out."""

import ssl

from ..errors import KeyFileError
from .pool import TLSFiles

# OpenSSL's X509_V_ERR numbers -> what to do about it.
_VERIFY = {
    3: "the revocation list of the CA that signed it is missing (plugin.x509.crl)",
    9: "its certificate is not valid yet: check the clocks of both hosts",
    10: "its certificate has expired: renew it on the broker",
    12: "the CA's revocation list has expired: fetch a new one",
    18: "its certificate is self-signed and not one of the CA certificates in .ssl.ca",
    19: "its CA is not one of those in .ssl.ca",
    20: "its certificate comes from a CA that is not in .ssl.ca",
    21: "its certificate comes from a CA that is not in .ssl.ca",
    23: "its certificate was revoked",
    62: "its certificate is for another name: use the name in the certificate as .host",
    64: "its certificate is for another address: use the name in the certificate as .host",
}
_REASONS = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS on this port: use the TLS port, or set .ssl = 0",
    "RECORD_LAYER_FAILURE": "it does not speak TLS on this port: use the TLS port, or set .ssl = 0",
    "UNSUPPORTED_PROTOCOL": "it offers only versions of TLS older than 1.2",
    "TLSV1_ALERT_PROTOCOL_VERSION": "it does not accept TLS 1.2 or newer",
    "NO_CIPHERS_AVAILABLE": "none of the ciphers in .ssl.ciphers is known here",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "it shares no cipher with us, or wants a client certificate (.ssl.cert, .ssl.key)",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it wants a client certificate: set .ssl.cert and .ssl.key",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust the CA of our certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not accept our certificate",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "our certificate has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "our certificate was revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not accept our certificate",
}


def client_context(files: TLSFiles) -> ssl.SSLContext:
    """TLS 1.2 or newer, the broker's certificate and its name checked, our own shown. KeyFileError names what cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks chain and host name; not create_default_context, whose
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # VERIFY_X509_STRICT (3.13) refuses certificates of Puppet's CA
    if files.ciphers:
        try:
            context.set_ciphers(files.ciphers)
        except ssl.SSLError as error:
            raise KeyFileError(f"OpenSSL knows no cipher of {files.ciphers!r} (.ssl.ciphers)") from error
    if not files.ca:
        context.load_default_certs()
    for path in files.ca:
        _load_ca(context, path, "CA certificate (.ssl.ca or plugin.x509.ca)")
    if files.crl and files.revocation != "off":
        _load_ca(context, files.crl, "revocation list (plugin.x509.crl)")
        leaf, chain = ssl.VERIFY_CRL_CHECK_LEAF, ssl.VERIFY_CRL_CHECK_CHAIN
        context.verify_flags |= leaf if files.revocation == "leaf" else chain
    if files.cert:
        asked: list[bool] = []

        def no_passphrase() -> bytes:
            asked.append(True)
            return b""

        try:
            # Without this OpenSSL would ask for a passphrase on the terminal, and wait.
            context.load_cert_chain(files.cert, files.key, password=no_passphrase)
        except OSError as error:
            reason = "the key is encrypted with a passphrase, which a connector cannot ask for" if asked else _file_reason(error)
            what = f"the certificate {files.cert} with the key {files.key}"
            raise KeyFileError(f"{what} cannot be used: {reason} (.ssl.cert, .ssl.key)") from error
    return context


def explain_tls(error: ssl.SSLError) -> str:
    """Why TLS failed, and what to do."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS refused: {_VERIFY.get(error.verify_code, error.verify_message)}"
    reason = error.reason or ""
    if isinstance(error, ssl.SSLEOFError):
        return "TLS failed: it hung up during the handshake: does the port speak TLS, and does it want a client certificate?"
    return f"TLS failed: {_REASONS.get(reason, reason.replace('_', ' ').lower() or error)}"


def _load_ca(context: ssl.SSLContext, path: str, what: str) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except OSError as error:
        raise KeyFileError(f"the {what} {path} cannot be used: {_file_reason(error)}") from error


def _file_reason(error: OSError) -> str:
    """What OpenSSL or the system says of a file; `PEM lib` alone helps nobody."""
    if not isinstance(error, ssl.SSLError):
        return error.strerror or str(error)
    if error.reason == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate"
    return f"it holds nothing of the kind in PEM ({error.reason or error})"
