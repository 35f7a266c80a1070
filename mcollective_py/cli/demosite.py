"""The files of a small site in one folder: CA, certificates, configurations, classes, facts and policies of a few hosts.

The demo runs such a site, and so do tests that want real daemons; cli/demoprocesses.py starts what this writes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..security.ca import CertificateAuthority

OPERATOR = "demo.mcollective"

# The operator may do what the tour shows; a denial is shown too, so nothing else is allowed.
POLICIES = {"echo": f"policy default deny\nallow\tcert={OPERATOR}\t*\t*\t*\n"}


@dataclass(frozen=True, slots=True)
class SiteHost:
    """One host: its name, Puppet classes and facts, and settings beyond the site's own."""

    name: str
    classes: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteBroker:
    """Where the broker is. user: with a password for brokers that ask for one; else TLS with the site's certificates."""

    port: int
    host: str = "127.0.0.1"
    connector: str = "stomp"
    user: str | None = None
    password: str | None = None


class Site:
    """Writes the files below folder; nothing of it runs.

    Each host has folder/hosts/NAME with server.cfg, classes.txt, facts.yaml, policies/, state/ and its log; client.cfg is the
    operator's.
    """

    def __init__(
        self,
        folder: Path,
        *,
        policies: Mapping[str, str] = POLICIES,
        settings: Mapping[str, str] | None = None,
        key_type: str = "p256",
    ) -> None:
        self.folder, self._policies, self._settings, self._key_type = folder, policies, dict(settings or {}), key_type
        self.client_config = folder / "client.cfg"
        self.authority = CertificateAuthority.create(folder / "ca", "Demo CA")
        self.issue("broker", "broker", ("localhost", "127.0.0.1"))
        self.issue(OPERATOR, "caller")

    def issue(self, name: str, role: str, sans: Sequence[str] = ()) -> None:
        """A certificate and key by the site's CA; role: caller, node or broker."""
        self.authority.issue(name, role, key_type=self._key_type, sans=sans)

    def certificate(self, name: str) -> Path:
        """The certificate file of a name."""
        return self.authority.certificate_file(name)

    def key(self, name: str) -> Path:
        """The private key file of a name."""
        return self.authority.key_file(name)

    def write_client(self, broker: SiteBroker, settings: Mapping[str, str] | None = None) -> Path:
        """The operator's client.cfg. A site on one machine answers in a moment, so a discovery needs no long window."""
        own = {"logger_type": "console", "loglevel": "warn", "discovery_timeout": "1", **(settings or {})}
        self._write(self.client_config, self._config(OPERATOR, broker) | own)
        return self.client_config

    def write_host(self, host: SiteHost, broker: SiteBroker) -> Path:
        """A host's folder; the path of its server.cfg."""
        home = self.folder / "hosts" / host.name
        (home / "policies").mkdir(parents=True, exist_ok=True)
        for agent, text in self._policies.items():
            (home / "policies" / f"{agent}.policy").write_text(text)
        (home / "classes.txt").write_text("".join(f"{name}\n" for name in ("settings", *host.classes)))
        (home / "facts.yaml").write_text(json.dumps(dict(host.facts), indent=1) + "\n")  # JSON is YAML too
        if not self.certificate(host.name).exists():
            self.issue(host.name, "node")
        own = {
            "classesfile": str(home / "classes.txt"),
            "factsource": "yaml",
            "plugin.yaml": str(home / "facts.yaml"),
            "fact_cache_time": "1",
            "logger_type": "file",
            "logfile": str(home / "mcollectived.log"),
            "statedir": str(home / "state"),
            "plugin.rpcaudit.logfile": str(home / "audit.log"),
        }
        self._write(home / "server.cfg", self._config(host.name, broker) | own | dict(host.settings))
        return home / "server.cfg"

    def _config(self, name: str, broker: SiteBroker) -> dict[str, str]:
        pool = f"plugin.{broker.connector}.pool"
        login = {f"{pool}.1.user": broker.user, f"{pool}.1.password": broker.password or ""} if broker.user else {f"{pool}.1.ssl": "1"}
        return {
            "securityprovider": "x509",
            "plugin.x509.ca": str(self.folder / "ca" / "ca.pem"),
            "plugin.x509.crl": str(self.folder / "ca" / "crl.pem"),
            "plugin.x509.cert": str(self.certificate(name)),
            "plugin.x509.key": str(self.key(name)),
            "connector": broker.connector,
            f"{pool}.size": "1",
            f"{pool}.1.host": broker.host,
            f"{pool}.1.port": str(broker.port),
            **login,
            **self._settings,
        }

    @staticmethod
    def _write(path: Path, settings: Mapping[str, str]) -> None:
        path.touch(mode=0o600)
        path.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
