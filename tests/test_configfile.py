"""Reading a file's text: what is taken, what is refused, and what the operator is told."""

import os
import time
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError
from tests.cputime import cpu_seconds


def read(text: str, side: str = "server") -> Config:
    return Config.from_text(text, side, "server.cfg")


def refusal(text: str, side: str = "server") -> str:
    with pytest.raises(ConfigError) as caught:
        read(text, side)
    return str(caught.value)


def test_comments_blank_lines_and_blanks_around_the_equals_sign_do_not_count():
    config = read("# a comment\n\n   # another\nttl=30   \n\tfactsource  =  facter\n")
    assert config.keys() == ("factsource", "ttl")
    assert (config.number("ttl"), config.text("factsource")) == (30, "facter")


def test_a_hash_within_a_value_belongs_to_it():
    assert read("plugin.nrpe.sign = a # b").text("plugin.nrpe.sign") == "a # b"


def test_a_value_may_hold_equals_signs():
    assert read("plugin.puppetdb.query = a=b=c").text("plugin.puppetdb.query") == "a=b=c"


def test_windows_line_ends_and_a_byte_order_mark_are_tolerated():
    assert read("\ufeffttl = 30\r\nfactsource = native\r\n").plugin("x") == {}
    assert read("\ufeffttl = 30\r\nfactsource = native\r\n").text("factsource") == "native"


def test_a_line_without_an_equals_sign_is_refused_with_its_number():
    assert refusal("ttl = 30\nttl 30\n").startswith("server.cfg:2: not a setting")


@pytest.mark.parametrize("line", ["plugin.x = a\0b", "pl ugin = 1", "= 1", "töpf = 1"])
def test_a_line_with_no_key_or_a_nul_is_refused(line):
    assert refusal(line).startswith("server.cfg:1: not a setting")


def test_an_unknown_core_key_is_refused_with_the_nearest_one_and_the_line():
    message = refusal("ttl = 30\nrpcauthorisation = 1")
    assert message == "server.cfg:2: rpcauthorisation: no such setting; the nearest is rpcauthorization"


def test_an_unknown_core_key_with_nothing_near_is_refused_all_the_same():
    assert refusal("zzzzzzzz = 1") == "server.cfg:1: zzzzzzzz: no such setting"


def test_an_unknown_key_of_a_known_plugin_is_a_warning_with_the_nearest():
    config = read("plugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = a\nplugin.activemq.pool.1.prot = 61614")
    assert config.warnings == (
        "server.cfg:3: plugin.activemq.pool.1.prot is not known to mcollective_py and has no effect; "
        "the nearest is plugin.activemq.pool.1.port",
    )


def test_a_file_of_nothing_but_mistakes_is_read_in_good_time():
    started = time.process_time()
    config = read("".join(f"plugin.activemq.nosuch_setting_{number} = 1\n" for number in range(3000)))
    assert time.process_time() - started < 3.0
    assert len(config.warnings) == 3000
    assert all(" is not known to mcollective_py and has no effect" in warning for warning in config.warnings)


def test_a_misspelt_ssl_key_is_a_warning_too():
    (warning,) = read("plugin.ssl_sever_public = /x.pem").warnings
    assert warning.endswith("; the nearest is plugin.ssl_server_public")


def test_keys_of_plugins_that_nobody_declares_are_free_form():
    config = read("plugin.nrpe.conf_dir = /etc/nagios/nrpe.d\nplugin.wordless = yes")
    assert config.warnings == ()
    assert config.plugin("nrpe") == {"conf_dir": "/etc/nagios/nrpe.d"}


@pytest.mark.parametrize("key", ["topicprefix", "topicsep", "queueprefix", "rpchelptemplate", "helptemplatedir"])
def test_keys_of_the_past_are_read_with_a_warning(key):
    assert read(f"{key} = x").warnings == (f"server.cfg:1: {key} has no effect any more: remove the line",)


@pytest.mark.parametrize("word", ["1", "y", "yes", "t", "true", "Yes", "TRUE"])
def test_these_words_are_yes(word):
    assert read(f"rpcaudit = {word}").flag("rpcaudit") is True


@pytest.mark.parametrize("word", ["0", "n", "no", "f", "false", "False"])
def test_these_words_are_no(word):
    assert read(f"rpcauthorization = {word}").flag("rpcauthorization") is False


@pytest.mark.parametrize("word", ["only later", "1nvalid", "on", "off", "2", "", "yes please", "truе"])
def test_every_other_word_is_no_boolean(word):
    message = refusal(f"plugin.actionpolicy.allow_unconfigured = {word}")
    assert message.startswith("server.cfg:1: plugin.actionpolicy.allow_unconfigured: ")
    assert message.endswith("write one of 1, y, yes, t, true or 0, n, no, f, false")


@pytest.mark.parametrize("value", ["1.5", "1e3", "0x10", "", "ten", "1_000", "٣", "9" * 400])
def test_a_number_is_whole_and_decimal(value):
    assert "server.cfg:1: ttl: " in refusal(f"ttl = {value}")


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e3", "5s", "."])
def test_seconds_are_a_plain_decimal_fraction(value):
    assert "server.cfg:1: discovery_timeout: " in refusal(f"discovery_timeout = {value}")


def test_a_number_out_of_range_is_answered_with_the_range():
    assert refusal("plugin.x509.max_ttl = 301") == (
        "server.cfg:1: plugin.x509.max_ttl: 301 is out of range: at least 1 and at most 300 s"
    )


def test_a_word_that_is_no_choice_is_answered_with_the_choices():
    assert refusal("loglevel = loud") == "server.cfg:1: loglevel: 'loud' is none of debug, info, warn, error, fatal"


def test_a_choice_may_be_written_in_capitals():
    assert read("loglevel = DEBUG").text("loglevel") == "debug"


@pytest.mark.parametrize("value", ["plugins", "./plugins", "/opt/a:plugins"])
def test_a_libdir_that_depends_on_the_working_directory_is_refused(value):
    assert refusal(f"libdir = {value}").endswith("is no whole path: begin it with /")


def test_libdirs_may_be_repeated_and_joined_by_colons():
    config = read("libdir = /opt/a:/opt/b\nlibdir = /opt/c")
    assert config.items("libdir") == ("/opt/a", "/opt/b", "/opt/c")
    assert config.warnings == ()


def test_a_later_line_overrides_an_earlier_one_and_is_told():
    config = read("ttl = 30\nttl = 40")
    assert config.number("ttl") == 40
    assert config.warnings == ("server.cfg:2: ttl overrides server.cfg:1",)


def test_a_text_without_a_value_is_left_out_with_a_warning():
    config = read("identity =")
    assert config.text("identity") is None
    assert config.warnings == ("server.cfg:1: identity has no value and is not read",)


@pytest.mark.parametrize("value", ["unset", "changeme", "marionette", "secret", "Secret", ""])
def test_a_shared_key_that_everybody_knows_is_refused_with_the_line_to_write(value):
    message = refusal(f"securityprovider = psk\nplugin.psk = {value}")
    assert message.startswith("server.cfg:2: plugin.psk: an example or empty value")
    assert "write `plugin.psk = (32 random characters" in message


@pytest.mark.parametrize("value", ["unset", "changeme", "marionette", "secret", ""])
@pytest.mark.parametrize("family", ["activemq", "rabbitmq", "stomp"])
def test_a_broker_password_that_everybody_knows_is_refused_with_the_line_to_write(family, value):
    pool = f"plugin.{family}.pool"
    message = refusal(f"connector = {family}\n{pool}.size = 1\n{pool}.1.host = a\n{pool}.1.password = {value}", "client")
    assert message.startswith(f"server.cfg:4: {pool}.1.password: an example or empty value")
    assert f"write `{pool}.1.password = (" in message


def test_a_shared_key_left_over_beside_x509_does_not_stop_the_daemon():
    assert read("securityprovider = x509\nplugin.psk = unset").text("securityprovider") == "x509"


def test_the_files_shared_key_does_not_matter_where_the_environment_has_another(monkeypatch):
    monkeypatch.setenv("MCOLLECTIVE_PSK", "aiJah3ooquaiPh5a")
    assert read("securityprovider = psk\nplugin.psk = unset", "client").text("securityprovider") == "psk"


def test_debians_shipped_server_cfg_is_refused():
    shipped = (
        "main_collective = mcollective\ncollectives = mcollective\nlibdir = /usr/share/mcollective/plugins\n"
        "logfile = /var/log/mcollective.log\nloglevel = info\ndaemonize = 1\nsecurityprovider = psk\nplugin.psk = unset\n"
        "connector = activemq\nplugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = stomp1\n"
        "plugin.activemq.pool.1.port = 61613\nplugin.activemq.pool.1.user = mcollective\n"
        "plugin.activemq.pool.1.password = marionette\nfactsource = yaml\nplugin.yaml = /etc/mcollective/facts.yaml\n"
    )
    assert "plugin.activemq.pool.1.password" in refusal(shipped)
    assert "plugin.psk" in refusal(shipped.replace("marionette", "Guy6Shee"))
    config = read(shipped.replace("marionette", "Guy6Shee").replace("unset", "aiJah3ooquaiPh5a"))
    assert config.text("plugin.activemq.pool.1.host") == "stomp1"


def test_a_ruby_file_that_relied_on_psk_and_on_no_authorization_is_told_so():
    first, second = read("plugin.psk = aiJah3ooquaiPh5a").warnings
    assert "securityprovider is not set; Ruby took psk, here it is x509" in first
    assert "rpcauthorization is not set; Ruby took 0" in second


def test_a_client_is_not_told_about_authorization():
    assert read("securityprovider = psk\nplugin.psk = aiJah3ooquaiPh5a", "client").warnings == ()


def test_a_setting_that_nothing_acts_on_is_told_unless_it_says_what_holds_anyway():
    key = "plugin.stomp.backup"
    assert read(f"{key} = 1").warnings == (f"server.cfg:1: {key} has no effect: one broker of the pool is used at a time",)
    assert read("plugin.aes.insecure_learning = no").warnings == ()


def test_the_settings_of_registration_are_acted_on():
    assert (
        read("registerinterval = 300\nregistration = Meta\nregistration_splay = 1\nregistration_collective = mcollective").warnings
        == ()
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("plugin.stomp.backup = 1", "one broker of the pool is used at a time"),
        (
            "plugin.activemq.use_exponential_back_off = 0",
            "always so here: pauses that do not grow would keep a core and the broker busy",
        ),
        ("plugin.rabbitmq.priority = 5", "the queues that hosts read on RabbitMQ have no priorities"),
        ("plugin.aes.insecure_learning = 1", "unsigned keys are never learnt"),
    ],
)
def test_a_setting_that_does_nothing_here_is_told_with_the_reason(line, reason):
    assert read(line).warnings == (f"server.cfg:1: {line.split()[0]} has no effect: {reason}",)


def test_a_new_file_gets_no_warning():
    assert read("plugin.stomp.pool.size = 1\nplugin.stomp.pool.1.host = broker\nconnector = stomp").warnings == ()


def test_unverified_tls_is_answered_with_a_warning():
    (warning,) = read(
        "plugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = a\nplugin.activemq.pool.1.ssl.fallback = 1"
    ).warnings
    assert warning == ("server.cfg:3: plugin.activemq.pool.1.ssl.fallback has no effect: TLS without verification is not done here")


def test_a_pool_without_its_size_is_refused_with_the_line_to_write():
    assert refusal("plugin.activemq.pool.1.host = a") == (
        "server.cfg: plugin.activemq.pool.size: how many brokers? write `plugin.activemq.pool.size = 1`"
    )


def test_a_pool_with_fewer_hosts_than_its_size_is_refused():
    message = refusal("plugin.activemq.pool.size = 2\nplugin.activemq.pool.1.host = a")
    assert message.endswith("broker 2 of 2 has no host: write `plugin.activemq.pool.2.host = NAME`")


def test_a_broker_beyond_the_pools_size_is_told():
    pool = "plugin.stomp.pool.size = 1\nplugin.stomp.pool.1.host = a\nplugin.stomp.pool.2.host = b"
    (warning,) = read(f"connector = stomp\n{pool}").warnings
    assert warning == "server.cfg:4: plugin.stomp.pool.2.host is not used: plugin.stomp.pool.size is 1"


@pytest.mark.parametrize("value", ["../x", "a/b", "a b", "-x", "a" * 300, "ünit"])
def test_an_identity_that_is_no_host_name_is_refused(value):
    assert refusal(f"identity = {value}").startswith("server.cfg:1: identity: a host's name has letters")


def test_a_main_collective_that_is_not_listed_is_refused():
    assert refusal("collectives = eu, us\nmain_collective = uk") == (
        "server.cfg:2: main_collective: 'uk' is not one of collectives (eu, us)"
    )


def test_a_collective_with_a_dot_is_refused():
    assert refusal("collectives = eu.west").startswith("server.cfg:1: collectives: 'eu.west' is no name of a collective")


@pytest.mark.parametrize("value", [",", " , ,"])
def test_no_collective_at_all_is_refused(value):
    assert refusal(f"collectives = {value}").startswith("server.cfg:1: collectives: ")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nosuch\.cfg: cannot be read: No such file or directory"):
        Config.from_file(tmp_path / "nosuch.cfg", "client")


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path):
    file = tmp_path / "server.cfg"
    file.write_bytes(b"ttl = 30\nidentity = caf\xe9\n")
    with pytest.raises(ConfigError, match=r"server\.cfg:2: is not UTF-8 text"):
        Config.from_file(file, "server")


def test_a_huge_file_is_refused(tmp_path):
    file = tmp_path / "server.cfg"
    file.write_bytes(b"# comment\n" * 110_000)
    with pytest.raises(ConfigError, match="has 1100000 bytes, the limit is 1048576"):
        Config.from_file(file, "server")


def test_a_fifo_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "server.cfg")
    with pytest.raises(ConfigError, match="is not a regular file"):
        Config.from_file(tmp_path / "server.cfg", "server")


def test_a_server_file_that_everybody_can_write_is_refused(tmp_path):
    file = tmp_path / "server.cfg"
    file.write_text("ttl = 30\n")
    file.chmod(0o666)
    with pytest.raises(ConfigError, match="everybody may write to it: chmod o-w"):
        Config.from_file(file, "server")


def test_a_file_with_a_secret_that_everybody_can_read_is_told(tmp_path):
    file = tmp_path / "server.cfg"
    file.write_text("securityprovider = psk\nrpcauthorization = 1\nplugin.psk = aiJah3ooquaiPh5a\n")
    file.chmod(0o644)
    assert Config.from_file(file, "server").warnings == (f"{file}: every user of this machine can read plugin.psk: chmod 0640 {file}",)
    file.chmod(0o640)
    assert Config.from_file(file, "server").warnings == ()


def plugin_d(tmp_path: Path, **files: str) -> Path:
    main = tmp_path / "server.cfg"
    main.write_text("plugin.puppet.splay = true\nttl = 30\n")
    main.chmod(0o640)
    (tmp_path / "plugin.d").mkdir()
    for name, text in files.items():
        (tmp_path / "plugin.d" / f"{name}.cfg").write_text(text)
    return main


def test_a_file_of_plugin_d_sets_its_plugins_keys(tmp_path):
    config = Config.from_file(plugin_d(tmp_path, nrpe="# NRPE\nconf_dir = /etc/nagios\nplugin.nrpe.conf_file = n.cfg\n"), "server")
    assert config.plugin("nrpe") == {"conf_dir": "/etc/nagios", "conf_file": "n.cfg"}


def test_plugin_d_overrides_the_main_file(tmp_path):
    config = Config.from_file(plugin_d(tmp_path, puppet="splay = false\n"), "server")
    assert config.plugin("puppet") == {"splay": "false"}
    assert config.warnings == (f"{tmp_path}/plugin.d/puppet.cfg:1: plugin.puppet.splay overrides {tmp_path}/server.cfg:1",)


def test_a_bad_value_in_plugin_d_names_that_file(tmp_path):
    with pytest.raises(ConfigError, match=r"plugin\.d/x509\.cfg:1: plugin\.x509\.skew: 'soon' is no number of seconds"):
        Config.from_file(plugin_d(tmp_path, x509="skew = soon\n"), "server")


def test_a_file_of_plugin_d_cannot_set_core_keys(tmp_path):
    config = Config.from_file(plugin_d(tmp_path, nrpe="ttl = 1\n"), "server")
    assert (config.number("ttl"), config.plugin("nrpe")) == (30, {"ttl": "1"})


def test_a_file_of_plugin_d_that_names_no_plugin_is_left_out_with_a_warning(tmp_path):
    main = plugin_d(tmp_path)
    (tmp_path / "plugin.d" / "Old-Copy.cfg").write_text("x = 1\n")
    (warning,) = Config.from_file(main, "server").warnings
    assert warning.startswith(f"{tmp_path}/plugin.d/Old-Copy.cfg: not read")


def test_one_mistake_on_thousands_of_lines_is_guessed_about_a_few_times_only():
    for key in ("rpcauthorisatoin", "plugin.activemq.pool.1.prot"):
        text = f"{key} = 1\n" * 5_000 + "nonsense\n"
        # each guess takes 5 to 20 ms, all of them took a minute
        assert cpu_seconds(lambda text=text: refusal(text), enough=6, tries=2) < 6
