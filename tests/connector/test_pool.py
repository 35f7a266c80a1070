from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.connector.pool import Broker, Options, TLSFiles, read_options, read_pool
from mcollective_py.errors import ConfigError, KeyFileError
from mcollective_py.security.places import X509Places

TWO = """
connector = activemq
plugin.activemq.pool.size = 2
plugin.activemq.pool.1.host = mq1.example.net
plugin.activemq.pool.1.user = mcollective
plugin.activemq.pool.1.password = s3cret-one
plugin.activemq.pool.2.host = 2001:db8::1
plugin.activemq.pool.2.port = 6164
"""
TLS = """
connector = stomp
plugin.stomp.pool.size = 1
plugin.stomp.pool.1.host = mq1.example.net
plugin.stomp.pool.1.ssl = 1
"""


def read(text: str, family: str = "activemq", environ: dict[str, str] | None = None) -> tuple[Broker, ...]:
    return read_pool(Config.from_text(text, side="server"), family, environ or {})


def test_the_pool_is_read_in_its_order_with_the_usual_port():
    assert read(TWO) == (
        Broker("mq1.example.net", 61613, "mcollective", "s3cret-one"),
        Broker("2001:db8::1", 6164),
    )


def test_a_broker_is_shown_as_host_and_port_and_never_with_its_password():
    first, second = read(TWO)
    assert [str(first), str(second)] == ["mq1.example.net:61613", "[2001:db8::1]:6164"]
    assert "s3cret" not in repr(first)


def test_a_randomized_pool_is_shuffled():
    config = Config.from_text(TWO + "plugin.activemq.randomize = 1\n", side="server")
    assert [broker.port for broker in read_pool(config, "activemq", {}, list.reverse)] == [6164, 61613]


def test_the_environment_wins_over_the_file_for_user_and_password():
    first, second = read(TWO, environ={"STOMP_USER": "ops", "STOMP_PASSWORD": "other"})
    assert (first.user, first.password, second.user, second.password) == ("ops", "other", "ops", "other")


def test_no_broker_at_all_says_what_to_write():
    with pytest.raises(ConfigError, match=r"write plugin\.stomp\.pool\.size = 1"):
        read("connector = stomp\n", "stomp")


def test_without_files_of_its_own_tls_uses_those_of_the_security_plugin():
    text = TLS + "plugin.x509.ca = /ca.pem\nplugin.x509.cert = /me.pem\nplugin.x509.key = /me.key\nplugin.x509.crl = /crl.pem\n"
    assert read(text, "stomp")[0].tls == TLSFiles(("/ca.pem",), "/me.pem", "/me.key", None, "/crl.pem", "chain")


def test_tls_without_any_settings_uses_what_the_security_plugin_has_found():
    found = X509Places(Path("/ssl/ca.pem"), Path("/ssl/me.pem"), Path("/ssl/me.key"), Path("/ssl/crl.pem"))
    config = Config.from_text(TLS, side="server")
    (broker,) = read_pool(config, "stomp", {}, own_files=lambda: found)
    assert broker.tls == TLSFiles(("/ssl/ca.pem",), "/ssl/me.pem", "/ssl/me.key", None, "/ssl/crl.pem", "chain")


def test_a_broker_of_another_ca_is_shown_our_own_certificate_but_not_looked_up_in_our_list():
    found = X509Places(Path("/ssl/ca.pem"), Path("/ssl/me.pem"), Path("/ssl/me.key"), Path("/ssl/crl.pem"))
    config = Config.from_text(TLS + "plugin.stomp.pool.1.ssl.ca = /a.pem\n", side="server")
    (broker,) = read_pool(config, "stomp", {}, own_files=lambda: found)
    assert broker.tls == TLSFiles(("/a.pem",), "/ssl/me.pem", "/ssl/me.key", None, None, "off")


def test_tls_that_names_all_its_files_does_not_look_for_others():
    text = TLS + "".join(f"plugin.stomp.pool.1.ssl.{name} = /{name}\n" for name in ("ca", "cert", "key"))
    asked: list[bool] = []
    (broker,) = read_pool(Config.from_text(text, side="server"), "stomp", {}, own_files=lambda: asked.append(True))
    assert (broker.tls, asked) == (TLSFiles(("/ca",), "/cert", "/key"), [])


def test_where_the_security_plugin_finds_nothing_tls_trusts_the_systems_cas_as_ever():
    def nothing() -> X509Places:
        raise ConfigError("no CA")

    (broker,) = read_pool(Config.from_text(TLS, side="server"), "stomp", {}, own_files=nothing)
    assert broker.tls == TLSFiles()


def test_files_of_its_own_win_and_another_cas_broker_is_not_looked_up_in_our_revocation_list():
    text = TLS + "plugin.x509.ca = /ca.pem\nplugin.x509.crl = /crl.pem\nplugin.stomp.pool.1.ssl.ca = /a.pem,/b.pem\n"
    text += "plugin.stomp.pool.1.ssl.cert = /c.pem\nplugin.stomp.pool.1.ssl.key = /c.key\nplugin.stomp.pool.1.ssl.ciphers = HIGH\n"
    assert read(text, "stomp")[0].tls == TLSFiles(("/a.pem", "/b.pem"), "/c.pem", "/c.key", "HIGH", None, "off")


def test_the_environment_names_certificate_and_key_of_one_broker():
    text = TWO + "plugin.activemq.pool.2.ssl = 1\n"
    environ = {"MCOLLECTIVE_ACTIVEMQ_POOL2_SSL_KEY": "/env.key", "MCOLLECTIVE_ACTIVEMQ_POOL2_SSL_CERT": "/env.pem"}
    assert read(text, environ=environ)[1].tls == TLSFiles((), "/env.pem", "/env.key")


def test_a_certificate_without_its_key_is_refused():
    with pytest.raises(ConfigError, match=r"needs both \.ssl\.cert and \.ssl\.key"):
        read(TLS + "plugin.stomp.pool.1.ssl.cert = /c.pem\n", "stomp")


def test_the_password_can_lie_in_a_file_of_its_own(tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("from the file\nsecond line\n")
    text = TLS + f"plugin.stomp.pool.1.user = me\nplugin.stomp.pool.1.password_file = {file}\n"
    assert read(text, "stomp")[0].password == "from the file"
    file.unlink()
    with pytest.raises(KeyFileError, match="password_file"):
        read(text, "stomp")


@pytest.mark.parametrize("environ", [{"STOMP_USER": "a\nhost:b"}, {"STOMP_PASSWORD": "a\0"}])
def test_credentials_that_would_begin_a_header_of_their_own_are_refused(environ: dict[str, str]):
    with pytest.raises(ConfigError, match="line end"):
        read(TWO, environ=environ)


def test_without_settings_the_options_are_the_defaults_with_heartbeats():
    assert read_options(Config.from_text(TWO, side="server"), "activemq") == Options()
    assert Options().heartbeat == 30.0


def test_heartbeats_cannot_be_turned_off():
    text = TWO + "plugin.activemq.heartbeat_interval = 0\nplugin.activemq.max_hbread_fails = 0\n"
    assert read_options(Config.from_text(text, side="server"), "activemq") == Options()


def test_options_are_read_from_the_connectors_own_keys():
    text = TLS + (
        "plugin.stomp.vhost = other\nplugin.stomp.heartbeat_interval = 10\nplugin.stomp.connect_timeout = 3\n"
        "plugin.stomp.initial_reconnect_delay = 0.5\nplugin.stomp.max_reconnect_delay = 2\nplugin.stomp.back_off_multiplier = 3\n"
        "plugin.stomp.stomp_1_0_fallback = 0\nplugin.stomp.base64 = 1\nplugin.stomp.max_hbread_fails = 3\n"
        "plugin.stomp.max_reconnect_attempts = 7\n"
    )
    assert read_options(Config.from_text(text, side="server"), "stomp") == Options("other", 10, 3, 3, 0.5, 3, 2, False, True, 7)


def test_a_pause_of_nothing_is_no_pause_at_all_and_not_taken():
    text = TWO + "plugin.activemq.max_reconnect_delay = 0\n"
    assert read_options(Config.from_text(text, side="server"), "activemq").longest_delay == 0.1


def test_rabbitmq_has_the_same_keys_and_a_virtual_host_of_its_own():
    text = TWO.replace("activemq", "rabbitmq")
    assert [broker.host for broker in read(text, "rabbitmq")] == ["mq1.example.net", "2001:db8::1"]
    assert read_options(Config.from_text(text, side="server"), "rabbitmq") == Options(vhost="/")


def test_the_environment_names_certificate_and_key_of_one_broker_of_rabbitmq():
    environ = {"MCOLLECTIVE_RABBITMQ_POOL1_SSL_CERT": "/me.pem", "MCOLLECTIVE_RABBITMQ_POOL1_SSL_KEY": "/me.key"}
    text = (
        TLS.replace("stomp", "rabbitmq") + "plugin.rabbitmq.pool.1.ssl.ca = /a.pem,/b.pem\nplugin.rabbitmq.pool.1.ssl.ciphers = HIGH\n"
    )
    assert read(text, "rabbitmq", environ)[0].tls == TLSFiles(("/a.pem", "/b.pem"), "/me.pem", "/me.key", "HIGH")


def test_tls_shows_no_certificate_whose_key_is_in_ssh_agent_unless_one_is_named_for_it():
    found = X509Places(Path("/ssl/ca.pem"), Path("/ssl/me.pem"), None, Path("/ssl/crl.pem"))
    config = Config.from_text(TLS, side="server")
    assert read_pool(config, "stomp", {}, own_files=lambda: found)[0].tls == TLSFiles(
        ("/ssl/ca.pem",), crl="/ssl/crl.pem", revocation="chain"
    )
    text = TLS + "plugin.x509.ca = /ca.pem\nplugin.x509.cert = /me.pem\nplugin.x509.ssh_agent = 1\n"
    assert read(text, "stomp")[0].tls == TLSFiles(("/ca.pem",))
    text += "plugin.stomp.pool.1.ssl.cert = /tls.pem\nplugin.stomp.pool.1.ssl.key = /tls.key\n"
    assert read(text, "stomp")[0].tls == TLSFiles(("/ca.pem",), "/tls.pem", "/tls.key")
