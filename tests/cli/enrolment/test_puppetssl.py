from pathlib import Path

import pytest

from mcollective_py.cli.enrolment.puppetssl import (
    caller_places,
    download_words,
    find_puppet,
    node_places,
    parse_settings,
    print_settings,
    request_words,
    steps,
)
from mcollective_py.errors import KeyFileError

# Puppet 7.23.0 of Debian 12, as root.
RECORDED = """\
certname = vm
hostcert = /var/lib/puppet/ssl/certs/vm.pem
hostcrl = /var/lib/puppet/ssl/crl.pem
hostprivkey = /var/lib/puppet/ssl/private_keys/vm.pem
localcacert = /var/lib/puppet/ssl/certs/ca.pem
ssldir = /var/lib/puppet/ssl
"""


def test_the_agents_files_are_where_puppet_says():
    where = node_places(parse_settings(RECORDED))
    assert where.settings() == {
        "securityprovider": "x509",
        "plugin.x509.ca": "/var/lib/puppet/ssl/certs/ca.pem",
        "plugin.x509.crl": "/var/lib/puppet/ssl/crl.pem",
        "plugin.x509.cert": "/var/lib/puppet/ssl/certs/vm.pem",
        "plugin.x509.key": "/var/lib/puppet/ssl/private_keys/vm.pem",
    }


def test_an_operators_certificate_lies_in_the_same_folder():
    where = caller_places(parse_settings(RECORDED), "alice.mcollective")
    assert (where.certificate, where.key) == (
        Path("/var/lib/puppet/ssl/certs/alice.mcollective.pem"),
        Path("/var/lib/puppet/ssl/private_keys/alice.mcollective.pem"),
    )


@pytest.mark.parametrize(
    ("was", "now", "says"),
    [
        ("ssldir = /var/lib/puppet/ssl\n", "", "gave no ssldir"),
        ("hostcrl = /var", "hostcrl = ./var", "gave no hostcrl that can be used: './var"),
        ("certname = vm", "certname = ../vm", "gave no certname"),
    ],
)
def test_what_puppet_does_not_say_is_named(was, now, says):
    assert was in RECORDED
    with pytest.raises(KeyFileError, match=says):
        parse_settings(RECORDED.replace(was, now))


def test_the_words_for_puppet():
    assert print_settings()[:2] == ("config", "print")
    assert request_words("alice.mcollective", None) == ("ssl", "submit_request", "--certname", "alice.mcollective")
    assert download_words("alice.mcollective", "ca1") == (
        "ssl", "download_cert", "--certname", "alice.mcollective", "--ca_server", "ca1",
    )  # fmt: skip


def test_what_is_left_to_do_depends_on_what_was_asked_for():
    todo = steps(Path("/usr/bin/puppet"), "alice.mcollective", None, is_requested=False)
    assert todo == [
        "here:       /usr/bin/puppet ssl submit_request --certname alice.mcollective",
        "on the CA:  puppetserver ca sign --certname alice.mcollective",
        "here:       /usr/bin/puppet ssl download_cert --certname alice.mcollective",
        "            mco enrol puppet alice.mcollective --caller",
    ]
    assert steps(Path("/usr/bin/puppet"), "alice.mcollective", None, is_requested=True) == todo[1:]


def test_without_puppet_it_says_what_would_do(tmp_path):
    with pytest.raises(KeyFileError, match="`mco enrol request` is for fleets without it"):
        find_puppet(tmp_path / "puppet")


def test_files_that_are_not_there_are_known(tmp_path):
    where = caller_places(parse_settings(RECORDED.replace("/var/lib/puppet", str(tmp_path))), "alice.mcollective")
    assert len(where.missing()) == 4
    where.ca.parent.mkdir(parents=True)
    where.ca.touch()
    assert where.ca not in where.missing()
