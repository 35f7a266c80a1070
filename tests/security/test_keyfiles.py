import fcntl
import os
import stat
import threading

import pytest

from mcollective_py.errors import KeyFileError, UsageError
from mcollective_py.security import keyfiles
from mcollective_py.security.keyfiles import generate_key, locked, read, read_encrypted_key, write, write_new_key
from mcollective_py.security.signer import read_private_key

KEY = generate_key("p256")


def test_a_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path):
    write_new_key(tmp_path / "key.pem", KEY)
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    assert read_private_key(tmp_path / "key.pem").key.private_numbers() == KEY.private_numbers()
    with pytest.raises(KeyFileError, match="keys are never overwritten"):
        write_new_key(tmp_path / "key.pem", generate_key("p256"))
    assert [path.name for path in tmp_path.iterdir()] == ["key.pem"]


def test_a_link_in_the_place_of_a_key_is_not_followed(tmp_path):
    (tmp_path / "key.pem").symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(KeyFileError, match="never overwritten"):
        write_new_key(tmp_path / "key.pem", KEY)
    assert not (tmp_path / "elsewhere.pem").exists()


def test_a_passphrase_opens_its_key_and_no_other_does(tmp_path):
    file = tmp_path / "key.pem"
    write_new_key(file, KEY, b"open sesame")
    pem = file.read_bytes()
    assert b"ENCRYPTED" in pem
    assert read_encrypted_key(pem, b"open sesame", file).private_numbers() == KEY.private_numbers()
    with pytest.raises(KeyFileError, match=r"key.pem: the passphrase does not open this key"):
        read_encrypted_key(pem, b"another", file)


def test_there_are_no_keys_of_other_kinds():
    with pytest.raises(UsageError, match="is no key type: p256"):
        generate_key("dsa")


def test_public_files_are_for_everybody_to_read_and_replaced_whole(tmp_path):
    for text in (b"one", b"two"):
        write(tmp_path / "ca.pem", text)
    assert (read(tmp_path / "ca.pem"), stat.S_IMODE((tmp_path / "ca.pem").stat().st_mode)) == (b"two", 0o644)
    with pytest.raises(KeyFileError, match=r"cannot be read \(No such file or directory\): is it"):
        read(tmp_path / "none", ": is it there?")
    with pytest.raises(KeyFileError, match="cannot be written"):
        write(tmp_path / "no" / "such", b"")


def test_one_waits_for_another_and_not_for_ever(tmp_path, monkeypatch):
    order = []

    def second():
        with locked(tmp_path):
            order.append("second")

    with locked(tmp_path):
        waiting = threading.Thread(target=second)
        waiting.start()
        order.append("first")
    waiting.join(30)
    assert order == ["first", "second"]
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    monkeypatch.setattr(keyfiles, "_PATIENCE", 0.0)
    with pytest.raises(KeyFileError, match="another process is changing it"), locked(tmp_path):
        pass
    os.close(handle)
