from collections.abc import Callable
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.config import Config
from mcollective_py.errors import ConfigError, MCollectiveError
from mcollective_py.server.host import Host, build_host, connection_settings, host_identity

NOW = 1_800_000_000.0
Make = Callable[..., Config]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def config(site: Site) -> Make:
    """Configurations of the host web1 with settings of one's own."""

    def make(**settings: str) -> Config:
        named = {key.replace("__", "."): value for key, value in settings.items()}
        host = SiteHost("web1", ("role::web",), {"country": "uk", "n": {"m": 1.5}}, named)
        return Config.from_file(site.write_host(host, SiteBroker(61613)), "server")

    return make


def built(config: Config, previous: Host | None = None) -> Host:
    return build_host(config, lambda: NOW, previous)


def test_a_host_is_what_its_certificate_and_files_say(config: Make) -> None:
    host = built(config())
    view = host.node.view()
    assert (host.identity, view.identity, view.main_collective) == ("web1", "web1", "mcollective")
    assert view.classes == {"settings", "role::web"}
    assert view.facts == {"country": "uk", "n": {"m": 1.5}}
    assert {"discovery", "echo", "rpcutil"} <= set(host.agents) == set(view.agents)
    assert (host.rules.skew, host.rules.max_ttl) == (5.0, 60.0)
    assert view.data("agent", "echo") is not None


def test_an_identity_that_is_not_the_certificates_is_refused(config: Make) -> None:
    with pytest.raises(ConfigError, match="the certificate is that of web1"):
        built(config(identity="web2"))
    assert host_identity(config(identity="web1")) == "web1"


def test_an_unknown_facts_source_is_answered_with_those_there_are(config: Make) -> None:
    with pytest.raises(ConfigError, match="facter, native, yaml"):
        built(config(factsource="nosuch"))


@pytest.mark.parametrize("missing", ["plugin__x509__ca", "plugin__x509__cert", "plugin__x509__key"])
def test_a_missing_key_file_is_named(config: Make, tmp_path: Path, missing: str) -> None:
    with pytest.raises(MCollectiveError, match=r"nosuch\.pem"):
        built(config(**{missing: str(tmp_path / "nosuch.pem")}))


def test_a_broken_agent_is_named_in_the_log_and_the_others_are_there(
    config: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "libdir" / "agents" / "broken"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text("class Broken:\n    def handlemsg(self, msg)\n        return 1\n")
    host = built(config(libdir=str(tmp_path / "libdir")))
    assert "echo" in host.agents and "broken" not in host.agents
    (line,) = [record.getMessage() for record in caplog.records if "broken" in record.getMessage()]
    assert line == "agent broken is not loaded: agent.py:2: SyntaxError: expected ':'"


def test_a_libdir_that_is_not_there_is_told(config: Make, caplog: pytest.LogCaptureFixture) -> None:
    built(config(libdir="/nonexistent/lib"))
    assert "libdir: there is no folder /nonexistent/lib, so no agents and facts sources of it" in caplog.messages


def test_an_agent_that_is_turned_off_is_named_in_the_log(config: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    built(config(plugin__echo__activate_agent="no"))
    assert "agent echo is not active: plugin.echo.activate_agent is no" in [record.getMessage() for record in caplog.records]


def test_trouble_with_facts_names_the_source(config: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert built(config(factsource="yaml", plugin__yaml=str(tmp_path / "nosuch.yaml"))).node.view().facts is None
    assert any(record.getMessage().startswith("facts source yaml: ") for record in caplog.records)


def test_an_agents_settings_are_its_own(config: Make) -> None:
    host = built(config(plugin__echo__colour="red"))
    assert host.plugin_settings["echo"] == {"colour": "red"}
    assert host.plugin_settings["rpcutil"] == {}


def test_a_reload_keeps_an_audit_that_has_not_changed(config: Make, tmp_path: Path) -> None:
    audited = {"rpcaudit": "1", "plugin__rpcaudit__logfile": str(tmp_path / "audit.log")}
    first = built(config(**audited))
    assert built(config(**audited), first).audit is first.audit
    assert built(config(), first).audit is not first.audit


def test_only_what_a_connection_is_made_of_makes_a_reload_connect_anew(config: Make) -> None:
    before = connection_settings(config())
    assert connection_settings(config(loglevel="debug")) == before
    assert connection_settings(config(plugin__stomp__heartbeat_interval="60")) != before


def test_keys_and_certificates_count_for_a_connection_with_tls_alone(config: Make) -> None:
    def settings(ssl: str, **changed: str) -> dict[str, str | None]:
        return connection_settings(config(plugin__stomp__pool__1__ssl=ssl, **changed))

    assert settings("0", plugin__x509__cert="/etc/mcollective/other.pem") == settings("0")
    assert settings("1", plugin__x509__cert="/etc/mcollective/other.pem") != settings("1")
    assert settings("1", plugin__x509__skew="7") == settings("1")


def test_without_a_certificate_a_host_is_called_what_the_system_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "web1.example.net")
    psk = "securityprovider = psk\nplugin.psk = 6dV0qXn2mT8sK4\n"
    assert host_identity(Config.from_text(psk)) == "web1.example.net"
    assert host_identity(Config.from_text(psk + "identity = db1\n")) == "db1"
    monkeypatch.setattr("socket.gethostname", lambda: "..")
    with pytest.raises(ConfigError, match="is no identity"):
        host_identity(Config.from_text(psk))


def test_what_is_allowed_in_time_is_what_the_security_plugin_in_use_says(config: Make) -> None:
    psk = {"securityprovider": "psk", "plugin__psk": "6dV0qXn2mT8sK4zR", "rpcauthorization": "0"}
    rules = built(config(**psk)).rules
    assert (rules.skew, rules.max_ttl, rules.max_ttl_key, rules.late) == (60.0, 300.0, "plugin.psk.max_ttl", 1.0)
    rules = built(config(**psk, plugin__psk__skew="5", plugin__psk__max_ttl="60")).rules
    assert (rules.skew, rules.max_ttl) == (5.0, 60.0)
    assert built(config()).rules.late is None
