"""A small STOMP client, a broker for each test, and certificates of a throw-away CA."""

import asyncio
import contextlib
import re
import ssl
from pathlib import Path

import pytest

from mcollective_py.broker.frames import Frame, encode_frame
from mcollective_py.broker.server import Broker
from mcollective_py.broker.settings import BrokerSettings
from tests.connector import certificates

DEADLINE_S = 10


class Heard:
    """Frames out of what a broker says; a reader of its own, so that the broker's is not judged by itself."""

    def __init__(self) -> None:
        self.version = "1.0"
        self._data = bytearray()

    def feed(self, data: bytes) -> None:
        self._data += data

    def next(self) -> Frame | None:
        while self._data[:1] == b"\n":
            del self._data[:1]
        end = self._data.find(b"\n\n")
        if end < 0:
            return None
        command, *lines = self._data[:end].decode().split("\n")
        is_escaped = self.version != "1.0" and command != "CONNECTED"
        headers: dict[str, str] = {}
        for line in lines:
            name, value = (self._meant(part) if is_escaped else part for part in line.split(":", 1))
            headers.setdefault(name, value)
        start = end + 2
        length = int(headers["content-length"]) if "content-length" in headers else self._data.find(b"\0", start) - start
        if length < 0 or len(self._data) <= start + length:
            return None
        body = bytes(self._data[start : start + length])
        assert self._data[start + length] == 0
        del self._data[: start + length + 1]
        return Frame(command, headers, body)

    @staticmethod
    def _meant(text: str) -> str:
        return re.sub(r"\\(.)", lambda escape: {"n": "\n", "c": ":", "r": "\r", "\\": "\\"}[escape[1]], text)


class StompClient:
    """Says and hears frames. `connected` is the answer to its CONNECT."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.frames = Heard()
        self.connected = Frame("", {})

    def say(self, command: str, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.writer.write(encode_frame(command, headers or {}, body, self.frames.version))

    async def hear(self, timeout: float = DEADLINE_S) -> Frame:
        async with asyncio.timeout(timeout):
            while (frame := self.frames.next()) is None:
                data = await self.reader.read(1 << 16)
                if not data:
                    raise ConnectionError("closed by the broker")
                self.frames.feed(data)
            return frame

    async def confirm(self, command: str, headers: dict[str, str], body: bytes = b"") -> None:
        """Say something and wait for its receipt; whatever else comes before it is lost."""
        self.say(command, {**headers, "receipt": "done"}, body)
        while (frame := await self.hear()).command != "RECEIPT":
            assert frame.command != "ERROR", frame.headers["message"]

    async def subscribe(self, destination: str, id: str = "1", **headers: str) -> None:
        await self.confirm("SUBSCRIBE", {"destination": destination, "id": id, **headers})

    async def error(self) -> str:
        """The message of the ERROR that has to come, after which the connection has to end."""
        while (frame := await self.hear()).command != "ERROR":
            pass
        async with asyncio.timeout(DEADLINE_S):
            while await self.reader.read(1 << 16):
                pass
        return frame.headers["message"]

    async def silence(self) -> list[Frame]:
        """What has come by the time the broker has answered something harmless."""
        self.say("SEND", {"destination": "/topic/nobody.hears", "receipt": "silence"})
        frames = []
        while (frame := await self.hear()).headers.get("receipt-id") != "silence":
            frames.append(frame)
        return frames

    def close(self) -> None:
        self.writer.close()


async def connect(port: int, *, version: str = "1.2", tls: ssl.SSLContext | None = None, **headers: str) -> StompClient:
    """A client that has said CONNECT and heard the answer, CONNECTED or ERROR."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    client = StompClient(reader, writer)
    client.say(
        "CONNECT", {"accept-version": version, "host": "test", **{name.replace("_", "-"): text for name, text in headers.items()}}
    )
    client.connected = await client.hear()
    client.frames.version = client.connected.headers.get("version", "1.0")
    return client


@contextlib.asynccontextmanager
async def running(settings: BrokerSettings):
    """A started broker, stopped in the end."""
    broker = Broker(settings)
    await broker.start()
    try:
        yield broker
    finally:
        await broker.stop(grace_s=0.2)


class Authority(certificates.Authority):
    """A throw-away CA whose certificates carry the name that a broker asks for, all for 127.0.0.1."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        folder.mkdir()
        super().__init__(folder, name)
        self.file = self.ca

    def issue(self, name: str, *, days: int = 1) -> tuple[Path, Path]:
        """Certificate and key files for a name; negative days: expired."""
        super().issue(name, "127.0.0.1", days=(-2, days), common_name=name)
        return self.folder / f"{name}.pem", self.folder / f"{name}.key"

    def client(self, files: tuple[Path, Path] | None) -> ssl.SSLContext:
        """A client's context that trusts this CA, with a certificate or without."""
        context = ssl.create_default_context(cafile=self.file)
        if files is not None:
            context.load_cert_chain(*files)
        return context


@pytest.fixture
def stomp():
    """connect(port, ...): a client of a broker."""
    return connect


@pytest.fixture
def broker_of():
    """running(settings): a broker as an async context manager."""
    return running


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "ca")


@pytest.fixture
def other_authority(tmp_path):
    return Authority(tmp_path / "other", "Somebody Else")
