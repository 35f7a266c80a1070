"""mco process and mco nettest as operators call them: two real daemons in hosts of their own, real processes, listeners and losses."""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import Site, SiteHost
from mcollective_py.cli.stories.labbroker import lab_broker
from tests.parts.lab import Lab
from tests.parts.require import require_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

HOSTS = ("web1", "web2")
SLEEPER = "import time; time.sleep(600)"


class Fleet:
    """Two hosts with daemons, and `mco` on their network."""

    def __init__(self, lab: Lab, site: Site) -> None:
        self.lab, self.site, self.addresses = lab, site, lab.addresses()

    def mco(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`mco` with these words."""
        command = [sys.executable, "-m", "mcollective_py", *words, "--config", str(self.site.client_config)]
        return self.lab.run_outside("env", f"XDG_CACHE_HOME={self.site.folder}", *command)

    def on_terminal(self, answer: str, *words: str) -> subprocess.CompletedProcess[str]:
        """The same on a terminal on which answer is typed."""
        command = [sys.executable, "-m", "mcollective_py", *words, "--config", str(self.site.client_config)]
        typed = (
            "import os, pty, sys\n"
            "pid, terminal = pty.fork()\n"
            "if pid == 0: os.execvp(sys.argv[2], sys.argv[2:])\n"
            "seen = b''\n"
            "while True:\n"
            "    try: piece = os.read(terminal, 4096)\n"
            "    except OSError: break\n"
            "    if not piece: break\n"
            "    seen += piece\n"
            "    if b'(y/N)' in seen and sys.argv[1]: os.write(terminal, sys.argv[1].encode() + b'\\n'); sys.argv[1] = ''\n"
            "os.write(1, seen); sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        )
        return self.lab.run_outside("env", f"XDG_CACHE_HOME={self.site.folder}", sys.executable, "-c", typed, answer, *command)

    def start(self, host: str, code: str, mark: str) -> None:
        """A Python program in the background of a host, with a mark among its words."""
        line = f"setsid -f {sys.executable} -c '{code}' {mark} >/dev/null 2>&1"
        assert self.lab.run(host, "sh", "-c", line).returncode == 0
        wait_until(f"{mark} runs on {host}", lambda: self.pids(host, mark))

    def pids(self, host: str, mark: str) -> list[str]:
        """The processes of a host with this mark."""
        return self.lab.run(host, "pgrep", "-f", "--", f" {mark}$").stdout.split()

    def at_once(self, *calls: Sequence[str]) -> list[subprocess.CompletedProcess[str]]:
        """Several `mco`, none of which waits for another."""
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(lambda words: self.mco(*words), calls))


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    require_lab()
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name, Lab(Path(name)) as lab:
        site = Site(Path(name), settings={"plugin.actionpolicy.allow_unconfigured": "1"})
        for host in HOSTS:
            lab.up(host)
        with lab_broker(lab, site) as broker:
            site.write_client(broker)
            for host in HOSTS:
                config = site.write_host(SiteHost(host), broker)
                command = [sys.executable, "-m", "mcollective_py.server.daemon", "--daemonize", "--pid", "/run/mcollectived.pid"]
                start = lab.run(host, *command, "--config", str(config))
                assert start.returncode == 0, start.stderr
            fleet = Fleet(lab, site)
            wait_until("both answer", lambda: sorted(fleet.mco("find").stdout.split()) == list(HOSTS), 40)
            yield fleet


def test_processes_are_listed_with_their_sums(fleet):
    for host in HOSTS:
        fleet.start(host, SLEEPER, "listed")
    listed, silent, fields, wrong, counted = fleet.at_once(
        ("process", "list", " listed$", "--whole"),  # the path of this Python may be long
        ("process", "list", " listed$", "--silent"),
        ("process", "list", " listed$", "--fields", "pid,state,started", "-I", "web1"),
        ("process", "list", "--fields", "nosuch"),
        ("process", "count", " listed$"),
    )
    assert listed.returncode == 0, listed.stderr
    assert len(re.findall(r"^ +[0-9]+ +root +[0-9.]+ [KMG]iB +\S*python\S* -c import time.* listed$", listed.stdout, re.MULTILINE)) == 2
    assert "Matched hosts: 2" in listed.stdout and "Matched processes: 2" in listed.stdout
    assert "Finished processing 2 / 2 hosts" in listed.stdout
    assert "PID" not in silent.stdout and "Matched processes: 2" in silent.stdout
    assert re.search(r"web1: +PID +STATE +STARTED\n +[0-9]+ +S +20[0-9-]{8} [0-9:]{8}\n", fields.stdout), fields.stdout
    assert wrong.returncode == 1 and "there is no field NOSUCH" in wrong.stderr
    assert "web1: 1\n" in counted.stdout and "Processes on all hosts: 2" in counted.stdout, counted.stdout


def test_a_host_is_found_by_its_processes(fleet):
    fleet.start("web2", SLEEPER, "onlyhere")
    there, elsewhere = fleet.at_once(("find", "-S", "process('onlyhere$').exists=true"), ("find", "-S", "process('onlyhere$').count=0"))
    assert (there.stdout.split(), elsewhere.stdout.split()) == (["web2"], ["web1"])


def test_zombies_are_told_apart(fleet):
    fleet.start("web1", "import os, time; os.fork() or os._exit(0); time.sleep(600)", "withzombie")
    zombies = fleet.mco("process", "list", "-z", "--fields", "pid,state,command")
    assert re.search(r"web1: +PID +STATE +COMMAND\n +[0-9]+ +Z +\[\S+\]$", zombies.stdout, re.MULTILINE), zombies.stdout
    assert "web2:" not in zombies.stdout


def test_a_signal_is_previewed_asked_for_and_sent_to_those_alone(fleet):
    for host, mark in (("web1", "victim"), ("web1", "victim"), ("web2", "victim"), ("web2", "bystander")):
        fleet.start(host, SLEEPER, mark)
    wait_until("all run", lambda: len(fleet.pids("web1", "victim")) == 2)
    unasked, noop = fleet.at_once(("process", "signal", " victim$"), ("process", "signal", " victim$", "--noop"))
    assert unasked.returncode == 1 and "--noop or with --yes" in unasked.stderr
    assert noop.returncode == 0 and "web1: would send TERM to 2 processes" in noop.stdout, noop.stdout + noop.stderr
    declined = fleet.on_terminal("n", "process", "signal", " victim$")
    assert "web1: 2 processes" in declined.stdout and "Send TERM to 3 processes on 2 hosts?" in declined.stdout
    assert declined.returncode == 1 and len(fleet.pids("web1", "victim")) == 2
    agreed = fleet.on_terminal("y", "process", "signal", " victim$", "--wait", "5")
    assert agreed.returncode == 0 and "sent TERM to 2 processes, 2 ended" in agreed.stdout, agreed.stdout
    assert fleet.pids("web1", "victim") == fleet.pids("web2", "victim") == []
    assert len(fleet.pids("web2", "bystander")) == 1


def test_the_daemon_is_not_to_be_ended_through_itself(fleet):
    tried, first = fleet.at_once(
        ("process", "signal", "mcollective_py", "-s", "kill", "--yes", "-j"),
        ("process", "signal", "--pid", "1", "-s", "HUP", "--yes", "-I", "web1"),
    )
    replies = {reply["sender"]: reply["data"] for reply in json.loads(tried.stdout)["replies"]}
    for host in HOSTS:
        assert replies[host]["count"] == 0, replies[host]
        assert {entry["reason"] for entry in replies[host]["spared"]} == {"our own daemon"}
        assert len(replies[host]["spared"]) >= 3  # the daemon, its fork server, and the child of this request
    assert sorted(fleet.mco("find").stdout.split()) == list(HOSTS)
    assert first.returncode == 2 and "the first process of the host" in first.stdout


def test_listeners_and_the_busiest_are_shown(fleet):
    fleet.start("web1", 'import socket, time; s = socket.create_server(("", 7777)); time.sleep(600)', "listens")
    fleet.start("web1", "while True: pass", "spins")
    top, ports = fleet.at_once(
        ("process", "top", "--top", "1", "--fields", "pid,cpu,command", "--whole", "-I", "web1", "--seconds", "0.5"),
        ("process", "ports", "--port", "7777"),
    )
    assert re.search(r"web1: +PROTOCOL +ADDRESS +PORT +PID +USER +NAME\n +tcp +0\.0\.0\.0 +7777 +[0-9]+ +root +python", ports.stdout), (
        ports.stdout
    )
    assert " spins\n" in top.stdout and "load " in top.stdout, top.stdout
    fleet.mco("process", "signal", " (spins|listens)$", "--yes", "--wait", "5", "-I", "web1")


def test_passwords_stay_on_their_host(fleet):
    fleet.start("web1", SLEEPER, "--password=hunter2")
    listed, found = fleet.at_once(
        ("process", "list", "--fields", "command", "--whole", "-I", "web1"), ("find", "-S", "process('hunter2').exists=true")
    )
    assert "--password=***" in listed.stdout and "hunter2" not in listed.stdout
    assert found.stdout == ""


def test_hosts_are_pinged_and_what_cannot_be_reached_shows(fleet):
    pinged, unasked, lost, away = fleet.at_once(
        ("nettest", "ping", fleet.addresses["web2"], "--yes"),
        ("nettest", "ping", "127.0.0.1"),
        ("nettest", "ping", "10.77.0.250", "--wait", "0.5", "-I", "web1"),
        ("nettest", "connect", "192.0.2.1", "80", "--wait", "0.5", "-I", "web1"),
    )
    assert pinged.returncode == 0, pinged.stderr
    assert len(re.findall(r"web[12]: time = [0-9.]+ ms$", pinged.stdout, re.MULTILINE)) == 2
    assert re.search(r"Min: [0-9.]+ms  Max: [0-9.]+ms  Average: [0-9.]+ms", pinged.stdout)
    assert unasked.returncode == 1 and "add a filter, or --yes" in unasked.stderr
    assert lost.returncode == 2 and "Cannot reach host: 10.77.0.250" in lost.stdout
    assert away.returncode == 2 and "status = Connection " in away.stdout and "192.0.2.1: " in away.stdout, away.stdout


def test_connections_are_tried_from_every_host_and_make_a_matrix(fleet):
    fleet.start("web1", 'import socket, time; s = socket.create_server(("127.0.0.1", 7070)); time.sleep(600)', "local")
    here = "127.0.0.1:7070"
    tried, table, found, alone = fleet.at_once(
        ("nettest", "connect", "127.0.0.1", "7070", "--yes"),
        ("nettest", "connect", here, "127.0.0.1:1", "--yes"),
        ("find", "-S", f"nettest('{here}').connect=true"),
        ("nettest", "connect", here, "-I", "web1"),
    )
    assert tried.returncode == 2  # one is not connected
    assert re.search(r"web1: status = Connected, [0-9.]+ ms", tried.stdout)
    assert "web2: status = Connection Refused (127.0.0.1: Connection refused)" in tried.stdout
    assert "Connected = 1" in tried.stdout and "Connection Refused = 1" in tried.stdout
    assert table.returncode == 2
    assert re.search(
        r"^ +127\.0\.0\.1:7070 +127\.0\.0\.1:1\nweb1 +[0-9.]+ ms +Connection Refused\nweb2 +Connection Refused +", table.stdout
    )
    assert found.stdout.split() == ["web1"] and alone.returncode == 0


def test_certificates_are_looked_at_from_hosts(fleet):
    site = fleet.site
    site.issue("tls.lab.test", "broker", (fleet.addresses["web1"],))
    code = (
        "import ssl, socket, sys; c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[1], sys.argv[2]); "
        's = c.wrap_socket(socket.create_server(("", 8443)), server_side=True)\n'
        "while True:\n"
        "    try: s.accept()[0].close()\n"
        "    except OSError: pass\n"
    )
    fleet.start("web1", code, f"{site.certificate('tls.lab.test')} {site.key('tls.lab.test')}")
    target = f"{fleet.addresses['web1']}:8443"
    asked = ("nettest", "tls", target, "-I", "web2")
    unknown, anyone, soon, nagios = fleet.at_once(
        asked,
        (*asked, "--insecure", "--warn", "1", "--crit", "0"),
        (*asked, "--insecure", "--warn", "3650", "--crit", "0", "--nagios"),
        (*asked, "--nagios"),
    )
    assert unknown.returncode == 2 and "CRITICAL: " in unknown.stdout and "unable to get local issuer certificate" in unknown.stdout, (
        unknown
    )
    assert anyone.returncode == 0 and "OK: expires on " in anyone.stdout, anyone.stdout
    assert soon.returncode == 1 and "WARNING: expires on " in soon.stdout
    assert nagios.returncode == 2
