import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from mcollective_py.cli.managementapi import ManagementAPI
from mcollective_py.errors import ConnectorError, UsageError


class Answers(BaseHTTPRequestHandler):
    """Says what the path asks for."""

    def do_GET(self):
        if self.path == "/api/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:1/")
        else:
            self.send_response({"/api/gone": 404, "/api/denied": 401}.get(self.path, 200))
        self.end_headers()
        self.wfile.write(b"no json" if self.path == "/api/odd" else json.dumps(self.headers["Authorization"]).encode())

    def do_PUT(self):
        self.server.put = (self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(400 if self.path == "/api/bad" else 201)
        self.end_headers()
        self.wfile.write(b'{"reason":"no\x1b such thing"}' if self.path == "/api/bad" else b"")

    def log_message(self, *words):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Answers) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture
def api(server):
    return ManagementAPI(f"http://127.0.0.1:{server.server_port}", "root", "päss")


def test_a_call_carries_the_login(api):
    assert api.get("users") == f"Basic {base64.b64encode('root:päss'.encode()).decode()}"


def test_what_is_not_there_is_none(api):
    assert api.get("gone") is None


def test_a_put_carries_its_body(api, server):
    api.put("exchanges/%2F/x", {"type": "topic"})
    assert server.put == ("/api/exchanges/%2F/x", {"type": "topic"})


def test_a_refusal_says_what_the_broker_said_and_nothing_else(api):
    with pytest.raises(ConnectorError, match=r'PUT bad: 400 \{"reason":"no\? such thing"\}'):
        api.put("bad", {})


def test_a_refused_login_names_the_tag_that_it_needs(api):
    with pytest.raises(ConnectorError, match="tag administrator"):
        api.get("denied")


@pytest.mark.parametrize("path", ["odd"])
def test_an_answer_that_is_no_json_is_an_error(api, path):
    with pytest.raises(ConnectorError, match="no JSON"):
        api.get(path)


def test_a_redirect_is_not_followed(api):
    with pytest.raises(ConnectorError, match="302"):
        api.get("elsewhere")


def test_nobody_there_is_named(unused=None):
    with pytest.raises(ConnectorError, match=r"http://127\.0\.0\.1:1 does not answer as a management API"):
        ManagementAPI("http://127.0.0.1:1", "root", "x").get("users")


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:15672", "ftp://x", "http://", "http://127.0.0.1:99999", "http://127.0.0.1/path", "http://a:b@127.0.0.1", "https://h?x"],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(UsageError, match="is no address of a management API"):
        ManagementAPI(url, "root", "x")


def test_the_password_does_not_travel_in_the_clear():
    with pytest.raises(UsageError, match="in the clear"):
        ManagementAPI("http://broker.example.com:15672", "root", "x")
    assert ManagementAPI("https://broker.example.com", "root", "x").url == "https://broker.example.com:15671"
