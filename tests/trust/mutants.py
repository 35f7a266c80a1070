"""Mutants of signed requests, from a seed: bits, fields, proofs and pieces changed, each another message than any that was signed.

A host's own way is asked about each, `open_delivery` and then `admit`: what it lets through would be done.
"""

import binascii
import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcollective_py.config import Config
from mcollective_py.errors import Rejected
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Request
from mcollective_py.node.view import NodeView
from mcollective_py.security.base import SecurityPlugin
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin
from mcollective_py.server.audit import NullAudit
from mcollective_py.server.pipeline import Rules, admit, open_delivery
from mcollective_py.server.replay import ReplayMemory

NOW = 1_800_000_000.0
KEY_TYPES = ("p256", "ed25519", "rsa2048")
_OTHERS: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 1e300, 1.0, "", "x", "nap", "cert=mallory.mcollective", "/queue/mcollective.reply.mallory.1",
    [], {}, ["web1"], {"a": 1}, "0" * 32,
)  # fmt: skip
Json = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """A host that has seen nothing yet, and requests signed for it. payloads: as they were sent, each with the way that it came."""

    security: SecurityPlugin
    view: NodeView
    payloads: Sequence[tuple[bytes, Destination]]

    def takes(self, payload: bytes, source: Destination) -> str:
        """`` where the host would go on to the action, else the kind of its refusal. Anything but a refusal flies."""
        delivery = Delivery(payload, source)
        try:
            request = open_delivery(delivery, self.security, self.view.identity)
            admit(request, delivery, self.view, ReplayMemory(100), Rules(), NullAudit(), NOW)
        except Rejected as error:
            return type(error).__name__
        return ""


def target(folder: Path, key_type: str) -> Target:
    """The host web1, and a broadcast and a named request of each of two callers."""
    authority = CertificateAuthority.create(folder, clock=lambda: NOW)
    authority.issue("web1", "node", key_type=key_type)
    moments = iter(range(10**9))

    def plugin(name: str, side: str) -> SecurityPlugin:
        text = (
            f"plugin.x509.ca = {folder}/ca.pem\nplugin.x509.crl = {folder}/crl.pem\n"
            f"plugin.x509.cert = {authority.certificate_file(name)}\nplugin.x509.key = {authority.key_file(name)}\n"
        )
        # Time passes, so that a certificate is looked at and not put off for being one of too many in a second.
        return security_plugin(Config.from_text(text, side), side, lambda: NOW + next(moments) * 0.03)

    payloads = []
    for number, caller in enumerate(("alice.mcollective", "bob.mcollective")):
        authority.issue(caller, "caller", key_type=key_type)
        signer = plugin(caller, "client")
        for kind, targets in ((Kind.AGENT, None), (Kind.NODE, ("web1", "web2"))):
            request = Request(
                f"{number}{len(payloads)}" * 16, f"cert={caller}", "desk", "mcollective", "nap", "nap", {"seconds": 1.5, "x": False},
                Filter.parse(facts=["country=uk"], classes=["mail"]), NOW, 60, "/queue/mcollective.reply.desk.1", targets,
            )  # fmt: skip
            payloads.append(
                (signer.seal_request(request).payload, Destination(kind, "mcollective", "nap" if targets is None else "web1"))
            )
    view = NodeView("web1", agents=frozenset({"nap"}), classes=frozenset({"mail"}), facts={"country": "uk"})
    return Target(plugin("web1", "server"), view, payloads)


def mutants(
    payloads: Sequence[tuple[bytes, Destination]], source: random.Random, count: int
) -> Iterator[tuple[str, bytes, Destination]]:
    """As many mutants: what was done, the bytes, and the way by which they come. None of them is what it is made from."""
    originals = {payload for payload, _ in payloads}
    ways = tuple(_WAYS)
    made = 0
    while made < count:
        payload, came_by = source.choice(payloads)
        other, other_way = source.choice(payloads)
        name = ways[made % len(ways)]
        mutant = _WAYS[name](payload, other, source)
        if mutant not in originals:
            made += 1
            yield name, mutant, source.choice((came_by, came_by, other_way))


def survey(folder: Path, seed: int, count: int) -> Counter[str]:
    """Refusals by their kind over all key types, `` for each that was let through."""
    found: Counter[str] = Counter()
    for number, key_type in enumerate(KEY_TYPES):
        host, source = target(folder / key_type, key_type), random.Random(f"{seed} {key_type}")
        for payload, came_by in host.payloads:
            assert host.takes(payload, came_by) == "", "an original is refused: then a refused mutant proves nothing"
        share = count // len(KEY_TYPES) + (number < count % len(KEY_TYPES))
        for name, mutant, came_by in mutants(host.payloads, source, share):
            refusal = host.takes(mutant, came_by)
            assert refusal, f"seed {seed}, {key_type}, {name}: taken in, and nobody signed it: {mutant!r}"
            found[refusal] += 1
    return found


# --- the ways: (a signed request, another of them, chance) -> other bytes -------------------------------------------------


def _flipped(data: bytes, source: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(source.choice((1, 1, 1, 2, 8))):
        changed[source.randrange(len(changed))] ^= 1 << source.randrange(8)
    return bytes(changed)


def _bits(payload: bytes, other: bytes, source: random.Random) -> bytes:
    return _flipped(payload, source)


def _piece(payload: bytes, other: bytes, source: random.Random) -> bytes:
    start, end = sorted(source.choices(range(len(payload) + 1), k=2))
    return source.choice(
        (payload[:start] + payload[end:], payload[:end] + payload[start:], payload[:start] + other[start:], payload[:end])
    )


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _text(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


def _with_body(payload: bytes, body: bytes) -> bytes:
    """Another body under the old signature."""
    return _compact(json.loads(payload) | {"b": _text(body)})


def _body(payload: bytes) -> bytes:
    return binascii.a2b_base64(json.loads(payload)["b"])


def _body_bits(payload: bytes, other: bytes, source: random.Random) -> bytes:
    return _with_body(payload, _flipped(_body(payload), source))


def _place(fields: Json, source: random.Random) -> tuple[Json, str]:
    """Some field, at any depth."""
    name = source.choice(list(fields))
    inner = fields[name]
    return _place(inner, source) if isinstance(inner, dict) and inner and source.random() < 0.6 else (fields, name)


def _field(change: Callable[[Json, str, Json, random.Random], None]) -> Callable[[bytes, bytes, random.Random], bytes]:
    def way(payload: bytes, other: bytes, source: random.Random) -> bytes:
        fields = json.loads(_body(payload))
        holder, name = _place(fields, source)
        change(holder, name, json.loads(_body(other)), source)
        return _with_body(payload, _compact(fields))

    return way


def _drop(holder: Json, name: str, other: Json, source: random.Random) -> None:
    del holder[name]


def _retype(holder: Json, name: str, other: Json, source: random.Random) -> None:
    holder[name] = source.choice((*_OTHERS, str(holder[name]), [holder[name]], {name: holder[name]}))


def _neighbour(holder: Json, name: str, other: Json, source: random.Random) -> None:
    """The value that another signed request has there, or another field's."""
    holder[name] = other.get(name, source.choice(list(holder.values())))


def _reorder(holder: Json, name: str, other: Json, source: random.Random) -> None:
    items = list(holder.items())
    source.shuffle(items)
    holder.clear()
    holder.update(items)


def _double(payload: bytes, other: bytes, source: random.Random) -> bytes:
    """A field twice in the body, at its beginning or end, with its own value or another."""
    body = _body(payload)
    fields = json.loads(body)
    name = source.choice(list(fields))
    again = _compact({name: source.choice((fields[name], *_OTHERS))})[1:-1]
    return _with_body(payload, body[:-1] + b"," + again + b"}" if source.random() < 0.5 else b"{" + again + b"," + body[1:])


def _envelope(payload: bytes, other: bytes, source: random.Random) -> bytes:
    """A field of the envelope or of its proof dropped, of another type, doubled or moved."""
    found = json.loads(payload)
    holder: Json = source.choice((found, found["s"][0]))
    name = source.choice(list(holder))
    source.choice((_drop, _retype, _reorder))(holder, name, json.loads(other), source)
    if source.random() < 0.2:
        return payload[:-1] + b"," + _compact({name: source.choice(_OTHERS)})[1:]
    return _compact(found)


def _proof(payload: bytes, other: bytes, source: random.Random) -> bytes:
    """Key id, signature or certificate of another caller, or with bits of its own changed."""
    found, foreign = json.loads(payload), json.loads(other)["s"][0]
    proof = found["s"][0]
    for name in source.sample(list(proof), source.randrange(1, len(proof) + 1)):
        if source.random() < 0.5:
            proof[name] = foreign[name]
        elif name == "kid":
            proof[name] = f"{source.getrandbits(256):064x}"
        else:
            proof[name] = _text(_flipped(binascii.a2b_base64(proof[name]), source))
    if source.random() < 0.5:  # the key id fits the certificate, whatever that is now
        proof["kid"] = hashlib.sha256(binascii.a2b_base64(proof["crt"])).hexdigest()
    return _compact(found)


_WAYS: dict[str, Callable[[bytes, bytes, random.Random], bytes]] = {
    "bits of the envelope": _bits,
    "a piece": _piece,
    "bits of the body": _body_bits,
    "a field dropped": _field(_drop),
    "a field of another type": _field(_retype),
    "another's value": _field(_neighbour),
    "fields in another order": _field(_reorder),
    "a field twice": _double,
    "the envelope's fields": _envelope,
    "the proof": _proof,
}
