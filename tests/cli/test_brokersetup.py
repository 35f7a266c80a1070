import pytest

from mcollective_py.cli.brokerrights import settings_lines
from mcollective_py.cli.main import main
from mcollective_py.config import Config
from mcollective_py.connector.pool import read_pool


def test_a_broker_must_be_named(capsys):
    assert main(["broker", "setup"]) == 1
    assert "mco broker setup activemq, or mco broker setup rabbitmq" in capsys.readouterr().err


def test_the_file_of_activemq_goes_to_stdout_and_the_settings_to_stderr(capsys):
    assert main(["broker", "setup", "activemq"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith('<?xml version="1.0" encoding="UTF-8"?>\n')
    settings = """\
connector = activemq
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = 127.0.0.1
plugin.activemq.pool.1.port = 61613
plugin.activemq.pool.1.user = mcollective-node
plugin.activemq.pool.1.password = PASSWORD-OF-mcollective-node
# into client.cfg"""
    assert settings in said.err


@pytest.mark.parametrize(("login", "side"), [("mcollective-node", "server"), ("mcollective-operator", "client")])
def test_the_settings_of_each_login_are_a_file_that_reaches_the_broker(login, side):
    lines = settings_lines("rabbitmq", login, ("mcollective", "de"), "mq1", 61613, {"vhost": "/mcollective"})
    config = Config.from_text("\n".join(lines), side=side)
    (broker,) = read_pool(config, "rabbitmq", {})
    assert (broker.host, broker.port, broker.user) == ("mq1", 61613, login)
    assert (config.text("plugin.rabbitmq.vhost"), config.items("collectives")) == ("/mcollective", ("mcollective", "de"))


def test_files_with_passwords_are_not_for_everybody(tmp_path, capsys):
    words = ["--output", str(tmp_path / "activemq.xml"), "--passwords", str(tmp_path / "passwords")]
    assert main(["broker", "setup", "activemq", *words]) == 0
    assert (tmp_path / "activemq.xml").stat().st_mode & 0o777 == 0o640
    assert (tmp_path / "passwords").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("option", ["--api-password", "--passwords"])
def test_a_password_that_everybody_can_read_is_refused(option, tmp_path, capsys):
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "secret").chmod(0o644)
    assert main(["broker", "setup", "rabbitmq", "--api", "http://127.0.0.1:1", option, str(tmp_path / "secret")]) == 1
    assert "has mode 0644: chmod 0600" in capsys.readouterr().err


def test_what_the_logins_cannot_keep_apart_is_said(capsys):
    assert main(["broker", "setup", "activemq"]) == 0
    plain = capsys.readouterr()
    assert "# beware: operators share a login, and so every operator can read, and take, all replies to all of them" in plain.err
    assert "hosts may send no registrations" in plain.err
    assert main(["broker", "setup", "activemq", "--registration"]) == 0
    opened = capsys.readouterr()
    assert "# beware: with --registration whoever has the login of hosts can also send to their agents" in opened.err
    assert "registration.agent" not in plain.out
    assert "registration.agent" in opened.out


def test_the_passwords_of_a_file_are_used_again(tmp_path, capsys):
    words = ["broker", "setup", "activemq", "--passwords", str(tmp_path / "passwords")]
    assert main(words) == 0
    first = capsys.readouterr().out
    assert main(words) == 0
    assert capsys.readouterr().out == first


def test_without_tls_it_listens_on_loopback_alone(capsys):
    assert main(["broker", "setup", "activemq", "--host", "0.0.0.0"]) == 1
    assert "give --keystore, or leave --host 0.0.0.0 out" in capsys.readouterr().err


def test_a_truststore_alone_is_of_no_use(tmp_path, capsys):
    assert main(["broker", "setup", "activemq", "--truststore", str(tmp_path / "ca.p12")]) == 1
    assert "need --keystore" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_made_and_asks_nobody(capsys):
    assert main(["broker", "setup", "rabbitmq", "--dry-run", "--api", "http://127.0.0.1:1", "--collective", "eu"]) == 0
    assert "would make: topic exchange eu_broadcast\n" in capsys.readouterr().out


def test_a_broker_that_is_not_there_leaves_no_password_file(tmp_path, capsys, monkeypatch):
    (tmp_path / "api").write_text("secret\n")
    (tmp_path / "api").chmod(0o600)
    words = ["--api", "http://127.0.0.1:1", "--api-password", str(tmp_path / "api"), "--passwords", str(tmp_path / "passwords")]
    assert main(["broker", "setup", "rabbitmq", *words]) == 1
    assert "does not answer as a management API" in capsys.readouterr().err
    assert not (tmp_path / "passwords").exists()


@pytest.mark.parametrize("name", ["a.b", "x y"])
def test_a_collective_that_is_none_is_refused(name, capsys):
    assert main(["broker", "setup", "activemq", "--collective", name]) == 1
    assert "is no name of a collective" in capsys.readouterr().err
