"""The agent nettest against real listeners, name servers, TLS end points and HTTP servers on loopback."""

import http.server
import socket
import ssl
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from agents.nettest.fetch import host_header
from mcollective_py.testing import assert_aborted, assert_data, assert_failed, assert_invalid, assert_ok

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]


def serve(handle, family=socket.AF_INET, address="127.0.0.1"):
    """A listener whose connections handle gets, each in a thread; gives its port and what closes it."""
    listener = socket.create_server((address, 0), family=family)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=run, args=(connection,), daemon=True).start()

    def run(connection):
        with connection:
            try:
                handle(connection)
            except OSError:
                pass

    threading.Thread(target=accept, daemon=True).start()
    return listener


@pytest.fixture
def listen():
    made = []

    def make(handle=lambda connection: None, **more):
        listener = serve(handle, **more)
        made.append(listener)
        return listener.getsockname()[1]

    yield make
    for listener in made:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems):
    assert agent_problems == []


# --- what is tested -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    ["-c", "--help", "a b", "a;b", "a/b", "a@b", "$(id)", "a\n", "", ".", "a..b", "[::1]", "::1%lo", "1.2.3", "0x7f000001", "256.1.1.1",
     "127.0.0.1:80", "a-", "x" * 64, "http://x", "`id`", "é.example"],
)  # fmt: skip
def test_what_is_no_host_is_refused_everywhere(agent, target):
    for action, more in (("ping", {}), ("connect", {"port": 1}), ("dns", {}), ("tls", {})):
        assert_invalid(agent.call(action, fqdn=target, **more))
    assert_invalid(agent.call("dns", fqdn="x", server=target))
    assert_invalid(agent.call("tls", fqdn="localhost", servername=target))
    assert_invalid(agent.call("http", url="http://x/", connect_to=target))


@pytest.mark.parametrize(
    "target", ["localhost", "web-1.example.net", "_dmarc.example.net", "example.net.", "127.0.0.1", "::1", "fd77::1"]
)
def test_hosts_and_addresses_are_taken(agent, target):
    assert agent.call("connect", fqdn=target, port=0).statusmsg == "port must be from 1 to 65535"


def test_bounds_of_numbers_are_said(agent):
    for port in (0, 65536, -1):
        assert_invalid(agent.call("connect", fqdn="localhost", port=port))
    assert_invalid(agent.call("connect", fqdn="localhost", port=1, timeout=60))
    assert_invalid(agent.call("ping", fqdn="localhost", count=21))
    assert_invalid(agent.call("ping", fqdn="localhost", count=20, timeout=10))
    assert_invalid(agent.call("http", url="http://localhost/", max_bytes=1 << 30))


def test_a_name_that_is_none_fails_in_the_historic_words(agent):
    for action, inputs in (("ping", {}), ("connect", {"port": 1})):
        assert_aborted(agent.call(action, fqdn="no-such-host.invalid", timeout=5, **inputs), "^Cannot resolve hostname")


class TestWithNetworksThatAreNotToBeTested:
    @pytest.fixture
    def agent_config(self):
        return {"deny": "127.0.0.0/8, ::1/128"}

    def test_nothing_reaches_them(self, agent):
        port = unused_port()
        for reply in (
            agent.call("connect", fqdn="localhost", port=port),
            agent.call("ping", fqdn="::ffff:127.0.0.1"),
            agent.call("tls", fqdn="127.0.0.1"),
            agent.call("http", url="http://[::1]/"),
            agent.call("dns", fqdn="x", server="127.0.0.1"),
        ):
            assert_aborted(reply, "must not be tested from this host|Cannot resolve")


class TestWithNetworksThatAlone:
    @pytest.fixture
    def agent_config(self):
        return {"allow": "10.0.0.0/8"}

    def test_are_allowed(self, agent):
        assert_aborted(agent.call("connect", fqdn="127.0.0.1", port=1), "must not be tested")


class TestWithSettingsThatAreNone:
    @pytest.fixture
    def agent_config(self):
        return {"allow": "everything"}

    def test_nothing_is_tested(self, agent):
        assert_aborted(agent.call("connect", fqdn="127.0.0.1", port=1), "is no list of networks")


@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "[fd00:ec2::254]", "[fd00:ec2::23]", "[fd20:ce::254]",
     "[::ffff:169.254.169.254]"],
)  # fmt: skip
def test_what_clouds_tell_their_machines_is_not_asked_for(agent, host):
    assert_aborted(agent.call("http", url=f"http://{host}/latest/", timeout=1), "must not be tested")


def test_names_that_nobody_answers_for_do_not_fill_the_host_with_threads_that_ask(agent):
    release = threading.Event()
    asking = [threading.Thread(target=release.wait, args=(30,), name=f"nettest-name {number}", daemon=True) for number in range(32)]
    for thread in asking:
        thread.start()
    assert_aborted(agent.call("connect", fqdn="localhost", port=1), "^Cannot resolve hostname: 32 names are being asked for")
    release.set()
    for thread in asking:
        thread.join()
    assert_ok(agent.call("connect", fqdn="localhost", port=1))


# --- ping -----------------------------------------------------------------------------------------------------------


def test_this_machine_answers_a_ping(agent):
    reply = agent.call("ping", fqdn="127.0.0.1", count=2)
    if "may send no echo" in reply.statusmsg:
        pytest.skip("echo needs a privilege here")
    assert_ok(reply, sent=2, received=2, loss=0.0, address="127.0.0.1")
    assert 0 < reply.data["rtt_min"] <= reply.data["rtt"] <= reply.data["rtt_max"] < 2000
    assert_ok(agent.call("ping", fqdn="::1"), received=1, address="::1")


# --- connect --------------------------------------------------------------------------------------------------------


def test_a_listener_is_connected_to(agent, listen):
    reply = agent.call("connect", fqdn="127.0.0.1", port=listen())
    assert_ok(reply, connect=True, connect_status="Connected", address="127.0.0.1", error=None)
    assert 0 < reply.data["connect_time"] < 2
    assert_ok(agent.call("connect", fqdn="localhost", port=listen(), family="ipv4"), connect=True)


def test_a_closed_port_is_refused_and_that_is_an_answer(agent):
    reply = agent.call("connect", fqdn="127.0.0.1", port=unused_port())
    assert_ok(reply, connect=False, connect_status="Connection Refused", connect_time=None, error="Connection refused")


def test_who_says_nothing_has_timed_out(agent):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for taken in (first, second):
            taken.setblocking(False)
            taken.connect_ex(full.getsockname())
        reply = agent.call("connect", fqdn="127.0.0.1", port=full.getsockname()[1], timeout=0.3)
    assert_ok(reply, connect=False, connect_status="Connection Timeout")


# --- dns ------------------------------------------------------------------------------------------------------------


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


class NameServer:
    """A few records over UDP and TCP; long ones over TCP only, and first a datagram that is none of its own."""

    ZONE = {
        ("web.example", 1): [bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])],
        ("web.example", 28): [ip_address("fd77::1").packed],
        ("example", 15): [struct.pack("!H", 10) + wire_name("mail.example")],
        ("example", 16): [b"\x05v=spf\x04 all"],
        ("example", 6): [wire_name("ns.example") + wire_name("root.example") + struct.pack("!IIIII", 1, 2, 3, 4, 5)],
        ("_x._tcp.example", 33): [struct.pack("!HHH", 1, 2, 443) + wire_name("web.example")],
        ("example", 257): [b"\x00\x05issueca.example"],
        ("1.0.0.10.in-addr.arpa", 12): [wire_name("web.example")],
        ("long.example", 16): [bytes([200]) + b"x" * 200 for _ in range(20)],
    }

    def __init__(self):
        self.tcp = serve(self.over_tcp)
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        threading.Thread(target=self.over_udp, daemon=True).start()

    def answer(self, packet, limit):
        identifier, *_ = struct.unpack_from("!H", packet)
        end, labels = 12, []
        while packet[end]:
            labels.append(packet[end + 1 : end + 1 + packet[end]].decode())
            end += 1 + packet[end]
        (kind,) = struct.unpack_from("!H", packet, end + 1)
        question, name = packet[12 : end + 5], ".".join(labels)
        records = self.ZONE.get((name, kind), [])
        known = any(name == there or there.endswith(f".{name}") for there, _ in self.ZONE)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(data)) + data for data in records)
        flags = 0x8580 | (0 if records or known else 3)
        if 12 + len(question) + len(body) > limit:
            return struct.pack("!HHHHHH", identifier, flags | 0x0200, 1, 0, 0, 0) + question
        return struct.pack("!HHHHHH", identifier, flags, 1, len(records), 0, 0) + question + body

    def over_udp(self):
        while True:
            try:
                packet, peer = self.udp.recvfrom(4096)
                if peer is None:  # it was shut
                    return
                self.udp.sendto(b"\0\0garbage", peer)
                self.udp.sendto(self.answer(packet, 1232), peer)
            except OSError:
                return

    def over_tcp(self, connection):
        size = int.from_bytes(connection.recv(2), "big")
        data = self.answer(connection.recv(size), 65535)
        connection.sendall(len(data).to_bytes(2, "big") + data)

    def close(self):
        for made in (self.tcp, self.udp):
            try:
                made.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            made.close()


@pytest.fixture
def dns(agent):
    server = NameServer()
    yield lambda name, kind="A", **more: agent.call("dns", fqdn=name, type=kind, server="127.0.0.1", port=server.port, **more)
    server.close()


@pytest.mark.parametrize(
    ("name", "kind", "answers"),
    [
        ("web.example", "A", ["10.0.0.1", "10.0.0.2"]),
        ("web.example", "AAAA", ["fd77::1"]),
        ("example", "MX", ["10 mail.example"]),
        ("example", "TXT", ["v=spf all"]),
        ("example", "SOA", ["ns.example root.example 1 2 3 4 5"]),
        ("_x._tcp.example", "SRV", ["1 2 443 web.example"]),
        ("example", "CAA", ['0 issue "ca.example"']),
        ("10.0.0.1", "PTR", ["web.example"]),
        ("long.example", "TXT", ["x" * 200]),
        ("web.example", "MX", []),
    ],
)
def test_records_are_looked_up(dns, name, kind, answers):
    assert_ok(dns(name, kind), answers=answers, rcode="NOERROR", resolver="127.0.0.1")


def test_a_name_that_is_not_there_is_a_failure_with_its_code(dns):
    reply = dns("nosuch.invalid")
    assert_aborted(reply, r"^NXDOMAIN: nosuch\.invalid A, says 127\.0\.0\.1$")
    assert reply.data["rcode"] == "NXDOMAIN"


def test_an_answer_that_is_expected_must_be_there(dns):
    assert_ok(dns("web.example", expect="10.0.0.2"))
    assert_aborted(dns("web.example", expect="10.9.9.9"), "10.9.9.9 is not among the answers: 10.0.0.1, 10.0.0.2")


def test_a_server_that_says_nothing_is_named(agent):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        reply = agent.call("dns", fqdn="x.example", type="MX", server="127.0.0.1", port=mute.getsockname()[1], timeout=0.3)
    assert_aborted(reply, "no name server answers: 127.0.0.1: no answer in time")


def test_without_a_server_names_are_looked_up_as_programs_do(agent):
    reply = agent.call("dns", fqdn="localhost")
    assert_ok(reply, answers=["127.0.0.1"], resolver="system")
    assert_invalid(agent.call("dns", fqdn="10.0.0.1"))


# --- tls ------------------------------------------------------------------------------------------------------------


class Authority:
    """A CA in memory that writes what servers need."""

    def __init__(self, folder):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test CA")])
        self.file = folder / "ca.pem"
        self.file.write_bytes(self._signed(self.name, self.name, self.key, self.key, 3650, (), is_ca=True))

    def _signed(self, subject, issuer, key, by, days, names, is_ca=False):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=30)).not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(is_ca, None), True)
        )  # fmt: skip
        if names:
            kinds = [x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(kinds), False)
        return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def issue(self, names, days=90.5, is_self_signed=False):
        """A file with a certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
        issuer, by = (subject, key) if is_self_signed else (self.name, self.key)
        pem = self._signed(subject, issuer, key, by, days, names)
        file = self.folder / f"{x509.random_serial_number()}.pem"
        kind = serialization.PrivateFormat.PKCS8
        file.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()))
        return file


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


class TestTLS:
    @pytest.fixture
    def agent_config(self, authority):
        return {"ca": str(authority.file)}

    @pytest.fixture
    def endpoint(self, authority, listen):
        def make(names=("localhost", "127.0.0.1"), before=lambda connection: None, most=None, **more):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(authority.issue(names, **more))
            if most is not None:
                context.maximum_version = most

            def handle(connection):
                connection.settimeout(5)
                before(connection)
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(1)

            return listen(handle)

        return make

    def test_a_good_certificate_is_told_of(self, agent, endpoint):
        reply = agent.call("tls", fqdn="localhost", port=endpoint(), family="ipv4")
        assert_ok(reply, state="OK", days=90, verified=True, verify_error=None, subject="CN=localhost", issuer="CN=Test CA")
        assert_data(reply, version="TLSv1.3", names=["localhost", "127.0.0.1"], self_signed=False, address="127.0.0.1")
        assert len(reply.data["fingerprint"]) == 64 and reply.data["time"] > 0
        assert_ok(agent.call("tls", fqdn="127.0.0.1", port=endpoint()), verified=True)

    @pytest.mark.parametrize(
        ("days", "state"), [(31.5, "OK"), (29.5, "WARNING"), (7.5, "WARNING"), (6.5, "CRITICAL"), (-1.5, "CRITICAL")]
    )
    def test_the_days_that_are_left_make_the_state(self, agent, endpoint, days, state):
        reply = agent.call("tls", fqdn="127.0.0.1", port=endpoint(days=days))
        assert_ok(reply, state=state, days=int(days // 1), verified=days > 0)
        assert ("expired on" if days < 0 else "expires on") in reply.data["reason"]

    def test_the_bounds_are_the_callers(self, agent, endpoint):
        port = endpoint(days=29.5)
        assert_ok(agent.call("tls", fqdn="127.0.0.1", port=port, warn=20, crit=10), state="OK")
        assert_ok(agent.call("tls", fqdn="127.0.0.1", port=port, warn=60, crit=40), state="CRITICAL")
        assert_invalid(agent.call("tls", fqdn="127.0.0.1", port=port, warn=5, crit=10))

    def test_a_certificate_for_another_name_is_no_good(self, agent, endpoint):
        port = endpoint(names=["other.example"])
        reply = agent.call("tls", fqdn="127.0.0.1", port=port)
        assert_ok(reply, state="CRITICAL", verified=False, names=["other.example"])
        assert "IP address mismatch" in reply.data["verify_error"] and reply.data["reason"] == reply.data["verify_error"]
        assert_ok(agent.call("tls", fqdn="127.0.0.1", port=port, servername="other.example"), state="OK", verified=True)
        assert_ok(agent.call("tls", fqdn="127.0.0.1", port=port, verify=False), state="OK", verified=False)

    def test_a_certificate_of_its_own_making_is_no_good(self, agent, endpoint):
        reply = agent.call("tls", fqdn="127.0.0.1", port=endpoint(is_self_signed=True))
        assert_ok(reply, state="CRITICAL", verified=False, self_signed=True)
        assert "self-signed certificate" in reply.data["verify_error"]

    def test_an_old_version_is_told_of(self, agent, endpoint):
        port = endpoint(most=ssl.TLSVersion.TLSv1_2)
        assert_ok(agent.call("tls", fqdn="127.0.0.1", port=port, versions=True), version="TLSv1.2", versions=["TLSv1.2"], state="OK")
        reply = agent.call("tls", fqdn="127.0.0.1", port=port, min_version="TLSv1.3")
        assert_ok(reply, state="CRITICAL", reason="the handshake came to TLSv1.2, TLSv1.3 is the least")

    @pytest.mark.parametrize(
        ("protocol", "said"),
        [
            ("smtp", [b"220-mail\r\n220 ESMTP\r\n", b"250-mail\r\n250-SIZE 1\r\n250 STARTTLS\r\n", b"220 go on\r\n"]),
            ("imap", [b"* OK IMAP4rev1\r\n", b"a1 OK begin\r\n"]),
            ("pop3", [b"+OK POP3\r\n", b"+OK begin\r\n"]),
            ("ftp", [b"220 FTP\r\n", b"234 begin\r\n"]),
        ],
    )
    def test_tls_may_begin_later(self, agent, endpoint, protocol, said):
        def before(connection):
            connection.sendall(said[0])
            for words in said[1:]:
                connection.recv(200)
                connection.sendall(words)

        assert_ok(agent.call("tls", fqdn="127.0.0.1", port=endpoint(before=before), starttls=protocol), state="OK", verified=True)

    def test_a_server_that_does_not_want_tls_is_quoted(self, agent, listen):
        def handle(connection):
            connection.sendall(b"220 mail\r\n")
            connection.recv(200)
            connection.sendall(b"250 mail\r\n")
            connection.recv(200)
            connection.sendall(b"502 no\x1b[31m TLS here\r\n")

        reply = agent.call("tls", fqdn="127.0.0.1", port=listen(handle), starttls="smtp")
        assert_aborted(reply, r"does not begin TLS with smtp: it says '502 no\\x1b")

    def test_what_is_no_tls_is_said(self, agent, listen):
        port = listen(lambda connection: connection.sendall(b"SSH-2.0-x\r\n"))
        assert_aborted(agent.call("tls", fqdn="127.0.0.1", port=port), "^no TLS handshake")
        assert_aborted(agent.call("tls", fqdn="127.0.0.1", port=unused_port()), "^Connection Refused: 127.0.0.1")

    def test_a_server_that_trickles_is_left_at_the_timeout(self, agent, listen):
        def handle(connection):
            while True:
                connection.sendall(b"2")
                time.sleep(0.05)

        began = time.monotonic()
        assert_failed(agent.call("tls", fqdn="127.0.0.1", port=listen(handle), starttls="smtp", timeout=0.4), 1)
        assert time.monotonic() - began < 4

    def test_https_is_verified_too(self, agent, authority, listen):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.issue(["localhost"]))

        def handle(connection):
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(1000)
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

        port = listen(handle)
        assert_ok(agent.call("http", url=f"https://localhost:{port}/", family="ipv4"), status=200, bytes=2)
        assert_aborted(agent.call("http", url=f"https://127.0.0.1:{port}/"), "the certificate is not good: IP address mismatch")
        assert_ok(agent.call("http", url=f"https://127.0.0.1:{port}/", verify=False), status=200)
        assert_ok(agent.call("http", url=f"https://localhost:{port}/", connect_to="127.0.0.1"), address="127.0.0.1")


class TestWithACAThatIsNone:
    @pytest.fixture
    def agent_config(self):
        return {"ca": "/no/such/ca.pem"}

    def test_it_is_said(self, agent):
        assert_failed(agent.call("http", url="https://127.0.0.1:1/"), 1)


# --- http -----------------------------------------------------------------------------------------------------------


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []

    def do_GET(self):
        self.seen.append((self.command, self.path, dict(self.headers)))
        status, body, headers = 200, b"hello world\n", {}
        if self.path == "/missing":
            status = 404
        elif self.path == "/large":
            body = b"x" * 300_000
        elif self.path.startswith("/to/"):
            status, headers = 302, {"Location": self.path[4:]}
        elif self.path == "/loop":
            status, headers = 302, {"Location": "/loop"}
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Content-Type": "text/plain", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def base():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class TestHTTP:
    def test_an_answer_is_measured(self, agent, base):
        reply = agent.call("http", url=f"{base}/a?b=c")
        assert_ok(
            reply, status=200, reason="OK", bytes=12, truncated=False, content_type="text/plain", url=f"{base}/a?b=c", redirects=[]
        )
        assert 0 < reply.data["connect_time"] <= reply.data["first_byte"] <= reply.data["time"]
        command, path, headers = Page.seen[-1]
        assert (command, path, headers["Host"]) == ("GET", "/a?b=c", base.removeprefix("http://"))
        assert_ok(agent.call("http", url=f"{base}/", method="HEAD"), status=200, bytes=0)

    def test_the_host_is_named_with_a_port_only_where_it_is_another(self):
        assert (host_header("https", "x", 443), host_header("http", "x", 80), host_header("http", "x", 443)) == ("x", "x", "x:443")
        assert (host_header("https", "::1", 443), host_header("http", "::1", 8080)) == ("[::1]", "[::1]:8080")

    def test_proxies_of_the_environment_are_not_asked(self, agent, base, monkeypatch):
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        assert_ok(agent.call("http", url=f"{base}/"), status=200)

    def test_a_status_may_be_wanted(self, agent, base):
        assert_aborted(agent.call("http", url=f"{base}/missing"), "^HTTP 404 Not Found$")
        assert_ok(agent.call("http", url=f"{base}/missing", status=404), status=404)
        assert_aborted(agent.call("http", url=f"{base}/", status=404), "HTTP 200 OK, 404 is wanted")

    def test_a_pattern_may_be_wanted(self, agent, base):
        assert_ok(agent.call("http", url=f"{base}/", pattern="^hello w"), matched=True)
        assert_aborted(agent.call("http", url=f"{base}/", pattern="goodbye"), "the pattern is not in the answer")

    def test_only_so_many_bytes_are_read(self, agent, base):
        assert_ok(agent.call("http", url=f"{base}/large", max_bytes=1000), bytes=1000, truncated=True)
        assert_ok(agent.call("http", url=f"{base}/large"), bytes=300_000, truncated=False)

    def test_redirects_are_followed_where_that_is_asked_and_never_elsewhere_unasked(self, agent, base, listen):
        port = listen(lambda connection: (connection.recv(500), connection.sendall(b"HTTP/1.0 200 OK\r\n\r\nelsewhere")))
        assert_ok(agent.call("http", url=f"{base}/to//a"), status=302, location="/a", bytes=12)
        assert_ok(agent.call("http", url=f"{base}/to//a", redirects=1), status=200, url=f"{base}/a", redirects=[f"{base}/to//a"])
        away = f"{base}/to/http://127.0.0.1:{port}/"
        assert_aborted(agent.call("http", url=away, redirects=1), f"redirected elsewhere, to http://127.0.0.1:{port}/: not followed")
        assert_ok(agent.call("http", url=away, redirects=1, elsewhere=True), status=200, bytes=9)
        assert_aborted(agent.call("http", url=f"{base}/loop", redirects=3), "^redirected more than 3 times, to /loop$")
        assert_ok(agent.call("http", url=f"{base}/loop", redirects=3, status=302), status=302)
        assert_aborted(agent.call("http", url=f"{base}/to/file:///etc/passwd", redirects=1), "is no URL")
        assert_aborted(agent.call("http", url=f"{base}/to/http://169.254.169.254/", redirects=1, elsewhere=True), "must not be tested")

    @pytest.mark.parametrize(
        "url",
        ["file:///etc/passwd", "ftp://x/", "gopher://x", "http://", "http://user:secret@x/", "http://x:99999/", "http://x:0/",
         "http://x y/", "http://x/\r\nX: y", "http://-x/", "http://[::1/", "http://x@y/"],
    )  # fmt: skip
    def test_what_is_no_url_of_ours_is_refused(self, agent, url):
        assert_invalid(agent.call("http", url=url))

    def test_what_is_no_http_is_said(self, agent, listen):
        port = listen(lambda connection: (connection.recv(100), connection.sendall(b"SSH-2.0-x\r\n\r\n")))
        assert_aborted(agent.call("http", url=f"http://127.0.0.1:{port}/"), "no answer of HTTP: what came is none: 'SSH-2.0")
        port = listen(
            lambda connection: (connection.recv(100), connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n"))
        )
        assert_aborted(agent.call("http", url=f"http://127.0.0.1:{port}/"), "no answer of HTTP")
        assert_aborted(agent.call("http", url=f"http://127.0.0.1:{unused_port()}/"), "^Connection Refused")

    def test_a_server_that_trickles_is_left_at_the_timeout(self, agent, listen):
        def handle(connection):
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.sendall(b"x")
                time.sleep(0.05)

        began = time.monotonic()
        assert_aborted(agent.call("http", url=f"http://127.0.0.1:{listen(handle)}/", timeout=0.4), "no whole answer within 0.4 s")
        assert time.monotonic() - began < 4
