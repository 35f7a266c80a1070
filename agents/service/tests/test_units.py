import pytest

from agents.service.units import full_name, listed_names, protection


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("ssh", "ssh.service"),
        ("ssh.service", "ssh.service"),
        ("foo@bar-baz", "foo@bar-baz.service"),
        ("logrotate.timer", "logrotate.timer"),
        ("python3.11", "python3.11.service"),
        (r"odd\x2dname", r"odd\x2dname.service"),
        ("service", "service.service"),
    ],
)
def test_a_name_without_a_type_is_a_service(name, full):
    assert full_name(name) == full


def test_the_names_of_a_request_are_each_taken_once_in_their_order():
    assert listed_names("b", "a,b,c") == ["b", "a", "c"]
    assert listed_names("", "") == []


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        ("stop", ["mcollectived"]),
        ("stop", ["sshd", "ssh.service", "sshd.service"]),
        ("disable", ["ssh"]),
        ("mask", ["dbus"]),
        ("stop", ["systemd-journald"]),
        ("stop", ["systemd-udevd-kernel.socket"]),
        ("stop", ["multi-user.target"]),
        ("stop", ["getty@tty1"]),
        ("stop", ["NetworkManager"]),
        ("stop", ["rabbitmq-server"]),
        ("start", ["poweroff.target"]),
        ("start", ["rescue.target"]),
        ("restart", ["emergency"]),
        ("start", ["runlevel6.target"]),
        ("enable", ["reboot.target"]),
        ("restart", ["dbus"]),
        ("restart", ["system.slice"]),
    ],
)
def test_what_keeps_the_host_in_reach_is_protected(verb, names):
    assert protection(verb, names)


@pytest.mark.parametrize(
    ("verb", "names"),
    [
        ("restart", ["ssh"]),
        ("restart", ["mcollectived"]),
        ("reload", ["dbus"]),
        ("restart", ["systemd-journald"]),
        ("stop", ["nginx"]),
        ("stop", ["logrotate.timer"]),
        ("start", ["ssh"]),
        ("enable", ["mcollectived"]),
        ("stop", ["sshguard"]),
        ("unmask", ["ssh"]),
    ],
)
def test_daily_work_is_not(verb, names):
    assert protection(verb, names) == ""


def test_an_alias_does_not_get_round_it():
    assert protection("stop", ["harmless", "harmless.service", "sshd.service"])


def test_a_site_protects_more_and_releases_some():
    assert protection("stop", ["nginx"], "nginx, app@*") == "plugin.service.protected has it"
    assert protection("stop", ["app@1"], "nginx, app@*")
    assert protection("stop", ["backup.timer"], "backup.timer")
    assert protection("stop", ["rabbitmq-server"], "!rabbitmq-server nginx") == ""
    assert protection("restart", ["dbus"], "!dbus") == ""
    assert protection("start", ["poweroff.target"], "!poweroff.target"), "what ends the host is only done by force"
