import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mcollective_py.security.keywrap import KEY_SIZE, POINT_SIZE, Ephemeral, can_receive, derive, unwrap_by, wrap

DATA_KEY = bytes(range(32))


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(params=["p256", "rsa"])
def private(request, rsa_key):
    return rsa_key if request.param == "rsa" else ec.generate_private_key(ec.SECP256R1())


def wrapped_for(private):
    ephemeral = Ephemeral()
    return wrap(DATA_KEY, private.public_key(), ephemeral), ephemeral.point


def test_what_was_wrapped_for_a_key_is_unwrapped_by_it_alone(private):
    wrapped, point = wrapped_for(private)
    assert unwrap_by(private)(wrapped, point) == DATA_KEY
    other = rsa.generate_private_key(65537, 2048) if isinstance(private, rsa.RSAPrivateKey) else ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ValueError):
        unwrap_by(other)(wrapped, point)


def test_no_byte_of_it_can_be_changed(private):
    wrapped, point = wrapped_for(private)
    unwrap = unwrap_by(private)
    for at in range(len(wrapped)):
        with pytest.raises(ValueError):
            unwrap(wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :], point)
    for cut in (b"", wrapped[:-1], wrapped + b"x"):
        with pytest.raises(ValueError):
            unwrap(cut, point)


def test_the_senders_point_is_one_of_the_curve_and_belongs_to_it():
    private = ec.generate_private_key(ec.SECP256R1())
    wrapped, point = wrapped_for(private)
    for wrong in (b"", point[:-1], b"\x04" + bytes(64), point[:-1] + bytes([point[-1] ^ 1]), Ephemeral().point):
        with pytest.raises(ValueError):
            unwrap_by(private)(wrapped, wrong)
    stranger = Ephemeral()
    stranger.shared(private.public_key())
    with pytest.raises(ValueError, match="for another key"):
        unwrap_by(private)(wrapped, stranger.point)


def test_keys_that_only_sign_receive_nothing():
    signs, of_another_curve = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP384R1())
    for key in (signs, of_another_curve):
        assert not can_receive(key.public_key())
        assert unwrap_by(key) is None
        with pytest.raises(ValueError, match="only sign"):
            wrap(DATA_KEY, key.public_key(), Ephemeral())


def test_one_message_has_one_point_for_all_receivers_and_none_for_rsa_alone(rsa_key):
    ephemeral = Ephemeral()
    wrap(DATA_KEY, rsa_key.public_key(), ephemeral)
    assert ephemeral.point == b""
    receivers = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    wrapped = [wrap(DATA_KEY, receiver.public_key(), ephemeral) for receiver in receivers]
    assert len(set(wrapped)) == 3 and len(ephemeral.point) == POINT_SIZE
    assert {unwrap_by(receiver)(text, ephemeral.point) for receiver, text in zip(receivers, wrapped, strict=True)} == {DATA_KEY}


def test_what_unwraps_to_something_else_than_a_key_is_refused(rsa_key):
    wrapped = wrap(b"short", rsa_key.public_key(), Ephemeral())
    with pytest.raises(ValueError, match="no data key"):
        unwrap_by(rsa_key)(wrapped, b"")


def test_a_derived_key_is_for_one_purpose():
    assert len(derive(b"x" * 32, b"a")) == KEY_SIZE
    assert derive(b"x" * 32, b"a") != derive(b"x" * 32, b"b")
    # RFC 5869: extract with a salt of zeros, expand once. Computed with hmac.
    import hmac

    extracted = hmac.digest(bytes(32), b"x" * 32, "sha256")
    assert derive(b"x" * 32, b"a") == hmac.digest(extracted, b"a\x01", "sha256")
