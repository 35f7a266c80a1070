"""Answers recorded from OpenSSH 9.2's ssh-agent, which held a P-256, an Ed25519 and an RSA key."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from mcollective_py.security.algorithms import P256_ORDER, verify_by
from mcollective_py.security.sshagentwire import (
    MAX_MESSAGE,
    AgentRefusal,
    framed,
    key_blob,
    read_keys,
    read_signature,
    sign_message,
)

P256 = bytes.fromhex(
    "0000001365636473612d736861322d6e69737470323536000000086e697374703235360000004104b08556c215b5829174b567fed32be5ab80f6e56d6688620143"
    "2c71afd30dd7be2f6590de9eae53679da56f9a94fb09875b0d87cbefd8ea8a92e44b2533dffb5b"
)
P256_SIGNED = bytes.fromhex(
    "0e000000650000001365636473612d736861322d6e697374703235360000004a0000002100928d4ce9166faa80b3688793cb8e3d640bad44dc476f3c2098f36ee6"
    "76ad11c50000002100e4e89732b50d1b8b12547c204b3fe2cd399f2f665e55da03716d92a1aa541c9d"
)
ED25519 = bytes.fromhex("0000000b7373682d65643235353139000000203d2aa3f318c2ef6ab262c3fb331531673abff8aaa42a0c49935f45ef108e6bfb")
ED25519_SIGNED = bytes.fromhex(
    "0e000000530000000b7373682d6564323535313900000040957fab952f11642e14501461dd79de8290c9f9ffe9649cba2efd20ce3ec9833eb1dad6a0bd09b4de9d"
    "6ebb28acab57af3b10fc9be88148216e74c317f3b96a04"
)
LISTED = b"\x0c\0\0\0\x02" + framed(P256) + framed(b"kp256") + framed(ED25519) + framed(b"ked")


def public(blob):
    from binascii import b2a_base64

    kind = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    return load_ssh_public_key(kind + b" " + b2a_base64(blob, newline=False))


def test_the_keys_of_an_agent_are_read_with_their_comments():
    assert [(key.blob, key.comment) for key in read_keys(LISTED)] == [(P256, "kp256"), (ED25519, "ked")]
    assert read_keys(b"\x0c\0\0\0\0") == []


@pytest.mark.parametrize(("blob", "answer"), [(P256, P256_SIGNED), (ED25519, ED25519_SIGNED)], ids=["p256", "ed25519"])
def test_a_signature_of_an_agent_is_one_of_ours(blob, answer):
    key = public(blob)
    assert key_blob(key) == blob
    assert verify_by(key)(read_signature(answer), b"words")
    assert not verify_by(key)(read_signature(answer), b"other words")


def test_a_question_for_a_signature_names_key_data_and_no_flags():
    assert sign_message(b"KEY", b"words") == b"\x0d\0\0\0\x03KEY\0\0\0\x05words\0\0\0\0"
    assert framed(b"\x0b") == b"\0\0\0\x01\x0b"
    with pytest.raises(ValueError, match="262144 bytes at once"):
        framed(bytes(MAX_MESSAGE + 1))


def test_an_agent_that_says_no_is_told_from_one_that_talks_nonsense():
    with pytest.raises(AgentRefusal):
        read_signature(b"\x05")
    with pytest.raises(AgentRefusal):
        read_keys(b"\x05")
    with pytest.raises(ValueError, match="another question"):
        read_signature(LISTED)


@pytest.mark.parametrize("answer", [LISTED, P256_SIGNED, ED25519_SIGNED])
def test_an_answer_that_is_cut_short_or_too_long_is_refused(answer):
    read = read_keys if answer == LISTED else read_signature
    for length in range(len(answer)):
        with pytest.raises(ValueError):
            read(answer[:length])
    with pytest.raises(ValueError, match="more bytes than belong to it"):
        read(answer + b"\0")


def mpint(number):
    return framed(number.to_bytes(33, "big", signed=True))


@pytest.mark.parametrize("r, s", [(0, 1), (1, 0), (-1, 1), (1, -1), (P256_ORDER, 1), (1, P256_ORDER), (2**255 + 2**254 * 3, 1)])
def test_numbers_that_make_no_signature_are_refused(r, s):
    signature = framed(framed(b"ecdsa-sha2-nistp256") + framed(mpint(r) + mpint(s)))
    with pytest.raises(ValueError, match="a number that is none of a signature"):
        read_signature(b"\x0e" + signature)


def test_a_signature_by_another_algorithm_is_refused():
    with pytest.raises(ValueError, match="of the kind b'rsa-sha2-256'"):
        read_signature(b"\x0e" + framed(framed(b"rsa-sha2-256") + framed(b"x")))


def test_more_keys_than_anybody_holds_are_not_read():
    with pytest.raises(ValueError, match="4294967295 keys"):
        read_keys(b"\x0c\xff\xff\xff\xff")


@pytest.mark.parametrize(
    ("key", "says"),
    [(rsa.generate_private_key(65537, 2048), r"PKCS#1 v1\.5"), (ec.generate_private_key(ec.SECP384R1()), "secp384r1 cannot sign here")],
    ids=["rsa", "p384"],
)
def test_a_key_that_an_agent_cannot_sign_with_here_is_refused_with_the_reason(key, says):
    with pytest.raises(ValueError, match=says):
        key_blob(key.public_key())


def test_an_ed25519_key_is_named_by_its_bytes():
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    assert key_blob(key)[:19] == b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
    assert public(key_blob(key)) == key
