"""What a front is told, and what it must not get."""

import os
import pwd
import socket
import subprocess

import pytest

from mcollective_py.config import Config
from mcollective_py.connector.frontstart import broker_words, check_keys, ended, front_setup, stamps_of, start_front
from mcollective_py.connector.frontwire import WELL, Frames
from mcollective_py.connector.pool import Broker, TLSFiles
from mcollective_py.connector.privileges import Account
from mcollective_py.errors import ConfigError, KeyFileError

TEXT = """connector = activemq
securityprovider = psk
plugin.psk = 0123456789abcdefghijklmnopqrstuvwxyz
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = mq
plugin.activemq.pool.1.password = swordfish
plugin.activemq.heartbeat_interval = 12
plugin.iptables.operators = 192.0.2.0/24
"""


@pytest.fixture
def files(tmp_path):
    for name in ("ca", "cert", "key", "crl"):
        (tmp_path / name).write_text(f"{name} in PEM")
    return TLSFiles((str(tmp_path / "ca"),), str(tmp_path / "cert"), str(tmp_path / "key"), "HIGH", str(tmp_path / "crl"), "chain")


def test_it_is_told_how_to_speak_and_no_secret_of_this_host():
    setup = front_setup(Config.from_text(TEXT), "activemq", "web1")
    assert setup["identity"] == "web1"
    lines = setup["settings"].splitlines()
    assert lines == ["connector = activemq", "securityprovider = psk", "plugin.activemq.heartbeat_interval = 12"]


def test_tls_files_go_as_what_they_hold(files):
    (words,) = broker_words([Broker("mq", tls=files)])
    expected = {
        "ca": ["ca in PEM"],
        "cert": "cert in PEM",
        "key": "key in PEM",
        "crl": "crl in PEM",
        "ciphers": "HIGH",
        "revocation": "chain",
    }
    assert words["tls"] == expected


def test_one_that_cannot_be_read_is_named(files, tmp_path):
    (tmp_path / "key").unlink()
    with pytest.raises(KeyFileError, match="key cannot be read"):
        broker_words([Broker("mq", tls=files)])


def test_a_renewed_file_is_noticed(files, tmp_path):
    pool = [Broker("mq", tls=files), Broker("other")]
    before = stamps_of(pool)
    assert stamps_of(pool) == before and len(before) == 4
    (tmp_path / "new").write_text("another")
    (tmp_path / "new").replace(tmp_path / "cert")
    assert stamps_of(pool) != before
    (tmp_path / "cert").unlink()
    assert stamps_of(pool)[1] is None


def test_the_key_that_this_host_signs_with_is_not_given_away_by_any_name(files, tmp_path):
    config, pool = Config.from_text(TEXT), [Broker("mq", tls=files)]
    (tmp_path / "link").symlink_to(tmp_path / "key")
    for own in (tmp_path / "key", tmp_path / "link"):
        with pytest.raises(ConfigError, match=r"plugin\.front\.user.*\.ssl\.key to another pair"):
            check_keys(config, "activemq", pool, own)
    check_keys(config, "activemq", pool, tmp_path / "crl")
    check_keys(config, "activemq", [Broker("mq")], tmp_path / "key")


def test_it_starts_as_the_user_and_ends_with_its_socket():
    whom = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    ours, theirs = socket.socketpair()
    with theirs:
        process = start_front(Account(whom.pw_name, whom.pw_uid, whom.pw_gid, os.geteuid() == 0), theirs)
    ours.settimeout(20)
    assert [frame.kind for frame in Frames(1024).feed(ours.recv(4096))] == [WELL]
    with open(f"/proc/{process.pid}/status") as status:
        assert f"Uid:\t{whom.pw_uid}\t{whom.pw_uid}\t{whom.pw_uid}\t{whom.pw_uid}\n" in status
    ours.close()
    assert ended(process, 20.0) == "status 0"


def test_how_it_ended_is_said_with_its_last_words():
    words = ["sh", "-c", "echo first >&2; echo 'and \033last' >&2; exit 3"]
    assert ended(subprocess.Popen(words, stderr=subprocess.PIPE), 20.0).startswith("status 3: and ")
    assert ended(subprocess.Popen(["sleep", "600"], stderr=subprocess.PIPE), 0.0) == "status -9"
