"""A host and a caller with the files of one recorded set, as daemon and client would build them; time stands still."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from mcollective_py.broker.frames import Frame, FrameReader
from mcollective_py.config import Config
from mcollective_py.message import Delivery, Destination, Kind, Publication, Reply, Request
from mcollective_py.node.view import NodeView
from mcollective_py.security.base import SecurityPlugin
from mcollective_py.security.load import security_plugin
from mcollective_py.security.x509 import X509
from mcollective_py.server.call import Call, Outcome
from mcollective_py.server.executor import Done
from mcollective_py.server.host import Host, build_host
from mcollective_py.server.journal import Journal
from mcollective_py.server.pipeline import open_delivery
from mcollective_py.server.runner import Runner
from mcollective_py.server.stats import Stats

HOST = "web1.example.net"
LIBDIR = Path(__file__).parents[1] / "parts" / "libdir"
# What configurations say in the place of paths, so that a record can be read wherever it lies.
FOLDER, AGENTS = "@FOLDER@", "@LIBDIR@"


def unpacked(recorded: Path, folder: Path) -> Path:
    """A copy of recorded files with the modes that they had on their host, which git does not keep."""
    shutil.copytree(recorded, folder)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def config_of(folder: Path, side: str) -> Config:
    """The configuration of a set, `server` or `client`."""
    file = folder / f"{side}.cfg"
    return Config.from_text(file.read_text().replace(FOLDER, str(folder)).replace(AGENTS, str(LIBDIR)), side, str(file))


class Collected:
    """A connector that keeps what is sent."""

    peer, dropped, reconnects = "nowhere:0", 0, 0

    def __init__(self) -> None:
        self.sent: list[Publication] = []

    def publish(self, publications: Iterable[Publication], *, confirm: float | None = None) -> None:
        """Keep it."""
        self.sent += publications

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nobody is to call {name} here")


class AtOnce:
    """An executor that answers within submit, or never where perform gives None."""

    def __init__(self, perform: Callable[[Call], Outcome | None]) -> None:
        self._perform = perform

    def submit(self, call: Call, done: Done) -> None:
        """See the port."""
        outcome = self._perform(call)
        if outcome is not None:
            done(outcome)

    def check_room(self, caller: str) -> None:
        """There is always room."""

    def running(self) -> int:
        """None is still running when somebody can ask."""
        return 0

    def shutdown(self, timeout: float) -> bool:
        """See the port."""
        return True


class Ends:
    """The security plugins of both ends, by the configurations of a set: what reads frames. now: seconds since the epoch."""

    def __init__(self, folder: Path, now: float, node: SecurityPlugin | None = None) -> None:
        self.node = node or security_plugin(config_of(folder, "server"), "server", lambda: now, {})
        self.client = security_plugin(config_of(folder, "client"), "client", lambda: now, {})

    def request(self, delivery: Delivery) -> Request:
        """The request of a frame, its signature verified."""
        return open_delivery(delivery, self.node, HOST)

    def reply(self, payload: bytes) -> Reply:
        """The reply of a frame, its signature verified."""
        return self.client.open_reply(self.client.read(payload))

    # A client's key for encrypted replies lives in its memory alone, so a record needs a way in.

    def reply_key(self, request_id: str) -> str:
        """The private key (hex) for encrypted replies to a request of this client."""
        assert isinstance(self.client, X509)
        return self.client._keys_for_replies()._keys[request_id].private_bytes_raw().hex()

    def take_reply_keys(self, keys: Mapping[str, str]) -> None:
        """Open encrypted replies to requests of an earlier client."""
        for request_id, key in keys.items():
            assert isinstance(self.client, X509)
            self.client._keys_for_replies()._keys[request_id] = X25519PrivateKey.from_private_bytes(bytes.fromhex(key))


class Desk:
    """A host, its whole pipeline from a delivery to the reply, and both ends' security plugins.

    folder: of the set; `state` is made in it where it is missing. now: seconds since the epoch. perform: what actions do.
    """

    def __init__(self, folder: Path, now: float, perform: Callable[[Call], Outcome | None] = lambda call: Outcome()) -> None:
        self.folder, self.now = folder, now
        self.calls: list[str] = []  # ids of requests whose action was begun
        (folder / "state").mkdir(mode=0o700, exist_ok=True)
        self.host: Host = build_host(config_of(folder, "server"), self.clock)
        self.ends = Ends(folder, now, self.host.security)
        self.journal = Journal(folder / "state", self.host.rules, clock=self.clock)
        self.journal.open()
        self.connector, self.stats = Collected(), Stats(now)

        def performed(call: Call) -> Outcome | None:
            self.calls.append(call.request.id)
            return perform(call)

        executor = AtOnce(performed)
        self.runner = Runner(
            self.host,
            self.connector,  # type: ignore[arg-type]  # as much of a connector as handling a delivery needs
            executor,
            executor,
            self.stats,
            self.clock,
            journal=self.journal,
        )

    def clock(self) -> float:
        """Seconds since the epoch."""
        return self.now

    def handle(self, delivery: Delivery) -> list[Publication]:
        """What the host sends for a delivery; an encrypted part of several is a publication each."""
        before = len(self.connector.sent)
        self.runner.handle(delivery)
        return self.connector.sent[before:]

    def view(self) -> NodeView:
        """What the host knows of itself."""
        return self.host.node.view()

    def close(self) -> None:
        """As a daemon that was told to stop."""
        self.journal.close()
        self.host.audit.close()


def frame_of(content: bytes) -> Frame:
    """The one STOMP frame of a file."""
    reader = FrameReader(max_head=1 << 16, max_headers=40, max_body=1 << 20)
    reader.version = "1.2"
    reader.feed(content)
    found = reader.next()
    assert found is not None and reader.next() is None, "a file holds one whole frame"
    return found


def delivery_of(frame: Frame, agent: str, collective: str = "mcollective", payload: bytes | None = None) -> Delivery:
    """A frame as it comes to the host. agent: whose topic it came by, where it names no host. payload: another than the frame's."""
    named = frame.headers.get("mc_identity")
    source = Destination(Kind.NODE, collective, named) if named else Destination(Kind.AGENT, collective, agent)
    headers = frame.headers
    return Delivery(frame.body if payload is None else payload, source, headers.get("reply-to"), headers.get("mc_sender"))
