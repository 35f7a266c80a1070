import json
import os

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mcollective_py.errors import Malformed, NotDecrypted, TooManyEncrypted
from mcollective_py.security import encryption
from mcollective_py.security.encryption import Opener, ReplyKeys, check_reply_key, read_reply, seal_reply, seal_request
from mcollective_py.security.keywrap import unwrap_by

NOW = 1_800_000_000.0
MS = int(NOW * 1000)
ALICE, BOB, WEB1, WEB2 = "a" * 64, "b" * 64, "1" * 64, "2" * 64
PAYLOAD = b'{"data":{"password":"correct horse"}}'
LIMIT = 1 << 20
KEYS = {WEB1: ec.generate_private_key(ec.SECP256R1()), WEB2: ec.generate_private_key(ec.SECP256R1())}
ID = "0" * 32


def sealed(payload=PAYLOAD, iat=MS, kid=ALICE):
    return seal_request(payload, kid, {whose: key.public_key() for whose, key in KEYS.items()}, iat, LIMIT)


def opened(body, *, opener=None, digest="d", signer=ALICE, own=WEB1, now=NOW, key=None):
    return (opener or Opener()).open(body, digest, signer, own, unwrap_by(key or KEYS[own]), now)


def with_header(body, **changes):
    header, _, rest = body.partition(b"\n")
    fields = {**json.loads(header), **changes}
    return (
        json.dumps({name: value for name, value in fields.items() if value is not ...}, separators=(",", ":")).encode() + b"\n" + rest
    )


def test_each_of_its_receivers_opens_a_request_and_nobody_else():
    body = sealed()
    for own in (WEB1, WEB2):
        payload, iat = opened(body, own=own)
        assert (payload.rstrip(), iat) == (PAYLOAD, MS)
    with pytest.raises(NotDecrypted):
        opened(body, own=WEB1, key=KEYS[WEB2])
    with pytest.raises(NotDecrypted):
        Opener().open(body, "d", ALICE, "3" * 64, unwrap_by(KEYS[WEB1]), NOW)
    with pytest.raises(NotDecrypted):
        Opener().open(body, "d", ALICE, WEB1, None, NOW)


def test_nothing_of_a_request_shows_and_no_two_are_alike():
    first, second = sealed(), sealed()
    assert b"correct" not in first and b"password" not in first
    assert first.partition(b"\n")[2] != second.partition(b"\n")[2]


def test_a_payloads_length_shows_in_steps_of_256_bytes_alone():
    sizes = {len(sealed(b"x" * length)) for length in range(1, 257)}
    assert len(sizes) == 1
    assert len(sealed(b"x" * 257)) == sizes.pop() + 256
    body = seal_request(b"x" * 1000, ALICE, {WEB1: KEYS[WEB1].public_key()}, MS, 1001)
    assert len(opened(body)[0]) == 1001, "padding makes nothing too long that was not"


def test_another_signer_cannot_take_a_ciphertext_for_his_own():
    with pytest.raises(NotDecrypted):
        opened(sealed(), signer="b" * 64)


def test_no_changed_bit_of_a_request_opens():
    body = sealed()
    for position in range(len(body)):
        for bit in range(8):
            mutant = bytearray(body)
            mutant[position] ^= 1 << bit
            with pytest.raises((NotDecrypted, Malformed)):
                opened(bytes(mutant))


def test_no_mutant_out_of_ten_thousand_opens():
    body, random = sealed(), __import__("random").Random(1)
    accepted = 0
    for _ in range(10_000):
        mutant = bytearray(body)
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(mutant))
            kind = random.randrange(4)
            if kind == 0:
                mutant[at] ^= random.randint(1, 255)
            elif kind == 1:
                del mutant[at : at + random.randint(1, 40)]
            elif kind == 2:
                mutant[at:at] = os.urandom(random.randint(1, 20))
            else:
                mutant[at : at + 8] = mutant[: random.randint(1, 8)]
        if bytes(mutant) == body:
            continue
        try:
            opened(bytes(mutant))
        except (NotDecrypted, Malformed):
            continue
        accepted += 1
    assert accepted == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"iat": None},
        {"iat": float(MS)},
        {"point": None},
        {"point": "!"},
        {"point": "A" * 200},
        {"keys": []},
        {"keys": {}},
        {"keys": {WEB1: 7}},
        {"keys": {WEB1: "=="}},
        {"keys": {WEB1: "A" * 4000}},
        {"keys": {f"{number:064x}": "AAAA" for number in range(201)}},
        {"more": 1},
        {"point": ...},
    ],
)
def test_a_header_of_another_form_is_refused(changes):
    with pytest.raises(Malformed):
        opened(with_header(sealed(), **changes))


@pytest.mark.parametrize("body", [b"", b"\n", b"{}", b"{}\nx", b"[]\n", b"x" * 400_000, b"{" * 400 + b"\n"])
def test_what_is_no_encrypted_message_is_refused(body):
    with pytest.raises(Malformed):
        opened(body)
    with pytest.raises(Malformed):
        read_reply(body)


def test_whatever_does_not_open_is_refused_in_the_same_words():
    body = sealed()
    said = set()
    cut = with_header(body, keys={WEB1: json.loads(body.partition(b"\n")[0])["keys"][WEB2]})
    for tried, options in (
        (body, {"key": KEYS[WEB2]}),
        (body, {"signer": "b" * 64}),
        (body[:-1], {}),
        (cut, {}),
        (with_header(body, keys={WEB2: "AAAA"}), {}),
        (body, {"now": NOW + encryption.OLDEST + 1}),
        (with_header(body, iat=MS - 1), {}),
    ):
        with pytest.raises(NotDecrypted) as refused:
            opened(tried, **options)
        said.add(str(refused.value))
    assert len(said) == 1


def test_private_keys_do_a_bounded_number_of_tries_a_second_and_copies_cost_none():
    tries = []

    def unwrap(wrapped, point):
        tries.append(wrapped)
        return unwrap_by(KEYS[WEB1])(wrapped, point)

    opener, body = Opener(per_second=8), sealed()
    for _ in range(100):
        assert opener.open(body, "same", ALICE, WEB1, unwrap, NOW)
    assert len(tries) == 1
    for number in range(5):
        opener.open(sealed(), f"other {number}", ALICE, WEB1, unwrap, NOW)
    with pytest.raises(TooManyEncrypted, match="6 encrypted requests of one caller in a second"):
        opener.open(sealed(), "one more", ALICE, WEB1, unwrap, NOW)
    for number in range(2):
        opener.open(sealed(kid=BOB), f"of another {number}", BOB, WEB1, unwrap, NOW)
    with pytest.raises(TooManyEncrypted, match="8 encrypted requests in a second"):
        opener.open(sealed(kid=BOB), "one more of another", BOB, WEB1, unwrap, NOW)
    assert len(tries) == 8
    assert opener.open(body, "same", ALICE, WEB1, unwrap, NOW), "a copy of what was opened waits for nobody"
    assert opener.open(sealed(iat=MS + 1000), "later", ALICE, WEB1, unwrap, NOW + 1.0), "each second gives new turns"
    with pytest.raises(NotDecrypted):
        opener.open(sealed(iat=MS - 3_700_000), "old", ALICE, WEB1, unwrap, NOW)
    assert len(tries) == 9, "what is too old costs nothing"


def test_a_data_key_that_is_remembered_opens_no_other_body():
    opener, body = Opener(), sealed()
    opened(body, opener=opener, digest="one")
    with pytest.raises(NotDecrypted):
        opened(sealed(), opener=opener, digest="one")  # digests never collide; were they to, nothing would open


def a_reply(keys, payload=PAYLOAD, node="web1", id=ID):
    return seal_reply(payload, id, node, keys.public(ID), LIMIT)


def test_a_reply_is_opened_by_who_asked_and_by_nobody_else():
    keys = ReplyKeys()
    body = a_reply(keys)
    header = read_reply(body)
    assert (header.request_id, header.node, ID in keys, "f" * 32 in keys) == (ID, "web1", True, False)
    assert keys.open(header).rstrip() == PAYLOAD
    assert b"correct" not in body
    other = ReplyKeys()
    with pytest.raises(NotDecrypted, match="no request of this process"):
        other.open(header)
    other.public(ID)
    with pytest.raises(NotDecrypted):
        other.open(header)


def test_a_request_has_one_key_for_its_replies_and_the_oldest_is_forgotten():
    keys = ReplyKeys(limit=2)
    assert keys.public("1" * 32) == keys.public("1" * 32) != keys.public("2" * 32)
    keys.public("3" * 32)
    assert ["1" * 32 in keys, "2" * 32 in keys, "3" * 32 in keys] == [False, True, True]


def test_no_changed_bit_of_a_reply_opens():
    keys = ReplyKeys()
    body = a_reply(keys)
    for position in range(len(body)):
        for bit in range(8):
            mutant = bytearray(body)
            mutant[position] ^= 1 << bit
            with pytest.raises((NotDecrypted, Malformed)):
                keys.open(read_reply(bytes(mutant)))


@pytest.mark.parametrize(
    "changes", [{"rid": "x"}, {"rid": "f" * 32}, {"node": "web2"}, {"node": "../x"}, {"key": "00"}, {"key": "0" * 64}]
)
def test_a_reply_cannot_be_made_one_of_another_node_or_to_another_request(changes):
    keys = ReplyKeys()
    with pytest.raises((NotDecrypted, Malformed)):
        keys.open(read_reply(with_header(a_reply(keys), **changes)))


def test_a_reply_key_of_low_order_is_refused_before_anything_is_done():
    check_reply_key(ReplyKeys().public(ID))
    for bad in ("0" * 64, "01" + "0" * 62):
        with pytest.raises(Malformed, match="epk"):
            check_reply_key(bad)
        with pytest.raises(ValueError):
            seal_reply(PAYLOAD, ID, "web1", bad, LIMIT)
