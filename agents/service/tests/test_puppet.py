import pytest

from agents.service.puppet import options_of, restart_manifest, state_from


def test_settings_are_parameters_of_the_type():
    config = {"puppet.hasrestart": "true", "puppet.hasstatus": "0", "puppet.pattern": "exim.*", "puppet.command": "/p", "strict": "1"}
    assert options_of(config) == {"hasrestart": True, "hasstatus": False, "pattern": "exim.*"}
    assert options_of({"puppet.a=>b": "1"}) == {}


def test_a_restart_is_a_service_that_is_told_of_a_change():
    assert restart_manifest(r"odd\x2dname", {"hasrestart": True, "pattern": "it's"}) == (
        "notify { 'restart':\n  notify => Service['odd\\\\x2dname'],\n}\n"
        "service { 'odd\\\\x2dname':\n  ensure => 'running',\n  hasrestart => true,\n  pattern => 'it\\'s',\n}\n"
    )


@pytest.mark.parametrize(
    ("properties", "status", "enabled"),
    [
        ({"ensure": "running", "enable": "true"}, "running", "enabled"),
        ({"ensure": "stopped", "enable": False}, "stopped", "disabled"),
        ({"ensure": "stopped", "enable": "mask"}, "stopped", "masked"),
        ({"ensure": "stopped"}, "stopped", ""),
    ],
)
def test_what_puppet_says_of_a_service(properties, status, enabled):
    state = state_from("exim4", properties)
    assert (state.status, state.enabled) == (status, enabled)
