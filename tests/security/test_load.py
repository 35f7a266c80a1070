import subprocess
import sys

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import certificate_name, security_plugin

NOW = 1_800_000_000.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = CertificateAuthority.create(tmp_path_factory.mktemp("site") / "ca", clock=lambda: NOW)
    made.issue("alice.mcollective", "caller")
    made.issue("web1.example.com", "node")
    return made


def settings(authority, name, more=""):
    folder = authority.folder
    return (
        f"plugin.x509.ca = {folder}/ca.pem\nplugin.x509.crl = {folder}/crl.pem\n"
        f"plugin.x509.cert = {authority.certificate_file(name)}\nplugin.x509.key = {authority.key_file(name)}\n{more}"
    )


def config(authority, name, side, more=""):
    return Config.from_text(settings(authority, name, more), side=side, file=f"{side}.cfg")


def test_a_host_and_a_client_are_ready_from_their_settings(authority):
    node = security_plugin(config(authority, "web1.example.com", "server"), "server", lambda: NOW)
    alice = security_plugin(config(authority, "alice.mcollective", "client"), "client", lambda: NOW)
    assert (alice.caller, node.caller) == ("cert=alice.mcollective", "cert=web1.example.com")
    request = Request("0" * 32, alice.caller, "desk", "mcollective", "echo", None, 0.5, Filter(), NOW, 60)
    assert node.open_request(node.read(alice.seal_request(request).payload)).body == 0.5


def test_a_hosts_identity_is_its_certificates_name(authority):
    assert certificate_name(config(authority, "web1.example.com", "server")) == "web1.example.com"


@pytest.fixture(scope="module")
def fleet(authority):
    """The CA, with the RSA certificates of a user and of all hosts."""
    for name in ("carol", "fleet"):
        authority.issue(f"{name}.mcollective", "caller", key_type="rsa2048")
    return authority


@pytest.fixture
def aes(fleet, tmp_path):
    """The settings of a fleet on aes_security by side, and the folder of its callers' keys."""
    clients = tmp_path / "clients"
    clients.mkdir(mode=0o755)
    own = "plugin.aes.{side}_private = {key}\nplugin.aes.{side}_public = {cert}\n"

    def settings(side, more=""):
        name = {"client": "carol.mcollective", "server": "fleet.mcollective"}[side]
        keys = own.format(side=side, key=fleet.key_file(name), cert=fleet.certificate_file(name))
        text = f"securityprovider = aes_security\nplugin.aes.client_cert_dir = {clients}\n{keys}{more}"
        return Config.from_text(text, side=side, file=f"{side}.cfg")

    return settings, clients


def test_aes_security_is_ready_from_its_settings_and_named_after_the_certificate(fleet, aes):
    settings, clients = aes
    (clients / "carol.mcollective.pem").write_bytes(fleet.certificate_file("carol.mcollective").read_bytes())
    carol = security_plugin(settings("client"), "client", lambda: NOW)
    node = security_plugin(settings("server"), "server", lambda: NOW)
    assert carol.caller == "cert=carol.mcollective"
    request = Request("0" * 32, carol.caller, "desk", "mcollective", "echo", None, 0.5, Filter(), NOW, 60)
    assert node.open_request(node.read(carol.seal_request(request).payload)).body == 0.5


def test_aes_security_learns_the_keys_that_its_ca_vouches_for(fleet, aes):
    settings, clients = aes
    carol = security_plugin(settings("client", "plugin.aes.send_pubkey = 1\n"), "client", lambda: NOW)
    learning = f"plugin.aes.learn_pubkeys = 1\nplugin.aes.ca_cert = {fleet.folder}/ca.pem\n"
    node = security_plugin(settings("server", learning), "server", lambda: NOW)
    request = Request("0" * 32, carol.caller, "desk", "mcollective", "echo", None, 0.5, Filter(), NOW, 60)
    assert node.open_request(node.read(carol.seal_request(request).payload)).caller == "cert=carol.mcollective"
    assert [path.name for path in clients.iterdir()] == ["carol.mcollective.pem"]


def test_aes_security_learns_nothing_without_a_ca(aes):
    settings, _ = aes
    with pytest.raises(ConfigError, match=r"keys are learnt only where a CA vouches for them: set plugin\.aes\.ca_cert"):
        security_plugin(settings("server", "plugin.aes.learn_pubkeys = 1\n"), "server", lambda: NOW)


def test_aes_security_knows_one_cipher(aes):
    settings, _ = aes
    with pytest.raises(ConfigError, match="ssl_cipher: aes_security is spoken with aes-256-cbc alone here"):
        security_plugin(settings("client", "ssl_cipher = bf-cbc\n"), "client", lambda: NOW)


def test_aes_security_says_what_it_does_not_protect(aes, caplog):
    settings, _ = aes
    security_plugin(settings("server"), "server", lambda: NOW)
    assert "aes_security hides bodies from the broker and nothing else" in caplog.text
    assert "rules by caller prove nothing" in caplog.text


def test_another_plugin_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match="no security plugin 'x507': did you mean x509"):
        security_plugin(Config.from_text("securityprovider = x507\n", side="client"), "client", lambda: NOW)


def test_a_host_whose_own_name_is_a_callers_does_not_start(authority):
    wide = config(authority, "web1.example.com", "server", "plugin.x509.caller_certnames = *.mcollective, *.example.com\n")
    with pytest.raises(ConfigError, match=r"web1\.example\.com is this host's own name: with it every host could command the others"):
        security_plugin(wide, "server", lambda: NOW)
    everybody = config(authority, "web1.example.com", "server", "plugin.x509.caller_certnames = *\n")
    with pytest.raises(ConfigError, match="would make every host of this CA a caller"):
        security_plugin(everybody, "server", lambda: NOW)


def test_a_client_with_a_hosts_certificate_is_warned(authority, caplog):
    security_plugin(config(authority, "web1.example.com", "client"), "client", lambda: NOW)
    assert "hosts take requests from *.mcollective only and the certificate is that of web1.example.com" in caplog.text


def test_importing_it_costs_no_cryptography():
    code = "import sys, mcollective_py.security.load; print([name for name in sys.modules if 'cryptography' in name])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
