import pytest

from agents.service.choice import chosen_name
from mcollective_py.errors import RPCAborted


@pytest.mark.parametrize(
    ("configured", "is_booted", "has_scripts", "name"),
    [
        ("", True, True, "systemd"),
        ("auto", False, True, "service"),
        ("", False, False, ""),
        ("puppet", True, True, "puppet"),
        ("sysv", True, True, "service"),
        (" Service ", True, True, "service"),
        ("systemd", False, False, "systemd"),
    ],
)
def test_the_host_decides_where_nobody_says(configured, is_booted, has_scripts, name):
    assert chosen_name(configured, is_booted=is_booted, has_scripts=has_scripts) == name


def test_another_name_is_answered_with_those_there_are():
    with pytest.raises(RPCAborted, match=r"plugin\.service\.provider = upstart: there are systemd, service, puppet and auto"):
        chosen_name("upstart", is_booted=True, has_scripts=True)
