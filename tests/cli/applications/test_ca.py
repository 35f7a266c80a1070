import argparse

import pytest

from mcollective_py.cli.applications.ca import Ca
from mcollective_py.cli.options import parser_for
from mcollective_py.config import Config
from mcollective_py.connector.pool import read_pool
from mcollective_py.errors import KeyFileError, UsageError
from mcollective_py.security.load import certificate_name, own_places


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


def test_what_it_prints_for_a_host_leaves_the_broker_of_a_file_alone(mco_ca):
    mco_ca("init")
    has_broker = "connector = activemq\nplugin.activemq.pool.size = 1\nplugin.activemq.pool.1.host = mq1\n"
    config = Config.from_text(has_broker + mco_ca("issue", "web1.example.com", "--node"), side="server")
    assert (config.text("connector"), config.text("securityprovider")) == ("activemq", "x509")


def test_for_a_caller_out_of_the_pattern_it_says_what_the_hosts_need(mco_ca):
    mco_ca("init")
    assert "caller_certnames" not in mco_ca("issue", "alice.mcollective", "--caller")
    assert "plugin.x509.caller_certnames = *.mcollective ops\n" in mco_ca("issue", "ops", "--caller", "--key-type", "ed25519")


def test_for_a_broker_it_prints_the_command(mco_ca, tmp_path):
    mco_ca("init")
    printed = mco_ca("issue", "mq.example.com", "--broker", "--san", "localhost")
    folder = tmp_path / "ca"
    assert f"mco broker --host 0.0.0.0 --tls-cert {folder}/certs/mq.example.com.pem --tls-key " in printed
    assert f" --tls-ca {folder}/ca.pem --tls-crl {folder}/crl.pem\n" in printed
    assert "plugin.stomp.pool.1.host = mq.example.com\n" in printed


def test_the_list_shows_what_was_issued_and_revoked(mco_ca):
    mco_ca("init")
    mco_ca("issue", "alice.mcollective", "--caller")
    mco_ca("issue", "web1", "--node", "--days", "30")
    mco_ca("renew", "web1")
    assert "Revoked 2 certificates of web1." in mco_ca("revoke", "web1")
    mco_ca("refresh")
    rows = [line.split()[:3] for line in mco_ca("list").splitlines()]
    assert rows == [["alice.mcollective", "caller", "valid"], ["web1", "node", "revoked"], ["web1", "node", "revoked"]]


def test_without_a_ca_it_says_what_would_do(mco_ca, tmp_path):
    for words in (["list"], ["issue", "web1", "--node"], ["refresh"]):
        with pytest.raises(KeyFileError) as error:
            mco_ca(*words)
        said = str(error.value)
        assert said.startswith(f"{tmp_path}/ca: there is no CA here: `mco ca init {tmp_path}/ca` makes one, --dir")


@pytest.mark.parametrize("words", [["issue", "web1"], ["issue", "web1", "--node", "--caller"], ["revoke"], [], ["sign", "x"]])
def test_a_call_without_what_it_needs_ends_with_the_usage(words):
    with pytest.raises(UsageError, match=r"usage: mco ca"):
        parser_for("ca", Ca()).parse_args(words)


def test_each_verb_has_a_usage_and_a_help_of_its_own(capsys):
    parser = parser_for("ca", Ca())
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["init", "--help"])
    assert left.value.code == 0
    assert capsys.readouterr().out.startswith("usage: mco ca init [-h]")
    with pytest.raises(UsageError) as error:
        parser.parse_args(["issue", "web1"])
    assert "\nusage: mco ca issue [-h]" in str(error.value)
    assert str(error.value).endswith("\nmco ca issue --help says more")


def test_listing_needs_no_private_key(mco_ca, tmp_path):
    mco_ca("init")
    mco_ca("issue", "web1", "--node")
    (tmp_path / "ca" / "private" / "ca_key.pem").unlink()
    assert mco_ca("list").startswith("web1  node")
    with pytest.raises(KeyFileError) as error:
        mco_ca("issue", "web2", "--node")
    assert str(error.value) == (
        f"{tmp_path}/ca/private/ca_key.pem: the CA's own key: the private key cannot be read: No such file or directory"
    )


@pytest.mark.parametrize(("name", "role"), [("web1.example.com", "node"), ("alice.mcollective", "caller")])
def test_what_it_prints_leads_to_the_broker_that_it_has_issued(mco_ca, name, role):
    mco_ca("init")
    mco_ca("issue", "mq.example.com", "--broker")
    printed = mco_ca("issue", name, f"--{role}")
    printed = printed.replace("#connector", "connector").replace("#plugin.", "plugin.")  # as one does who has no broker yet
    config = Config.from_text(printed, side="server" if role == "node" else "client")
    (broker,) = read_pool(config, config.word("connector"), {}, own_files=lambda: own_places(config, "client"))
    assert (broker.host, broker.port) == ("mq.example.com", 61614)
    assert broker.tls.cert.endswith(f"/ca/certs/{name}.pem")
    assert broker.tls.ca[0].endswith("/ca/ca.pem")


def test_a_caller_out_of_the_pattern_is_told_what_the_broker_needs(mco_ca):
    mco_ca("init")
    assert "operator-names" not in mco_ca("issue", "alice.mcollective", "--caller")
    assert "--operator-names '*.mcollective' --operator-names ops\n" in mco_ca("issue", "ops", "--caller")


def test_revoking_names_the_broker_too(mco_ca, tmp_path):
    mco_ca("init")
    mco_ca("issue", "web1", "--node")
    printed = mco_ca("revoke", "web1")
    assert f"Copy {tmp_path}/ca/crl.pem to every host and to the broker (its --tls-crl)" in printed
