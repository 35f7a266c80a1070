import argparse

import pytest

from mcollective_py.cli.applications.ca import Ca
from mcollective_py.config import Config
from mcollective_py.errors import KeyFileError
from mcollective_py.security.load import certificate_name


@pytest.fixture
def mco_ca(tmp_path, capsys):
    """Runs `mco ca VERB ...` on a CA in the test's folder; gives what it printed."""

    def run(verb, *words):
        application, parser = Ca(), argparse.ArgumentParser()
        application.arguments(parser)
        where = [str(tmp_path / "ca")] if verb == "init" else ["--dir", str(tmp_path / "ca")]
        assert application.run(parser.parse_args([verb, *words, *where])) == 0
        return capsys.readouterr().out

    return run


def test_what_it_prints_for_a_host_is_a_server_cfg_that_works(mco_ca, tmp_path):
    assert "mco ca issue web1.example.com --node" in mco_ca("init")
    printed = mco_ca("issue", "web1.example.com", "--node")
    assert printed.startswith("# into server.cfg")
    assert certificate_name(Config.from_text(printed, side="server")) == "web1.example.com"


def test_for_a_caller_out_of_the_pattern_it_says_what_the_hosts_need(mco_ca):
    mco_ca("init")
    assert "caller_certnames" not in mco_ca("issue", "alice.mcollective", "--caller")
    assert "plugin.x509.caller_certnames = *.mcollective ops\n" in mco_ca("issue", "ops", "--caller", "--key-type", "ed25519")


def test_for_a_broker_it_prints_the_command(mco_ca, tmp_path):
    mco_ca("init")
    printed = mco_ca("issue", "mq.example.com", "--broker", "--san", "localhost")
    assert f"mco broker --tls-cert {tmp_path}/ca/certs/mq.example.com.pem" in printed


def test_the_list_shows_what_was_issued_and_revoked(mco_ca):
    mco_ca("init")
    mco_ca("issue", "alice.mcollective", "--caller")
    mco_ca("issue", "web1", "--node", "--days", "30")
    mco_ca("renew", "web1")
    assert "Revoked 2 certificates of web1." in mco_ca("revoke", "web1")
    mco_ca("refresh")
    rows = [line.split()[:3] for line in mco_ca("list").splitlines()]
    assert rows == [["alice.mcollective", "caller", "valid"], ["web1", "node", "revoked"], ["web1", "node", "revoked"]]


def test_without_a_ca_it_says_so(mco_ca):
    with pytest.raises(KeyFileError, match=r"ca_key\.pem"):
        mco_ca("list")


@pytest.mark.parametrize("words", [["issue", "web1"], ["issue", "web1", "--node", "--caller"], ["revoke"], [], ["sign", "x"]])
def test_a_call_without_what_it_needs_ends_with_the_usage(words, capsys):
    application, parser = Ca(), argparse.ArgumentParser()
    application.arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(words)
