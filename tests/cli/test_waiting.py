import os
import pty
import re
import subprocess

import pytest

from mcollective_py.cli.demoprocesses import RunningSite
from mcollective_py.cli.demosite import Site, SiteHost
from mcollective_py.cli.waiting import mistrust, nobody
from mcollective_py.config import Config
from mcollective_py.filter import Filter


@pytest.fixture
def terminal(desk):
    """Runs a command whose stdout and stderr are a terminal of so many columns; the lines shown and the exit code."""

    def run(*words, columns=80, config=None):
        ours, theirs = pty.openpty()
        command = desk.command(words if config is None else (*words, "-c", str(config)))
        environment = {**desk.environment, "COLUMNS": str(columns), "TERM": "dumb"}
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd="/")
        os.close(theirs)
        shown = b""
        try:
            while data := os.read(ours, 65536):
                shown += data
        except OSError:  # the other end has closed
            pass
        os.close(ours)
        return shown.decode().replace("\r\n", "\n").splitlines(), process.wait(30)

    return run


def test_a_first_ping_says_what_it_waits_for(terminal):
    lines, code = terminal("ping", "-t", "1.6", "--full-discovery")
    assert "waiting for whoever else is there, until 1.6 s are over" in lines
    assert code == 0
    lines, _ = terminal("ping", "-t", "1.6", "-F", "country!=fr")
    assert any(line.endswith("(the first time, and once an hour; else only for hosts that have answered before)") for line in lines)


def test_whose_answer_is_due_is_named(terminal):
    lines, code = terminal("ping", "-I", "nosuch", "-I", "web1", "-t", "1.6")
    assert "waiting for nosuch, until 1.6 s are over" in lines
    assert code == 0
    lines, code = terminal("inventory", "nosuch", "-t", "1.6")
    assert "waiting for nosuch, until 1.6 s are over" in lines
    assert code == 1


def test_what_is_quick_or_quiet_says_nothing(terminal):
    assert terminal("find", "-I", "web1") == (["web1"], 0)
    assert terminal("find", "-C", "nosuch", "-q") == ([], 1)


def test_nobody_found_is_told_to_who_looks_on(terminal, desk):
    lines, code = terminal("find", "-C", "Role::Web", "--dt", "0.5")
    assert lines == ["no hosts matched", "Puppet writes the names of classes in lower case: try -C role::web"]
    assert code == 1
    assert desk.mco("find", "-C", "Role::Web", "--dt", "0.5").err == ""


@pytest.mark.parametrize(
    ("filter", "says"),
    [
        (Filter(), "no hosts answered: `mco ping` says what to check"),
        (Filter(classes=("web",)), "no hosts matched"),
        (Filter(classes=("/Web/",)), "no hosts matched"),
    ],
)
def test_nobody_is_told_by_what_was_asked(filter, says):
    assert nobody(filter) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "do the hosts trust this client's certificate as a caller"),
        ("securityprovider = psk\n", "have the hosts the same plugin.psk as this client"),
        (
            "securityprovider = ssl\nplugin.ssl_client_public = /home/alice/alice.pem\n",
            "is this client's public key in the hosts' plugin.ssl_client_cert_dir, as alice.pem, "
            "and theirs in its plugin.ssl_server_public",
        ),
        (
            "securityprovider = aes_security\nplugin.aes.client_public = /home/bob/bob.pem\n",
            "is this client's public key in the hosts' plugin.aes.client_cert_dir, as bob.pem",
        ),
    ],
)
def test_what_hosts_may_not_trust_is_asked_by_the_security_plugin(text, says):
    assert mistrust(Config.from_text(text, "client")) == [says]


def test_a_ttl_that_hosts_of_rubys_wire_are_silent_about_is_asked_for():
    assert mistrust(Config.from_text("securityprovider = psk\nttl = 600\n", "client"))[1].startswith(
        "was the request meant to live for 600 s? Hosts here take 300 s at most"
    )
    assert len(mistrust(Config.from_text("securityprovider = psk\n", "client"), 301)) == 2
    assert len(mistrust(Config.from_text("ttl = 600\n", "client"))) == 1


@pytest.mark.parametrize("columns", [80, 40, 30])
def test_a_line_of_ping_is_one_row_with_its_whole_time(terminal, columns):
    lines, _ = terminal("ping", columns=columns)
    rows = [line for line in lines if "time=" in line]
    assert len(rows) == 3
    assert all(len(row) <= columns and re.fullmatch(r"(web1|web2|db1) +time=\d+\.\d\d ms", row) for row in rows)


def test_a_broker_that_cannot_be_reached_is_told_once_with_how_long_it_was_tried(desk, terminal, tmp_path):
    config = tmp_path / "client.cfg"
    config.touch(mode=0o600)
    config.write_text(desk.config.read_text().replace(str(desk.running.broker_port), "1"))
    answer = desk.mco("find", "-c", str(config), "--connection-timeout", "0.5")
    assert answer.code == 1
    assert answer.err == (
        "mco find: no broker reachable within 0.5 s (127.0.0.1:1: connection refused: is the broker running, and is the port right?)\n"
    )
    lines, _ = terminal("find", "-c", str(config), "--connection-timeout", "1.5")
    assert lines[0] == "connecting to the broker, for 1.5 s at most"


def test_a_certificate_that_is_no_callers_is_one_message(desk, tmp_path):
    site = desk.running.site
    config = tmp_path / "client.cfg"
    text = desk.config.read_text()
    if not site.certificate("bob").exists():
        site.issue("bob", "node")
    config.touch(mode=0o600)
    config.write_text(text.replace("demo.mcollective", "bob"))
    for words in (("ping",), ("find",), ("rpc", "rpcutil", "ping"), ("inventory", "web1")):
        answer = desk.mco(*words, "-c", str(config))
        assert (answer.code, answer.out) == (1, "")
        assert answer.err.count("\n") == 2, answer.err
        warning, error = answer.err.splitlines()
        assert warning.startswith(
            "hosts take requests from *.mcollective only and the certificate is that of bob: issue one for a caller"
        )
        assert error.startswith(f"mco {words[0]}: the broker 127.0.0.1:{desk.running.broker_port} refuses this client: bob, as node, ")
        assert error.endswith(
            f"Its certificate is {site.certificate('bob')}: a caller's name ends in .mcollective, unless told otherwise"
        )
    assert desk.mco("ping", "-c", str(config), "--strict").code == 69


def test_a_broker_that_goes_away_is_not_called_an_interruption(desk, tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("short") / "site")
    with RunningSite(site, [SiteHost("web1")]) as short:
        process = desk.start("ping", "-t", "60", "--full-discovery", "-c", str(site.client_config), "--connection-timeout", "0.5")
        assert "time=" in process.stdout.readline()
        short.kill("broker")
        out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "1 replies max:" in out
    assert "the broker went away: these are the answers up to now" in err
    assert "interrupted" not in err
    assert "mco ping: the broker was lost and did not come back: no broker reachable within 0.5 s" in err
