import json
import stat
from pathlib import Path

from mcollective_py.cli.demosite import OPERATOR, Site, SiteBroker, SiteHost
from mcollective_py.config import Config


def test_a_host_has_all_that_its_daemon_reads(tmp_path: Path) -> None:
    site = Site(tmp_path)
    host = SiteHost("web1", ("role::web",), {"country": "uk"}, {"loglevel": "debug"})
    config = Config.from_file(site.write_host(host, SiteBroker(61999)), "server")
    home = tmp_path / "hosts" / "web1"
    assert (home / "classes.txt").read_text() == "settings\nrole::web\n"
    assert json.loads((home / "facts.yaml").read_text()) == {"country": "uk"}
    assert f"cert={OPERATOR}" in (home / "policies" / "echo.policy").read_text()
    assert config.text("loglevel") == "debug"
    assert (config.text("connector"), config.number("plugin.stomp.pool.1.port")) == ("stomp", 61999)
    assert config.flag("plugin.stomp.pool.1.ssl")
    assert config.path("plugin.x509.cert") == site.certificate("web1")


def test_a_broker_with_a_login_is_spoken_to_with_it(tmp_path: Path) -> None:
    site = Site(tmp_path)
    broker = SiteBroker(61999, "127.0.0.1", "activemq", "mco", "for-this-test")
    config = Config.from_file(site.write_client(broker, {"ttl": "30"}), "client")
    assert (config.text("plugin.activemq.pool.1.user"), config.text("plugin.activemq.pool.1.password")) == ("mco", "for-this-test")
    assert not config.flag("plugin.activemq.pool.1.ssl")
    assert config.number("ttl") == 30
    assert config.path("plugin.x509.cert") == site.certificate(OPERATOR)


def test_configurations_and_keys_are_nobody_elses(tmp_path: Path) -> None:
    site = Site(tmp_path)
    files = [site.write_client(SiteBroker(1)), site.write_host(SiteHost("web1"), SiteBroker(1)), site.key("web1")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_host_written_again_keeps_its_key(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write_host(SiteHost("web1"), SiteBroker(1))
    before = site.key("web1").read_bytes()
    site.write_host(SiteHost("web1", ("role::db",)), SiteBroker(2))
    assert site.key("web1").read_bytes() == before
    assert "role::db" in (tmp_path / "hosts" / "web1" / "classes.txt").read_text()
