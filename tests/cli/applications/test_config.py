import json
import re
from pathlib import Path

import pytest

from mcollective_py.cli.applications.config import changed_defaults, examine, long_ttl, ruby_agents, side_of
from mcollective_py.cli.main import main
from mcollective_py.config import Config
from mcollective_py.settings import SETTINGS

# The settings of Debian's package, with secrets of one's own.
DEBIAN = """\
main_collective = mcollective
collectives = mcollective
libdir = {libdir}
logfile = /var/log/mcollective.log
loglevel = info
daemonize = 1

securityprovider = psk
plugin.psk = kV7pXw2mNq9sTz4b

connector = activemq
plugin.activemq.pool.size = 1
plugin.activemq.pool.1.host = stomp1
plugin.activemq.pool.1.port = 61613
plugin.activemq.pool.1.user = mcollective
plugin.activemq.pool.1.password = hG5dLr8cYw3jFn6a

factsource = yaml
plugin.yaml = /etc/mcollective/facts.yaml
"""


@pytest.fixture
def server_cfg(tmp_path):
    (tmp_path / "plugins" / "mcollective" / "agent").mkdir(parents=True)
    file = tmp_path / "server.cfg"
    file.write_text(DEBIAN.format(libdir=tmp_path / "plugins"))
    file.chmod(0o600)
    return file


def test_the_file_of_the_debian_package_with_secrets_of_its_own_is_good(server_cfg, capsys):
    assert main(["config", "check", str(server_cfg)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == f"{server_cfg}: good for a server: 16 settings, connector activemq, securityprovider psk"


def test_what_the_security_plugin_does_not_protect_is_a_remark(server_cfg, capsys):
    main(["config", "check", str(server_cfg)])
    said = capsys.readouterr()
    assert "\n  remark: psk protects the body of a message and nothing else" in said.out
    assert said.err == ""


def test_each_default_that_differs_from_ruby_is_named_with_the_line_to_write(server_cfg, capsys):
    main(["config", "check", str(server_cfg)])
    out = capsys.readouterr().out
    assert "    rpcauthorization: was 0, is true: write `rpcauthorization = 0` to go on as before\n" in out
    assert "    soft_shutdown: was 0, is true: write `soft_shutdown = 0` to go on as before\n" in out
    assert "    plugin.activemq.heartbeat_interval: was off, is 30: there is no going back\n" in out
    assert "rabbitmq" not in out


def test_a_line_that_is_there_is_not_asked_for(server_cfg):
    server_cfg.write_text(server_cfg.read_text() + "rpcauthorization = 0\nsoft_shutdown = 0\n")
    keys = [each.key for each in examine(str(server_cfg), "server").defaults]
    assert "rpcauthorization" not in keys
    assert "soft_shutdown" not in keys


def test_a_file_that_relied_on_psk_as_the_default_is_told_to_say_so():
    config = Config.from_text("connector = activemq\n", "client")
    lines = [each.line for each in changed_defaults(config)]
    assert "securityprovider = psk" in lines
    assert "connection_timeout = 86400" in lines
    assert "rpcauthorization = 0" not in lines


def test_a_file_with_an_example_password_cannot_be_used(server_cfg, capsys):
    server_cfg.write_text(server_cfg.read_text().replace("hG5dLr8cYw3jFn6a", "marionette"))
    assert main(["config", "check", str(server_cfg)]) == 1
    verdict, error, *_ = capsys.readouterr().out.splitlines()
    assert verdict == f"{server_cfg}: cannot be used by a server"
    assert error.startswith(f"  error: {server_cfg}:16: plugin.activemq.pool.1.password: an example")


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("registration = foo\nregisterinterval = 300\n", "registration: there is no registration plugin foo: write agentlist or meta"),
        ("rpcaudit = 1\nrpcauditprovider = centralrpclog\n", "rpcauditprovider: there is no provider centralrpclog: write logfile"),
        ("rpcauthorization = 1\nrpcauthprovider = myauth\n", "rpcauthprovider: there is no provider myauth: write action_policy"),
        ("factsource = facter_facts\n", "factsource: there is no facts source facter_facts; there are facter, native, yaml"),
        ("rpcaudit = 1\nplugin.rpcaudit.logfile = /nodir/x\n", "plugin.rpcaudit.logfile: /nodir/x cannot be written"),
        ("logfile = /nodir/x.log\n", "logfile: /nodir/x.log cannot be written: No such file or directory"),
        ("securityprovider = sshkey\n", "securityprovider: there is no security plugin 'sshkey'"),
        ("plugin.activemq.pool.1.ssl = 1\nplugin.activemq.pool.1.ssl.ca = /nodir/ca.pem\n", "/nodir/ca.pem"),
    ],
)
def test_what_keeps_the_daemon_from_starting_is_an_error(server_cfg, capsys, lines, error):
    server_cfg.write_text(server_cfg.read_text() + lines)
    assert main(["config", "check", str(server_cfg)]) == 1
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("  error: ") and error in line]


def test_a_check_makes_neither_an_audit_log_nor_a_log(server_cfg, tmp_path):
    before = server_cfg.read_text().replace("/var/log/mcollective.log", f"{tmp_path}/mcollective.log")
    server_cfg.write_text(f"{before}rpcaudit = 1\nplugin.rpcaudit.logfile = {tmp_path}/audit.log\n")
    there = sorted(tmp_path.iterdir())
    assert main(["config", "check", str(server_cfg)]) == 0
    assert sorted(tmp_path.iterdir()) == there


def test_all_errors_are_told_at_once_and_each_once(server_cfg, capsys):
    text = server_cfg.read_text().replace("hG5dLr8cYw3jFn6a", "marionette").replace("kV7pXw2mNq9sTz4b", "unset")
    server_cfg.write_text(text + "factsource = nosuch\nrpcauthprovider = myauth\n")
    (server_cfg.parent / "plugin.d").mkdir()
    (server_cfg.parent / "plugin.d" / "acme.cfg").write_text("no setting\n")
    (server_cfg.parent / "plugin.d" / "acme.cfg").chmod(0o600)
    assert main(["config", "check", "--json", str(server_cfg)]) == 1
    (found,) = json.loads(capsys.readouterr().out)["files"]
    assert [error.split(": ")[1] for error in found["errors"]] == [
        "not a setting",
        "plugin.activemq.pool.1.password",
        "plugin.psk",
        "factsource",
        "rpcauthprovider",
    ]


@pytest.mark.parametrize("side", ["server", "client"])
def test_a_ttl_that_hosts_refuse_is_a_remark_with_the_line_to_write(server_cfg, capsys, side):
    server_cfg.write_text(server_cfg.read_text() + "ttl = 600\n")
    assert main(["config", "check", f"--{side}", str(server_cfg)]) == 0
    out = capsys.readouterr().out
    assert f"  remark: {server_cfg}: ttl = 600: hosts here take 300 s at most and refuse the rest: write ttl = 300\n" in out


def test_a_ttl_that_x509_hosts_could_take_names_the_setting():
    (remark,) = long_ttl(Config.from_text("ttl = 120\n", "client", "client.cfg"))
    assert remark.endswith(
        "take 60 s at most and refuse the rest: write ttl = 60, or up to 300 with plugin.x509.max_ttl on all of them"
    )
    assert long_ttl(Config.from_text("ttl = 300\nsecurityprovider = ssl\n", "client")) == []


def test_strict_tells_a_bad_file_by_78(server_cfg, capsys):
    server_cfg.write_text("nosuch = 1\n")
    assert main(["config", "check", "--strict", str(server_cfg)]) == 78


def test_keys_that_cannot_be_read_are_an_error(server_cfg, tmp_path, capsys):
    keys = "".join(f"plugin.x509.{name} = {tmp_path}/no.pem\n" for name in ("ca", "cert", "key", "crl"))
    server_cfg.write_text(server_cfg.read_text().replace("securityprovider = psk", "securityprovider = x509") + keys)
    assert main(["config", "check", str(server_cfg)]) == 1
    assert f"{tmp_path}/no.pem" in capsys.readouterr().out


def test_agents_in_ruby_are_named_and_those_with_a_twin_are_not(tmp_path):
    ruby = tmp_path / "mcollective" / "agent"
    ruby.mkdir(parents=True)
    for name in ("tractor", "rpcutil", "acme"):
        (ruby / f"{name}.rb").touch()
    twin = tmp_path / "agents" / "acme"
    twin.mkdir(parents=True)
    (twin / "agent.py").touch()
    assert ruby_agents((tmp_path,)) == ["tractor"]


def test_what_has_no_effect_is_a_remark(server_cfg, capsys):
    server_cfg.write_text(server_cfg.read_text() + "topicprefix = /topic/\n")
    main(["config", "check", str(server_cfg)])
    assert f"  remark: {server_cfg}:20: topicprefix has no effect any more: remove the line\n" in capsys.readouterr().out


def test_json_is_one_document(server_cfg, capsys):
    assert main(["config", "check", "--json", str(server_cfg)]) == 0
    (found,) = json.loads(capsys.readouterr().out)["files"]
    assert found["usable"] is True
    assert found["side"] == "server"
    assert {"key": "rpcauthorization", "historic": "0", "here": "true", "line": "rpcauthorization = 0"} in found["changed_defaults"]


@pytest.mark.parametrize(
    ("path", "side"), [("/etc/mcollective/server.cfg", "server"), ("client.cfg", "client"), ("/home/alice/.mcollective", "client")]
)
def test_whose_file_it_is_is_seen_by_its_name(path, side):
    assert side_of(path) == side


def test_another_verb_is_answered_with_what_there_is(capsys):
    assert main(["config", "shine"]) == 1
    assert "there is no `mco config shine`: `mco config check" in capsys.readouterr().err


def test_the_migration_guide_shows_what_is_printed_and_every_default_that_differs(server_cfg, tmp_path, capsys):
    guide = (Path(__file__).parents[3] / "docs/migration.md").read_text()
    sample = guide.partition("$ mco config check /etc/mcollective/server.cfg\n")[2].partition("\n```")[0].splitlines()
    for name in ("backup", "package", "weblogs"):
        (tmp_path / "plugins" / "mcollective" / "agent" / f"{name}.rb").touch()
    server_cfg.write_text(server_cfg.read_text().replace("/var/log/mcollective.log", f"{tmp_path}/mcollective.log"))
    assert main(["config", "check", str(server_cfg)]) == 0
    printed = capsys.readouterr().out.replace(str(tmp_path), "/etc/mcollective").splitlines()
    assert len(printed) == len(sample)
    for said, shown in zip(printed, sample, strict=True):
        assert said.startswith(shown[:-3]) if shown.endswith("...") else said == shown
    table = guide.partition("| Left to the default |")[2].partition("\n\n")[0]
    general = {re.sub(r"\.(activemq|rabbitmq|stomp)\.", ".CONNECTOR.", row.key) for row in SETTINGS if row.historic}
    named = {re.sub(r"\.(psk|ssl|aes)\.", ".PLUGIN.", key) for key in general}
    assert sorted(key for key in named if f"`{key}`" not in table) == []
