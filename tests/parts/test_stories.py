"""`mco demo --story` as its operator runs it: each tale to its end, looked at from within its hosts; ended early, nothing is left."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcollective_py.cli.demoprocesses import MCO
from mcollective_py.cli.stories.exim import SPAM
from mcollective_py.cli.stories.eximrelay import is_fetched
from mcollective_py.cli.stories.playing import load
from tests.parts.eximstory import stable
from tests.parts.require import missing, require_lab, require_programs
from tests.parts.told import Told, tell
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

README = Path(__file__).parents[2] / "README.md"
_STORYS_OWN = re.compile(r"mco-story-\w+")
_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], 8080), 1).close()"


@pytest.fixture(autouse=True)
def lab() -> None:
    require_lab()


def check_told(told: Told, name: str) -> None:
    """Every command stands there, with its prompt, and the story ended well."""
    assert told.process.returncode == 0, told.output
    for step in load(name).steps:
        assert f"{f'{step.host}# ' if step.host else '$ '}{step.command}\n" in told.output
    assert told.output.endswith("The hosts, their broker and their files are gone again.\n")


def test_a_dead_service_is_found_and_restarted_on_the_web_servers_alone() -> None:
    require_programs("systemctl")
    seen: dict[str, dict[str, str]] = {}

    def look(when: str) -> Callable[[Told], None]:
        def at(told: Told) -> None:
            hosts = ("web1", "web2", "web3", "db1")
            seen[when] = {host: told.ask(host, "systemctl", "show", "--property=MainPID", "shop.service") for host in hosts}
            assert told.run("web2", "systemctl", "is-active", "shop").stdout == ("failed\n" if when == "dead" else "active\n")

        return at

    marks = {"# Which hosts": "before", "# Does it still": "dead", "# All are there": "after", "# The database": "denied"}
    told = tell("service", {mark: look(when) for mark, when in marks.items()})
    check_told(told, "service")
    assert seen["dead"]["web2"] == "MainPID=0"
    changed = [host for host, pid in seen["before"].items() if seen["after"][host] != pid]
    assert changed == ["web1", "web2", "web3"]
    assert seen["denied"] == seen["after"]
    assert "   web2: stopped (failed)\n" in told.output
    assert "service.policy:4 denies it" in told.output
    (shown,) = re.findall(r"```\n\$ sudo \.venv/bin/mco demo --story service\n(.*?)```", README.read_text(), re.DOTALL)
    assert set(stable(_STORYS_OWN.sub("", shown))) - set(stable(_STORYS_OWN.sub("", told.output))) == {"..."}


def test_an_old_package_is_found_and_updated() -> None:
    require_programs("apt-get", "dpkg-deb")

    def version(told: Told, host: str) -> str:
        return told.run(host, "dpkg-query", "-W", "-f", "${Version}", "shop").stdout

    def before(told: Told) -> None:
        assert [version(told, host) for host in ("web1", "web2", "web3", "db1")] == ["1.10-2", "1.10-2", "1.9-1", ""]

    def after(told: Told) -> None:
        assert [version(told, host) for host in ("web1", "web2", "web3", "db1")] == ["1.10-2", "1.10-2", "1.10-2", ""]
        assert told.ask("web3", "cat", "/usr/share/shop/version") == "1.10-2"

    told = tell("package", {"# What does each": before, "# And look again": after})
    check_told(told, "package")
    assert "$ mco find -S \"package('shop').version<1.10-2\"\nweb3\n" in told.output
    assert "   web3: would be: shop 1.9-1 > 1.10-2\n" in told.output


def test_spam_is_found_frozen_and_removed_and_other_mail_stays() -> None:
    if not is_fetched():
        missing("Exim is not fetched: .ci/parts does it")
    relays = ("mx1", "mx2", "mx3")

    def queued(*words: str) -> list[int]:
        return [len(holder[0].ask(host, "exipick", "-i", *words).split()) for host in relays]

    holder: list[Told] = []

    def before(told: Told) -> None:
        holder.append(told)
        assert (queued("-z"), queued("$authenticated_id eq mallory")) == ([0] * 3, [SPAM] * 3)

    def frozen(_told: Told) -> None:
        assert (queued("-z"), queued("-z", "$authenticated_id eq mallory")) == ([SPAM] * 3, [SPAM] * 3)

    def removed(_told: Told) -> None:
        assert (queued(), queued("$authenticated_id eq mallory")) == ([3] * 3, [0] * 3)

    told = tell("exim", {"# How much": before, "# What is it": frozen, "# What is left": removed})
    check_told(told, "exim")
    assert f"        {3 * SPAM}         {3 * SPAM}" in told.output.partition("mco exim top senders")[2]


def test_an_address_is_blocked_for_real_and_let_go() -> None:
    require_programs("nft")

    def reaches(told: Told) -> list[str]:
        return [name for name in ("edge1", "edge2", "mail1") if not told.run("guest", sys.executable, "-c", _CONNECT, name).returncode]

    def blocked(told: Told) -> None:
        assert reaches(told) == ["mail1"]
        assert "10.77.0.66" in told.ask("edge1", "nft", "list", "ruleset")
        assert "10.77.0.66" not in told.ask("mail1", "nft", "list", "ruleset")

    def free(told: Told) -> None:
        assert reaches(told) == ["edge1", "edge2", "mail1"]
        assert "10.77.0.66" not in told.ask("edge1", "nft", "list", "ruleset")

    told = tell("iptables", {"# Its packets": blocked, "# And it connects": free})
    check_told(told, "iptables")
    assert "Connection Timeout  Connection Timeout" in told.output


@pytest.mark.parametrize(
    ("name", "number", "where"),
    [
        ("service", signal.SIGTERM, "Starting 4 hosts"),
        ("iptables", signal.SIGTERM, "Starting 4 hosts"),
        ("iptables", signal.SIGHUP, "Each has"),
        ("iptables", signal.SIGINT, "# Block it"),
        ("iptables", signal.SIGTERM, "# Its packets"),
        ("service", signal.SIGTERM, "# Restart it"),
    ],
)
def test_a_story_that_is_ended_takes_its_hosts_along(name: str, number: signal.Signals, where: str) -> None:
    require_programs("nft", "systemctl")

    def end(told: Told) -> None:
        if where.startswith("Starting"):
            told.process.send_signal(signal.SIGCONT)
            wait_until("hosts come up", lambda: list(Path("/run").glob(f"mcollective-lab-{told.process.pid}-*/hosts/*")))
        os.killpg(told.process.pid, number)  # as Ctrl-C does: to all that it has started, too

    told = tell(name, {where: end})  # which looks for what is left
    assert told.process.returncode == 128 + number, told.output
    assert "gone again" not in told.output and "Traceback" not in told.output


def test_a_command_that_ends_otherwise_than_told_is_named_and_nothing_is_left() -> None:
    require_programs("systemctl")
    told = tell("service", {"# Which hosts": lambda told: told.ask("web3", "systemctl", "stop", "shop.service")})
    assert told.process.returncode == 1
    assert "mco demo: the story ends here: `mco service status shop -C role::web` does not show 'web3: running'" in told.output


def test_without_namespaces_or_the_hosts_program_it_says_what_would_do() -> None:
    require_programs("setpriv")
    story = [*MCO, "demo", "--story", "iptables"]

    def said(*words: str) -> str:
        ended = subprocess.run([*words], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
        assert (ended.returncode, ended.stdout) == (1, ""), ended.stdout
        assert "the story iptables needs what is not here; nothing was changed\n" in ended.stderr
        return ended.stderr

    without = said(shutil.which("setpriv") or "", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", *story)
    assert "  namespaces (unshare: " in without and "--privileged" in without
    assert "  the program labhost at /nosuch/labhost: a checkout has it" in said(*story, "--labhost", "/nosuch/labhost")
