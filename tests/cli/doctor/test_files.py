"""Configuration, libdirs, DDLs, keys and certificates, each broken on purpose."""

import time

import pytest

from mcollective_py.cli.demosite import OPERATOR, Site, SiteBroker
from mcollective_py.cli.doctor import files
from mcollective_py.config import Config
from mcollective_py.security.ca import CertificateAuthority

DAY = 86400.0


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site") / "site")
    made.issue("web1", "node")
    CertificateAuthority.load(made.folder / "ca", clock=lambda: time.time() - 10 * DAY).issue("old.mcollective", "caller", days=1)
    return made


def config_of(site, tmp_path, **settings):
    """The operator's configuration with settings changed; `_` in their names is a dot, `__` a `_`."""
    text = site.write_client(SiteBroker(61613)).read_text()
    text += "".join(f"{key.replace('__', '-').replace('_', '.').replace('-', '_')} = {value}\n" for key, value in settings.items())
    path = tmp_path / "client.cfg"
    path.write_text(text)
    path.chmod(0o600)
    return path


def keys(site, tmp_path, now=None, **settings):
    config = Config.from_file(config_of(site, tmp_path, **settings), "client")
    return files.keys(config, "client", (lambda: now) if now else time.time)


def failed(checks):
    (check,) = [check for check in checks if check.outcome == "fail"]
    assert check.strict == 78
    return check


def test_a_file_that_is_not_there_or_wrong_is_named_with_who_judges_it(tmp_path):
    config, (check,) = files.configuration(str(tmp_path / "none.cfg"), "client")
    assert config is None
    assert "cannot be read" in check.seen and f"`mco config check --client {tmp_path}/none.cfg` judges it again" in check.fix
    broken = tmp_path / "client.cfg"
    broken.write_text("ttl = soon\nconnector = stomp\n")
    config, (check,) = files.configuration(str(broken), "client")
    assert config is None and "ttl" in check.seen and check.strict == 78


def test_no_file_at_all_says_where_to_write_one(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "places", lambda side, home: (tmp_path / "a.cfg", tmp_path / "b.cfg"))
    _, (check,) = files.configuration(None, "client")
    assert check.seen == "there is no configuration file"
    assert f"write {tmp_path}/a.cfg or {tmp_path}/b.cfg, or name a file with -c" in check.fix


def test_a_libdir_that_is_not_there_and_a_ddl_that_is_broken_are_to_look_at(site, tmp_path):
    broken = tmp_path / "lib" / "agents" / "vault"
    broken.mkdir(parents=True)
    (broken / "ddl.yaml").write_text("metadata: [")
    config = Config.from_file(config_of(site, tmp_path, libdir=f"{tmp_path}/nosuch:{tmp_path}/lib"), "client")
    found = {check.name: check for check in files.plugins(config) if check.outcome == "warn"}
    assert found["libdir"].seen == f"there is no folder {tmp_path}/nosuch"
    assert "take it out of libdir in" in found["libdir"].fix
    assert "`mco plugin doc vault` reads it again" in found["DDLs"].fix


def test_good_keys_are_named(site, tmp_path):
    plugin, found = keys(site, tmp_path)
    assert plugin is not None and plugin.caller == f"cert={OPERATOR}"
    assert [(check.name, check.outcome) for check in found] == [("keys", "ok"), ("certificate", "ok"), ("caller", "ok")]


def test_a_key_that_others_can_read(site, tmp_path):
    loose = tmp_path / "loose.pem"
    loose.write_bytes(site.key(OPERATOR).read_bytes())
    loose.chmod(0o644)
    plugin, found = keys(site, tmp_path, plugin_x509_key=loose)
    assert plugin is None
    assert f"chmod 0600 {loose}" in failed(found).fix


def test_a_key_that_cannot_be_read(site, tmp_path):
    missing = tmp_path / "missing.pem"
    _, found = keys(site, tmp_path, plugin_x509_key=missing)
    check = failed(found)
    assert "cannot be read" in check.seen
    assert f"make {missing} readable for the user who runs this: `ls -l {missing}` shows whose it is" in check.fix


def test_a_certificate_that_has_expired(site, tmp_path):
    old = {"plugin_x509_cert": site.certificate("old.mcollective"), "plugin_x509_key": site.key("old.mcollective")}
    _, found = keys(site, tmp_path, **old)
    check = failed(found)
    assert (check.name, "expired 9 days ago" in check.seen) == ("certificate", True)
    assert "`mco ca renew old.mcollective`" in check.fix


def test_a_certificate_of_another_ca(site, tmp_path):
    other = CertificateAuthority.create(tmp_path / "other", "Other CA")
    other.issue("bob.mcollective", "caller")
    pair = {"plugin_x509_cert": other.certificate_file("bob.mcollective"), "plugin_x509_key": other.key_file("bob.mcollective")}
    _, found = keys(site, tmp_path, **pair)
    assert f"by the CA that all hosts trust ({site.folder}/ca/ca.pem)" in failed(found).fix


def test_a_certificate_that_expires_soon_and_a_list_that_is_old_are_to_look_at(site, tmp_path):
    _, found = keys(site, tmp_path, now=time.time() + 1815 * DAY)
    told = {check.name: check for check in found if check.outcome == "warn"}
    assert told["certificate"].fix == f"renew it in time: `mco ca renew {OPERATOR}`"
    assert "`mco ca refresh` where the CA is" in told["CRL"].fix


def test_the_certificate_of_a_host_is_no_callers(site, tmp_path):
    _, found = keys(site, tmp_path, plugin_x509_cert=site.certificate("web1"), plugin_x509_key=site.key("web1"))
    check = failed(found)
    assert check.seen == "hosts take requests from *.mcollective only, and this is the certificate of web1"
    assert "`mco ca issue NAME.mcollective --caller`" in check.fix


def test_an_example_for_a_secret_is_a_fault_of_the_configuration(site, tmp_path):
    config, (check,) = files.configuration(str(config_of(site, tmp_path, securityprovider="psk", plugin_psk="unset")), "client")
    assert config is None
    assert "plugin.psk" in check.seen and "`mco config check --client" in check.fix


def test_the_keys_of_other_security_plugins_are_looked_at_too(site, tmp_path):
    plugin, found = keys(site, tmp_path, securityprovider="psk", plugin_psk="6f1d0c0e8a5b4c3d9e2f7a6b5c4d3e2f")
    assert plugin is not None
    assert (found[0].name, found[0].outcome) == ("keys", "ok") and found[0].seen.startswith("psk: this client is ")
    missing = tmp_path / "nosuch.pem"
    plugin, found = keys(
        site, tmp_path, securityprovider="ssl", plugin_ssl__client__private=missing, plugin_ssl__client__public=missing
    )
    assert plugin is None
    assert str(missing) in found[0].seen + found[0].fix
