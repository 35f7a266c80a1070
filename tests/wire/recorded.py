"""The recorded frames in vectors/, with plugins that hold the keys they were made with."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from mcollective_py.security.hostskey import HostsKey
from mcollective_py.security.keyring import FixedKeys, read_public_key, sign_by
from mcollective_py.security.psk import PSK
from mcollective_py.security.ssl import SSL
from mcollective_py.wire import marshal, rubyyaml
from mcollective_py.wire.symbol import Regexp, Symbol

VECTORS = Path(__file__).parent / "vectors"
# Ruby's own readers refuse aliases, so this reply is lost between Ruby and Ruby too.
LOST = {"activemq-ssl-yaml/shared-hash.reply"}
SETS = ("activemq-psk", "activemq-ssl-marshal", "activemq-ssl-yaml", "rabbitmq-psk", "rabbitmq-ssl-marshal")


@dataclass(frozen=True)
class Recording:
    """One frame. sent: its headers as sent; envelope, body: what it means, with Ruby's types."""

    set: str
    name: str
    role: str
    payload: bytes
    sent: dict[str, str]
    envelope: dict[Any, Any]
    body: Any

    def __str__(self) -> str:
        return f"{self.set}/{self.name}"


def typed(value: Any) -> Any:
    """The value that index.json writes with its types."""
    if value is None or isinstance(value, bool):
        return value
    if "s" in value:
        return value["s"]
    if "b" in value:
        return base64.b64decode(value["b"])
    if "sym" in value:
        return Symbol(value["sym"])
    if "i" in value:
        return int(value["i"])
    if "f" in value:
        return float(value["f"])
    if "re" in value:
        return Regexp(value["re"], value["opts"])
    if "a" in value:
        return [typed(item) for item in value["a"]]
    return {typed(key): typed(item) for key, item in value["h"]}


def shape(value: Any) -> Any:
    """A value such that two are equal only where all types are, too: 1, 1.0 and True differ, and so do a symbol and its text."""
    if isinstance(value, dict):
        return "hash", [(shape(key), shape(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple)):
        return "array", [shape(item) for item in value]
    return type(value).__name__, repr(value)


@cache
def index(name: str) -> dict[str, Any]:
    """The index.json of one set."""
    return json.loads((VECTORS / name / "index.json").read_text())


@cache
def recordings(name: str) -> tuple[Recording, ...]:
    """The frames of one set, in the order of their recording."""
    return tuple(
        Recording(
            name,
            entry["name"],
            entry["role"],
            (VECTORS / name / entry["file"]).read_bytes(),
            dict(reversed(entry["sent"]["headers"])),  # of a header sent twice the first counts
            typed(entry["envelope"]),
            typed(entry["body"]),
        )
        for entry in index(name)["vectors"]
    )


def serializer(name: str) -> Any:
    """What the set's messages are written with."""
    return rubyyaml if name.endswith("yaml") else marshal


@cache
def plugins(name: str, *, are_strangers: bool = False) -> tuple[Any, Any]:
    """A node's and a client's plugin with the keys of a set; as strangers with keys that are not those of the ones who sent."""
    if name.endswith("psk"):
        secret = (psk_of(name) + "r" * are_strangers).encode()
        return PSK(secret, caller="uid=0"), PSK(secret, caller="uid=0")
    keys = VECTORS / name / "test-only-keys"
    server, user = (read_public_key((keys / f"{who}-public.pem").read_bytes()) for who in ("server", "testuser"))

    def signer(who: str) -> Any:
        return sign_by(load_pem_private_key((keys / f"{who}-private.pem").read_bytes(), None))

    if are_strangers:
        server, user = user, server
    callers, hosts_key = FixedKeys({"testuser-public": user}), HostsKey("cert=server-public", server)  # a node signs its registration
    node = SSL(caller="cert=server-public", sign=signer("server"), serializer=serializer(name), callers=callers, hosts_key=hosts_key)
    client = SSL(caller="cert=testuser-public", sign=signer("testuser"), serializer=serializer(name), server_key=server)
    return node, client


def psk_of(name: str) -> str:
    """The shared key of a set."""
    if name == "oddities-psk":
        return str(json.loads((VECTORS / name / "cases.json").read_text())["psk"])
    return str(index(name)["psk"])


def opened(recording: Recording, payload: bytes | None = None, *, by_strangers: bool = False) -> Any:
    """The verified request or reply of a frame, or of another payload in its place."""
    node, client = plugins(recording.set, are_strangers=by_strangers)
    content = recording.payload if payload is None else payload
    if recording.role == "request":
        return node.open_request(node.read(content))
    return client.open_reply(client.read(content))


def for_each(chosen: Callable[[Recording], bool] = lambda recording: True, sets: Sequence[str] = SETS) -> Callable[..., Any]:
    """Makes a test of one recording a test of a set, with all that are chosen and not LOST; a failure names its recording.

    One test for each of 495 recordings would be 4,000 in all, which cost pytest more than what they do.
    """

    def of_recording(test: Callable[[Recording], None]) -> Callable[[str], None]:
        @pytest.mark.parametrize("name", sets)
        def of_set(name: str) -> None:
            recorded = [each for each in recordings(name) if chosen(each) and str(each) not in LOST]
            assert recorded, f"nothing is chosen of {name}"
            for recording in recorded:
                try:
                    test(recording)
                except BaseException as error:
                    error.add_note(f"the recording was {recording}")
                    raise

        of_set.__name__, of_set.__doc__ = test.__name__, test.__doc__
        return of_set

    return of_recording
