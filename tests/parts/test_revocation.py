"""S-32 and R-26 with a real daemon and the embedded broker: revoked, renewed and damaged files count without a restart."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.cli.demoprocesses import MCO, RunningSite
from mcollective_py.cli.demosite import Site, SiteHost
from mcollective_py.errors import NotSigned
from mcollective_py.message import Reply
from mcollective_py.security.ca import CertificateAuthority
from tests.parts.fleet import site
from tests.parts.wire import Wire
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

SOON = 10.0  # seconds in which a new file has to be in force


class Place(RunningSite):
    """A site whose host, broker and clients have revocation lists of their own, each to be replaced by itself."""

    def __init__(self, made: Site) -> None:
        self.lists = {who: made.folder / f"{who}.crl" for who in ("host", "broker")}
        for who in self.lists:
            self.land(made.folder / "ca" / "crl.pem", who)
        settings = {"plugin.x509.crl": str(self.lists["host"])}
        super().__init__(made, [SiteHost("web1", settings=settings), SiteHost("web2", settings=settings)])

    def land(self, source: Path | bytes, *whose: str) -> None:
        """A list comes to the host or the broker, as Puppet brings it: all at once."""
        for who in whose:
            scratch = self.lists[who].with_suffix(".new")
            scratch.write_bytes(source if isinstance(source, bytes) else source.read_bytes())
            scratch.replace(self.lists[who])

    @property
    def crl(self) -> Path:
        """The CA's newest list."""
        return self.site.folder / "ca" / "crl.pem"

    def start_broker(self, port: int = 0) -> int:
        """As ever, with a list of revoked certificates."""
        folder, port_file = self.site.folder, self.site.folder / "broker.port"
        words = ["--port", str(port), "--port-file", str(port_file), "--tls-ca", str(folder / "ca" / "ca.pem"),
                 "--tls-cert", str(self.site.certificate("broker")), "--tls-key", str(self.site.key("broker")),
                 "--tls-crl", str(self.lists["broker"])]  # fmt: skip
        self._start("broker", [*MCO, "broker", *words], folder / "broker.log")
        wait_until("the broker listens", port_file.exists, 30)
        return int(port_file.read_text())

    def client(self, name: str) -> Path:
        """A client.cfg with the certificate of a caller of the CA, issued where there is none yet."""
        if not self.site.certificate(name).exists():
            self.site.issue(name, "caller")
        text = self.site.client_config.read_text()
        for former, own in ((self.site.certificate, self.site.certificate(name)), (self.site.key, self.site.key(name))):
            text = text.replace(str(former("demo.mcollective")), str(own))
        file = self.site.folder / f"{name}.cfg"
        file.touch(mode=0o600)
        file.write_text(text)
        return file


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with Place(site(tmp_path_factory.mktemp("revocation"))) as running:
        yield running


@pytest.fixture
def wire(place: Place) -> Iterator[Wire]:
    with Wire(place.site.client_config) as connected:
        yield connected
    place.land(place.crl, "host")


def asked(wire: Wire, host: str, action: str, timeout: float) -> Reply | None:
    """A host's answer to a question that names it; None where none comes, or none that is trusted."""
    request = wire.request(action=action, targets=(host,))
    wire.publish(wire.security.seal_request(request).payload, node=host)
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        try:
            reply = wire.reply(left)
        except NotSigned:
            continue
        if reply is not None and reply.request_id == request.id:
            return reply
    return None


def answers(wire: Wire, host: str = "web1", timeout: float = 0.5) -> bool:
    return asked(wire, host, "ping", timeout) is not None


def said(place: Place, words: str, host: str = "web1") -> bool:
    """Whether the log of a host has these words."""
    return words in place.log(host).read_text()


def test_a_revoked_caller_is_refused_once_the_list_has_landed_and_everybody_else_is_not(place: Place, wire: Wire) -> None:
    with Wire(place.client("leaver.mcollective")) as leaver:
        assert answers(leaver)
        place.site.authority.revoke("leaver.mcollective")
        assert answers(leaver), "the list has not landed yet"
        place.land(place.crl, "host")
        wait_until("the revocation is in force", lambda: not answers(leaver), SOON)
        assert answers(wire)
    assert said(place, "the certificate of leaver.mcollective has been revoked by CN=Demo CA")


def test_a_list_of_another_issuer_refuses_and_a_corrupt_one_trusts_nobody_until_it_is_mended(
    place: Place, wire: Wire, tmp_path: Path
) -> None:
    CertificateAuthority.create(tmp_path / "other", "Demo CA")
    place.land(tmp_path / "other" / "crl.pem", "host")
    wait_until("nobody is trusted", lambda: not answers(wire), SOON)
    assert said(place, "no CRL of CN=Demo CA, which issued the certificate of demo.mcollective")
    place.land(place.crl.read_bytes()[:150], "host")

    def is_told() -> bool:
        return not answers(wire) and said(place, "nobody is trusted until this is mended") and said(place, "CRL 1 is cut short")

    wait_until("it is told", is_told, SOON)
    place.land(place.crl, "host")
    wait_until("it is mended", lambda: answers(wire), SOON)


def test_a_list_past_its_day_still_counts_and_a_missing_one_trusts_nobody(place: Place, wire: Wire, tmp_path: Path) -> None:
    shutil.copytree(place.site.folder / "ca", tmp_path / "past")
    CertificateAuthority.load(tmp_path / "past", clock=lambda: time.time() - 400 * 86400).refresh_crl()
    place.land(tmp_path / "past" / "crl.pem", "host")
    wait_until(
        "it is told, and answers still come",
        lambda: answers(wire) and said(place, "the CRL of CN=Demo CA should have been renewed"),
        SOON,
    )
    place.lists["host"].unlink()
    wait_until("nobody is trusted", lambda: not answers(wire), SOON)
    assert said(place, f"{place.lists['host']}: plugin.x509.crl: cannot be read: No such file or directory")
    place.land(place.crl, "host")
    wait_until("it is mended", lambda: answers(wire), SOON)


def test_the_broker_ends_the_connection_of_a_revoked_operator(place: Place, wire: Wire) -> None:
    with Wire(place.client("mallory.mcollective")) as mallory:
        assert answers(mallory)
        place.site.authority.revoke("mallory.mcollective")
        place.land(place.crl, "broker")
        wait_until("the broker has cut it", lambda: mallory.connector.peer is None, SOON)
    assert "revoked" in (place.site.folder / "broker.log").read_text()
    assert answers(wire)


def test_a_host_with_a_new_key_and_certificate_goes_on_by_them_at_the_broker_and_in_its_answers(place: Place, wire: Wire) -> None:
    """R-26: the old one is revoked, so that only the new one is of use; nothing is restarted."""
    assert answers(wire)
    authority, pid = place.site.authority, place.processes["web1"].pid
    before = authority.certificate_file("web1").read_bytes()
    authority.revoke("web1")
    for file in (authority.key_file("web1"), authority.certificate_file("web1")):
        file.unlink()
    authority.issue("web1", "node")
    place.land(place.crl, "host", "broker")
    assert before != authority.certificate_file("web1").read_bytes()
    # The broker cuts the connection that was made with the old one; what comes back shows the new one.
    wait_until("the broker has cut it", lambda: "revoked" in _lines(place, "web1"), SOON)
    serial = f"{authority.issued()[-1].serial:x}"

    def goes_by_the_new_one() -> bool:
        told = asked(wire, "web1", "trusted", 1.0)
        return told is not None and told.data["certificate"]["serial"] == serial

    wait_until("it answers by the new one", goes_by_the_new_one, SOON)
    assert place.processes["web1"].pid == pid and place.processes["web1"].poll() is None


def _lines(place: Place, name: str) -> str:
    """What the broker's log has of a client."""
    return "\n".join(line for line in (place.site.folder / "broker.log").read_text().splitlines() if name in line)


def test_a_host_whose_own_certificate_has_run_out_says_so_in_its_log_and_to_the_doctor(place: Place, wire: Wire) -> None:
    authority = place.site.authority
    old = CertificateAuthority.load(authority.folder, clock=lambda: time.time() - 100 * 86400)
    old.renew("web2", days=50)

    def is_told() -> bool:
        answers(wire, "web2", timeout=0.3)
        return (
            "others will refuse what this process signs: the certificate of web2 expired 50 days ago" in place.log("web2").read_text()
        )

    wait_until("the log says it", is_told, SOON)
    config = place.site.folder / "hosts" / "web2" / "server.cfg"
    doctor = subprocess.run([*MCO, "doctor", "--server", "-c", str(config)], capture_output=True, text=True, timeout=60)
    assert doctor.returncode == 1
    assert "others refuse what is signed here: the certificate of web2 expired 50 days ago" in doctor.stdout
    authority.renew("web2", days=20)
    wait_until("it answers again", lambda: answers(wire, "web2"), SOON)
    assert said(place, "the certificate of web2 expires in 20 days: renew it before that", "web2")
