"""OpenSSH's own ssh-agent as the keeper of an operator's key, and a token behind it: what it signs, hosts take."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mcollective_py.cli.demosite import OPERATOR, SiteBroker
from mcollective_py.errors import KeyFileError
from mcollective_py.security.algorithms import verify_by
from mcollective_py.security.sshagent import AgentSigner
from tests.parts.embedded import EmbeddedBroker
from tests.parts.fleet import Fleet
from tests.parts.require import missing, require_programs
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

SOFTHSM = next((path for path in Path("/usr/lib").glob("**/softhsm/libsofthsm2.so")), None)


class SSHAgent:
    """An ssh-agent of a test's own. It is ended with the block."""

    def __init__(self, folder: Path, *options: str) -> None:
        require_programs("ssh-agent", "ssh-add")
        self.folder, self.socket = folder, folder / "agent"
        self.environ = {**os.environ, "SSH_AUTH_SOCK": str(self.socket), "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": ""}
        self.process = subprocess.Popen(
            ["ssh-agent", "-D", "-a", str(self.socket), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**self.environ, "SOFTHSM2_CONF": str(folder / "softhsm2.conf")},
        )

    def __enter__(self) -> "SSHAgent":
        wait_until("the agent listens", self.socket.exists)
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.wait(10)

    def add(self, *words: str | Path, answer: str | None = None) -> None:
        """`ssh-add WORDS`. answer: what it asks for: a pass word, a PIN."""
        asks = self.folder / "asks"
        asks.write_text(f"#!/bin/sh\necho '{answer}'\n")
        asks.chmod(0o700)
        environ = {**self.environ, "SSH_ASKPASS": str(asks)}
        done = subprocess.run(["ssh-add", *map(str, words)], env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    def signer(
        self, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey, timeout: float = 5.0
    ) -> AgentSigner:
        return AgentSigner(key.public_key(), str(self.socket), timeout=timeout)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[SSHAgent]:
    with SSHAgent(tmp_path) as running:
        yield running


def written(
    folder: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey, shape: PrivateFormat
) -> Path:
    path = folder / "key"
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, shape, NoEncryption()))
    return path


def test_what_an_agent_signs_by_p256_or_ed25519_is_a_signature_of_ours(agent: SSHAgent, tmp_path: Path) -> None:
    p256 = ec.generate_private_key(ec.SECP256R1())
    agent.add(written(tmp_path, p256, PrivateFormat.PKCS8))
    ed = ed25519.Ed25519PrivateKey.generate()
    agent.add(written(tmp_path, ed, PrivateFormat.OpenSSH))  # OpenSSH reads those of PKCS#8 since 9.6 only
    for key in (p256, ed):
        signer, verify = agent.signer(key), verify_by(key.public_key())
        for length in (0, 1, 100, 200_000):
            assert verify(signer.sign(b"x" * length), b"x" * length)
        with pytest.raises(KeyFileError, match="256 KiB at most"):
            signer.sign(bytes(256 * 1024))


def test_a_key_that_is_not_there_taken_away_or_locked_up_is_told(agent: SSHAgent, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(KeyFileError, match="holds no key, or is locked"):
        agent.signer(key)
    agent.add(written(tmp_path, rsa.generate_private_key(65537, 2048), PrivateFormat.PKCS8))
    with pytest.raises(KeyFileError, match="holds 1 other keys"):
        agent.signer(key)
    agent.add(written(tmp_path, key, PrivateFormat.PKCS8))
    signer = agent.signer(key)
    signer.sign(b"words")
    agent.add("-x", answer="secret")
    with pytest.raises(KeyFileError, match="refused to sign: it is locked"):
        signer.sign(b"words")
    with pytest.raises(KeyFileError, match="holds no key, or is locked"):
        agent.signer(key)
    agent.add("-X", answer="secret")
    signer.sign(b"words")
    agent.add("-D")
    with pytest.raises(KeyFileError, match="has lost the key"):
        signer.sign(b"words")


def test_an_rsa_key_is_refused_with_the_reason_though_the_agent_has_it(agent: SSHAgent, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65537, 2048)
    agent.add(written(tmp_path, key, PrivateFormat.PKCS8))
    with pytest.raises(KeyFileError, match="wants PSS: take a P-256 or Ed25519 key"):
        agent.signer(key)


def test_an_agent_that_hangs_or_has_ended_keeps_nobody_waiting(agent: SSHAgent, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    agent.add(written(tmp_path, key, PrivateFormat.PKCS8))
    signer = agent.signer(key, timeout=0.2)
    agent.process.send_signal(signal.SIGSTOP)
    with pytest.raises(KeyFileError, match=r"did not answer within 0\.2 s"):
        signer.sign(b"words")
    agent.process.send_signal(signal.SIGCONT)
    signer.sign(b"words")
    agent.process.terminate()
    agent.process.wait(10)
    with pytest.raises(KeyFileError, match="cannot be reached"):
        signer.sign(b"words")


def test_a_key_on_a_pkcs11_token_signs_by_the_agent(tmp_path: Path) -> None:
    require_programs("softhsm2-util", "ssh-add")
    if SOFTHSM is None:
        missing("softhsm2 is not installed")
    (tmp_path / "tokens").mkdir()
    config = tmp_path / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {tmp_path}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    environ = {**os.environ, "SOFTHSM2_CONF": str(config)}
    key = ec.generate_private_key(ec.SECP256R1())
    file = written(tmp_path, key, PrivateFormat.PKCS8)
    for words in (
        ("--init-token", "--free", "--label", "mco", "--so-pin", "12345678", "--pin", "123456"),
        ("--import", str(file), "--token", "mco", "--label", "alice", "--id", "a1", "--pin", "123456"),
    ):
        subprocess.run(["softhsm2-util", *words], env=environ, check=True, capture_output=True)
    file.unlink()
    with SSHAgent(tmp_path, "-P", str(SOFTHSM.resolve())) as agent:
        agent.add("-s", SOFTHSM.resolve(), answer="123456")
        assert verify_by(key.public_key())(agent.signer(key).sign(b"words"), b"words")


def test_hosts_take_what_an_operator_asks_with_the_key_in_the_agent_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker knows the operator by a password: TLS would want the key itself."""
    home, made = tmp_path / "agent-home", tmp_path / "site"
    home.mkdir()
    made.mkdir()
    login = {"user": "mco", "password": "between-us"}
    with (
        SSHAgent(home) as agent,
        EmbeddedBroker(**login) as broker,
        Fleet(made, ["web1"], broker=SiteBroker(broker.port, **login)) as fleet,
    ):
        monkeypatch.setenv("SSH_AUTH_SOCK", str(agent.socket))
        agent.add(fleet.site.key(OPERATOR))
        config, own = fleet.site.client_config, fleet.site.key(OPERATOR)
        config.write_text(config.read_text().replace(f"plugin.x509.key = {own}\n", "plugin.x509.ssh_agent = 1\n"))
        own.unlink()
        assert fleet.answering() == ["web1"]
        assert "key           in ssh-agent" in fleet.mco("keys").stdout
        agent.add("-D")
        ended = fleet.mco("ping")
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "plugin.x509.ssh_agent: the ssh-agent holds no key, or is locked" in ended.stderr
