"""Each step on the way to a broker broken on purpose: real sockets, certificates and brokers, and the words of the fix."""

import socket
import ssl
import threading
import time
from contextlib import closing, contextmanager

import pytest

from mcollective_py.cli.doctor.brokers import pool, walk
from mcollective_py.config import Config
from mcollective_py.security.ca import CertificateAuthority
from tests.cli.doctor.usersbroker import users_broker

DAY = 86400.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = CertificateAuthority.create(tmp_path_factory.mktemp("pki") / "ca", "Site CA")
    made.issue("broker", "broker", sans=("localhost", "127.0.0.1"))
    made.issue("elsewhere", "broker", sans=("elsewhere.example.com",))
    CertificateAuthority.load(made.folder, clock=lambda: time.time() - 10 * DAY).issue("old", "broker", sans=("127.0.0.1",), days=1)
    made.issue("soon", "broker", sans=("127.0.0.1",), days=3)
    return made


@pytest.fixture(scope="module")
def users_port(tmp_path_factory):
    with users_broker(tmp_path_factory.mktemp("broker")) as port:
        yield port


@contextmanager
def listening(answer=None):
    """A server on loopback that hands each connection to answer; its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(5)
                    try:
                        if answer:
                            answer(connection)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def shakes_hands(authority, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate_file(name), authority.key_file(name))

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as sock:
            sock.recv(1000)

    return answer


def walked(port, *lines, host="127.0.0.1", file="/etc/mcollective/client.cfg"):
    one = "plugin.stomp.pool.1"
    text = [f"connector = stomp\nsecurityprovider = psk\nplugin.stomp.pool.size = 1\n{one}.host = {host}\n{one}.port = {port}", *lines]
    config = Config.from_text("\n".join(text) + "\n", "client", file)
    brokers, problems = pool(config, "client")
    return problems + [check for number, broker in brokers for check in walk(config, number, broker, 3.0)]


def ends(found, name, seen, fix):
    *before, last = found
    assert [check.outcome for check in before] == ["ok"] * len(before), before
    assert (last.name, last.outcome) == (f"broker 1 {name}", "fail")
    assert seen in last.seen
    assert fix in last.fix
    assert last.strict == 69


def tls(authority):
    return ("plugin.stomp.pool.1.ssl = 1", f"plugin.stomp.pool.1.ssl.ca = {authority.folder / 'ca.pem'}")


def test_a_name_that_is_not_known():
    found = walked(61613, host="nosuch.invalid")
    ends(
        found,
        "name",
        "nosuch.invalid is not known",
        "write a name or address that is known as plugin.stomp.pool.1.host in /etc/mcollective",
    )


def test_a_port_that_nobody_listens_on():
    with listening() as port:
        pass
    ends(
        walked(port),
        "TCP",
        "connection refused",
        f"start the broker there, open the firewall for 127.0.0.1:{port}, or mend plugin.stomp",
    )


def test_tls_where_the_broker_speaks_none(users_port, authority):
    found = walked(users_port, *tls(authority))
    ends(
        found,
        "TLS",
        "does not speak TLS on this port",
        "set plugin.stomp.pool.1.ssl = 0 in /etc/mcollective/client.cfg, or write the broker's TLS",
    )


def test_plain_text_where_the_broker_wants_tls(desk):
    ends(
        walked(desk.running.broker_port),
        "login",
        "does this port want TLS",
        "set plugin.stomp.pool.1.ssl = 1 in /etc/mcollective/client.cfg",
    )


def test_a_broker_of_another_ca(authority, desk):
    with listening(shakes_hands(authority, "broker")) as port:
        other = desk.running.site.folder / "ca" / "ca.pem"
        found = walked(port, "plugin.stomp.pool.1.ssl = 1", f"plugin.stomp.pool.1.ssl.ca = {other}")
    ends(found, "TLS", "CA that is not in .ssl.ca", "name the CA that signed it (CN=Site CA) as plugin.stomp.pool.1.ssl.ca")


def test_a_certificate_for_another_name_and_which_names_it_has(authority):
    with listening(shakes_hands(authority, "elsewhere")) as port:
        found = walked(port, *tls(authority))
    ends(found, "TLS", "its certificate is for another", "elsewhere.example.com")
    assert "as plugin.stomp.pool.1.host into /etc/mcollective/client.cfg" in found[-1].fix


def test_a_certificate_that_has_expired(authority):
    with listening(shakes_hands(authority, "old")) as port:
        found = walked(port, *tls(authority))
    ends(found, "TLS", "its certificate has expired", "renew the broker's certificate (`mco ca renew NAME`")


def test_a_certificate_that_expires_soon_is_something_to_look_at(authority):
    with listening(shakes_hands(authority, "soon")) as port:
        found = {check.name: check for check in walked(port, *tls(authority))}
    assert found["broker 1 TLS"].outcome == "warn"
    assert "good for 3 days" in found["broker 1 TLS"].seen and "renew it on the broker in time" in found["broker 1 TLS"].fix


def test_a_file_of_tls_that_cannot_be_used(authority, desk, tmp_path):
    ca = tmp_path / "ca.pem"
    ca.write_text("no certificate")
    found = walked(desk.running.broker_port, "plugin.stomp.pool.1.ssl = 1", f"plugin.stomp.pool.1.ssl.ca = {ca}")
    assert (found[-1].name, found[-1].strict) == ("broker 1 TLS", 78)
    assert "mend plugin.stomp.pool.1.ssl.ca, .cert and .key in /etc/mcollective/client.cfg" in found[-1].fix


def test_a_broker_that_wants_a_client_certificate(desk):
    found = walked(desk.running.broker_port, "plugin.stomp.pool.1.ssl = 1", f"plugin.stomp.pool.1.ssl.ca = {desk.folder.parent}/none")
    assert found[-1].outcome == "fail"
    ca = desk.running.site.folder / "ca" / "ca.pem"
    found = walked(desk.running.broker_port, "plugin.stomp.pool.1.ssl = 1", f"plugin.stomp.pool.1.ssl.ca = {ca}")
    assert found[-1].name == "broker 1 login"
    assert "plugin.stomp.pool.1.ssl.cert and .key" in found[-1].fix


def test_a_wrong_password(users_port):
    found = walked(users_port, "plugin.stomp.pool.1.user = ops", "plugin.stomp.pool.1.password = wrong")
    ends(
        found,
        "login",
        "the broker refused the login as ops",
        "write the right plugin.stomp.pool.1.user and plugin.stomp.pool.1.password",
    )


def test_a_port_that_speaks_something_else():
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n\0")) as port:
        found = walked(port)
    assert (found[-1].name, found[-1].outcome) == ("broker 1 login", "fail")
    assert "plugin.stomp.pool.1.port" in found[-1].fix


def test_a_broker_that_takes_us_is_ok_to_the_end(users_port):
    found = walked(users_port, "plugin.stomp.pool.1.user = ops", "plugin.stomp.pool.1.password = correct horse")
    assert [(check.name, check.outcome) for check in found] == [(f"broker 1 {step}", "ok") for step in ("name", "TCP", "TLS", "login")]
    assert found[-1].seen == "as ops; STOMP 1.1"


def test_no_broker_at_all_is_a_fault_of_the_configuration():
    brokers, (check,) = pool(Config.from_text("connector = stomp\nsecurityprovider = psk\n", "client", "c.cfg"), "client")
    assert (brokers, check.strict) == ([], 78)
    assert "write plugin.stomp.pool.size = 1 and plugin.stomp.pool.1.host = NAME into c.cfg" in check.fix


def test_a_password_file_that_cannot_be_read_is_one_too():
    one = "plugin.stomp.pool.1"
    text = f"connector = stomp\nsecurityprovider = psk\nplugin.stomp.pool.size = 1\n{one}.host = h\n{one}.password_file = /nosuch\n"
    _, (check,) = pool(Config.from_text(text, "client", "c.cfg"), "client")
    assert (check.name, check.strict) == ("broker 1", 78)
    assert "mend plugin.stomp.pool.1.* in c.cfg" in check.fix
