"""What a daemon tells of itself, on a real host's files."""

from pathlib import Path

import pytest

from mcollective_py import __version__
from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.config import Config
from mcollective_py.server.host import Host, build_host
from mcollective_py.server.selfreport import SelfReport
from mcollective_py.server.stats import Stats
from mcollective_py.wire.symbol import Symbol

NOW = 1_800_000_000.0
SETTINGS = {
    "plugin.stomp.pool.1.user": "mco",
    "plugin.stomp.pool.1.password": "between-us",
    "activate_agents": "no",
    "plugin.rpcutil.activate_agent": "yes",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def built(site: Site, **settings: str) -> Host:
    file = site.write_host(SiteHost("web1", (), {"country": "uk"}, {**SETTINGS, **settings}), SiteBroker(61613))
    return build_host(Config.from_file(file, "server"), lambda: NOW)


@pytest.fixture
def host(site: Site) -> Host:
    return built(site)


def a_report(host: Host, **losses: int) -> SelfReport:
    return SelfReport(
        lambda: host, Stats(NOW), lambda: losses, lambda asked, view: {}, lambda asked, of_any_caller: {"any": of_any_caller}
    )


def test_the_counters_come_with_agents_file_and_version(host: Host) -> None:
    stats = a_report(host).stats()
    assert (stats["total"], stats["refused"], stats["starttime"]) == (0, {}, 1_800_000_000)
    assert stats["agents"] == ["discovery", "rpcutil"]
    assert (stats["configfile"], stats["version"]) == (str(host.config.file), __version__)


def test_what_was_lost_in_silence_is_counted(host: Host) -> None:
    stats = a_report(host, dropped=7, late=2).stats()
    assert (stats["dropped"], stats["late"]) == (7, 2)


def test_what_is_wrong_with_the_sources_is_told(site: Site, host: Host, tmp_path: Path) -> None:
    host.node.view()
    assert a_report(host).stats()["troubles"] == []
    blind = built(site, **{"plugin.yaml": str(tmp_path / "nosuch.yaml")})
    assert blind.node.view().facts is None
    (trouble,) = a_report(blind).stats()["troubles"]
    assert "nosuch.yaml" in trouble


def test_every_active_agent_is_described_in_order(host: Host) -> None:
    assert [agent["agent"] for agent in a_report(host).agents()] == ["discovery", "rpcutil"]


def test_the_present_host_is_asked_after_a_reload(site: Site, host: Host) -> None:
    hosts = [host]
    report = SelfReport(lambda: hosts[-1], Stats(NOW), dict, lambda asked, view: {}, lambda asked, of_any_caller: {})
    hosts.append(built(site, **{"plugin.echo.activate_agent": "yes"}))
    assert report.stats()["agents"] == ["discovery", "echo", "rpcutil"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("plugin.stomp.pool.1.password", "***"),
        ("plugin.stomp.pool.1.user", "mco"),
        ("collectives", ["mcollective"]),
        ("main_collective", "mcollective"),
        ("identity", "web1"),
        ("registerinterval", 0),
        ("ttl", 60),
        ("fact_cache_time", 1),
        ("plugin.x509.skew", 5),
        ("direct_addressing", True),
        ("activate_agents", False),
        ("plugin.x509.privileged_certnames", None),
    ],
)
def test_settings_are_told_by_their_types_and_without_their_secrets(host: Host, name: str, value: object) -> None:
    found = a_report(host).setting(name)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("name", ["plugin.nothing.at_all", "nosuch", ""])
def test_a_setting_of_an_unknown_name_is_none_of_ours(host: Host, name: str) -> None:
    with pytest.raises(KeyError):
        a_report(host).setting(name)


def test_what_ruby_clients_ask_for_by_symbols_has_them_as_keys(host: Host) -> None:
    report = a_report(host)
    entry = report.agents()[0]
    assert {type(key) for key in (*report.stats()["times"], *entry)} == {Symbol}
    assert (set(report.stats()["times"]), entry["timeout"], type(entry["timeout"])) == ({"utime", "stime", "cutime", "cstime"}, 5, int)


def test_whom_the_daemon_trusts_is_told_by_its_security_plugin(host: Host) -> None:
    told = a_report(host).trusted()
    assert (told["certificate"]["name"], told["callers"], told["trouble"]) == ("web1", ["*.mcollective"], "")


def test_a_wire_without_certificates_tells_its_name(site: Site) -> None:
    psk = built(site, securityprovider="psk", **{"plugin.psk": "k3y" * 12})
    assert a_report(psk).trusted() == {"provider": "psk"}
