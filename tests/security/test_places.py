import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError
from mcollective_py.security.callers import CallerPatterns
from mcollective_py.security.places import X509Places, puppet_folders, x509_places

CALLERS = CallerPatterns(["*.mcollective"])


def places(text, side, *folders, login="alice"):
    return x509_places(Config.from_text(text, side=side, file="server.cfg"), side, folders, login=login, callers=CALLERS)


@pytest.fixture
def ssldir(tmp_path):
    """As Puppet's agent leaves it, with a few names."""

    def make(*names, folder="ssl"):
        for part in ("certs", "private_keys"):
            (tmp_path / folder / part).mkdir(parents=True)
        (tmp_path / folder / "certs" / "ca.pem").touch()
        for name in names:
            (tmp_path / folder / "certs" / f"{name}.pem").touch()
            (tmp_path / folder / "private_keys" / f"{name}.pem").touch()
        return tmp_path / folder

    return make


def test_the_settings_say_where_the_files_are(tmp_path):
    text = "".join(f"plugin.x509.{name} = {tmp_path}/{name}.pem\n" for name in ("ca", "cert", "key", "crl"))
    expected = X509Places(*(tmp_path / f"{name}.pem" for name in ("ca", "cert", "key", "crl")))
    assert places(text, "server") == places(text, "client") == expected
    assert places(text + "plugin.x509.revocation = off\n", "server").crl is None


def test_without_settings_a_host_takes_puppets_files_and_its_own_name(ssldir):
    folder = ssldir("web1.example.com", "alice.mcollective")
    assert places("", "server", folder.parent / "none", folder) == X509Places(
        folder / "certs/ca.pem", folder / "certs/web1.example.com.pem", folder / "private_keys/web1.example.com.pem", folder / "crl.pem"
    )


def test_without_settings_a_client_takes_a_callers_files_its_users_first(ssldir):
    folder = ssldir("web1.example.com", "alice.mcollective", "bob.mcollective")
    assert places("", "client", folder, login="bob").key == folder / "private_keys/bob.mcollective.pem"
    assert places("", "client", folder, login="carol").key == folder / "private_keys/alice.mcollective.pem"


def test_a_client_never_takes_the_hosts_own_certificate(ssldir):
    with pytest.raises(ConfigError, match=r"no certificate of a caller in .*: issue one for alice\.mcollective"):
        places("", "client", ssldir("web1.example.com"))


def test_a_certificate_of_ones_own_and_puppets_ca_go_together(ssldir):
    folder = ssldir("web1.example.com")
    found = places("plugin.x509.cert = /x/c.pem\nplugin.x509.key = /x/k.pem\n", "server", folder)
    assert (str(found.certificate), found.ca, found.crl) == ("/x/c.pem", folder / "certs/ca.pem", folder / "crl.pem")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"plugin\.x509\.ca: no CA: set it"),
        ("plugin.x509.ca = /x/ca.pem", r"plugin\.x509\.crl: no revocation list: set it, or plugin\.x509\.revocation = off"),
        ("plugin.x509.ca = /x/ca.pem\nplugin.x509.crl = /x/crl.pem", r"plugin\.x509\.cert: no certificate of this host"),
        ("plugin.x509.cert = /x/c.pem", r"plugin\.x509\.key: cert and key go together"),
        ("plugin.x509.key = /x/c.pem", r"plugin\.x509\.cert: cert and key go together"),
    ],
)
def test_what_is_missing_is_named(text, says):
    with pytest.raises(ConfigError, match=says):
        places(text, "server")


def test_puppets_crl_is_not_taken_for_another_ca(ssldir):
    with pytest.raises(ConfigError, match=r"plugin\.x509\.crl"):
        places("plugin.x509.ca = /x/ca.pem", "server", ssldir("web1.example.com"))


def test_a_users_own_folder_comes_before_the_hosts(tmp_path):
    found = puppet_folders(tmp_path / "home", tmp_path)
    assert found[0] == tmp_path / "home/.puppetlabs/etc/puppet/ssl"
    assert puppet_folders(None, tmp_path) == tuple(
        tmp_path / part for part in ("etc/puppetlabs/puppet/ssl", "var/lib/puppet/ssl", "etc/puppet/ssl")
    )


def test_a_key_in_ssh_agent_leaves_the_certificate_alone_to_be_named(ssldir):
    folder = ssldir("web1.example.com", "alice.mcollective")
    (folder / "private_keys" / "alice.mcollective.pem").unlink()
    found = places("plugin.x509.ssh_agent = 1\n", "client", folder)
    assert (found.certificate, found.key) == (folder / "certs/alice.mcollective.pem", None)
    named = places("plugin.x509.ssh_agent = 1\nplugin.x509.cert = /x/c.pem\n", "client", folder)
    assert (str(named.certificate), named.key) == ("/x/c.pem", None)
    with pytest.raises(ConfigError, match="either in this file or in ssh-agent"):
        places("plugin.x509.ssh_agent = 1\nplugin.x509.key = /x/k.pem\n", "client", folder)
