import pytest

from mcollective_py.config import Config
from mcollective_py.connector import tls
from mcollective_py.connector.factory import open_connector
from mcollective_py.connector.pool import TLSFiles
from mcollective_py.connector.stomp import StompConnector
from mcollective_py.errors import ConfigError, KeyFileError
from mcollective_py.security import load

ONE = "connector = {0}\nplugin.{0}.pool.size = 1\nplugin.{0}.pool.1.host = localhost\n"


def config(text: str) -> Config:
    return Config.from_text(text, side="client", file="client.cfg")


@pytest.mark.parametrize("family", ["activemq", "rabbitmq", "stomp"])
def test_a_connector_is_made_for_each_family_and_is_not_connected(family: str):
    connector = open_connector(config(ONE.format(family)), "web1", is_daemon=True, environ={})
    assert isinstance(connector, StompConnector)
    assert connector.peer is None
    connector.close()


def test_a_family_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(ConfigError, match="'nats' is no connector: activemq, rabbitmq, stomp are"):
        open_connector(config("connector = nats\n"), "web1", is_daemon=True, environ={})


def test_tls_files_that_cannot_be_used_are_told_before_the_first_connect():
    text = ONE.format("stomp") + "plugin.stomp.pool.1.ssl = 1\nplugin.stomp.pool.1.ssl.ca = /nowhere/ca.pem\n"
    with pytest.raises(KeyFileError, match=r"/nowhere/ca\.pem"):
        open_connector(config(text), "web1", is_daemon=True, environ={})


@pytest.mark.parametrize(("is_daemon", "file"), [(True, "web1.example.net.pem"), (False, "alice.mcollective.pem")])
def test_tls_without_files_uses_those_of_puppet_as_the_security_plugin_does(is_daemon, file, tmp_path, monkeypatch):
    for name in ("certs/ca.pem", "certs/web1.example.net.pem", "certs/alice.mcollective.pem", "crl.pem"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "private_keys").mkdir()
    for name in ("web1.example.net", "alice.mcollective"):
        (tmp_path / "private_keys" / f"{name}.pem").touch()
    monkeypatch.setattr(load, "puppet_folders", lambda _home: (tmp_path,))
    seen = []
    monkeypatch.setattr(tls, "client_context", seen.append)
    connector = open_connector(config(ONE.format("stomp") + "plugin.stomp.pool.1.ssl = 1\n"), "web1", is_daemon=is_daemon, environ={})
    connector.close()
    expected = TLSFiles(
        (f"{tmp_path}/certs/ca.pem",),
        f"{tmp_path}/certs/{file}",
        f"{tmp_path}/private_keys/{file}",
        None,
        f"{tmp_path}/crl.pem",
        "chain",
    )
    assert seen == [expected]
