"""Configuration files as sites with Ruby MCollective have them: the very same for daemons and clients of either language.

Even `libdir` is the same, Ruby's agents in one folder of it and ours in the other.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mcollective_py.cli.demosite import SiteHost

RUBY_LIBDIR = Path(__file__).with_name("rubyplugins")
LIBDIR = Path(__file__).with_name("libdir")
BOTH_LIBDIRS = f"{LIBDIR}:{RUBY_LIBDIR}"
OPERATOR = "operator-public"  # Ruby's ssl and aes_security name callers after the file of their public key


@dataclass(frozen=True, slots=True)
class Listening:
    """A broker that runs."""

    port: int
    user: str
    password: str


class HistoricSite:
    """Writes server.cfg, client.cfg and the keys of one fleet below folder; nothing of it runs.

    connector: activemq or rabbitmq. security: psk, ssl or aes_security. serializer: marshal or yaml (psk knows marshal alone).
    brokers: the pool, in its order. settings: further keys of every file; server_settings: of the daemons' alone.
    """

    def __init__(
        self,
        folder: Path,
        *,
        connector: str,
        security: str,
        brokers: Sequence[Listening],
        serializer: str = "marshal",
        settings: Mapping[str, str] | None = None,
        server_settings: Mapping[str, str] | None = None,
    ) -> None:
        self._server_settings = dict(server_settings or {})
        self.folder, self.connector, self.security = folder, connector, security
        self._serializer, self._brokers, self._settings = serializer, tuple(brokers), dict(settings or {})
        self._psk = secrets.token_hex(16)
        (folder / "ssl" / "clients").mkdir(parents=True)
        (folder / "cache").mkdir()
        if security != "psk":
            self._make_keys("server")
            self._make_keys("operator")
            (folder / "ssl" / "clients" / f"{OPERATOR}.pem").write_bytes((folder / "ssl" / "operator-public.pem").read_bytes())
            # Daemons ask, too: they register.
            (folder / "ssl" / "clients" / "server-public.pem").write_bytes((folder / "ssl" / "server-public.pem").read_bytes())

    @property
    def ledger(self) -> Path:
        """What the note action of the parrot agents writes, of all hosts."""
        return self.folder / "ledger"

    @property
    def registrations(self) -> Path:
        """What the registration agents write, of all hosts."""
        return self.folder / "registrations"

    def log(self, name: str) -> Path:
        """The log file of a host's daemon."""
        return self.folder / "hosts" / name / "mcollectived.log"

    def write_server(self, host: SiteHost) -> Path:
        """A host's folder with its server.cfg, facts and classes; the path of the server.cfg."""
        home = self.folder / "hosts" / host.name
        home.mkdir(parents=True, exist_ok=True)
        (home / "classes.txt").write_text("".join(f"{name}\n" for name in ("settings", *host.classes)))
        (home / "facts.yaml").write_text("---\n" + json.dumps(dict(host.facts)) + "\n")  # JSON is YAML too
        own = {
            "libdir": BOTH_LIBDIRS,
            "identity": host.name,
            "logfile": str(self.log(host.name)),
            "loglevel": "info",
            "daemonize": "0",
            "factsource": "yaml",
            "plugin.yaml": str(home / "facts.yaml"),
            "classesfile": str(home / "classes.txt"),
            "rpcauthorization": "0",
            "plugin.parrot.ledger": str(self.ledger),
            "plugin.registration.ledger": str(self.registrations),
        }
        return self._write(
            home / "server.cfg", {**self._common(), **own, **self._security_of_daemons(), **self._server_settings, **host.settings}
        )

    def write_client(self, name: str = "client", settings: Mapping[str, str] | None = None) -> Path:
        """A client.cfg by a name of its own; its path."""
        own = {"libdir": BOTH_LIBDIRS, "identity": "desk.example.net", "logger_type": "console", "loglevel": "warn"}
        path = self.folder / f"{name}.cfg"
        return self._write(path, self._common() | own | self._security_of_clients() | dict(settings or {}))

    def _common(self) -> dict[str, str]:
        pool = f"plugin.{self.connector}.pool"
        brokers = {
            f"{pool}.{number}.{key}": value
            for number, broker in enumerate(self._brokers, 1)
            for key, value in (("host", "127.0.0.1"), ("port", str(broker.port)), ("user", broker.user), ("password", broker.password))
        }
        return {
            "main_collective": "mcollective",
            "collectives": "mcollective",
            "direct_addressing": "1",
            "securityprovider": self.security,
            "connector": self.connector,
            f"{pool}.size": str(len(self._brokers)),
            **brokers,
            **self._settings,
        }

    def _security_of_daemons(self) -> dict[str, str]:
        ssl = self.folder / "ssl"
        if self.security == "ssl":
            return {
                "plugin.ssl_serializer": self._serializer,
                "plugin.ssl_server_private": str(ssl / "server-private.pem"),
                "plugin.ssl_server_public": str(ssl / "server-public.pem"),
                "plugin.ssl_client_cert_dir": str(ssl / "clients"),
            }
        if self.security == "aes_security":
            return {
                "plugin.aes.serializer": self._serializer,
                "plugin.aes.server_private": str(ssl / "server-private.pem"),
                "plugin.aes.server_public": str(ssl / "server-public.pem"),
                "plugin.aes.client_cert_dir": str(ssl / "clients"),
            }
        return {"plugin.psk": self._psk}

    def _security_of_clients(self) -> dict[str, str]:
        ssl = self.folder / "ssl"
        if self.security == "ssl":
            return {
                "plugin.ssl_serializer": self._serializer,
                "plugin.ssl_server_public": str(ssl / "server-public.pem"),
                "plugin.ssl_client_private": str(ssl / "operator-private.pem"),
                "plugin.ssl_client_public": str(ssl / "operator-public.pem"),
            }
        if self.security == "aes_security":
            return {
                "plugin.aes.serializer": self._serializer,
                "plugin.aes.client_private": str(ssl / "operator-private.pem"),
                "plugin.aes.client_public": str(ssl / "operator-public.pem"),
            }
        return {"plugin.psk": self._psk}

    def _make_keys(self, name: str) -> None:
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        path = self.folder / "ssl" / f"{name}-private.pem"
        path.touch(0o600)
        path.write_bytes(private)
        (self.folder / "ssl" / f"{name}-public.pem").write_bytes(public)

    @staticmethod
    def _write(path: Path, settings: Mapping[str, str]) -> Path:
        path.touch(0o600)
        path.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        os.chmod(path, 0o600)
        return path


def with_state(config: Path) -> Path:
    """A server.cfg of ours alone: its state in a folder of its own. Ruby takes no such setting."""
    with config.open("a") as file:
        file.write(f"statedir = {config.parent}/state\n")
    return config
