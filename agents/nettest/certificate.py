"""What a certificate says, and how long it still holds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_MAX_NAMES, _MAX_TEXT = 100, 500
_DAY = 86400


def describe(der: bytes, now: float) -> dict[str, Any]:
    """Outputs of a certificate by name. now: seconds since the epoch. days: left, whole ones, below 0 when it has expired."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    found = x509.load_der_x509_certificate(der)
    begin, end = found.not_valid_before_utc, found.not_valid_after_utc
    return {
        "subject": _name(found.subject),
        "issuer": _name(found.issuer),
        "names": _names(found),
        "not_before": _moment(begin),
        "not_after": _moment(end),
        "days": int((end.timestamp() - now) // _DAY),
        "serial": f"{found.serial_number:x}",
        "fingerprint": found.fingerprint(SHA256()).hex(),
        "self_signed": found.subject == found.issuer,
    }


def state_of(certificate: Mapping[str, Any], warn: int, crit: int, problem: str | None) -> tuple[str, str]:
    """OK, WARNING or CRITICAL by the days that are left, and why. problem: why it is not good, None where it is or need not be."""
    days = certificate["days"]
    if days < 0:
        return "CRITICAL", f"expired on {certificate['not_after']}"
    if problem is not None:
        return "CRITICAL", problem
    left = f"expires on {certificate['not_after']}, in {days} {'day' if days == 1 else 'days'}"
    return ("CRITICAL" if days < crit else "WARNING" if days < warn else "OK"), left


def _name(name: Any) -> str:
    return str(name.rfc4514_string())[:_MAX_TEXT]


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _names(certificate: Any) -> list[str]:
    """The names and addresses that it is for."""
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    names = [*extension.get_values_for_type(x509.DNSName), *map(str, extension.get_values_for_type(x509.IPAddress))]
    return [name[:_MAX_TEXT] for name in names[:_MAX_NAMES]]
