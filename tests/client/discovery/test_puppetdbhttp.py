import http.client
import socket
import ssl
import threading

import pytest

from mcollective_py.client.discovery import puppetdbhttp
from mcollective_py.client.discovery.puppetdbhttp import Conversation
from mcollective_py.client.discovery.puppetdbplace import Server
from mcollective_py.connector.pool import TLSFiles
from mcollective_py.errors import DiscoveryError
from tests.client.discovery.answering import Answering
from tests.connector.certificates import Authority

ROWS = [{"certname": "web1"}]


def ask(*servers, query=("from", "nodes"), timeout=10.0):
    with Conversation(servers, timeout) as asked:
        return asked.rows(list(query))


def here(server):
    return Server("127.0.0.1", server.port)


def refused_by(server, **words):
    with pytest.raises(DiscoveryError) as error:
        ask(here(server), **words)
    return str(error.value).replace(str(server.port), "PORT")


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_query_is_posted_and_its_rows_come_back_over_one_connection():
    with Answering(lambda query: (200, ROWS)) as server, Conversation([here(server)], 10.0) as asked:
        assert asked.rows(["from", "nodes"]) == ROWS
        assert asked.rows("nodes {}") == ROWS
        assert server.queries == [("/pdb/query/v4", ["from", "nodes"]), ("/pdb/query/v4", "nodes {}")]
        assert server.connections == 1


def test_the_next_server_is_asked_where_one_cannot_be_reached():
    with Answering(lambda query: (200, ROWS)) as server:
        assert ask(Server("127.0.0.1", closed_port()), here(server)) == ROWS


def test_all_servers_are_named_where_none_can_be_reached():
    one, other = closed_port(), closed_port()
    with pytest.raises(DiscoveryError) as error:
        ask(Server("127.0.0.1", one), Server("::1", other))
    assert str(error.value).startswith(
        f"PuppetDB cannot be reached: http://127.0.0.1:{one}: Connection refused; http://[::1]:{other}: "
    )


def test_a_name_that_is_not_known_is_said_so(monkeypatch):
    with pytest.raises(DiscoveryError, match=r"https?://no\.such\.invalid:8080: the name is not known"):
        ask(Server("no.such.invalid", 8080))


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((400, b"PQL parse error at line 1\n\n  nodes {\n \x1b[31m ^"), "answers 400: PQL parse error at line 1 nodes { ?[31m ^"),
        ((400, b"x" * 5000), f"answers 400: {'x' * 300}"),
        ((403, b""), "answers 403: it does not let this certificate ask"),
        ((404, b"<html>"), "answers 404: there is no PuppetDB of version 4 or newer at this address"),
        ((500, b""), "answers 500"),
        ((302, b""), "answers 302, a redirect, which is not followed: set plugin.discovery.puppetdb.url to where it is"),
        ((200, b"no json"), "answers what cannot be read: no JSON: Expecting value: line 1 column 1 (char 0)"),
        ((200, b'{"error": 1}'), "answers something else than a list of rows"),
        ((200, b"[1]"), "answers something else than a list of rows"),
        ((200, b"[" * 5000), "answers what cannot be read: brackets nested deeper than 128, or not in pairs"),
        (b"garbage\r\n\r\n", "does not answer: it does not speak HTTP on this port (BadStatusLine)"),
        (b"", "does not answer: it hung up"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[]", "does not answer: it hung up"),
    ],
)
def test_whatever_is_no_answer_is_an_error_with_the_reason(answer, reason):
    with Answering(lambda query: answer) as server:
        assert refused_by(server) == f"PuppetDB at http://127.0.0.1:PORT {reason}"


def test_an_answer_that_is_too_large_is_not_taken(monkeypatch):
    monkeypatch.setattr(puppetdbhttp, "MAX_BYTES", 1000)
    with Answering(lambda query: (200, [{"certname": "x" * 2000}])) as server:
        assert "has more than 1000 bytes: narrow the filter" in refused_by(server)


def test_a_server_that_sends_a_byte_now_and_then_has_no_longer_than_all_others():
    over = threading.Event()

    def drip(listening):
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            try:
                while not over.wait(0.02):
                    connection.sendall(b" ")
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=drip, args=(listening,), daemon=True)
        thread.start()
        try:
            port = listening.getsockname()[1]
            with pytest.raises(DiscoveryError, match=rf"127.0.0.1:{port} took longer than 0.3 s \(plugin.discovery.puppetdb.timeout\)"):
                ask(Server("127.0.0.1", port), timeout=0.3)
        finally:
            over.set()
            thread.join(5)


def test_a_server_that_is_silent_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(DiscoveryError, match=r"took longer than 0\.3 s"):
            ask(Server("127.0.0.1", port), timeout=0.3)


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def tls_server(authority):
    issued = authority.issue("puppetdb", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.with_suffix(".pem"), issued.with_suffix(".key"))
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    with Answering(lambda query: (200, ROWS), context) as server:
        yield server


@pytest.fixture(scope="module")
def own(authority):
    issued = authority.issue("alice", "alice")
    return {"ca": (str(authority.ca),), "cert": str(issued.with_suffix(".pem")), "key": str(issued.with_suffix(".key"))}


def test_a_certificate_is_shown_and_the_servers_checked(tls_server, own):
    assert ask(Server("localhost", tls_server.port, TLSFiles(**own))) == ROWS


def test_a_server_of_another_ca_is_not_asked(tls_server, own, tmp_path):
    other = {**own, "ca": (str(Authority(tmp_path, "Other CA").ca),)}
    before = len(tls_server.queries)
    with pytest.raises(DiscoveryError, match=r"TLS refused: .* in plugin\.discovery\.puppetdb\.ca"):
        ask(Server("localhost", tls_server.port, TLSFiles(**other)))
    assert len(tls_server.queries) == before


def test_a_server_of_another_name_is_not_asked(tls_server, own):
    with pytest.raises(
        DiscoveryError, match=r"for another address: use the name in the certificate as plugin\.discovery\.puppetdb\.host"
    ):
        ask(Server("127.0.0.1", tls_server.port, TLSFiles(**own)))


def test_a_server_that_wants_a_certificate_says_so(tls_server, own):
    with pytest.raises(DiscoveryError, match="PuppetDB"):
        ask(Server("localhost", tls_server.port, TLSFiles(ca=own["ca"])))


def test_plain_http_to_a_tls_port_and_the_other_way_round_are_named(tls_server, own):
    with pytest.raises(DiscoveryError, match="does not answer"):
        ask(Server("localhost", tls_server.port))
    with (
        Answering(lambda query: (200, ROWS)) as plain,
        pytest.raises(
            DiscoveryError, match=r"it does not speak TLS on this port: .* write http:// in plugin\.discovery\.puppetdb\.url"
        ),
    ):
        ask(Server("localhost", plain.port, TLSFiles(**own)))


def test_a_key_file_that_is_missing_is_named(tls_server, own, tmp_path):
    files = {**own, "key": str(tmp_path / "none.key")}
    with pytest.raises(
        DiscoveryError, match=r"none\.key cannot be used: No such file or directory \(plugin\.discovery\.puppetdb\.cert"
    ):
        ask(Server("localhost", tls_server.port, TLSFiles(**files)))


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    with Answering(lambda query: (200, ROWS)) as server:
        assert ask(here(server)) == ROWS


def test_a_connection_that_was_closed_after_an_answer_is_made_again():
    with Answering(lambda query: (200, ROWS)) as server, Conversation([here(server)], 10.0) as asked:
        asked.rows(["from"])
        assert isinstance(asked._connection, http.client.HTTPConnection)
        asked._connection.close()
        assert asked.rows(["from"]) == ROWS
        assert server.connections == 2
