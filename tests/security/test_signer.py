import os
import pwd

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from mcollective_py.errors import KeyFileError
from mcollective_py.security.algorithms import verify_by
from mcollective_py.security.signer import KeySigner, read_private_key
from tests.cputime import cpu_seconds


def pem(key, encryption=None, shape=PrivateFormat.PKCS8):
    return key.private_bytes(Encoding.PEM, shape, encryption or NoEncryption())


@pytest.fixture
def key_file(tmp_path):
    def write(content, mode=0o600):
        path = tmp_path / "key.pem"
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    return write


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400, 0o440])
def test_a_key_that_others_cannot_read_signs(key_file, mode):
    key = ec.generate_private_key(ec.SECP256R1())
    signer = read_private_key(key_file(pem(key), mode))
    assert verify_by(key.public_key())(signer.sign(b"words"), b"words")
    assert signer.public_bytes() == KeySigner(key).public_bytes()


def test_the_old_form_of_puppets_keys_is_read_too(key_file):
    key = rsa.generate_private_key(65537, 2048)
    signer = read_private_key(key_file(pem(key, shape=PrivateFormat.TraditionalOpenSSL)))
    assert verify_by(key.public_key())(signer.sign(b"words"), b"words")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o620, 0o602, 0o700, 0o601])
def test_a_key_that_others_can_read_or_change_is_refused_with_what_to_do(key_file, mode):
    path = key_file(pem(ec.generate_private_key(ec.SECP256R1())), mode)
    with pytest.raises(KeyFileError, match=rf"{path}: plugin.x509.key: .*mode {mode:04o}: chmod 0600"):
        read_private_key(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_somebody_else_is_refused(key_file):
    path = key_file(pem(ec.generate_private_key(ec.SECP256R1())))
    os.chown(path, 12345, 0)
    with pytest.raises(KeyFileError, match="belongs to user id 12345"):
        read_private_key(path)


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_is_named(key_file, content):
    with pytest.raises(KeyFileError, match="no private key that can sign"):
        read_private_key(key_file(content))


def test_a_weak_or_locked_key_is_named(key_file):
    with pytest.raises(KeyFileError, match="1024 bits"):
        read_private_key(key_file(pem(rsa.generate_private_key(65537, 1024))))
    with pytest.raises(KeyFileError, match="passphrase"):
        read_private_key(key_file(pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"x"))))


def test_a_missing_file_a_folder_and_a_pipe_are_named_at_once(tmp_path):
    with pytest.raises(KeyFileError, match="No such file"):
        read_private_key(tmp_path / "none.pem")
    with pytest.raises(KeyFileError, match="is not a regular file"):
        read_private_key(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="is not a regular file"):
        read_private_key(tmp_path / "pipe")


def test_an_rsa_4096_key_loads_without_the_check_that_costs_a_fifth_of_a_second(key_file):
    path = key_file(pem(rsa.generate_private_key(65537, 4096)))
    read_private_key(path)
    assert cpu_seconds(lambda: read_private_key(path), 0.05) < 0.05


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")
def test_root_takes_a_key_that_puppet_keeps_for_itself_and_nobody_elses(tmp_path, monkeypatch):
    puppet = pwd.struct_passwd(("puppet", "x", 12345, 12345, "", "/var/lib/puppet", "/bin/false"))
    monkeypatch.setattr(pwd, "getpwnam", lambda name: {"puppet": puppet}[name])
    folder = tmp_path / "private_keys"
    folder.mkdir()
    path = folder / "web1.pem"
    path.write_bytes(pem(ec.generate_private_key(ec.SECP256R1())))
    path.chmod(0o640)
    os.chown(path, 12345, 12345)
    with pytest.raises(KeyFileError, match="belongs to user id 12345"):
        read_private_key(path)  # in a folder of root's: no agent has made it so
    os.chown(folder, 12345, 12345)
    read_private_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="belongs to user id 12345"):
        read_private_key(path)
    path.chmod(0o640)
    for owner in (path, folder):
        os.chown(owner, 12346, 12346)
    with pytest.raises(KeyFileError, match="belongs to user id 12346"):
        read_private_key(path)
