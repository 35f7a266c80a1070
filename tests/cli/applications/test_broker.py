import signal
import stat
import subprocess
import time

import pytest

from mcollective_py.broker.users import Passwords, read_users
from mcollective_py.cli.demoprocesses import MCO
from mcollective_py.security.ca import CertificateAuthority


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


def test_who_is_added_again_is_said_to_be_replaced(tmp_path):
    file = tmp_path / "users"
    first = mco_broker("adduser", "alice", "--role", "operator", "--users", file, stdin="sesame\n")
    again = mco_broker("adduser", "alice", "--role", "node", "--users", file, stdin="sesame\n")
    assert "replaced" not in first.stderr
    assert f"alice has the role node in {file}, replaced (was operator), with the new password" in again.stderr


def test_tls_files_that_do_not_fit_are_named_in_plain_words(tmp_path):
    issue = CertificateAuthority.create(tmp_path / "ca")
    for name in ("mq", "other"):
        issue.issue(name, "broker")
    (tmp_path / "text").write_text("nothing\n")
    cert, key, other = issue.certificate_file("mq"), issue.key_file("mq"), issue.certificate_file("other")
    for certificate, words, said in (
        ("/nope", [], "mco broker: /nope: the certificate cannot be read: No such file or directory\n"),
        (other, [], f"mco broker: {key}: this key does not belong to the certificate in {other}\n"),
        (tmp_path / "text", [], f"mco broker: {tmp_path}/text: holds no certificate in PEM\n"),
        (cert, ["--tls-ca", tmp_path / "text"], f"mco broker: {tmp_path}/text: holds no certificate of a CA in PEM\n"),
        (cert, ["--tls-ca", cert, "--tls-crl", cert], f"mco broker: {cert}: holds no revocation list in PEM\n"),
        (cert, ["--users", "/nope"], "mco broker: /nope: cannot read the users: No such file or directory\n"),
    ):
        done = mco_broker("--port", "0", "--tls-cert", certificate, "--tls-key", key, *words)
        assert (done.returncode, done.stderr) == (1, said)


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
        (("--port", "0", "--tls-cert", "{}/no.pem", "--tls-key", "{}/no.key"), "", "no.pem"),
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
