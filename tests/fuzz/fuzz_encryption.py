"""Encrypted messages: whatever is changed in what a trusted signer sent, it is refused, or the very payload that was sealed."""

import hashlib

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mcollective_py.errors import Malformed, NotDecrypted
from mcollective_py.security.encryption import Opener, ReplyKeys, check_reply_key, is_public_key, read_reply, seal_reply, seal_request
from mcollective_py.security.keywrap import unwrap_by
from tests.fuzz.mutation import fuzz

NOW = 1_800_000_000.0
ALICE, WEB1, WEB2 = "a" * 64, "1" * 64, "2" * 64
ID = "0" * 32
SECRET = b'{"data":{"password":"correct horse"}}'
LIMIT = 1 << 16
WORDS = (b'"v":1', b'"iat":', b'"point":', b'"keys":', b'"rid":', b'"node":', b'"key":', b"{}", b"null", b'""', b"AAAA", b"=",
         b"==", b"\n",
         b"00" * 32, b"01" + b"00" * 31,
         b"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", ALICE.encode(), WEB1.encode(),
         WEB2.encode(), b"1.0", b"1e3", b"-1", b"9" * 30, b"[" * 30, b"\\u0031")  # fmt: skip


def main() -> None:
    keys = {WEB1: ec.generate_private_key(ec.SECP256R1()), WEB2: rsa.generate_private_key(65537, 2048)}
    public = {whose: key.public_key() for whose, key in keys.items()}
    asked = seal_request(SECRET, ALICE, public, int(NOW * 1000), LIMIT)
    own = ReplyKeys()
    answered = seal_reply(SECRET, ID, "web1", own.public(ID), LIMIT)

    def opened(data: bytes, whose: str) -> bytes | None:
        try:
            digest = hashlib.sha256(data).hexdigest()
            return Opener().open(data, digest, ALICE, whose, unwrap_by(keys[whose]), NOW)[0]
        except (Malformed, NotDecrypted):
            return None

    def replied(data: bytes) -> bytes | None:
        try:
            return own.open(read_reply(data))
        except (Malformed, NotDecrypted):
            return None

    def check(data: bytes) -> bool:
        text = data.decode("latin-1").strip()[:64]
        if is_public_key(text):
            try:
                check_reply_key(text)
            except Malformed:
                pass
        request = [payload for whose in keys if (payload := opened(data, whose)) is not None]
        reply = replied(data)
        for payload in (*request, *(() if reply is None else (reply,))):
            assert payload.rstrip(b" ") == SECRET, "something else came out than was sealed"
        assert not request or data == asked, "another body opens as the request that was sealed"
        assert reply is None or data == answered, "another body opens as the reply that was sealed"
        return bool(request) or reply is not None or is_public_key(text)

    fuzz("encryption", check, (asked, answered, own.public(ID).encode()), WORDS)


if __name__ == "__main__":
    main()
