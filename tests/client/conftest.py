"""A small fleet over the loopback broker: each node a thread that opens requests and seals what the test says it answers."""

import threading
import time
from contextlib import suppress

import pytest

from mcollective_py.client.client import Client
from mcollective_py.client.known import KnownHosts
from mcollective_py.config import Config
from mcollective_py.connector.loopback import LoopbackBroker
from mcollective_py.errors import ConnectorClosed, NotSigned
from mcollective_py.message import Destination, Kind, Publication, Reply
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin

AGENTS = ("discovery", "echo", "rpcutil")
CONFIG = "discovery_timeout = 0.3\nconnection_timeout = 5\n"


def pong(node, request):
    """A node that is well: says pong, sends a plain body back, and says its name to any action."""
    if request.action is not None:
        return {"pong": node.identity}
    return "pong" if request.agent == "discovery" else request.body


class Site:
    """A CA with certificates for everybody, made once: keys take time."""

    def __init__(self, folder):
        self.folder, self.ca = folder, CertificateAuthority.create(folder)
        self.ca.issue("alice.mcollective", "caller")
        for number in range(12):
            self.ca.issue(f"web{number}", "node")

    def settings(self, name):
        """The four paths of a configuration file."""
        files = {
            "ca": self.folder / "ca.pem",
            "crl": self.folder / "crl.pem",
            "cert": self.ca.certificate_file(name),
            "key": self.ca.key_file(name),
        }
        return "".join(f"plugin.x509.{key} = {path}\n" for key, path in files.items())

    def security(self, name):
        side = "client" if name.endswith(".mcollective") else "server"
        return security_plugin(Config.from_text(self.settings(name), side), side, time.time)


class Node:
    """answer: (node, request) -> the reply's body, fields of Reply as a dict under "reply", or None for silence."""

    def __init__(self, broker, identity, security, answer=pong, agents=AGENTS, signs_as=None):
        self.identity, self.answer, self.security = identity, answer, security
        self.signs_as = signs_as or security
        self.requests, self.refused = [], 0
        self.connector = broker.connector(identity)
        self.connector.connect()
        self.connector.subscribe([Destination(Kind.AGENT, "mcollective", agent) for agent in agents])
        self.connector.subscribe([Destination(Kind.NODE, "mcollective", identity)])
        self.thread = threading.Thread(target=self._run, name=identity, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            try:
                delivery = self.connector.receive()
            except ConnectorClosed:
                return
            try:
                request = self.security.open_request(self.security.read(delivery.payload))
            except NotSigned:
                self.refused += 1
                continue
            if request.targets is not None and self.identity not in request.targets:
                continue
            self.requests.append(request)
            body = self.answer(self, request)
            if body is not None and request.reply_to:
                with suppress(ConnectorClosed):  # a test may be over before the last answer
                    self.send(request, body)

    def send(self, request, body, **fields):
        if isinstance(body, dict) and "reply" in body:
            body, fields = body.get("body"), {**body["reply"], **fields}
        values = {
            "request_id": request.id,
            "request_digest": request.digest,
            "sender": self.identity,
            "agent": request.agent,
            "action": request.action,
            "body": body,
            "time": time.time(),
            **fields,
        }
        for payload in self.signs_as.seal_reply(Reply(**values), request):
            self.send_bytes(request, payload)

    def send_bytes(self, request, payload):
        destination = Destination(Kind.REPLY, request.collective, request.reply_to)
        self.connector.publish([Publication(payload, destination, self.identity, time.time(), 60)])


class Fleet:
    """Nodes, and clients that talk to them."""

    def __init__(self, site, folder):
        self.site, self.folder, self.broker = site, folder, LoopbackBroker()
        self.nodes, self._clients = {}, []

    def node(self, identity, answer=pong, **fields):
        self.nodes[identity] = Node(self.broker, identity, self.site.security(identity), answer, **fields)
        return self.nodes[identity]

    def client(self, config=CONFIG, connector=None, **fields):
        client = Client(
            Config.from_text(config, "client"),
            connector or self.broker.connector("desk", is_daemon=False),
            self.site.security("alice.mcollective"),
            identity="desk",
            known=KnownHosts(self.folder),
            **fields,
        )
        self._clients.append(client)
        return client

    def close(self):
        for client in self._clients:
            client.close(wait=False)
        for node in self.nodes.values():
            node.connector.close()
            node.thread.join(5)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def fleet(site, tmp_path):
    made = Fleet(site, tmp_path / "known")
    yield made
    made.close()
