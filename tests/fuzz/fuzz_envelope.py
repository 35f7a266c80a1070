"""Signed messages: whatever is changed, a message is refused, or it is the very one that was signed."""

import json
import tempfile
from pathlib import Path

from mcollective_py.config import Config
from mcollective_py.errors import Malformed, Rejected
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin
from mcollective_py.security.payload import reply_from_wire, reply_to_wire, request_from_wire, request_to_wire
from mcollective_py.wire import strictjson
from tests.fuzz.mutation import fuzz

NOW = 1_800_000_000.0
WORDS = (b"mcpy/1", b"request+json", b"reply+json", b"registration+json", b'"z":', b'"e":', b'"p":', b'"s":', b"==", b"=", b"AAAA",
         b"null",
         b"true", b"[]", b"{}", b'""', b'"id":', b'"caller":', b'"cert=root.mcollective"', b"../", b"web2", b"\x04\x08{")  # fmt: skip


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        authority = CertificateAuthority.create(folder, clock=lambda: NOW)
        for certname, role in (("alice.mcollective", "caller"), ("web1", "node")):
            authority.issue(certname, role)

        def plugin(certname: str, side: str):
            text = (
                f"plugin.x509.ca = {folder}/ca.pem\nplugin.x509.crl = {folder}/crl.pem\n"
                f"plugin.x509.cert = {authority.certificate_file(certname)}\nplugin.x509.key = {authority.key_file(certname)}\n"
            )
            return security_plugin(Config.from_text(text, side), side, lambda: NOW)

        client, node = plugin("alice.mcollective", "client"), plugin("web1", "server")
        wanted = Filter.parse(facts=["country=uk"], classes=["mail"])
        request = Request(
            "0123456789abcdef" * 2, "cert=alice.mcollective", "desk", "mcollective", "service", "restart",
            {"service": "exim4", "n": 1.5}, wanted, NOW, 60, "/queue/mcollective.reply.desk.1", ("web1",),
        )  # fmt: skip
        asked = client.seal_request(request).payload
        opened = node.open_request(node.read(asked))
        reply = Reply(opened.id, opened.digest, "web1", "service", "restart", {"status": "ok"}, NOW)
        (answered,) = node.seal_reply(reply, opened)
        bare_request = json.dumps(request_to_wire(request)).encode()
        bare_reply = json.dumps(reply_to_wire(reply, opened)).encode()

        def envelopes(data: bytes) -> bool:
            try:
                unverified = node.read(data)
            except Rejected:
                return False
            is_open = False
            for opens, original in ((node.open_request, opened), (client.open_reply, client.open_reply(client.read(answered)))):
                try:
                    found = opens(unverified)
                except Rejected:
                    continue
                assert found == original, f"accepted, and nobody signed it: {found}"
                assert data in (asked, answered), "another envelope for the same message is accepted"
                is_open = True
            return is_open

        def payloads(data: bytes) -> bool:
            try:
                fields = strictjson.loads(data)
            except Malformed:
                return False
            taken = False
            for read, write in (
                (lambda: request_from_wire(fields, digest=""), request_to_wire),
                (lambda: reply_from_wire(fields), lambda found: reply_to_wire(found, opened)),
            ):
                try:
                    found = read()
                except Malformed:
                    continue
                strictjson.dumps(write(found), strictjson.REPLY)
                taken = True
            return taken

        def check(data: bytes) -> bool:
            return envelopes(data) or payloads(data)

        fuzz("envelope", check, (asked, answered, bare_request, bare_reply), WORDS)


if __name__ == "__main__":
    main()
