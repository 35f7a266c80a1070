import stat

import pytest

from mcollective_py.cli.enrolment.settingsfile import config_file, text_for, write_settings
from mcollective_py.errors import ConfigError, UsageError

SETTINGS = {"securityprovider": "x509", "plugin.x509.ca": "/etc/ca.pem"}


def test_a_callers_settings_go_into_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_file("client", None)[0] == tmp_path / ".mcollective"
    (tmp_path / ".mcollective").touch()
    assert config_file("client", None) == (tmp_path / ".mcollective", None)
    assert config_file("client", tmp_path / "x.cfg") == (tmp_path / "x.cfg", None)


def test_a_shared_file_is_what_ones_own_begins_as(tmp_path):
    shared = tmp_path / "client.cfg"
    shared.write_text("connector = stomp\n")
    assert text_for(tmp_path / "own", shared, SETTINGS, switches=False).startswith("connector = stomp\nsecurityprovider = x509\n")
    assert shared.read_text() == "connector = stomp\n"


@pytest.mark.parametrize("text", ["securityprovider = psk\n", "nonsense\nsecurityprovider = aes_security\n"])
def test_another_provider_is_replaced_only_where_that_is_meant(tmp_path, text):
    file = tmp_path / "server.cfg"
    file.write_text(text)
    with pytest.raises(UsageError, match="a fleet speaks one: --switch-provider"):
        text_for(file, None, SETTINGS, switches=False)
    assert "securityprovider = x509\n" in text_for(file, None, SETTINGS, switches=True)


def test_a_file_keeps_its_mode_and_a_new_one_is_its_owners_alone(tmp_path):
    file = tmp_path / "new" / "server.cfg"
    write_settings(file, text_for(file, None, SETTINGS, switches=False), "server", SETTINGS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o640)
    config = write_settings(file, file.read_text() + "identity = web1\n", "server", SETTINGS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert config.text("identity") == "web1"


def test_a_link_stays_one_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "real.cfg").write_text("")
    (tmp_path / "server.cfg").symlink_to(tmp_path / "real.cfg")
    write_settings(tmp_path / "server.cfg", "securityprovider = x509\nplugin.x509.ca = /etc/ca.pem\n", "server", SETTINGS)
    assert (tmp_path / "server.cfg").is_symlink()
    assert (tmp_path / "real.cfg").read_text().startswith("securityprovider")


def test_what_wins_over_the_file_is_told(tmp_path):
    file = tmp_path / "server.cfg"
    (tmp_path / "plugin.d").mkdir()
    (tmp_path / "plugin.d" / "x509.cfg").write_text("ca = /other/ca.pem\n")
    with pytest.raises(ConfigError, match=r"plugin.x509.ca: it is still '/other/ca.pem': something in .*plugin.d wins"):
        write_settings(file, text_for(file, None, SETTINGS, switches=False), "server", SETTINGS)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        write_settings(tmp_path / "file" / "server.cfg", "", "server", {})
