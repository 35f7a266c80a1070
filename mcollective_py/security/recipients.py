"""Recipients: certificates of hosts that answered this process, so that something can be encrypted for them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..errors import UntrustedCertificate, UsageError

if TYPE_CHECKING:
    from .chain import Certificate, TrustStore

_LIMIT = 131_072  # hosts
_FRESH = 300.0  # seconds; after that a host is asked again: it may have a new certificate, and what is encrypted for the former is lost


class Recipients:
    """Hosts by identity, each with the certificate that its last verified reply was signed by; kept in memory only.

    A host that renewed its certificate since an earlier run of a command could read nothing encrypted for the former one: whoever wants
    to encrypt asks hosts that did not answer this process yet, and each reply teaches.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Certificate, float]] = {}
        self._store: TrustStore | None = None

    def learn(self, name: str, certificate: "Certificate", store: "TrustStore", now: float) -> None:
        """Take in who signed a reply that was verified. A new CA or CRL makes all of them unknown: they are judged anew by it.

        now, here and below: seconds since the epoch.
        """
        if store is not self._store:
            self._known, self._store = {}, store
        if name not in self._known and len(self._known) >= _LIMIT:
            self._known.pop(next(iter(self._known)))
        self._known[name] = certificate, now

    def unknown(self, names: Iterable[str], now: float) -> tuple[str, ...]:
        """Those of them that have to be asked first."""
        return tuple(name for name in names if name not in self._known or not 0 <= now - self._known[name][1] < _FRESH)

    def keys(self, names: Iterable[str], store: "TrustStore", now: float) -> dict[str, object]:
        """The public keys of hosts by key id, each trusted at this moment. Raises UsageError naming the host."""
        found: dict[str, object] = {}
        for name in names:
            if store is not self._store or name not in self._known:
                raise UsageError(f"{name} cannot be sent anything secret: it has not answered, so its certificate is not known")
            certificate = self._known[name][0]
            try:
                store.check(certificate, now)
            except UntrustedCertificate as error:
                raise UsageError(f"{name} cannot be sent anything secret: {error}") from error
            self._check_kind(name, certificate)
            found[certificate.kid] = certificate.key
        return found

    def check(self, names: Iterable[str]) -> None:
        """Raise UsageError naming those of the known hosts whose keys only sign."""
        for name in names:
            if name in self._known:
                self._check_kind(name, self._known[name][0])

    def _check_kind(self, name: str, certificate: "Certificate") -> None:
        from .keywrap import can_receive  # what brings ciphers along is loaded by who encrypts

        if not can_receive(certificate.key):
            raise UsageError(
                f"{name} cannot be sent anything secret: the key of its certificate (Ed25519) only signs; issue it one with a P-256 or "
                "RSA key, or leave it out (-x)"
            )
