import json
import stat
import time

import pytest

from mcollective_py.cli.applications.ca import Ca
from mcollective_py.cli.applications.enrol import Enrol
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.config import Config
from mcollective_py.errors import KeyFileError, UsageError
from mcollective_py.security.load import certificate_name, security_plugin

PUPPET = """\
#!/bin/sh
# As far as `mco enrol` asks it: settings, a request, and a certificate once it is signed.
ssl={ssl}
case "$1 $2" in
"config print")
  printf 'certname = web1\\nhostcert = %s/certs/web1.pem\\nhostcrl = %s/crl.pem\\n' "$ssl" "$ssl"
  printf 'hostprivkey = %s/private_keys/web1.pem\\nlocalcacert = %s/certs/ca.pem\\nssldir = %s\\n' "$ssl" "$ssl" "$ssl" ;;
"ssl submit_request") cp {ca}/private_keys/"$4".pem "$ssl"/private_keys/ ;;
"ssl download_cert")
  if [ -e {ca}/signed ]; then cp {ca}/certs/"$4".pem "$ssl"/certs/; else echo 'Error: not signed' >&2; exit 1; fi ;;
*) exit 9 ;;
esac
"""


@pytest.fixture
def run(tmp_path, capsys, monkeypatch):
    """Runs `mco NAME VERB ...`; gives the exit code and what it printed. The home is in the test's folder."""
    monkeypatch.setenv("HOME", str(tmp_path))

    def runs(name, *words):
        application = {"ca": Ca, "enrol": Enrol}[name]()
        code = application.run(parse(parser_for(name, application), [str(word) for word in words]))
        return code, capsys.readouterr().out

    return runs


@pytest.fixture
def ca(run, tmp_path):
    assert run("ca", "init", tmp_path / "ca")[0] == 0
    return tmp_path / "ca"


def sign(run, ca, request, role, out, *words):
    assert run("ca", "issue", "--csr", request, f"--{role}", "--dir", ca, "--out", out, *words)[0] == 0
    return out


@pytest.mark.parametrize(("name", "role"), [("web1.example.com", "node"), ("alice.mcollective", "caller")])
def test_from_a_request_to_a_configuration_that_works(run, ca, tmp_path, name, role):
    config, own = tmp_path / "own.cfg", tmp_path / "ssl"
    config.touch(mode=0o600)
    config.write_text("connector = stomp\nplugin.stomp.pool.size = 1\nplugin.stomp.pool.1.host = mq\n")
    code, printed = run("enrol", "request", name, f"--{role}", "--dir", own)
    request = own / "certificate_requests" / f"{name}.pem"
    assert (code, f"in {request}" in printed) == (0, True)
    out = sign(run, ca, request, role, tmp_path / "back.pem")
    code, printed = run("enrol", "accept", out, "--dir", own, "-c", config)
    assert (code, printed.splitlines()[0]) == (0, f"{name} is enrolled as a {role}: {own}/certs/{name}.pem")
    assert "compare the fingerprint" in printed
    side = "client" if role == "caller" else "server"
    settings = Config.from_file(config, side)
    assert settings.text("plugin.stomp.pool.1.host") == "mq"
    assert security_plugin(settings, side, time.time).caller == f"cert={name}"
    assert not request.exists()
    assert stat.S_IMODE((own / "private_keys" / f"{name}.pem").stat().st_mode) == 0o600
    if role == "node":
        assert certificate_name(settings) == name
    code, printed = run("enrol", "accept", out, "--dir", own, "-c", config)
    assert (code, "compare the fingerprint" in printed) == (0, False), "doing it again changes nothing"


def test_what_the_request_wants_is_in_the_words_for_the_ca(run, ca, tmp_path):
    _, printed = run("enrol", "request", "web1", "--node", "--dir", tmp_path / "ssl", "--san", "www", "--extension", "pp_role=web")
    (line,) = (line for line in printed.splitlines() if line.startswith("Where the CA is: mco ca "))
    assert "issue --csr web1.pem --node --san www --extension pp_role=web --out web1.signed.pem" in line


def test_a_callers_files_lie_in_the_home_unless_told_otherwise(run, ca, tmp_path):
    document = json.loads(run("enrol", "request", "alice.mcollective", "--caller", "--json")[1])
    assert document["key"] == str(tmp_path / ".mcollective.d" / "ssl" / "private_keys" / "alice.mcollective.pem")
    (tmp_path / ".mcollective").write_text("connector = stomp\n")
    out = sign(run, ca, document["request"], "caller", tmp_path / "back.pem")
    accepted = json.loads(run("enrol", "accept", out, "--json")[1])
    assert (accepted["config"], accepted["role"]) == (str(tmp_path / ".mcollective"), "caller")
    assert [check["name"] for check in accepted["checks"] if check["outcome"] == "ok"][1:] == ["keys", "certificate", "caller"]


def test_a_broker_gets_the_words_of_its_command_and_no_configuration(run, ca, tmp_path):
    own = tmp_path / "ssl"
    run("enrol", "request", "mq", "--broker", "--dir", own)
    out = sign(run, ca, own / "certificate_requests" / "mq.pem", "broker", tmp_path / "back.pem")
    code, printed = run("enrol", "accept", out, "--dir", own)
    assert code == 0
    assert f"--tls-cert {own}/certs/mq.pem --tls-key {own}/private_keys/mq.pem --tls-ca {own}/certs/ca.pem" in printed


def test_a_refusal_writes_nothing(run, ca, tmp_path):
    own, config = tmp_path / "ssl", tmp_path / "server.cfg"
    run("enrol", "request", "web1", "--node", "--dir", own)
    out = sign(run, ca, own / "certificate_requests" / "web1.pem", "node", tmp_path / "back.pem")
    with pytest.raises(UsageError, match="not the one that was given"):
        run("enrol", "accept", out, "--dir", own, "-c", config, "--ca-fingerprint", "00:11")
    config.write_text("securityprovider = psk\n")
    with pytest.raises(UsageError, match="--switch-provider"):
        run("enrol", "accept", out, "--dir", own, "-c", config)
    assert config.read_text() == "securityprovider = psk\n"
    assert [path.name for path in own.rglob("*.pem")] == ["web1.pem", "web1.pem"], "the key and the request"


def test_settings_are_printed_where_no_configuration_is_to_be_touched(run, ca, tmp_path):
    own = tmp_path / "ssl"
    run("enrol", "request", "web1", "--node", "--dir", own)
    out = sign(run, ca, own / "certificate_requests" / "web1.pem", "node", tmp_path / "back.pem")
    _, printed = run("enrol", "accept", out, "--dir", own, "--no-config")
    assert certificate_name(Config.from_text("\n".join(printed.splitlines()[3:]), "server")) == "web1"


def test_a_check_that_fails_is_the_exit_code(run, ca, tmp_path):
    own, config = tmp_path / "ssl", tmp_path / "server.cfg"
    config.write_text("nonsense\n")
    run("enrol", "request", "web1", "--node", "--dir", own)
    out = sign(run, ca, own / "certificate_requests" / "web1.pem", "node", tmp_path / "back.pem")
    code, printed = run("enrol", "accept", out, "--dir", own, "-c", config)
    assert code == 1
    assert "fail  configuration" in printed


@pytest.fixture
def puppet(run, ca, tmp_path):
    """A puppet program of a few lines, its ssldir, and a CA in Puppet's place; tests/parts has the real one."""
    ssl, program = tmp_path / "puppet-ssl", tmp_path / "puppet"
    for name in ("certs", "private_keys"):
        (ssl / name).mkdir(parents=True)
    for name, role in (("web1", "node"), ("alice.mcollective", "caller")):
        run("ca", "issue", name, f"--{role}", "--dir", ca)
    (ssl / "certs" / "ca.pem").write_bytes((ca / "ca.pem").read_bytes())
    (ssl / "crl.pem").write_bytes((ca / "crl.pem").read_bytes())
    program.write_text(PUPPET.format(ssl=ssl, ca=ca))
    program.chmod(0o755)
    return program, ssl


def test_a_host_uses_what_puppet_has(run, ca, puppet, tmp_path):
    program, ssl = puppet
    with pytest.raises(KeyFileError, match=r"certs/web1.pem: Puppet has no such file: `puppet agent --test`"):
        run("enrol", "puppet", "--node", "--puppet", program, "-c", tmp_path / "server.cfg")
    for folder in ("certs", "private_keys"):
        (ssl / folder / "web1.pem").write_bytes((ca / folder / "web1.pem").read_bytes())
    (ssl / "private_keys" / "web1.pem").chmod(0o640)
    code, printed = run("enrol", "puppet", "--node", "--puppet", program, "-c", tmp_path / "server.cfg")
    assert (code, "web1 is a node by Puppet's certificate" in printed) == (0, True)
    assert certificate_name(Config.from_file(tmp_path / "server.cfg", "server")) == "web1"


def test_an_operator_is_told_what_is_left_to_do_and_with_run_it_is_done(run, ca, puppet, tmp_path):
    program, ssl = puppet
    words = ("enrol", "puppet", "alice.mcollective", "--puppet", program, "-c", tmp_path / "client.cfg")
    code, printed = run(*words)
    assert (code, "ssl submit_request --certname alice.mcollective" in printed) == (2, True)
    code, printed = run(*words, "--run")
    assert (code, "submit_request" in printed, "puppetserver ca sign --certname alice.mcollective" in printed) == (2, False, True)
    assert not (tmp_path / "client.cfg").exists()
    (ca / "signed").touch()
    (ssl / "private_keys" / "alice.mcollective.pem").chmod(0o600)
    code, printed = run(*words, "--run")
    assert (code, "alice.mcollective is a caller by Puppet's certificate" in printed) == (0, True)


@pytest.mark.parametrize(
    "words",
    [["puppet", "web1", "--node"], ["puppet", "--node", "--run"], ["request", "Web1", "--node"]],
)
def test_what_cannot_be_meant_is_called_wrongly(run, puppet, words):
    program = ["--puppet", puppet[0]] if words[0] == "puppet" else []
    with pytest.raises(UsageError):
        run("enrol", *words, *program)


@pytest.mark.parametrize("words", [[], ["accept"], ["nosuch"], ["request", "--node", "--caller"]])
def test_a_call_without_what_it_needs_ends_with_the_usage(words):
    with pytest.raises(UsageError, match=r"usage: mco enrol"):
        parser_for("enrol", Enrol()).parse_args(words)
