import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from mcollective_py.connector.pool import TLSFiles
from mcollective_py.connector.tls import client_context, explain_tls
from mcollective_py.errors import KeyFileError
from tests.connector.certificates import Authority, server_context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def shake(client: ssl.SSLContext, server: ssl.SSLContext, host: str = "localhost") -> None:
    """A handshake in memory; raises what the client met."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client.wrap_bio(to_client, to_server, server_hostname=host)
    theirs = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        try:
            ours.do_handshake()
        except ssl.SSLWantReadError:
            pass
        try:
            theirs.do_handshake()
        except ssl.SSLWantReadError:
            pass


def files(authority: Authority, **changes: object) -> TLSFiles:
    return replace(TLSFiles(ca=(str(authority.ca),)), **changes)


def test_a_good_certificate_for_the_right_name_is_taken(authority: Authority):
    shake(client_context(files(authority)), server_context(authority.issue("good")))


def test_the_checks_and_tls_1_2_are_always_on(authority: Authority):
    context = client_context(files(authority))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_without_a_ca_of_our_own_the_systems_decide_and_do_not_know_ours(authority: Authority):
    with pytest.raises(ssl.SSLCertVerificationError):
        shake(client_context(TLSFiles()), server_context(authority.issue("good")))


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        ({"host": "other.example.net"}, "for another name"),
        ({"host": "127.0.0.1"}, "for another name"),
        ({"days": (-10, -1)}, "has expired"),
        ({"days": (1, 10)}, "not valid yet"),
        ({"is_self_signed": True}, "self-signed"),
    ],
)
def test_a_bad_certificate_is_refused_with_the_reason(authority: Authority, certificate: dict[str, object], words: str):
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        shake(client_context(files(authority)), server_context(authority.issue("bad", **certificate)))
    assert words in explain_tls(caught.value)


def test_another_cas_certificate_is_refused(authority: Authority, tmp_path: Path):
    (tmp_path / "evil").mkdir()
    stranger = Authority(tmp_path / "evil")
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        shake(client_context(files(authority)), server_context(stranger.issue("bad")))
    assert ".ssl.ca" in explain_tls(caught.value) or "signature" in explain_tls(caught.value)


@pytest.mark.parametrize("revocation", ["leaf", "chain"])
def test_a_revoked_certificate_is_refused_where_the_list_is_asked(authority: Authority, revocation: str):
    bad = authority.issue("bad")
    crl = str(authority.revoke(bad))
    shake(client_context(files(authority, crl=crl, revocation="off")), server_context(bad))
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        shake(client_context(files(authority, crl=crl, revocation=revocation)), server_context(bad))
    assert "revoked" in explain_tls(caught.value)
    shake(client_context(files(authority, crl=crl, revocation=revocation)), server_context(authority.issue("good")))


def test_our_certificate_is_shown_to_a_broker_that_asks_for_it(authority: Authority):
    mine = authority.issue("mine", "web1")
    shown = files(authority, cert=f"{mine}.pem", key=f"{mine}.key")
    shake(client_context(shown), server_context(authority.issue("good"), authority.ca))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ca": ("/nowhere/ca.pem",)}, r"/nowhere/ca\.pem cannot be used: No such file"),
        ({"cert": "{mine}.pem", "key": "/nowhere/key"}, "No such file"),
        ({"cert": "{mine}.pem", "key": "{other}.key"}, "does not belong to the certificate"),
        ({"cert": "{mine}.pem", "key": "{locked}"}, "passphrase"),
        ({"ca": ("{mine}.key",)}, "nothing of the kind"),
        ({"crl": "/nowhere/crl.pem", "revocation": "chain"}, "revocation list"),
        ({"ciphers": "NOSUCH"}, "NOSUCH"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    authority: Authority, tmp_path: Path, changes: dict[str, object], words: str
):
    mine, other, locked = authority.issue("mine"), authority.issue("other"), tmp_path / "locked.key"
    key = serialization.load_pem_private_key(Path(f"{mine}.key").read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    locked.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption))
    places = {"mine": mine, "other": other, "locked": locked}

    def fill(value: object) -> object:
        return tuple(fill(each) for each in value) if isinstance(value, tuple) else str(value).format(**places)

    with pytest.raises(KeyFileError, match=words):
        client_context(files(authority, **{name: fill(value) for name, value in changes.items()}))
