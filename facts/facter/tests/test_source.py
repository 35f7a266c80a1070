import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from mcollective_py.errors import PluginError
from mcollective_py.node.factsource import CachedFacts
from mcollective_py.plugins.loader import load_facts_source

FOLDER = Path(__file__).parents[1]


@pytest.fixture
def program(tmp_path):
    """Makes a stand-in for Facter that does what a case says; nobody but its owner may write it."""

    def make(body: str, mode: int = 0o755) -> str:
        path = tmp_path / "facter"
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(mode)
        tmp_path.chmod(0o755)
        return str(path)

    return make


def facter(command: str | None = None, **settings: str):
    return load_facts_source("facter", FOLDER, {**({"command": command} if command else {}), **settings})


def test_what_facter_prints_are_the_facts(program):
    source = facter(program("""echo '{"os": {"family": "Debian"}, "cpus": 4}'"""))
    assert source.load() == {"os": {"family": "Debian"}, "cpus": 4}
    assert source.fingerprint() is None


def test_a_failing_fact_does_not_lose_the_others(program):
    assert facter(program("""echo 'ERROR one fact' >&2; echo '{"a": 1}'; exit 1""")).load() == {"a": 1}


def test_a_number_of_5000_digits_stays_text_and_loses_no_other_fact(program):
    source = facter(program("""printf '{"a": 1, "big": %05000d}' 7 | sed 's/0/9/g'"""))
    assert source.load() == {"a": 1, "big": "9" * 4999 + "7"}


def test_an_old_facter_without_legacy_option_is_asked_again(program):
    body = """case "$*" in *show-legacy*) echo "unrecognised option '--show-legacy'" >&2; exit 1;; esac; echo '{"a": 1}'"""
    source = facter(program(body))
    assert source.load() == {"a": 1}
    assert source.load() == {"a": 1}


def test_facter_gets_an_environment_of_its_own(program, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("RUBYOPT", "-rsomething")
    body = """
        names=$(env | cut -d= -f1 | grep -v '^_$\\|^PWD$\\|^SHLVL$\\|^OLDPWD$' | sort | tr '\\n' ' ')
        printf '{"env": "%s", "lc": "%s", "lib": "%s"}' "$names" "$LC_ALL" "$FACTERLIB"
    """
    facts = facter(program(body), facterlib="/etc/site/facts").load()
    assert facts == {"env": "FACTERLIB HOME LANG LC_ALL PATH ", "lc": "C", "lib": "/etc/site/facts"}


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_facter_that_hangs_is_ended_with_all_that_it_started(program, tmp_path):
    body = f"""trap '' TERM; sleep 600 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/leader; printf '{{"a": '; sleep 600"""
    begun = time.monotonic()
    with pytest.raises(PluginError, match=r"was ended after 0.5 s \(plugin.facter.timeout\)"):
        facter(program(body), timeout="0.5").load()
    assert time.monotonic() - begun < 3
    for name in ("child", "leader"):
        pid = int((tmp_path / name).read_text())
        deadline = time.monotonic() + 5
        while is_running(pid):
            assert time.monotonic() < deadline
    assert signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL


def test_a_child_left_behind_does_not_hold_the_answer_up(program, tmp_path):
    body = f"""sleep 600 >/dev/null 2>&1 & echo $! > {tmp_path}/child; echo '{{"a": 1}}'"""
    assert facter(program(body), timeout="20").load() == {"a": 1}
    deadline = time.monotonic() + 5
    while is_running(int((tmp_path / "child").read_text())):
        assert time.monotonic() < deadline


def test_output_without_end_is_cut(program):
    begun = time.monotonic()
    with pytest.raises(PluginError, match="printed more than 4194304 bytes"):
        facter(
            program("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done | cat")
        ).load()
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("echo it broke >&2; exit 3", "ended with 3 and no facts: it broke"),
        ("true", "ended with 0 and no facts"),
        ("echo '{}'", "printed no facts"),
        ("echo '[1]'", "printed no facts"),
        ("echo '{\"a\": '", "no facts"),
        ("kill -9 $$", "ended with -9"),
    ],
)
def test_a_facter_without_facts_is_a_failure_with_its_reason(program, body, reason):
    with pytest.raises(PluginError, match=reason):
        facter(program(body)).load()


def test_stderr_without_end_is_read_and_bounded(program):
    body = """i=0; while [ $i -lt 4000 ]; do echo "warning $i ........................................" >&2; i=$((i+1)); done; exit 1"""
    with pytest.raises(PluginError, match="warning 3999"):
        facter(program(body)).load()


@pytest.mark.parametrize("command", ["facter", "./facter", "/nosuch/facter", "/etc/passwd", "/etc"])
def test_a_command_that_is_no_program_is_refused(command):
    with pytest.raises(PluginError, match=r"plugin\.facter\.command"):
        facter(command).load()


def test_a_program_that_anybody_may_write_is_refused(program, tmp_path):
    with pytest.raises(PluginError, match="can be written by others"):
        facter(program("echo '{\"a\": 1}'", mode=0o777)).load()
    command = program("echo '{\"a\": 1}'")
    tmp_path.chmod(0o777)
    with pytest.raises(PluginError, match="can be written by others"):
        facter(command).load()


@pytest.mark.parametrize("timeout", ["0", "-1", "soon", "nan", "inf", "100000"])
def test_a_timeout_that_is_none_is_refused_when_the_source_is_made(timeout):
    with pytest.raises(PluginError, match=r"plugin\.facter\.timeout"):
        facter(timeout=timeout)


@pytest.fixture
def real_facter():
    if not any(os.path.exists(path) for path in ("/opt/puppetlabs/bin/facter", "/usr/bin/facter")):
        if os.environ.get("CI") == "true":
            pytest.fail("facter is not installed: apt-get install facter")
        pytest.skip("facter is not installed")
    return shutil.which("facter", path="/opt/puppetlabs/bin:/usr/bin")


@pytest.mark.parts
def test_the_real_facter_is_found_and_asked(real_facter):
    facts = facter().load()
    assert facts["kernel"] == "Linux"
    assert facts["os"]["family"] == facts["osfamily"]
    assert facts["networking"]["hostname"]


@pytest.mark.parts
def test_the_real_facter_is_ended_at_its_timeout(real_facter):
    begun = time.monotonic()
    with pytest.raises(PluginError, match=r"was ended after 0\.05 s"):
        facter(timeout="0.05").load()
    assert time.monotonic() - begun < 2


@pytest.mark.parts
def test_the_real_facter_never_delays_a_request_once_its_first_facts_are_known(real_facter):
    cache = CachedFacts(facter(), max_age=300)
    first = cache.facts(1000)
    assert first
    begun = time.monotonic()
    for _ in range(50):
        assert cache.facts(2000)
    assert time.monotonic() - begun < 0.5
