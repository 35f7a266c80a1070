"""Puppet's own certificates: where its agent says they lie, and how an operator gets one of its CA."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...errors import KeyFileError
from ...names import is_certname

PROGRAMS = (Path("/opt/puppetlabs/bin/puppet"), Path("/usr/bin/puppet"), Path("/usr/local/bin/puppet"))
NAMES = ("ssldir", "certname", "localcacert", "hostcrl", "hostcert", "hostprivkey")
PRINT_TIMEOUT = 120.0  # seconds; Ruby alone takes one, on a loaded machine many


@dataclass(frozen=True, slots=True)
class PuppetPlaces:
    """A certificate of Puppet's CA, its key, and the CA's files."""

    name: str
    ca: Path
    crl: Path
    certificate: Path
    key: Path

    def settings(self) -> dict[str, str]:
        """What a configuration has to say for these files to be used."""
        return {
            "securityprovider": "x509",
            "plugin.x509.ca": str(self.ca),
            "plugin.x509.crl": str(self.crl),
            "plugin.x509.cert": str(self.certificate),
            "plugin.x509.key": str(self.key),
        }

    def missing(self) -> tuple[Path, ...]:
        """Which of the four files are not there, or may not be looked at."""
        return tuple(path for path in (self.ca, self.crl, self.certificate, self.key) if not _exists(path))


def print_settings() -> tuple[str, ...]:
    """The words that make puppet print where its files are."""
    return ("config", "print", *NAMES, "--section", "agent")


def parse_settings(text: str) -> dict[str, str]:
    """`NAME = VALUE` lines as `puppet config print` has them. Raises KeyFileError where one is missing or no absolute path."""
    found = {}
    for line in text.splitlines():
        name, equals, value = (part.strip() for part in line.partition("="))
        if equals and name in NAMES:
            found[name] = value
    for name in NAMES:
        good = is_certname(found.get(name)) if name == "certname" else found.get(name, "").startswith("/")
        if not good:
            raise KeyFileError(f"`puppet config print` gave no {name} that can be used: {found.get(name, '')[:200]!r}")
    return found


def node_places(settings: Mapping[str, str]) -> PuppetPlaces:
    """The agent's own certificate."""
    names = ("localcacert", "hostcrl", "hostcert", "hostprivkey")
    return PuppetPlaces(settings["certname"], *(Path(settings[name]) for name in names))


def caller_places(settings: Mapping[str, str], name: str) -> PuppetPlaces:
    """An operator's certificate, in whose ssldir it is asked for."""
    ssldir = Path(settings["ssldir"])
    return PuppetPlaces(
        name,
        Path(settings["localcacert"]),
        Path(settings["hostcrl"]),
        ssldir / "certs" / f"{name}.pem",
        ssldir / "private_keys" / f"{name}.pem",
    )


def request_words(name: str, server: str | None) -> tuple[str, ...]:
    """The words that make a key and send a request for it to Puppet's CA."""
    return ("ssl", "submit_request", "--certname", name, *(("--ca_server", server) if server else ()))


def download_words(name: str, server: str | None) -> tuple[str, ...]:
    """The words that fetch the certificate once it is signed."""
    return ("ssl", "download_cert", "--certname", name, *(("--ca_server", server) if server else ()))


def steps(puppet: Path, name: str, server: str | None, *, is_requested: bool) -> list[str]:
    """What an operator does for a certificate, line by line."""
    asking = [] if is_requested else [f"here:       {shlex.join((str(puppet), *request_words(name, server)))}"]
    return [
        *asking,
        f"on the CA:  puppetserver ca sign --certname {name}",
        f"here:       {shlex.join((str(puppet), *download_words(name, server)))}",
        f"            mco enrol puppet {name} --caller",
    ]


def find_puppet(given: Path | None = None) -> Path:
    """The puppet program. Raises KeyFileError where there is none."""
    for path in (given,) if given is not None else PROGRAMS:
        if os.access(path, os.X_OK):
            return path
    where = str(given) if given is not None else " or ".join(map(str, PROGRAMS))
    raise KeyFileError(f"there is no puppet here ({where}): `mco enrol request` is for fleets without it")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False
