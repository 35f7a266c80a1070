import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from mcollective_py.errors import KeyFileError, NotSigned
from mcollective_py.security.rubykeys import KeyFolder, check_pair, read_public_key_file, read_rsa_key_file

KEYS = Path(__file__).parents[1] / "wire/vectors/activemq-ssl-marshal/test-only-keys"
SETTING = "plugin.ssl_client_cert_dir"


@pytest.fixture(scope="module")
def small():
    return rsa.generate_private_key(65537, 1024)


def public_pem(key):
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "clients"
    made.mkdir(mode=0o755)
    shutil.copyfile(KEYS / "testuser-public.pem", made / "alice.pem")
    (made / "alice.pem").chmod(0o644)
    return made


def private_file(tmp_path, name="testuser-private.pem", mode=0o600):
    path = tmp_path / name
    shutil.copyfile(KEYS / name, path)
    path.chmod(mode)
    return path


# --- the callers' folder ------------------------------------------------------------------------------------------------


def test_a_caller_has_the_key_in_the_file_of_its_name(folder):
    assert KeyFolder(folder, SETTING).public_key("cert=alice") == read_public_key_file(KEYS / "testuser-public.pem", "x")


@pytest.mark.parametrize("caller", ["cert=bob", "uid=0", "cert=../clients/alice", "cert=alice.pem", "cert=alice\ncert=bob"])
def test_nobody_else_has_one(folder, caller):
    with pytest.raises(NotSigned):
        KeyFolder(folder, SETTING).public_key(caller)


def test_a_name_that_is_none_leads_to_no_file(folder, tmp_path):
    shutil.copyfile(KEYS / "server-public.pem", tmp_path / "outside.pem")
    keys = KeyFolder(folder, SETTING)
    for name in ("../outside", "a/../../outside", "..", ".", "../outside\0", "/etc/passwd"):
        with pytest.raises(NotSigned, match="not of the form cert=NAME"):
            keys.public_key(f"cert={name}")


def test_a_key_that_is_added_counts_at_once_and_one_that_is_taken_away_no_more(folder):
    keys = KeyFolder(folder, SETTING)
    with pytest.raises(NotSigned, match="there is no public key of cert=bob"):
        keys.public_key("cert=bob")
    shutil.copyfile(KEYS / "server-public.pem", folder / "bob.pem")
    first = keys.public_key("cert=bob")
    assert keys.public_key("cert=bob") is first
    (folder / "bob.pem").unlink()
    with pytest.raises(NotSigned):
        keys.public_key("cert=bob")


def test_a_key_that_is_replaced_counts_in_place_of_the_former(folder):
    keys = KeyFolder(folder, SETTING)
    former = keys.public_key("cert=alice")
    shutil.copyfile(KEYS / "server-public.pem", folder / "new")
    (folder / "new").rename(folder / "alice.pem")
    assert keys.public_key("cert=alice") != former


def test_a_file_that_is_no_key_is_told_and_mended(folder):
    keys = KeyFolder(folder, SETTING)
    (folder / "bob.pem").write_text("-----BEGIN PUBLIC KEY-----\nhalf of it")
    for _ in range(2):
        with pytest.raises(NotSigned, match=r"cannot be used: .*bob\.pem: this is neither"):
            keys.public_key("cert=bob")
    shutil.copyfile(KEYS / "server-public.pem", folder / "new")
    (folder / "new").rename(folder / "bob.pem")
    assert keys.public_key("cert=bob").key_size == 2048


@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_a_key_that_others_can_change_is_not_used(folder, mode):
    keys = KeyFolder(folder, SETTING)
    (folder / "alice.pem").chmod(mode)
    with pytest.raises(NotSigned, match="can be written by others"):
        keys.public_key("cert=alice")
    (folder / "alice.pem").chmod(0o644)
    assert keys.public_key("cert=alice").key_size == 2048


def test_a_folder_that_others_can_write_to_gives_no_new_keys(folder):
    keys = KeyFolder(folder, SETTING)
    known = keys.public_key("cert=alice")
    folder.chmod(0o777)
    shutil.copyfile(KEYS / "server-public.pem", folder / "mallory.pem")
    with pytest.raises(NotSigned, match="can be written by others"):
        keys.public_key("cert=mallory")
    assert keys.public_key("cert=alice") is known  # read while the folder was safe
    with pytest.raises(KeyFileError, match=r"plugin\.ssl_client_cert_dir: cannot be trusted with callers' keys: .*chmod go-w"):
        KeyFolder(folder, SETTING)


def test_a_link_counts_where_nobody_else_can_change_what_it_leads_to(folder, tmp_path):
    keys = KeyFolder(folder, SETTING)
    (folder / "bob.pem").symlink_to(KEYS / "server-public.pem")
    open_to_all = tmp_path / "shared"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    shutil.copyfile(KEYS / "server-public.pem", open_to_all / "mallory.pem")
    (folder / "mallory.pem").symlink_to(open_to_all / "mallory.pem")
    with pytest.raises(NotSigned, match="can be written by others"):
        keys.public_key("cert=mallory")
    (folder / "round.pem").symlink_to(folder / "round.pem")
    with pytest.raises(NotSigned):
        keys.public_key("cert=round")


def test_a_pipe_or_a_huge_file_is_no_key(folder):
    keys = KeyFolder(folder, SETTING)
    os.mkfifo(folder / "pipe.pem")
    (folder / "huge.pem").write_bytes(b"x" * 100_000)
    (folder / "folder.pem").mkdir()
    for name in ("pipe", "huge", "folder"):
        with pytest.raises(NotSigned, match="is not used"):
            keys.public_key(f"cert={name}")


def test_a_short_key_is_warned_of_once(folder, small, caplog):
    (folder / "old.pem").write_bytes(public_pem(small))
    keys = KeyFolder(folder, SETTING)
    for _ in range(3):
        assert keys.public_key("cert=old").key_size == 1024
    assert caplog.text.count("old.pem has 1024 bits, which is too few today") == 1


def test_an_empty_or_missing_folder_is_told(tmp_path, caplog):
    (tmp_path / "clients").mkdir()
    KeyFolder(tmp_path / "clients", SETTING)
    assert "there is no public key (NAME.pem) in" in caplog.text
    with pytest.raises(KeyFileError, match=r"nosuch: plugin\.ssl_client_cert_dir: no folder with callers' keys: No such file"):
        KeyFolder(tmp_path / "nosuch", SETTING)


# --- single files --------------------------------------------------------------------------------------------------------


def test_a_private_key_is_read_and_fits_its_public_one(tmp_path):
    key = read_rsa_key_file(private_file(tmp_path), "plugin.ssl_client_private")
    path = KEYS / "testuser-public.pem"
    check_pair(key, read_public_key_file(path, "x"), path, "x")
    with pytest.raises(KeyFileError, match=r"not the public key to the private one: what this process signs would be refused"):
        check_pair(key, read_public_key_file(KEYS / "server-public.pem", "x"), path, "plugin.ssl_client_public")


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o604])
def test_a_private_key_that_others_can_read_is_refused(tmp_path, mode):
    with pytest.raises(KeyFileError, match="chmod 0600"):
        read_rsa_key_file(private_file(tmp_path, mode=mode), "plugin.ssl_client_private")


def test_a_private_key_of_another_kind_or_too_short_is_refused(tmp_path):
    path = tmp_path / "key.pem"
    for key, reason in ((ec.generate_private_key(ec.SECP256R1()), "no RSA key"), (None, "no private key that can sign")):
        pem = b"garbage" if key is None else key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(pem)
        path.chmod(0o600)
        with pytest.raises(KeyFileError, match=reason):
            read_rsa_key_file(path, "plugin.ssl_server_private")


def test_a_public_key_that_everybody_can_write_to_is_refused(tmp_path):
    path = tmp_path / "server.pem"
    shutil.copyfile(KEYS / "server-public.pem", path)
    path.chmod(0o666)
    with pytest.raises(KeyFileError, match=r"server\.pem: plugin\.ssl_server_public: everybody may write to it: chmod o-w"):
        read_public_key_file(path, "plugin.ssl_server_public")
    path.chmod(0o644)
    assert read_public_key_file(path, "plugin.ssl_server_public").key_size == 2048


def test_a_public_key_file_that_is_missing_or_none_is_named(tmp_path):
    with pytest.raises(KeyFileError, match=r"nosuch\.pem: plugin\.ssl_server_public: cannot be read: No such file"):
        read_public_key_file(tmp_path / "nosuch.pem", "plugin.ssl_server_public")
    (tmp_path / "x.pem").write_text("garbage")
    with pytest.raises(KeyFileError, match="neither an RSA public key nor a certificate"):
        read_public_key_file(tmp_path / "x.pem", "plugin.ssl_server_public")
    with pytest.raises(KeyFileError, match="not a regular file"):
        read_public_key_file(tmp_path, "plugin.ssl_server_public")
