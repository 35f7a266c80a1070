import pytest

from agents.auditcollector.settings import Settings, settings_of
from mcollective_py.agent import RPCAborted


def test_settings_are_read_and_have_defaults():
    assert settings_of({}) == Settings(False, "/var/log/mcollective/collected.log", 512 << 20)
    assert settings_of({"enabled": "1", "logfile": "/x", "min_free": "1G"}) == Settings(True, "/x", 1 << 30)


@pytest.mark.parametrize("wrong", [{"logfile": "x"}, {"min_free": "much"}, {"enabled": "perhaps"}])
def test_a_setting_that_cannot_be_is_named(wrong):
    with pytest.raises(RPCAborted, match=f"plugin.auditcollector.{next(iter(wrong))}"):
        settings_of(wrong)
