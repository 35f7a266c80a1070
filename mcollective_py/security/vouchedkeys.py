"""A node's folder with its callers' certificates of which each must come from one CA, and into which new ones may be learnt."""

import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from ..errors import KeyFileError, NotSigned, UntrustedCertificate
from ..node.ownership import check_ownership
from ..regularfile import read_regular
from .chain import TrustStore
from .keyring import check_size, key_name

logger = logging.getLogger(__name__)

_MAX_SIZE = 64 * 1024  # bytes


class VouchedKeys:
    """The keyring of a node whose callers have certificates: `NAME.pem` counts where the CA issued it to NAME and its dates are good.

    Nothing is remembered: each request costs the reading and judging of one certificate, some 0.3 ms, so that what is judged is what is
    used, and a file that goes or expires counts no more. clock: seconds since the epoch. Raises KeyFileError where folder or CA cannot
    be used.
    """

    def __init__(self, folder: Path, ca: Path, clock: Callable[[], float], *, setting: str, ca_setting: str) -> None:
        self._folder, self._clock = folder, clock
        try:
            check_ownership(folder)
            next(folder.iterdir(), None)
        except OSError as error:
            raise KeyFileError(f"cannot be used for callers' keys: {error.strerror or error}", file=str(folder), key=setting) from error
        try:
            check_ownership(ca)
            self._store = TrustStore.from_pem(read_regular(str(ca), _MAX_SIZE)[0], None, "off")
        except OSError as error:
            raise KeyFileError(f"cannot be used as a CA: {error.strerror or error}", file=str(ca), key=ca_setting) from error
        except ValueError as error:
            raise KeyFileError(str(error), file=str(ca), key=ca_setting) from error

    def public_key(self, caller: str) -> RSAPublicKey:
        """The key of a caller. Raises NotSigned where there is none that the CA vouches for."""
        path = f"{self._folder}/{key_name(caller)}.pem"  # the name comes from the network: judged before any file is asked for
        try:
            check_ownership(Path(path))
            pem, _ = read_regular(path, _MAX_SIZE)
        except OSError as error:
            raise NotSigned(f"there is no public key of {caller} in {self._folder} ({error.strerror or error})") from None
        return self.vouched(caller, pem)

    def vouched(self, caller: str, pem: bytes) -> RSAPublicKey:
        """The key in a certificate of the caller's name that the CA issued. Raises NotSigned."""
        name = key_name(caller)
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            facts = self._store.admit(certificate.public_bytes(Encoding.DER))
            self._store.check(facts, self._clock())
            key = certificate.public_key()
        except UntrustedCertificate as error:
            raise NotSigned(f"the certificate of {caller} is not trusted (plugin.aes.ca_cert): {error}") from None
        except ValueError:
            raise NotSigned(f"the public key of {caller} is no certificate, and a CA must vouch for it (plugin.aes.ca_cert)") from None
        if facts.certname != name:
            raise NotSigned(f"the certificate that is to be of {caller} is that of {facts.certname[:80]!r}")
        if not isinstance(key, RSAPublicKey):
            raise NotSigned(f"the certificate of {caller} has no RSA key: the wire of aes_security knows no other")
        try:
            check_size(key.key_size)
        except ValueError as error:
            raise NotSigned(f"the certificate of {caller} has {error}") from None
        return key

    def keep(self, caller: str, pem: bytes) -> None:
        """Put a certificate that was judged into the folder, byte for byte; one that is there stays."""
        final = f"{self._folder}/{key_name(caller)}.pem"
        try:
            handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".learnt-")
            try:
                with os.fdopen(handle, "wb") as new:
                    os.fchmod(new.fileno(), 0o644)
                    new.write(pem)
                # A link, not a rename: it never replaces what somebody has put there meanwhile.
                os.link(temporary, final)
            finally:
                os.unlink(temporary)  # noqa: PTH108
        except FileExistsError:
            pass
        except OSError as error:
            logger.warning("the certificate of %s cannot be kept in %s: %s", caller, self._folder, error.strerror)
        else:
            logger.info("learnt the certificate of %s, which the CA vouches for", caller)
