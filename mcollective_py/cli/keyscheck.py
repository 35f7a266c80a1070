"""Would this certificate be taken, as a caller and as a host, by the CA, CRLs and rules of a configuration; and if not, why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import KeyFileError, NotSigned
from ..regularfile import read_regular, reason_of

_MAX_SIZE = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Taken:
    """As what a certificate was judged, `caller` or `host`; why it is refused, empty where it is taken; what is worth knowing."""

    role: str
    refusal: str
    remarks: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document."""
        return {"role": self.role, "accepted": not self.refusal, "reason": self.refusal, "remarks": list(self.remarks)}


def read_der(path: Path) -> bytes:
    """The first certificate of a PEM file. Raises KeyFileError."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        pem = read_regular(str(path), _MAX_SIZE)[0]
        return x509.load_pem_x509_certificates(pem)[0].public_bytes(Encoding.DER)
    except OSError as error:
        raise KeyFileError(reason_of(error)) from error
    except (ValueError, TypeError) as error:
        raise KeyFileError(f"no certificate in PEM: {error}", file=str(path)) from error


def judged(config: Config, side: str, der: bytes, now: float) -> tuple[Taken, Taken]:
    """The verdicts on a certificate as a caller's and as a host's. side: whose configuration this is. Raises ConfigError."""
    from ..security.chain import Certificate
    from ..security.files import read_trust
    from ..security.known import KnownCertificates
    from ..security.load import caller_rules, own_places
    from ..security.x509 import check_caller

    callers, delegations, wanted = caller_rules(config)
    store = read_trust(own_places(config, side), config.word("plugin.x509.revocation"))
    try:
        facts: Certificate = KnownCertificates(1).trusted("", der, store, now)
    except NotSigned as error:
        return Taken("caller", str(error)), Taken("host", str(error))
    try:
        check_caller(facts, callers, wanted)
    except NotSigned as error:
        caller = Taken("caller", str(error))
    else:
        remarks = (
            f"its caller id is cert={facts.certname}",
            *(f"it may ask on behalf of {whom}" for whom in delegations.of(facts.certname)),
        )
        caller = Taken("caller", "", remarks)
    if not facts.usages:
        return caller, Taken("host", f"the certificate of {facts.certname} is for neither clients nor servers")
    named = (f"it answers as {', '.join(sorted(facts.names))}",)
    if callers.match(facts.certname):
        return caller, Taken("host", "", (*named, "its name is a caller's: mcollectived does not start with it"))
    return caller, Taken("host", "", named)
