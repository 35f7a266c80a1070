"""The settings of a file: where it is found and what is asked of it."""

from pathlib import Path

import pytest

from mcollective_py.config import Config, places
from mcollective_py.errors import ConfigError
from mcollective_py.settings import SETTINGS


def client(text: str, home: Path | None = None) -> Config:
    return Config.from_text(text, "client", "client.cfg", home)


def test_an_empty_file_gives_the_defaults():
    config = Config.from_text("", "server")
    assert config.text("securityprovider") == "x509"
    assert config.text("connector") == "activemq"
    assert config.flag("rpcauthorization") is True
    assert config.text("rpcauthprovider") == "action_policy"
    assert config.text("rpcaudit") is None
    assert config.items("collectives") == ("mcollective",)
    assert config.text("main_collective") == "mcollective"
    assert config.number("ttl") == 60
    assert config.seconds("connection_timeout") == 10.0
    assert (config.flag("soft_shutdown"), config.seconds("soft_shutdown_timeout")) == (True, 30.0)
    assert config.number("direct_addressing_threshold") == 10
    assert config.seconds("plugin.activemq.heartbeat_interval") == 30.0
    assert config.number("plugin.rabbitmq.pool.3.port") == 61613
    assert config.flag("plugin.stomp.pool.1.ssl") is False
    assert config.items("plugin.x509.caller_certnames") == ("*.mcollective",)
    assert config.items("plugin.x509.privileged_certnames") == ()
    assert config.text("plugin.x509.revocation") == "chain"
    assert (config.seconds("plugin.x509.skew"), config.number("plugin.x509.max_ttl")) == (5.0, 60)
    assert config.path("plugin.x509.ca") is None
    assert config.seconds("plugin.discovery.full_window_interval") == 3600.0
    assert config.warnings == ()


def test_every_declared_setting_can_be_asked_for():
    config = Config.from_text("", "server")
    for row in SETTINGS:
        key = row.key.replace(".N.", ".1.").replace(".NAME.", ".puppet.")
        assert config.text(key) == row.default or key in ("main_collective", "registration_collective")


def test_every_default_is_a_value_that_the_file_could_hold():
    for row in SETTINGS:
        if row.default is not None:
            key = row.key.replace(".N.", ".1.").replace(".NAME.", ".puppet.")
            size = "plugin.{0}.pool.size = 1\nplugin.{0}.pool.1.host = a\n".format(key.split(".")[1]) if ".pool.1." in key else ""
            config = Config.from_text(f"{size}{key} = {row.default}", row.side if row.side != "both" else "client")
            assert config.text(key) == row.default
            if row.type in ("number", "seconds", "flag"):
                getattr(config, row.type)(key)


def test_the_main_collective_is_the_first_unless_it_is_named():
    assert client("collectives = eu, us").text("main_collective") == "eu"
    assert client("collectives = eu us\nmain_collective = us").text("main_collective") == "us"


def test_registration_goes_to_the_main_collective_unless_another_is_named():
    assert client("collectives = eu,us\nmain_collective = us").text("registration_collective") == "us"
    assert client("collectives = eu,us\nregistration_collective = eu").text("registration_collective") == "eu"


def test_discovery_options_come_one_a_line():
    config = client("default_discovery_options = /etc/hosts.txt\ndefault_discovery_options = a, b")
    assert config.items("default_discovery_options") == ("/etc/hosts.txt", "a, b")


def test_a_path_may_begin_at_home():
    config = client("plugin.x509.key = ~/keys/me.pem", Path("/home/alice"))
    assert config.path("plugin.x509.key") == Path("/home/alice/keys/me.pem")


def test_a_path_at_home_where_there_is_none_is_a_mistake():
    with pytest.raises(ConfigError, match="write the whole path"):
        client("plugin.x509.key = ~/keys/me.pem").path("plugin.x509.key")


def test_of_several_files_path_gives_the_first_and_paths_all():
    config = Config.from_text("plugin.yaml = /a.yaml:/b.yaml", "server")
    assert config.path("plugin.yaml") == Path("/a.yaml")
    assert config.paths("plugin.yaml") == (Path("/a.yaml"), Path("/b.yaml"))


def test_a_plugins_settings_come_under_their_short_names():
    config = Config.from_text("plugin.yaml = /a.yaml:/b.yaml\nplugin.puppet.splay = true\nplugin.puppetca.x = 1", "server")
    assert config.plugin("yaml") == {"": "/a.yaml:/b.yaml"}
    assert config.plugin("puppet") == {"splay": "true"}
    assert config.plugin("nrpe") == {}


def test_a_setting_that_nobody_declares_is_a_mistake_of_ours():
    with pytest.raises(KeyError, match="colour is no setting"):
        client("").text("colour")


def test_an_undeclared_plugin_setting_can_be_asked_for_and_has_no_default():
    assert client("").text("plugin.nrpe.conf_dir") is None
    assert client("plugin.nrpe.parallel = 4").number("plugin.nrpe.parallel") == 4
    with pytest.raises(KeyError, match="has no default"):
        client("").number("plugin.nrpe.parallel")
    with pytest.raises(ConfigError, match=r"plugin\.nrpe\.parallel: must be a whole number"):
        client("plugin.nrpe.parallel = many").number("plugin.nrpe.parallel")
    with pytest.raises(ConfigError, match=r"plugin\.nrpe\.on: must be true or false"):
        client("plugin.nrpe.on = perhaps").flag("plugin.nrpe.on")


def test_a_word_is_what_the_file_or_the_default_says_and_never_nothing():
    assert client("factsource = facter").word("factsource") == "facter"
    assert client("").word("factsource") == "yaml"
    with pytest.raises(KeyError, match=r"plugin\.nrpe\.conf_dir has no default"):
        client("").word("plugin.nrpe.conf_dir")


def test_is_set_tells_the_file_from_the_default():
    config = client("ttl = 60")
    assert config.is_set("ttl") is True
    assert config.is_set("color") is False


@pytest.mark.parametrize(
    "key",
    ["plugin.psk", "plugin.nrpe.password", "plugin.web.session_secret", "plugin.aaa.Token", "plugin.a.passphrase", "plugin.x.psk.old"],
)
def test_secrets_are_never_shown(key):
    assert client(f"{key} = aiJah3ooquaiPh5a").redacted(key) == "***"


def test_a_brokers_password_is_not_shown_but_the_rest_of_its_pool_is():
    text = "plugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = a\nplugin.activemq.pool.1.password = aiJah3oo"
    config = client(text + "\nplugin.activemq.pool.1.password_file = /etc/mcollective/broker.password")
    assert config.redacted("plugin.activemq.pool.1.password") == "***"
    assert config.redacted("plugin.activemq.pool.1.host") == "a"
    assert config.redacted("plugin.activemq.pool.1.password_file") == "/etc/mcollective/broker.password"
    assert config.redacted("plugin.activemq.pool.1.user") is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("https://bob:hunter2@puppetdb:8081/pdb", "https://***@puppetdb:8081/pdb"),
        ("amqp://bob:pa/s@s@host/x", "amqp://***@host/x"),
        ("https://puppetdb/pdb?x=1&token=abc&y=2", "https://puppetdb/pdb?x=1&token=***&y=2"),
        ("-----BEGIN PRIVATE KEY-----", "***"),
        ("bob@example.org", "bob@example.org"),
    ],
)
def test_secrets_within_a_value_are_not_shown(value, shown):
    assert client(f"plugin.stomp.vhost = {value}").redacted("plugin.stomp.vhost") == shown


@pytest.mark.parametrize("key", ["plugin.foo.apikey", "plugin.foo.pass", "plugin.foo.dsn", "plugin.foo.colour", "plugin.puppetdb.url"])
def test_what_no_row_declares_is_not_shown_since_nobody_says_that_it_is_no_secret(key):
    assert client(f"{key} = https://bob:hunter2@puppetdb/").redacted(key) == "***"


@pytest.mark.parametrize("key", ["nosuch", "plugin.foo.nosuch"])
def test_a_setting_that_is_not_there_has_nothing_to_show(key):
    assert client("ttl = 30").redacted(key) is None


def test_the_callertype_is_no_secret():
    assert client("plugin.psk.callertype = group").redacted("plugin.psk.callertype") == "group"


def test_a_client_looks_at_home_first_and_a_server_never_does():
    home = Path("/home/alice")
    assert [str(path) for path in places("client", home)] == [
        "/home/alice/.mcollective",
        "/etc/puppetlabs/mcollective/client.cfg",
        "/etc/mcollective/client.cfg",
    ]
    assert [str(path) for path in places("server", home)] == [
        "/etc/puppetlabs/mcollective/server.cfg",
        "/etc/mcollective/server.cfg",
    ]


def test_the_first_file_that_exists_is_taken(tmp_path):
    for folder in ("etc/puppetlabs/mcollective", "etc/mcollective", "home"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/mcollective/client.cfg").write_text("ttl = 3\n")
    assert find(tmp_path).number("ttl") == 3
    (tmp_path / "etc/puppetlabs/mcollective/client.cfg").write_text("ttl = 2\n")
    assert find(tmp_path).number("ttl") == 2
    (tmp_path / "home/.mcollective").write_text("ttl = 1\n")
    assert find(tmp_path).number("ttl") == 1
    assert find(tmp_path).file == str(tmp_path / "home/.mcollective")


def find(tmp_path: Path) -> Config:
    return Config.find("client", environ={"HOME": str(tmp_path / "home")}, etc=tmp_path / "etc")


def test_a_file_that_is_named_is_taken_and_must_be_there(tmp_path):
    (tmp_path / "my.cfg").write_text("ttl = 9\n")
    assert Config.find("client", tmp_path / "my.cfg", {}).number("ttl") == 9
    with pytest.raises(ConfigError, match=r"nosuch\.cfg: cannot be read"):
        Config.find("client", tmp_path / "nosuch.cfg", {})


def test_a_client_without_a_file_gets_the_defaults_and_is_told_where_it_was_looked_for(tmp_path):
    config = Config.find("client", environ={}, etc=tmp_path)
    assert config.file is None
    (warning,) = config.warnings
    assert f"looked for {tmp_path}/puppetlabs/mcollective/client.cfg, {tmp_path}/mcollective/client.cfg" in warning


def test_a_server_without_a_file_is_told_where_to_write_one(tmp_path):
    with pytest.raises(ConfigError) as caught:
        Config.find("server", environ={}, etc=tmp_path)
    assert f"write one of {tmp_path}/puppetlabs/mcollective/server.cfg, {tmp_path}/mcollective/server.cfg" in str(caught.value)


def test_all_that_is_wrong_with_a_file_and_its_plugin_d_is_found_at_once(tmp_path: Path) -> None:
    file = tmp_path / "server.cfg"
    file.write_text(
        "colectives = a\nno setting\nsoft_shutdown = maybe\nlogfile = /var/log/x.log\nsecurityprovider = psk\nplugin.psk = unset\n"
        "plugin.activemq.pool.size = 2\nplugin.activemq.pool.1.host = b\nplugin.activemq.pool.1.password = marionette\n"
    )
    file.chmod(0o600)
    (tmp_path / "plugin.d").mkdir()
    (tmp_path / "plugin.d" / "acme.cfg").write_text("nothing here\n")
    (tmp_path / "plugin.d" / "acme.cfg").chmod(0o600)
    config, problems = Config.examine(file, "server")
    assert [(problem.file, problem.line, problem.key) for problem in problems] == [
        (str(file), 1, "colectives"),
        (str(file), 2, None),
        (str(file), 3, "soft_shutdown"),
        (str(tmp_path / "plugin.d" / "acme.cfg"), 1, None),
        (str(file), None, "plugin.activemq.pool.2.host"),
        (str(file), 9, "plugin.activemq.pool.1.password"),
        (str(file), 6, "plugin.psk"),
    ]
    assert config.text("logfile") == "/var/log/x.log"
    with pytest.raises(ConfigError, match="no such setting"):
        Config.from_file(file, "server")


def test_a_key_that_is_wrong_twice_is_one_problem(tmp_path: Path) -> None:
    file = tmp_path / "client.cfg"
    file.write_text("plugin.activemq.pool.size = two\nplugin.activemq.pool.1.host = b\n")
    assert [problem.line for problem in Config.examine(file, "client")[1]] == [1]


def test_a_file_of_nothing_but_mistakes_is_told_a_hundred_of_them(tmp_path: Path) -> None:
    file = tmp_path / "client.cfg"
    file.write_text("x\n" * 50_000)
    assert len(Config.examine(file, "client")[1]) == 100


def test_a_setting_knows_its_file_and_line():
    config = Config.from_text("# comment\nttl = 30\n", "client", "/etc/client.cfg", plugins={"/etc/plugin.d/site.cfg": "\nkey = 1\n"})
    assert config.origin("ttl") == ("/etc/client.cfg", 2)
    assert config.origin("plugin.site.key") == ("/etc/plugin.d/site.cfg", 2)
    assert config.origin("identity") is None
