import pytest

from mcollective_py.config import Config
from mcollective_py.connector import prompt, tls
from mcollective_py.connector.factory import broker_hosts, broker_targets, open_connector, unusable_brokers
from mcollective_py.connector.pool import TLSFiles
from mcollective_py.connector.stomp import StompConnector
from mcollective_py.errors import BrokerUnreachable, ConfigError, KeyFileError
from mcollective_py.message import Destination, Kind, Publication
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


def test_each_broker_that_cannot_be_used_is_told_where_all_are_asked_for():
    ssl = "plugin.stomp.pool.{0}.host = b{0}\nplugin.stomp.pool.{0}.ssl = 1\nplugin.stomp.pool.{0}.ssl.ca = /nowhere/ca{0}.pem\n"
    text = "connector = stomp\nplugin.stomp.pool.size = 3\nplugin.stomp.pool.2.host = b2\n" + ssl.format(1) + ssl.format(3)
    found = unusable_brokers(config(text), is_daemon=True)
    assert ["ca1.pem" in str(found[0]), "ca3.pem" in str(found[1]), len(found)] == [True, True, 2]
    assert "no connector" in str(unusable_brokers(config("connector = nats\n"), is_daemon=False)[0])
    assert unusable_brokers(config(ONE.format("rabbitmq")), is_daemon=False) == []


def test_the_hosts_of_all_brokers_are_told_as_they_are_written_and_none_where_none_can_be_used():
    text = "connector = stomp\nplugin.stomp.pool.size = 3\n" + "".join(
        f"plugin.stomp.pool.{number}.host = {host}\n"
        for number, host in ((1, "b1.example.net"), (2, "192.0.2.2"), (3, "b1.example.net"))
    )
    assert broker_hosts(config(text)) == ("b1.example.net", "192.0.2.2")
    assert broker_hosts(config("connector = nats\n")) == broker_hosts(config("connector = stomp\n")) == ()


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


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ("connector = activemq\n", "/queue/mcollective.reply.ops1_1.a"),
        ("connector = stomp\n", "/queue/mcollective.reply.ops1_1.a"),
        ("connector = rabbitmq\nsecurityprovider = psk\nplugin.psk = 0123456789abcdef\n", "/temp-queue/mcollective_reply_mcollective"),
        (
            "connector = rabbitmq\nsecurityprovider = psk\nplugin.psk = 0123456789abcdef\nplugin.rabbitmq.use_reply_exchange = 1\n",
            "/exchange/mcollective_reply/ops1_1.a",
        ),
        ("connector = rabbitmq\n", "/exchange/mcollective_reply/ops1_1.a"),
    ],
)
def test_replies_come_where_the_broker_has_them_and_where_x509_can_sign_the_place(settings: str, place: str):
    targets = broker_targets(config(settings))
    assert targets.reply_destination("mcollective", "ops1", "1.a") == Destination(Kind.REPLY, "mcollective", place)


@pytest.mark.parametrize(
    ("family", "shared"),
    [
        ("activemq", "/topic/mcollective.agents"),
        ("stomp", "/topic/mcollective.agents"),
        ("rabbitmq", "/exchange/mcollective_broadcast"),
    ],
)
def test_agents_share_a_topic_where_the_file_says_so(family: str, shared: str):
    publication = Publication(b"x", Destination(Kind.AGENT, "mcollective", "echo"), "ops1", 0, 60)
    told = broker_targets(config(f"connector = {family}\nplugin.{family}.agents_multiplex = 1\n"))
    assert told.send_headers(publication)["destination"] == shared
    assert broker_targets(config(f"connector = {family}\n")).send_headers(publication)["destination"] != shared


@pytest.mark.parametrize("family", ["activemq", "stomp"])
def test_a_priority_is_sent_as_the_file_says(family: str):
    publication = Publication(b"x", Destination(Kind.AGENT, "mcollective", "echo"), "ops1", 0, 60)
    assert broker_targets(config(f"connector = {family}\nplugin.{family}.priority = 7\n")).send_headers(publication)["priority"] == "7"


@pytest.mark.parametrize("is_daemon", [True, False])
def test_tls_of_a_fleet_without_certificates_asks_for_none(is_daemon: bool, monkeypatch):
    seen = []
    monkeypatch.setattr(tls, "client_context", seen.append)
    text = ONE.format("rabbitmq") + "plugin.rabbitmq.pool.1.ssl = 1\nsecurityprovider = psk\nplugin.psk = 0123456789abcdef\n"
    open_connector(config(text), "web1", is_daemon=is_daemon, environ={}).close()
    named = text + "plugin.rabbitmq.pool.1.ssl.ca = /ca.pem\nplugin.x509.cert = /me.pem\nplugin.x509.key = /me.key\n"
    open_connector(config(named), "web1", is_daemon=is_daemon, environ={}).close()
    assert seen == [TLSFiles(), TLSFiles(("/ca.pem",), "/me.pem", "/me.key")]


def test_only_a_client_asks_for_a_login_and_not_before_it_connects(monkeypatch):
    monkeypatch.setattr(prompt, "_TERMINAL", "/nowhere")  # that of whoever runs the tests is not to be asked
    text = ONE.format("activemq") + "plugin.activemq.prompt_user = 1\nplugin.activemq.prompt_password = 1\n"
    asks, does_not = (open_connector(config(text), "ops1", is_daemon=is_daemon, environ={}) for is_daemon in (False, True))
    with pytest.raises(BrokerUnreachable):
        does_not.connect(0.01)
    with pytest.raises(ConfigError, match=r"STOMP_USER or plugin\.activemq\.pool\.N\.user"):
        asks.connect(0.01)
    asks.close()
    does_not.close()
