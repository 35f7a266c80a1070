"""Keys, certificates, configurations, policies and facts of one host and one caller, for each security plugin."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.keyfiles import generate_key
from tests.records.desk import AGENTS, FOLDER, HOST

CALLER = "alice.mcollective"
_CA_DAYS, _DAYS = 7300, 3650
# Groups, classes, facts and inputs: each kind of condition that a policy may have.
_POLICY = """# who may do what with parrot
policy default deny
deny\t*\tstumble\t*\t*
allow\toperators\tsay\tcountry=uk or country=de\trole::web
allow\tCALLER\tcheck\tos.family=/^Deb/\t*\tword=/[a-m].*/
allow\tcert=bob.mcollective\t*\tcountry=fr
"""
_ALLOW = "policy default deny\nallow\tCALLER\t*\t*\t*\n"


def write_fleet(name: str, folder: Path, now: float) -> None:
    """All files of a set below folder. now: seconds since the epoch, when the certificates begin."""
    folder.mkdir(parents=True)
    common = {"identity": HOST, "collectives": "mcollective", "libdir": AGENTS, "connector": "stomp", "plugin.stomp.pool.size": "1"}
    common |= {"plugin.stomp.pool.1.host": "broker.example.net", "plugin.stomp.pool.1.port": "61613"}
    server, client, caller = _SECURITY[name](folder, now)
    _write(
        folder / "server.cfg",
        common
        | {
            "classesfile": f"{FOLDER}/classes.txt",
            "factsource": "yaml",
            "plugin.yaml": f"{FOLDER}/facts.yaml",
            "statedir": f"{FOLDER}/state",
            "rpcaudit": "1",
            "rpcauthorization": "1",
            "plugin.rpcaudit.logfile": f"{FOLDER}/audit.log",
            "plugin.shell.enabled": "1",
            "registerinterval": "300",
            "registration": "meta",
            "logger_type": "console",
        }
        | server,
    )
    _write(folder / "client.cfg", common | {"identity": "desk.example.net", "logger_type": "console"} | client)
    (folder / "classes.txt").write_text("settings\nrole::web\n")
    (folder / "facts.yaml").write_text(json.dumps({"country": "uk", "load": 0.25, "os": {"family": "Debian", "major": 12}}) + "\n")
    policies = folder / "policies"
    policies.mkdir()
    (policies / "groups").write_text(f"operators {caller} cert=carol.mcollective\n")
    (policies / "parrot.policy").write_text(_POLICY.replace("CALLER", caller))
    for agent in ("echo", "nap", "shell"):
        (policies / f"{agent}.policy").write_text(_ALLOW.replace("CALLER", caller))


def _x509(key_type: str) -> "Callable[[Path, float], tuple[dict[str, str], dict[str, str], str]]":
    def made(folder: Path, now: float) -> tuple[dict[str, str], dict[str, str], str]:
        made_in = folder / "ca"
        authority = CertificateAuthority.create(made_in, "Test CA of a record", key_type=key_type, days=_CA_DAYS, clock=lambda: now)
        authority.issue(HOST, "node", key_type=key_type, days=_DAYS)
        authority.issue(CALLER, "caller", key_type=key_type, days=_DAYS)
        authority.refresh_crl(_DAYS)
        for file in ("ca.pem", "crl.pem"):
            shutil.copy(made_in / file, folder / file)
        settings = {}
        for side, who in (("server", HOST), ("client", CALLER)):
            shutil.copy(authority.certificate_file(who), folder / f"{side}-cert.pem")
            shutil.copy(authority.key_file(who), folder / f"{side}-key.pem")
            settings[side] = {
                "securityprovider": "x509",
                "plugin.x509.ca": f"{FOLDER}/ca.pem",
                "plugin.x509.crl": f"{FOLDER}/crl.pem",
                "plugin.x509.cert": f"{FOLDER}/{side}-cert.pem",
                "plugin.x509.key": f"{FOLDER}/{side}-key.pem",
            }
        shutil.rmtree(made_in)  # the CA's own key is not needed to understand anything
        return settings["server"], settings["client"], f"cert={CALLER}"

    return made


def _psk(folder: Path, now: float) -> tuple[dict[str, str], dict[str, str], str]:
    settings = {"securityprovider": "psk", "plugin.psk": "test-only-key-of-a-record-0123456", "plugin.psk.callertype": "identity"}
    return settings, settings, "identity=desk.example.net"


def _ssl(serializer: str) -> "Callable[[Path, float], tuple[dict[str, str], dict[str, str], str]]":
    def made(folder: Path, now: float) -> tuple[dict[str, str], dict[str, str], str]:
        _write_pairs(folder)
        common = {"securityprovider": "ssl", "plugin.ssl_serializer": serializer, "plugin.ssl_server_public": f"{FOLDER}/server.pem"}
        server = {"plugin.ssl_server_private": f"{FOLDER}/server-key.pem", "plugin.ssl_client_cert_dir": f"{FOLDER}/clients"}
        client = {
            "plugin.ssl_client_private": f"{FOLDER}/client-key.pem",
            "plugin.ssl_client_public": f"{FOLDER}/clients/{CALLER}.pem",
        }
        return common | server, common | client, f"cert={CALLER}"

    return made


def _aes(folder: Path, now: float) -> tuple[dict[str, str], dict[str, str], str]:
    _write_pairs(folder)
    common = {"securityprovider": "aes_security"}
    server = {"plugin.aes.server_private": f"{FOLDER}/server-key.pem", "plugin.aes.server_public": f"{FOLDER}/server.pem"}
    client = {"plugin.aes.client_private": f"{FOLDER}/client-key.pem", "plugin.aes.client_public": f"{FOLDER}/clients/{CALLER}.pem"}
    return common | server | {"plugin.aes.client_cert_dir": f"{FOLDER}/clients"}, common | client, f"cert={CALLER}"


def _write_pairs(folder: Path) -> None:
    """A key pair of all hosts, and one of the caller, in PEM."""
    (folder / "clients").mkdir()
    for side, public in (("server", folder / "server.pem"), ("client", folder / "clients" / f"{CALLER}.pem")):
        key = generate_key("rsa2048")
        file = folder / f"{side}-key.pem"
        file.touch(mode=0o600)
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _write(file: Path, settings: Mapping[str, str]) -> None:
    file.touch(mode=0o600)
    file.write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))


_SECURITY = MappingProxyType(
    {
        "x509-p256": _x509("p256"),
        "x509-ed25519": _x509("ed25519"),
        "x509-rsa": _x509("rsa2048"),
        "psk": _psk,
        "ssl-marshal": _ssl("marshal"),
        "ssl-yaml": _ssl("yaml"),
        "aes": _aes,
    }
)
FLEETS = tuple(_SECURITY)
KEEPING = "x509-p256"
"""The one whose journal, audit and other kept files are recorded."""
