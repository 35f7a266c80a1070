"""Messages of psk and ssl: bytes of any kind are refused or are what was signed; and what an insider signs breaks nothing either."""

import base64

from mcollective_py.errors import NotSigned
from mcollective_py.security.psk import PSK
from mcollective_py.wire import marshal
from mcollective_py.wire.symbol import Symbol
from tests.fuzz.mutation import fuzz
from tests.wire.recorded import Recording, opened, plugins, psk_of, recordings, serializer

SETS = ("activemq-psk", "activemq-ssl-marshal", "activemq-ssl-yaml")
NAMES = (
    "discovery-ping",
    "discovery-filters",
    "discovery-compound-function",
    "ping-direct",
    "types",
    "nested",
    "unicode",
    "binary",
    "symbols",
)
WORDS = (
    b"\x04\x08{", b"{\x06:", b'I"', b"\x06:\x06ET", b"\x06;\x00T", b";\x06", b"@\x06", b"l+\x07", b"o:\x08Foo\x00", b"f\x08inf",
    b"--- ", b":body: ", b"!binary ", b"!ruby/object:Foo", b":process_results", b":action", b":agent", b":data", b":statuscode",
    b":ssl_ttl", b"\\ud800",
)  # fmt: skip


def main() -> None:
    frames = [one for name in SETS for one in recordings(name) if one.name.rpartition(".")[0] in NAMES]
    genuine = {one.set: [covered(other) for other in frames if other.set == one.set] for one in frames}

    def outsider(data: bytes) -> bool:
        taken = False
        for name in SETS:
            for role in ("request", "reply"):
                try:
                    found = opened(Recording(name, "", role, data, {}, {}, None))
                except NotSigned:
                    continue
                assert fields_of(name, role, found) in genuine[name], f"accepted, and nobody signed it: {found}"
                taken = True
        return taken

    def insider(data: bytes) -> bool:
        """The bytes as a body, and as a filter, that somebody with the key has signed."""
        taken = False
        for name in SETS:
            for role in ("request", "reply"):
                envelope = dict(next(one for one in frames if one.set == name and one.role == role).envelope)
                envelope[Symbol("body")] = data if serializer(name) is marshal else data.decode("utf-8", "replace")
                taken |= is_taken(name, role, envelope)
                try:
                    envelope[Symbol("filter")] = serializer(name).loads(data)
                except NotSigned:
                    continue
                taken |= is_taken(name, role, envelope)
        return taken

    def is_taken(name: str, role: str, envelope: dict) -> bool:
        body = envelope[Symbol("body")]
        signed = body if isinstance(body, bytes) else body.encode()
        if name.endswith("psk"):
            proof = PSK(psk_of(name).encode(), caller="uid=0")._digest(signed).decode()
        else:
            own = plugins(name)[0 if role == "reply" else 1]
            proof = base64.encodebytes(own._sign(signed)).decode()
        envelope[Symbol("hash")] = proof
        try:
            payload = serializer(name).dumps(envelope)
        except Exception as error:
            assert type(error).__name__ == "UnsendableValue", error
            return False
        try:
            opened(Recording(name, "", role, payload, {}, {}, None))
        except NotSigned:
            return False
        return True

    def check(data: bytes) -> bool:
        return outsider(data) | insider(data)

    bodies = [one.envelope["body"] for one in frames]
    seeds = [one.payload for one in frames] + [body if isinstance(body, bytes) else body.encode() for body in bodies]
    fuzz("ruby_plugins", check, seeds, WORDS)


def fields_of(name: str, role: str, found: object) -> list[object]:
    if role == "reply":
        return [repr(getattr(found, field)) for field in ("body", "statuscode", "statusmsg")]
    return [repr(getattr(found, field)) for field in sorted(plugins(name)[0].covers)]


def covered(recording: Recording) -> list[object]:
    return fields_of(recording.set, recording.role, opened(recording))


if __name__ == "__main__":
    main()
