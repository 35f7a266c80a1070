"""What is sensitive is read by nobody at a broker, in requests, replies and refusals, and nothing is done that came in clear."""

import selectors
import socket
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator

import pytest

from mcollective_py.cli.demosite import SiteBroker
from tests.parts.embedded import EmbeddedBroker
from tests.parts.fleet import LIBDIR, Fleet
from tests.parts.wire import Wire

pytestmark = pytest.mark.parts

GIVEN, GOT, REFUSED = "correct-horse-1f0c", "battery-staple-77e2", "stolen-saddle-9b31"
DDL = """
metadata: {name: vault, description: d, author: a, license: Apache-2.0, version: "1.0", url: "http://example.com", timeout: 10}
actions:
  - action: put
    description: Keep something
    input:
      name: {prompt: n, description: d, type: string, maxlength: 20, optional: true}
      value: {prompt: v, description: d, type: sensitive, maxlength: 100, optional: true}
    output:
      length: {description: d, display_as: Length, type: integer}
  - action: get
    description: What is kept
    impact: read
    output:
      value: {description: d, display_as: Value, type: sensitive}
"""
AGENT = f"""
from mcollective_py.agent import Agent, action

class Vault(Agent):
    @action
    def put(self, request, reply):
        if request.get("value", "").endswith("{REFUSED}"):
            reply.fail("{REFUSED} is nothing to keep")
        reply["length"] = len(request.get("value", ""))

    @action
    def get(self, request, reply):
        reply["value"] = "{GOT}"
"""


class Tap:
    """A broker's port beside the broker's own, that keeps all bytes which pass, both ways."""

    def __init__(self, target: int) -> None:
        self._target, self.seen = target, bytearray()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        peers: dict[socket.socket, socket.socket] = {}
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    ready = key.fileobj
                    assert isinstance(ready, socket.socket)
                    if ready is self._listener:
                        near, far = ready.accept()[0], socket.create_connection(("127.0.0.1", self._target))
                        peers |= {near: far, far: near}
                        selector.register(near, selectors.EVENT_READ)
                        selector.register(far, selectors.EVENT_READ)
                        continue
                    data = b""
                    try:
                        data = ready.recv(65536)
                        self.seen += data
                        peers[ready].sendall(data)
                    except OSError:
                        data = b""
                    if not data:
                        for end in (ready, peers[ready]):
                            if end.fileno() >= 0:
                                selector.unregister(end)
                                end.close()


class Tapped(Fleet):
    """A fleet, and what passed its broker."""

    tap: Tap


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tapped]:
    folder = tmp_path_factory.mktemp("secret")
    agent = folder / "lib" / "agents" / "vault"
    agent.mkdir(parents=True)
    (agent / "ddl.yaml").write_text(DDL)
    (agent / "agent.py").write_text(AGENT)
    with EmbeddedBroker(user="site", password="only-for-tests") as broker:
        tap = Tap(broker.port)
        where = SiteBroker(tap.port, user="site", password="only-for-tests")
        settings = {
            "libdir": f"{folder}/lib:{LIBDIR}",
            "plugin.actionpolicy.allow_unconfigured": "1",
            "rpcaudit": "1",
            "loglevel": "debug",
        }
        with Tapped(folder / "site", ["web1", "web2"], broker=where, settings=settings) as fleet:
            fleet.tap = tap
            yield fleet


def planted(fleet: Tapped) -> dict[str, list[str]]:
    """Which secrets stand in what passed the broker, in base64 too, and in files of ours."""
    found: dict[str, list[str]] = {}
    texts = {"broker": bytes(fleet.tap.seen)}
    for file in fleet.site.folder.parent.rglob("*"):
        if file.is_file() and "vault" not in file.parts:
            texts[f"{file.parent.name}/{file.name}"] = file.read_bytes()
    assert b"vault" in texts["web1/audit.log"]
    assert b"status 0" in texts["web1/mcollectived.log"]
    for secret in (GIVEN, GOT, REFUSED):
        forms = {secret.encode()} | {b64encode(b"x" * shift + secret.encode())[4:-4] for shift in range(3)}
        for where, text in texts.items():
            if any(form in text for form in forms):
                found.setdefault(where, []).append(secret)
    return found


def test_a_secret_is_in_no_request_reply_or_error_that_passes_the_broker(fleet: Tapped) -> None:
    put = fleet.rpc("vault", "put", f"value={GIVEN}")
    assert sorted((reply["sender"], reply["data"]["length"]) for reply in put["replies"]) == [("web1", 18), ("web2", 18)]
    got = fleet.rpc("vault", "get")
    assert [reply["data"]["value"] for reply in got["replies"]] == [GOT, GOT]
    failed = fleet.rpc("vault", "put", f"value=x{REFUSED}", "-I", "web1")
    assert [(reply["statuscode"], reply["statusmsg"]) for reply in failed["replies"]] == [(1, f"{REFUSED} is nothing to keep")]
    # Each message passes twice, to the broker and from it.
    assert bytes(fleet.tap.seen).count(b"mcpy-1.request+sealed") == 2 * 5
    assert bytes(fleet.tap.seen).count(b"mcpy-1.reply+sealed") == 2 * 5
    assert planted(fleet) == {}


def test_what_is_not_sensitive_travels_as_it_did_and_the_tap_would_find_it(fleet: Tapped) -> None:
    before = len(fleet.tap.seen)
    plain = fleet.rpc("vault", "put", "name=plain-as-day")
    assert len(plain["replies"]) == 2
    passed = bytes(fleet.tap.seen[before:])
    assert b"sealed" not in passed
    bodies = [part.split(b'"')[0] for part in passed.split(b'"b":"')[1:]]
    assert any(b"plain-as-day" in b64decode(body) for body in bodies)


def test_a_host_does_not_do_what_came_in_clear_and_says_so(fleet: Tapped) -> None:
    with Wire(fleet.site.client_config) as wire:
        for action, body in (("put", {"value": "x"}), ("get", {})):
            told = wire.ask(wire.request("vault", action, body))
            assert told is not None
            assert (told.refusal, told.data) == ("inclear", {})
            assert told.statusmsg.startswith(f"value of vault {action} may not travel unencrypted")


def test_a_captured_request_is_answered_once(fleet: Tapped) -> None:
    """The bytes again, and again with another frame around them."""
    frames = [
        frame.partition(b"\n\n") for frame in bytes(fleet.tap.seen).split(b"\0") if b"SEND\n" in frame and b"request+sealed" in frame
    ]
    head, _, captured = frames[0]
    reply_to = next(line for line in head.decode().splitlines() if line.startswith("reply-to:")).removeprefix("reply-to:")
    before = fleet.stats("web1")["refused"].get("replayed", 0)
    with Wire(fleet.site.client_config) as wire:
        for _ in range(3):
            wire.publish(captured, node="web1", reply_to=reply_to)
        assert wire.ask(wire.request(action="ping")) is not None
    assert fleet.stats("web1")["refused"].get("replayed", 0) - before == 3


def test_a_host_that_is_away_is_silent_and_the_others_get_it(fleet: Tapped) -> None:
    told = fleet.rpc("vault", "put", f"value={GIVEN}", "-I", "web1", "-I", "gone1")
    assert [reply["sender"] for reply in told["replies"]] == ["web1"]
    assert told["stats"]["no_response"] == ["gone1"]
    assert planted(fleet) == {}


def test_sending_without_waiting_is_encrypted_too_and_nobody_else_gets_the_replies(fleet: Tapped) -> None:
    sent = fleet.mco("rpc", "vault", "put", f"value={GIVEN}", "--no-results", "-I", "web1")
    assert sent.returncode == 0, sent.stderr
    elsewhere = fleet.mco("rpc", "vault", "put", f"value={GIVEN}", "--reply-to", "/queue/mcollective.elsewhere", "-I", "web1")
    assert (elsewhere.returncode, "nobody else can read them" in elsewhere.stderr) == (1, True), elsewhere.stderr
    assert planted(fleet) == {}
