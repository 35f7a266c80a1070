"""Where a host's or an operator's own key, certificate, CA and CRL lie, as in Puppet's ssldir; and the request for a certificate."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UsageError

if TYPE_CHECKING:
    from ...security.algorithms import PublicKey


@dataclass(frozen=True, slots=True)
class OwnFolder:
    """FOLDER/private_keys/NAME.pem, certificate_requests/NAME.pem, certs/NAME.pem, certs/ca.pem and crl.pem."""

    path: Path

    @property
    def ca(self) -> Path:
        """The CA's certificates."""
        return self.path / "certs" / "ca.pem"

    @property
    def crl(self) -> Path:
        """The CA's revocation lists."""
        return self.path / "crl.pem"

    def key(self, name: str) -> Path:
        """The private key of a name."""
        return self.path / "private_keys" / f"{name}.pem"

    def request(self, name: str) -> Path:
        """The request that was made for a name."""
        return self.path / "certificate_requests" / f"{name}.pem"

    def certificate(self, name: str) -> Path:
        """The certificate of a name."""
        return self.path / "certs" / f"{name}.pem"

    def settings(self, name: str) -> dict[str, str]:
        """What a configuration has to say for these files to be used."""
        return {
            "securityprovider": "x509",
            "plugin.x509.ca": str(self.ca),
            "plugin.x509.crl": str(self.crl),
            "plugin.x509.cert": str(self.certificate(name)),
            "plugin.x509.key": str(self.key(name)),
        }


def own_folder(role: str) -> OwnFolder:
    """The usual one: a caller's in the home, all others' in /etc/mcollective/ssl."""
    return OwnFolder(Path.home() / ".mcollective.d" / "ssl" if role == "caller" else Path("/etc/mcollective/ssl"))


def usual_name(role: str) -> str:
    """LOGIN.mcollective for a caller, else the host's full name. Raises UsageError where that is no name for a certificate."""
    import pwd
    import socket

    from ...names import is_certname

    login = pwd.getpwuid(os.geteuid()).pw_name.lower()
    if role == "caller" and login == "root":
        raise UsageError("who is root? Say whose certificate it is to be: mco enrol request NAME.mcollective --caller")
    name = f"{login}.mcollective" if role == "caller" else socket.getfqdn().lower()
    if not is_certname(name) or name.startswith("localhost"):
        raise UsageError(f"{name!r} is no name for a certificate: say which one, lower-case letters, digits, . _ and -")
    return name


def check_name(name: str, role: str) -> None:
    """Raises UsageError for a name that nobody could use in this role."""
    from ...names import is_certname
    from ...security.ca import DEFAULT_CALLERS
    from ...security.callers import CallerPatterns

    if not is_certname(name):
        raise UsageError(f"{name!r} is no certificate name: lower-case letters, digits, . _ and -")
    if role != "caller" and CallerPatterns([DEFAULT_CALLERS]).match(name):
        raise UsageError(f"names like {DEFAULT_CALLERS} are for callers: a {role} with one could command the fleet")


def is_usual_caller(name: str) -> bool:
    """Whether hosts take requests from this name without being told of it."""
    from ...security.ca import DEFAULT_CALLERS
    from ...security.callers import CallerPatterns

    return CallerPatterns([DEFAULT_CALLERS]).match(name)


def make_request_files(
    folder: OwnFolder, name: str, key_type: str, sans: Sequence[str], extensions: Mapping[str, str]
) -> "tuple[PublicKey, bool]":
    """Make a key, unless the name has one, and a request for it; the public key, and whether it is new.

    Raises KeyFileError, UsageError.
    """
    from ...security.certificaterequest import make_request
    from ...security.keyfiles import generate_key, locked, make_folders, write, write_new_key
    from ...security.signer import read_private_key

    make_folders(folder.path, ("private_keys",), ("certs", "certificate_requests"))
    with locked(folder.path):
        is_new = not os.path.lexists(folder.key(name))
        key = generate_key(key_type) if is_new else read_private_key(folder.key(name), "the key that is there already").key
        try:
            request = make_request(key, name, sans, extensions)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if is_new:
            write_new_key(folder.key(name), key)
        write(folder.request(name), request)
    return key.public_key(), is_new
