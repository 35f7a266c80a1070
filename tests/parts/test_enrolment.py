"""From nothing to `mco ping`: a CA, a broker, a host and two operators enrolled by `mco ca` and `mco enrol` alone; one is revoked."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mcollective_py.cli.demoprocesses import MCO, MCOLLECTIVED
from tests.parts.require import require_programs
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

SOON = 10.0  # seconds in which a new list has to be in force
PASSPHRASE = "correct horse battery"
CONNECTOR = """\
connector = stomp
plugin.stomp.pool.size = 1
plugin.stomp.pool.1.host = localhost
plugin.stomp.pool.1.port = {port}
plugin.stomp.pool.1.ssl = 1
"""
SERVER = """\
logger_type = file
logfile = {home}/log
statedir = {home}/state
plugin.rpcaudit.logfile = {home}/audit.log
daemonize = 0
"""


class Place:
    """Each of the CA, the broker, the host and the operators has a folder, and files travel by being named."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ca = folder, folder / "ca"
        self._processes: list[subprocess.Popen[bytes]] = []
        self.passphrase = folder / "passphrase"
        self.passphrase.touch(mode=0o600)
        self.passphrase.write_text(PASSPHRASE)
        self.fingerprint = json.loads(self.mco("ca", "init", str(self.ca), "--json", *self._opens))["fingerprint"]

    @property
    def _opens(self) -> tuple[str, str]:
        return "--passphrase-file", str(self.passphrase)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """A real mco."""
        environ = {**os.environ, "HOME": str(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache")}
        return subprocess.run([*MCO, *words], env=environ, capture_output=True, text=True, timeout=120, cwd="/", check=False)

    def mco(self, *words: str) -> str:
        """As run, where it has to end well; what it printed."""
        ended = self.run(*words)
        assert ended.returncode == 0, f"mco {' '.join(words)}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def enrol(self, name: str, role: str, config: str = "", sans: Sequence[str] = ()) -> Path:
        """Request, signature, acceptance; the configuration, which names the certificate now."""
        own, file = self.folder / name / "ssl", self.folder / name / "own.cfg"
        wanted = [word for san in sans for word in ("--san", san)]
        asked = json.loads(self.mco("enrol", "request", name, f"--{role}", "--dir", str(own), "--json", *wanted))
        signed = str(self.folder / f"{name}.signed.pem")
        self.mco("ca", "issue", "--csr", asked["request"], f"--{role}", "--dir", str(self.ca), "--out", signed, *self._opens, *wanted)
        file.touch(mode=0o600)
        file.write_text(config)
        self.mco("enrol", "accept", signed, "--dir", str(own), "-c", str(file), "--ca-fingerprint", self.fingerprint)
        return file

    def revoke(self, name: str) -> None:
        """At the CA; nobody knows of it yet."""
        self.mco("ca", "revoke", name, "--dir", str(self.ca), *self._opens)

    def start(self, words: Sequence[str], name: str) -> None:
        """A process that the end of the test ends."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes.append(subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"))

    def end(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(30)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    require_programs("openssl")
    made = Place(tmp_path_factory.mktemp("enrolment"))
    try:
        yield made
    finally:
        made.end()


def verified(place: Place, name: str) -> str:
    """What openssl says of a certificate by the CA and its list as they are now."""
    words = ["openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", str(place.ca / "ca.pem"),
             "-CRLfile", str(place.ca / "crl.pem"), str(place.ca / "certs" / f"{name}.pem")]  # fmt: skip
    ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return ended.stdout + ended.stderr


def test_from_nothing_to_an_answer_and_a_revoked_operator_is_refused(place: Place) -> None:
    place.enrol("localhost.broker", "broker", sans=("localhost",))
    own, port_file = place.folder / "localhost.broker" / "ssl", place.folder / "port"
    place.start(
        [*MCO, "broker", "--port", "0", "--port-file", str(port_file), "--tls-ca", f"{own}/certs/ca.pem", "--tls-crl", f"{own}/crl.pem",
         "--tls-cert", f"{own}/certs/localhost.broker.pem", "--tls-key", f"{own}/private_keys/localhost.broker.pem"],
        "broker",
    )  # fmt: skip
    wait_until("the broker listens", port_file.exists, 60)
    connector = CONNECTOR.format(port=port_file.read_text().strip())
    home = place.folder / "web1.lab"
    server = place.enrol("web1.lab", "node", connector + SERVER.format(home=home))
    alice, bob = (place.enrol(f"{name}.mcollective", "caller", connector) for name in ("alice", "bob"))
    place.start([*MCOLLECTIVED, "--config", str(server)], "daemon")

    def answers(config: Path) -> bool:
        return "time=" in place.run("ping", "-I", "web1.lab", "-t", "2", "-c", str(config)).stdout

    wait_until("alice is answered", lambda: answers(alice), 60)
    for name in ("web1.lab", "alice.mcollective", "localhost.broker"):
        assert verified(place, name).endswith(": OK\n")

    place.revoke("alice.mcollective")
    assert "certificate revoked" in verified(place, "alice.mcollective")
    assert answers(alice), "the list has not come to the host yet"
    place.mco("enrol", "accept", str(place.ca / "crl.pem"), "--node", "--dir", str(home / "ssl"), "-c", str(server))
    landed = time.monotonic()

    def is_refused() -> bool:
        return not answers(alice)

    wait_until("alice is refused", is_refused, 60)
    refused_after = time.monotonic() - landed
    assert "the certificate of alice.mcollective has been revoked by CN=MCollective CA" in (home / "log").read_text()
    assert refused_after < SOON + 5.0, "a question that nobody answers takes 2 s of it"
    assert answers(bob)
