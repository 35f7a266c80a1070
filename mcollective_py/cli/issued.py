"""What `mco ca` takes and shows: words of the command line -> values, what was issued -> lines and rows, and the file to hand back."""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import KeyFileError, UsageError
from .writing import write_atomically

if TYPE_CHECKING:
    from ..security.ca import CertificateAuthority, Issued
    from ..security.certificaterequest import SigningRequest

_CONNECTOR = """\
connector = stomp
plugin.stomp.pool.size = 1
plugin.stomp.pool.1.host = {broker}
plugin.stomp.pool.1.port = 61614
plugin.stomp.pool.1.ssl = 1"""


def default_folder() -> Path:
    """Where a CA lies unless --dir says otherwise."""
    return Path("/etc/mcollective/ca") if os.geteuid() == 0 else Path.home() / ".mcollective.d" / "ca"


def extension_words(words: Sequence[str]) -> dict[str, str]:
    """`NAME=TEXT` words -> extensions. Raises UsageError."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name or not text:
            raise UsageError(f"{word!r} is no extension: write NAME=TEXT, as pp_role=web")
        if name in found:
            raise UsageError(f"the extension {name} was given twice")
        found[name] = text
    return found


def serial_number(text: str) -> int:
    """A serial number in hex, as lists show it. Raises UsageError."""
    try:
        return int(text.replace(":", ""), 16)
    except ValueError:
        raise UsageError(f"{text!r} is no serial number in hex: `mco ca list` shows them") from None


def signing_request(file: Path) -> "SigningRequest":
    """The request in a file, its signature good. Raises KeyFileError."""
    from ..security.certificaterequest import read_request
    from ..security.keyfiles import read

    try:
        return read_request(read(file))
    except ValueError as error:
        raise KeyFileError(str(error), file=str(file)) from None


def write_bundle(authority: "CertificateAuthority", name: str, out: Path) -> None:
    """One file with a name's certificate, the CA's and the CRL, for everybody to read. Raises KeyFileError, ConfigError."""
    from ..security.keyfiles import read

    parts = (authority.certificate_file(name), authority.folder / "ca.pem", authority.folder / "crl.pem")
    write_atomically(out, "".join(read(part).decode("ascii") for part in parts), 0o644)


def state(issued: "Issued", now: float) -> str:
    """`valid`, `expired` or `revoked`."""
    return "revoked" if issued.is_revoked else "expired" if issued.not_after < now else "valid"


def day(moment: float) -> str:
    """A moment as its day, UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def issued_row(issued: "Issued", now: float) -> Mapping[str, Any]:
    """One certificate of the inventory as it stands in a JSON document; times in seconds since the epoch."""
    return {
        "name": issued.name,
        "role": issued.role,
        "serial": f"{issued.serial:x}",
        "not_before": issued.not_before,
        "not_after": issued.not_after,
        "state": state(issued, now),
    }


def signed_lines(authority: "CertificateAuthority", request: "SigningRequest", role: str) -> list[str]:
    """What to say of a request that was signed."""
    from ..security.certificaterequest import fingerprint

    return [
        f"Signed for {request.name}, a {role}. The key's fingerprint, which `mco enrol request` has shown there too:",
        f"   {fingerprint(request.key)}",
        f"Bring back {authority.certificate_file(request.name)}, {authority.folder / 'ca.pem'} and {authority.folder / 'crl.pem'},",
        "and there: mco enrol accept FILE FILE FILE (with --out all three are one file)",
    ]


def settings_lines(authority: "CertificateAuthority", name: str, role: str) -> list[str]:
    """What to paste where, for a name whose key and certificate are here."""
    certificate, key = authority.certificate_file(name), authority.key_file(name)
    if role == "broker":
        trusted = f"--tls-ca {authority.folder / 'ca.pem'} --tls-crl {authority.folder / 'crl.pem'}"
        return [
            "For the embedded broker:",
            f"mco broker --host 0.0.0.0 --tls-cert {certificate} --tls-key {key} {trusted}",
            "# into server.cfg and client.cfg of those who connect to it",
            _CONNECTOR.format(broker=name),
        ]
    file = "~/.mcollective or client.cfg" if role == "caller" else "server.cfg"
    return [
        f"# into {file}; on another machine, the paths that these four files are copied to",
        "securityprovider = x509",
        f"plugin.x509.ca = {authority.folder / 'ca.pem'}",
        f"plugin.x509.crl = {authority.folder / 'crl.pem'}",
        f"plugin.x509.cert = {certificate}",
        f"plugin.x509.key = {key}",
        # As comments: at the end of a file that has its broker already, they would win over it.
        "# only where no connector is set yet: the embedded broker, with TLS",
        *(f"#{line}" for line in _CONNECTOR.format(broker=_broker_of(authority)).splitlines()),
        *(_strange_caller(name) if role == "caller" else ()),
    ]


def _strange_caller(name: str) -> list[str]:
    """What hosts and broker have to be told of a caller whose name is not like those of others."""
    from ..security.ca import DEFAULT_CALLERS
    from ..security.callers import CallerPatterns

    if CallerPatterns([DEFAULT_CALLERS]).match(name):
        return []
    return [
        f"# into server.cfg of every host, which take requests from {DEFAULT_CALLERS} only unless told otherwise",
        f"plugin.x509.caller_certnames = {DEFAULT_CALLERS} {name}",
        "# and for `mco broker`, to which the name is a node's unless told otherwise",
        f"# --operator-names '{DEFAULT_CALLERS}' --operator-names {name}",
    ]


def _broker_of(authority: "CertificateAuthority") -> str:
    """The name of the broker that was issued last."""
    names = [issued.name for issued in authority.issued() if issued.role == "broker" and not issued.is_revoked]
    return names[-1] if names else "broker.example.com"
