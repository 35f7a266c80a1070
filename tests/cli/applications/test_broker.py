import signal
import stat
import subprocess
import time

import pytest

from mcollective_py.broker.users import Passwords, read_users
from mcollective_py.cli.demoprocesses import MCO


def mco_broker(*words, stdin=""):
    return subprocess.run([*MCO, "broker", *map(str, words)], input=stdin, capture_output=True, text=True, timeout=30)


def test_users_are_added_with_the_password_from_stdin_and_removed(tmp_path):
    file = tmp_path / "users"
    for name, role, password in (("alice", "operator", "sesame"), ("web", "node", "first"), ("web", "admin", "second")):
        done = mco_broker("adduser", name, "--role", role, "--users", file, stdin=f"{password}\n")
        assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert "sesame" not in file.read_text()
    assert Passwords(read_users(file)).check("alice", "sesame").role == "operator"
    assert Passwords(read_users(file)).check("web", "second").role == "admin"
    assert mco_broker("deluser", "web", "--users", file).returncode == 0
    assert list(read_users(file)) == ["alice"]


@pytest.mark.parametrize(
    ("words", "stdin", "reason"),
    [
        (("adduser", "alice", "--role", "operator", "--users", "{}/users"), "\n", "is empty"),
        (("adduser", "alice", "--users", "{}/users"), "x\n", "--role"),
        (("adduser", "alice", "--role", "operator"), "x\n", "--users"),
        (("adduser", "a:b", "--role", "operator", "--users", "{}/users"), "x\n", "no user name"),
        (("deluser", "alice", "--users", "{}/users"), "", "cannot read the users"),
        (("--host", "0.0.0.0", "--port", "0"), "", "without authentication"),
        (("--port", "0", "--tls-ca", "ca.pem"), "", "need --tls-cert"),
        (("--port", "0", "--tls-cert", "cert.pem"), "", "go together"),
        (("--port", "0", "--tls-cert", "{}/no.pem", "--tls-key", "{}/no.key"), "", "no.key"),
        (("--port", "0", "--users", "{}/no-users"), "", "no-users"),
        (("--port", "70000",), "", "no port 70000"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_is_wrong(tmp_path, words, stdin, reason):
    done = mco_broker(*(word.format(tmp_path) for word in words), stdin=stdin)
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_port_file_is_there_while_it_listens_and_gone_after_its_clean_end(tmp_path, number):
    file = tmp_path / "port"
    broker = subprocess.Popen([*MCO, "broker", "--port", "0", "--port-file", str(file)], stderr=subprocess.PIPE, text=True)
    try:
        assert any("listening on 127.0.0.1" in line for line in broker.stderr)
        deadline = time.monotonic() + 10
        while not file.exists():
            assert time.monotonic() < deadline
        assert 1024 <= int(file.read_text()) <= 65535
        broker.send_signal(number)
        _, errors = broker.communicate(timeout=10)
        assert (broker.returncode, file.exists()) == (0, False)
        assert "stopped; " in errors
        assert "Traceback" not in errors
    finally:
        broker.kill()
        broker.wait()
