import pytest

from agents.shell.settings import Settings, is_enabled, settings_of
from mcollective_py.errors import RPCAborted


@pytest.mark.parametrize(
    ("config", "is_so"), [({}, False), ({"enabled": "0"}, False), ({"enabled": "1"}, True), ({"enabled": "Yes"}, True)]
)
def test_nothing_runs_where_the_host_does_not_say_so(config, is_so):
    assert is_enabled(config) is is_so


def test_settings_have_the_values_of_the_page():
    assert settings_of({}) == Settings()
    assert settings_of({"state_path": "/srv/a"}).state_directory == "/srv/a"
    assert settings_of({"state_path": "/srv/a", "state_directory": "/srv/b"}).state_directory == "/srv/b"
    assert settings_of({"users": "a, b c"}).users == ("a", "b", "c")


@pytest.mark.parametrize(
    "config",
    [
        {"max_jobs": "0"},
        {"max_jobs": "x"},
        {"max_output": "99999999999"},
        {"shell": "sh"},
        {"state_directory": "/a/../b"},
        {"systemd": "perhaps"},
    ],
)
def test_a_bad_value_is_told_by_its_key(config):
    with pytest.raises(RPCAborted, match=next(iter(config))):
        settings_of(config)
    with pytest.raises(RPCAborted, match="enabled"):
        is_enabled({"enabled": "perhaps"})
