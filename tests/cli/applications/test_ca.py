import argparse
import json
import subprocess

import pytest

from mcollective_py.cli.applications.ca import Ca
from mcollective_py.cli.options import parser_for
from mcollective_py.config import Config
from mcollective_py.connector.pool import read_pool
from mcollective_py.errors import KeyFileError, UsageError
from mcollective_py.security.certificaterequest import fingerprint, make_request, read_request
from mcollective_py.security.keyfiles import generate_key
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


def request_file(tmp_path, name="web1", sans=(), extensions=None):
    file = tmp_path / f"{name}.csr"
    file.write_bytes(make_request(generate_key("p256"), name, sans, extensions))
    return file


def test_a_request_is_signed_and_all_that_is_to_be_taken_back_is_one_file(mco_ca, tmp_path):
    mco_ca("init")
    request, out = request_file(tmp_path, sans=("www",)), tmp_path / "back.pem"
    printed = mco_ca("issue", "--csr", str(request), "--node", "--san", "www", "--out", str(out))
    key = read_request(request.read_bytes()).key
    assert printed.startswith("Signed for web1, a node.")
    assert f"   {fingerprint(key)}\n" in printed
    assert not (tmp_path / "ca" / "private_keys" / "web1.pem").exists()
    text = out.read_text()
    assert (text.count("BEGIN CERTIFICATE-"), text.count("BEGIN X509 CRL")) == (2, 1)
    verified = subprocess.run(
        ["openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", tmp_path / "ca/ca.pem", "-CRLfile", tmp_path / "ca/crl.pem",
         tmp_path / "ca/certs/web1.pem"], capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (verified.returncode, verified.stdout.rsplit(": ", 1)[1]) == (0, "OK\n")
    mco_ca("revoke", "web1")
    verified = subprocess.run(verified.args, capture_output=True, text=True, timeout=60, check=False)
    assert "certificate revoked" in verified.stderr


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--node"], UsageError, "for whom"),
        (["web1", "--node", "--new-key"], UsageError, "--csr FILE"),
        (["web2", "--node", "--csr", "{csr}"], UsageError, "asks for the name web1, not web2"),
        (["--node", "--csr", "{csr}", "--rsa"], UsageError, "has its own key"),
        (["--node", "--csr", "{csr}"], UsageError, "--extension pp_role=web$"),
        (["--node", "--csr", "{csr}", "--extension", "pp_role"], UsageError, "write NAME=TEXT"),
        (["--node", "--csr", "{csr}", "--extension", "a=b"], UsageError, "none of Puppet's extensions"),
        (["--node", "--csr", "{csr}", "--extension", "pp_role=a", "--extension", "pp_role=b"], UsageError, "given twice"),
        (["--node", "--csr", "{csr}", "--out", "{csr}"], UsageError, "is there already"),
        (["--node", "--csr", "{none}"], KeyFileError, "No such file"),
        (["--node", "--csr", "{ca}"], KeyFileError, "no request for a certificate in PEM"),
    ],
)
def test_what_cannot_be_signed_is_named_and_nothing_is_issued(mco_ca, tmp_path, words, error, says):
    mco_ca("init")
    csr = request_file(tmp_path, extensions={"pp_role": "web"})
    given = [word.format(csr=csr, none=tmp_path / "none", ca=tmp_path / "ca" / "ca.pem") for word in words]
    with pytest.raises(error, match=says):
        mco_ca("issue", *given)
    assert mco_ca("list") == "\n"


def test_a_passphrase_comes_from_a_file_that_nobody_else_reads(mco_ca, tmp_path):
    file = tmp_path / "passphrase"
    file.write_text("open sesame\nanything\n")
    file.chmod(0o644)
    with pytest.raises(KeyFileError, match="has mode 0644: chmod 0600"):
        mco_ca("init", "--passphrase-file", str(file))
    file.chmod(0o600)
    mco_ca("init", "--passphrase-file", str(file))
    mco_ca("issue", "web1", "--node", "--passphrase-file", str(file))
    with pytest.raises(UsageError, match="no terminal to ask for it: --passphrase-file"):
        mco_ca("revoke", "web1")
    file.write_text("another\n")
    with pytest.raises(KeyFileError, match="the passphrase does not open this key"):
        mco_ca("revoke", "web1", "--passphrase-file", str(file))
    file.write_text("\n")
    with pytest.raises(KeyFileError, match="its first line is empty"):
        mco_ca("revoke", "web1", "--passphrase-file", str(file))


def test_a_short_passphrase_makes_no_ca(mco_ca, tmp_path):
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_text("short\n")
    with pytest.raises(UsageError, match="8 characters or more"):
        mco_ca("init", "--passphrase-file", str(file))
    assert not (tmp_path / "ca").exists()


def test_each_verb_gives_one_json_document(mco_ca, tmp_path):
    made = json.loads(mco_ca("init", "--json"))
    assert (made["folder"], made["encrypted"], len(made["fingerprint"])) == (str(tmp_path / "ca"), False, 64)
    issued = json.loads(mco_ca("issue", "web1", "--node", "--json", "--extension", "pp_role=web"))
    assert issued["files"]["key"] == str(tmp_path / "ca" / "private_keys" / "web1.pem")
    renewed = json.loads(mco_ca("renew", "web1", "--json"))["issued"]
    assert (renewed["name"], renewed["state"]) == ("web1", "valid")
    revoked = json.loads(mco_ca("revoke", "web1", "--serial", renewed["serial"], "--json"))["revoked"]
    assert [(row["serial"], row["state"]) for row in revoked] == [(renewed["serial"], "revoked")]
    assert {row["serial"]: row["state"] for row in json.loads(mco_ca("list", "--json"))["issued"]} == {
        issued["issued"]["serial"]: "valid",
        renewed["serial"]: "revoked",
    }
    crl = json.loads(mco_ca("crl", "--json"))
    assert [(row["name"], row["serial"]) for row in crl["revoked"]] == [("web1", renewed["serial"])]
    assert json.loads(mco_ca("crl", "--renew", "--days", "7", "--json"))["days"] == 7
    assert json.loads(mco_ca("crl", "--json"))["number"] > crl["number"]
    assert json.loads(mco_ca("renew", "--ca", "--json"))["ca"] == str(tmp_path / "ca" / "ca.pem")


def test_the_list_of_who_is_revoked_is_shown_without_the_key(mco_ca, tmp_path):
    mco_ca("init")
    mco_ca("issue", "web1", "--node")
    mco_ca("revoke", "web1")
    (tmp_path / "ca" / "private" / "ca_key.pem").unlink()
    first, second = mco_ca("crl").splitlines()
    assert first.startswith(f"{tmp_path}/ca/crl.pem: number ")
    assert second.startswith("   web1  revoked 2")


@pytest.mark.parametrize("serial", ["xyz", "", "-"])
def test_a_serial_number_that_is_none_revokes_nothing(mco_ca, serial):
    mco_ca("init")
    mco_ca("issue", "web1", "--node")
    with pytest.raises(UsageError, match="no serial number in hex"):
        mco_ca("revoke", "web1", f"--serial={serial}")
    assert "valid" in mco_ca("list")
