import io
import os
import pty
import select
import sys

import pytest

from mcollective_py.cli.passphrases import new_passphrase, passphrase_of
from mcollective_py.errors import KeyFileError, UsageError


def test_the_first_line_of_a_private_file_is_the_passphrase(tmp_path):
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_bytes("öpen sesame\r\nmore\n".encode())
    assert passphrase_of(file, tmp_path) == new_passphrase(file) == "öpen sesame".encode()
    with pytest.raises(KeyFileError, match="No such file"):
        passphrase_of(tmp_path / "none", tmp_path)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(KeyFileError, match="not a regular file"):
        passphrase_of(tmp_path / "fifo", tmp_path)


def asked(call, *answers):
    """Call it in a process whose terminal gives these lines; what it printed there."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            sys.stdin = os.fdopen(0)  # pytest has none
            found = call()
            os.write(1, b"FOUND " + found)
        except UsageError as error:
            os.write(1, f"FAILED {error}".encode())
        finally:
            os._exit(0)
    seen = b""
    for answer in (*answers, None):
        while b": " not in seen.rpartition(b"\n")[2] and (part := _read(terminal)):
            seen += part
        if answer is not None:
            os.write(terminal, answer + b"\n")
            seen += b"\n"
    os.waitpid(child, 0)
    os.close(terminal)
    return seen.decode()


def _read(terminal):
    try:
        return os.read(terminal, 4096) if select.select([terminal], [], [], 30)[0] else b""
    except OSError:  # it has ended
        return b""


def test_on_a_terminal_it_is_asked_for_and_not_shown(tmp_path):
    seen = asked(lambda: passphrase_of(None, tmp_path / "key.pem")[::-1], b"open sesame")
    assert f"Passphrase of {tmp_path}/key.pem: " in seen
    assert seen.endswith("FOUND emases nepo")
    assert "open sesame" not in seen


def test_a_new_one_is_asked_for_twice():
    assert asked(lambda: new_passphrase(None), b"open sesame", b"open sesame").endswith("FOUND open sesame")
    assert asked(lambda: new_passphrase(None), b"open sesame", b"another one").endswith("the two were not the same: nothing was made")


def test_without_a_terminal_a_file_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("open sesame\n"))
    with pytest.raises(UsageError, match="--passphrase-file FILE"):
        passphrase_of(None, tmp_path)
