from pathlib import Path

import pytest

from mcollective_py.client.discovery.puppetdbplace import Server, address_of, puppetdb_conf, servers_of
from mcollective_py.config import Config
from mcollective_py.connector.pool import TLSFiles
from mcollective_py.errors import ConfigError, DiscoveryError

P = "plugin.discovery.puppetdb."
FILES = f"{P}ca = /ca.pem\n{P}cert = /cert.pem\n{P}key = /key.pem\n"
TLS = TLSFiles(ca=("/ca.pem",), cert="/cert.pem", key="/key.pem", revocation="chain")


def servers(text, root=Path("/nonexistent"), home=None):
    return servers_of(Config.from_text(text, "client"), home, root)


def test_a_host_is_asked_over_tls_on_puppetdbs_port():
    assert servers(f"{P}host = puppetdb.example.com\n{FILES}") == (Server("puppetdb.example.com", 8081, TLS),)
    assert servers(f"{P}host = db\n{P}port = 443\n{FILES}")[0].port == 443


def test_urls_win_and_are_tried_in_order():
    found = servers(f"{P}host = x\n{P}url = https://one:1,http://two https://[::1]:3/\n{FILES}")
    assert found == (Server("one", 1, TLS), Server("two", 8080), Server("::1", 3, TLS))
    assert list(map(str, found)) == ["https://one:1", "http://two:8080", "https://[::1]:3"]


def test_plain_http_needs_no_certificate():
    assert servers(f"{P}url = http://localhost:8080\n") == (Server("localhost", 8080),)


@pytest.mark.parametrize(
    "url",
    [
        "puppetdb",
        "ftp://x",
        "https://",
        "https://x/pdb",
        "https://user@x",
        "https://x?a=1",
        "https://x:99999",
        "https://x:y",
        "https:///x",
    ],
)
def test_what_is_no_address_is_refused_by_its_setting(url):
    with pytest.raises(ValueError, match=r"not of the form|out of range|could not be cast"):
        address_of(url)
    with pytest.raises(ConfigError, match=r"plugin\.discovery\.puppetdb\.url"):
        servers(f"{P}url = {url}\n")


def test_a_host_is_a_name_and_nothing_else():
    with pytest.raises(ConfigError, match=r"plugin\.discovery\.puppetdb\.host: 'https://x' is no host name"):
        servers(f"{P}host = https://x\n")


def test_puppets_own_file_says_where_it_is_where_no_setting_does(tmp_path):
    conf = tmp_path / "etc" / "puppetlabs" / "puppet"
    conf.mkdir(parents=True)
    (conf / "puppetdb.conf").write_text("[main]\nserver_urls = https://pdb1:8081, https://pdb2\nsoft_write_failure = true\n")
    assert list(map(str, servers(FILES, tmp_path))) == ["https://pdb1:8081", "https://pdb2:8081"]


def test_an_ordinary_users_own_puppet_comes_first(tmp_path):
    for folder, name in (("home/.puppetlabs/etc/puppet", "own"), ("etc/puppet", "system")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "puppetdb.conf").write_text(f"[main]\nserver_urls = https://{name}\n")
    assert servers(FILES, tmp_path, tmp_path / "home")[0].host == "own"
    assert servers(FILES, tmp_path)[0].host == "system"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[main]\nserver = old\nport = 9000\n", [("https", "old", 9000)]),
        ("[main]\nserver = old\n", [("https", "old", 8081)]),
        ("[main]\nserver_urls = https://%x:1\n", [("https", "%x", 1)]),
        ("[global]\n", []),
        ("", []),
    ],
)
def test_a_puppetdb_conf_of_any_age_is_read(text, found):
    assert puppetdb_conf(text, Path("/p.conf")) == found


@pytest.mark.parametrize("text", ["server_urls = https://x\n", "[main]\nserver_urls = nonsense\n", "[main\n"])
def test_a_puppetdb_conf_that_cannot_be_read_is_named(text):
    with pytest.raises(DiscoveryError, match=r"^/p\.conf: "):
        puppetdb_conf(text, Path("/p.conf"))


def test_nothing_that_says_where_puppetdb_is_names_the_setting_and_the_files(tmp_path):
    with pytest.raises(DiscoveryError, match=rf"set {P}host \(looked for {tmp_path}/etc/puppetlabs/puppet/puppetdb.conf, .*"):
        servers("", tmp_path)


def test_a_certificate_without_its_key_is_refused():
    with pytest.raises(ConfigError, match="cert and key go together"):
        servers(f"{P}host = x\n{P}ca = /ca.pem\n{P}cert = /cert.pem\n")


def test_the_certificate_of_the_x509_plugin_is_shown_where_no_other_is_named():
    x509 = "plugin.x509.ca = /x/ca\nplugin.x509.cert = /x/cert\nplugin.x509.key = /x/key\nplugin.x509.crl = /x/crl\n"
    (server,) = servers(f"{P}host = x\n{x509}")
    assert server.tls == TLSFiles(ca=("/x/ca",), cert="/x/cert", key="/x/key", crl="/x/crl", revocation="chain")
    (server,) = servers(f"{P}host = x\n{P}ca = /other/ca\n{x509}")
    assert server.tls == TLSFiles(ca=("/other/ca",), cert="/x/cert", key="/x/key", crl=None, revocation="chain")
