"""The certificate, key, CA and CRL files of this process, read again when they change."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..errors import KeyFileError, UntrustedCertificate
from ..regularfile import Stamp, UnusableFile, changeable_by_others, read_regular
from .chain import TrustStore, certificate_names
from .envelope import key_id
from .known import KnownCertificates
from .places import X509Places
from .signer import KeySigner, read_private_key
from .x509 import Credentials

if TYPE_CHECKING:
    from .keywrap import Unwrap

logger = logging.getLogger(__name__)

# A CRL is to be in force within 10 s. A CA or CRL that fails twice in a row stops all trust; once may be a half-written file.
_CHECK_EVERY = 2.0
_MAX_SIZE = 64 * 1024 * 1024  # bytes; a CRL of a million entries has 40
_STAGES = (1 / 30, 1 / 4, 1.0)  # of the time in which a certificate's end is warned of: of 30 days the last one, a week and all of it

State = tuple[Stamp | None, ...]


class WatchedFiles:
    """Credentials and trust from files. Asked for either, it looks at the files at most every two seconds; threads may share it.

    A certificate or key that cannot be read leaves the former pair in force, with a line in the log. A CA or CRL that cannot be
    used twice in a row leaves nobody trusted until it is mended. Raises KeyFileError when built.

    clock: seconds since the epoch. warns_within: seconds before the end of the own certificate, or of a CA's above it, in which the log
    says so, and again when little of that is left.
    """

    def __init__(self, places: X509Places, revocation: str, clock: Callable[[], float], *, warns_within: float = 0.0) -> None:
        self._places, self._revocation, self._clock = places, revocation, clock
        self._lock = threading.Lock()
        self._looked = clock()
        self._own_state, self._own = _state(places.certificate, places.key), _read_credentials(places)
        self._trust_state = _state(places.ca, places.crl)
        self._trust: TrustStore | KeyFileError = read_trust(places, revocation)
        self._failures = 0
        self._warned: set[str] = set()
        self._warns_within = warns_within
        self._warn()

    def credentials(self) -> Credentials:
        """This process' certificate and key."""
        self._look()
        return self._own

    def trust(self) -> TrustStore:
        """The CA and CRLs in force. Raises UntrustedCertificate where a file cannot be used."""
        self._look()
        trust = self._trust
        if isinstance(trust, KeyFileError):
            raise UntrustedCertificate(f"nobody is trusted until this is mended: {trust}")
        return trust

    def _look(self) -> None:
        # abs: a clock set back is no reason to stop looking.
        if abs(self._clock() - self._looked) < _CHECK_EVERY or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked = self._clock()
            self._look_at_trust()
            self._look_at_own()
            self._warn()
        finally:
            self._lock.release()

    def _look_at_trust(self) -> None:
        state = _state(self._places.ca, self._places.crl)
        if state == self._trust_state:
            return
        try:
            self._trust = read_trust(self._places, self._revocation)
        except KeyFileError as error:
            self._failures += 1
            if self._failures >= 2:
                if not isinstance(self._trust, KeyFileError):
                    logger.error("nobody is trusted until this is mended: %s", error)
                self._trust = error
            return
        logger.info("read %s and %s again", self._places.ca, self._places.crl)
        self._trust_state, self._failures = state, 0
        self._warned.clear()

    def _look_at_own(self) -> None:
        state = _state(self._places.certificate, self._places.key)
        if state == self._own_state:
            return
        try:
            own = _read_credentials(self._places)
            if own.certname != self._own.certname:
                raise KeyFileError(
                    f"the certificate is now that of {own.certname}: restart to go by another name", file=str(self._places.certificate)
                )
        except KeyFileError as error:
            # Certificate and key are rarely replaced in one moment, so this may pass.
            self._tell(f"the former certificate stays in use: {error}")
            return
        self._own_state, self._own = state, own
        self._warned.clear()
        logger.info("read %s again", self._places.certificate)

    def _warn(self) -> None:
        """Warn once if other hosts would refuse our certificate, and before they do."""
        if isinstance(self._trust, KeyFileError):
            return
        now = self._clock()
        for warning in self._trust.warnings(now):
            self._tell(warning)
        try:
            facts = KnownCertificates(1).trusted(self._own.kid, self._own.certificate, self._trust, now)
        except UntrustedCertificate as error:
            self._tell(f"others will refuse what this process signs: {error}")
            return
        ends = [(facts.not_after, f"the certificate of {facts.certname}")]
        ends += [(authority.not_after, f"the CA certificate {authority.name}") for path in facts.paths for authority in path]
        for end, whose in ends:
            if stage := next((stage for stage in _STAGES if end - now < self._warns_within * stage), None):
                left = f"{(end - now) / 86400:.0f} days" if end - now > 2 * 86400 else f"{(end - now) / 3600:.0f} hours"
                self._tell(f"{whose} expires in {left}: renew it before that", kind=f"{whose} {stage}")

    def _tell(self, warning: str, kind: str | None = None) -> None:
        # Numbers in a message count on ("expired 3 days ago"): once is enough.
        what = kind or "".join(char for char in warning if not char.isdigit())
        if what not in self._warned:
            self._warned.add(what)
            logger.warning("%s", warning)


def read_certificate(path: Path) -> "OwnCertificate":
    """The first certificate of a PEM file. Raises KeyFileError."""
    return OwnCertificate(_read(path, "plugin.x509.cert"), path)


class OwnCertificate:
    """This process' certificate: der, certname, names (that and its DNS names), key and its bytes in DER, public_key."""

    def __init__(self, pem: bytes, path: Path) -> None:
        try:
            certificate = x509.load_pem_x509_certificates(pem)[0]
            self.certname, self.names = certificate_names(certificate)
            self.key = certificate.public_key()
            self.public_key = self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"no certificate in PEM: {error}", file=str(path), key="plugin.x509.cert") from error
        self.der = certificate.public_bytes(Encoding.DER)


def _read_credentials(places: X509Places) -> Credentials:
    own = read_certificate(places.certificate)
    if places.key is None:
        from .sshagent import AgentSigner, agent_socket

        return Credentials(own.der, key_id(own.der), own.certname, own.names, AgentSigner(own.key, agent_socket()))
    signer = read_private_key(places.key)
    if signer.public_bytes() != own.public_key:
        raise KeyFileError(f"this is not the key of the certificate {places.certificate}", file=str(places.key), key="plugin.x509.key")
    return Credentials(own.der, key_id(own.der), own.certname, own.names, signer, _unwraps(signer))


def _unwraps(signer: KeySigner) -> "Unwrap":
    """What opens with this key; what that needs is loaded by the first message that is encrypted for it."""

    def unwrap(wrapped: bytes, point: bytes) -> bytes:
        from .keywrap import unwrap_by

        if (opens := unwrap_by(signer.key)) is None:
            raise ValueError("this key only signs")
        return opens(wrapped, point)

    return unwrap


def read_trust(places: X509Places, revocation: str) -> TrustStore:
    """The CA and CRLs of the files as they are now. Raises KeyFileError."""
    ca = _read(places.ca, "plugin.x509.ca")
    crl = _read(places.crl, "plugin.x509.crl") if places.crl is not None else None
    try:
        return TrustStore.from_pem(ca, None, "off") if crl is None else TrustStore.from_pem(ca, crl, revocation)
    except ValueError as error:
        which, file = ("crl", places.crl) if "CRL" in str(error) else ("ca", places.ca)
        raise KeyFileError(str(error), file=str(file), key=f"plugin.x509.{which}") from error


def _read(path: Path, setting: str) -> bytes:
    def judge(status: os.stat_result) -> None:
        if reason := changeable_by_others(status, path):
            raise KeyFileError(reason, file=str(path), key=setting)

    try:
        return read_regular(str(path), _MAX_SIZE, judge=judge)[0]
    except UnusableFile as error:
        raise KeyFileError(error.strerror, file=str(path), key=setting) from error
    except OSError as error:
        raise KeyFileError(f"cannot be read: {error.strerror}", file=str(path), key=setting) from error


def _state(*paths: Path | None) -> State:
    return tuple(_stamp(path) for path in paths if path is not None)


def _stamp(path: Path) -> Stamp | None:
    try:
        return Stamp.of(str(path))
    except OSError:
        return None
