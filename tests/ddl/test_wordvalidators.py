import pytest

from mcollective_py.ddl.validators import VALIDATORS

GOOD = {
    "bytes": ["4096", "10K", "1.5GiB"],
    "cidr": ["192.0.2.0/24", "2001:db8::/32"],
    "cron": ["* * * * *", "*/5 0-6 1,15 jan-mar mon", "0 4 * * 7", "@daily"],
    "duration": ["90", "1h30m"],
    "emailaddress": ["postmaster@example.com", "a.b+c=d@x", "o'neil@mail.example.org"],
    "exim_msgid": ["1q2w3e-000abc-XY", "1q2w3e-00000000abc-WXYZ"],
    "fqdn": ["web1.example.com"],
    "hostname": ["web1"],
    "ipaddress": ["192.0.2.1", "2001:db8::1"],
    "ipv4": ["192.0.2.1"],
    "ipv4address": ["192.0.2.1"],
    "ipv6": ["::1"],
    "ipv6address": ["::1"],
    "package_name": ["g++", "libc6", "python3.11-venv", "gtk_2"],
    "path": ["/etc/motd"],
    "port": ["1", "65535"],
    "puppet_resource": ["service[ssh]", "File[/etc/motd]", "apt::source[my source]"],
    "puppet_server_address": ["puppet", "puppet.example.com:8140"],
    "puppet_tags": ["one", "one,role::web", "a.b-c"],
    "puppet_variable": ["production", "a_1"],
    "regex": ["^a+$"],
    "service_name": ["exim4", "getty@tty1", "a:b"],
    "shellsafe": ["plain words, and more"],
    "systemd_unit": ["ssh.service", "getty@tty1.service", "dev-disk-by\\x2duuid.device", "apt-daily.timer"],
}
BAD = {
    "bytes": ["10X", "-1"],
    "cron": [
        "* * * *",
        "60 * * * *",
        "* * * * * *",
        "5/2 * * * *",
        "5-1 * * * *",
        "a * * * *",
        "*  * * * *",
        "@never",
        "1-2-3 * * * *",
    ],
    "duration": ["1 h", "soon"],
    "emailaddress": [
        "somebody",
        "@x",
        "a@",
        "-f@x.com",
        "a@-x.com",
        "a b@x",
        "a@b@c",
        ".a@x",
        "a..b@x",
        f"{'a' * 65}@x",
        '"a"@x',
        "é@x",
    ],
    "exim_msgid": ["9q2w3e-000abc-X", "1q2w3e-000abc-XYZ", "1q2w3e-000abc-XY-D", "x1q2w3e-000abc-XY", "../../../etc/passwd"],
    "fqdn": ["web1", "a..b", "-a.b"],
    "hostname": ["web1.example.com", "-web", "a" * 64],
    "package_name": ["-y", "a b", "a;b", "../a"],
    "puppet_resource": ["package", "service[]", "[x]", "service[a]b", "service[a[b]]", "1a[x]"],
    "puppet_server_address": ["puppet:", "puppet:0", "puppet:70000", "-x:1", "a:1:2", "http://x"],
    "puppet_tags": ["", "a,,b", ",a", "a b", "--noop"],
    "puppet_variable": ["a-b", "a.b", "a::b"],
    "service_name": ["-x", "a b", "a\\x2db"],
    "systemd_unit": ["ssh", "-a.service", "a/b.service", "a\\b.service", "a.conf"],
}


def test_every_validator_has_examples_here():
    assert set(GOOD) == set(VALIDATORS)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in GOOD.items() for value in values])
def test_a_good_value_passes(name, value):
    VALIDATORS[name](value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_a_bad_value_is_refused_without_being_quoted(name, value):
    with pytest.raises(ValueError, match="must") as error:
        VALIDATORS[name](value)
    assert len(value) < 4 or value not in str(error.value)


@pytest.mark.parametrize("around", ["{}\n", "\n{}", "{}\nrm", "{}\x00", "{}\r", "{}\u2028", "{} \n"])
@pytest.mark.parametrize("name", [name for name in GOOD if name != "regex"])
def test_no_line_can_be_slipped_in(name, around):
    with pytest.raises(ValueError, match=r"must|cannot"):
        VALIDATORS[name](around.format(GOOD[name][0]))
