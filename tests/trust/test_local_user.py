"""Attackers E and F, S-56: whoever has an account on a host, or a folder that somebody works in, gets nothing of root's by it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.fleet import LIBDIR, Fleet
from tests.parts.require import missing
from tests.parts.wire import Wire

pytestmark = pytest.mark.parts

NOBODY = 65534
PROGRAM = Path(__file__).with_name("localuser.py")
TRIES = 1000
DDL = """
metadata: {name: script, description: d, author: a, license: Apache-2.0, version: "1.0", url: "http://example.com", timeout: 10}
actions:
  - action: do
    description: Run a program that finds its request in a temporary file
"""
# It takes a moment, as programs do.
SCRIPT = """#!/bin/sh
sleep 0.02
echo '{"statuscode": 0, "statusmsg": "OK", "data": {}}' >"$MCOLLECTIVE_REPLY_FILE"
"""
EVIL = "import pathlib; pathlib.Path({marker!r}).write_text('run')\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user may enter, so that it is our own files' modes that count."""
    if os.geteuid() != 0:
        missing("only root can become another user")
    made = Path(tempfile.mkdtemp(prefix="mco-local-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_e_s56_a_thousand_tries_of_a_local_user_win_nothing(folder: Path) -> None:
    home, marker, trap = folder / "home", folder / "marker", folder / "trap"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    script = folder / "lib" / "agents" / "script"
    script.mkdir(parents=True)
    (script / "ddl.yaml").write_text(DDL)
    (script / "agent").write_text(SCRIPT)
    (script / "agent").chmod(0o755)
    # A libdir of his own, that an administrator named: what is in it is loaded by nobody.
    evil = folder / "his" / "agents" / "evil"
    evil.mkdir(parents=True)
    (evil / "agent.py").write_text(
        EVIL.format(marker=str(marker)) + "class Evil:\n    timeout = 1\n    def handlemsg(self, msg): pass\n"
    )
    for path in (folder / "his", evil.parent, evil, evil / "agent.py"):
        os.chown(path, NOBODY, NOBODY)
    settings = {"libdir": f"{folder}/his:{folder}/lib:{LIBDIR}", "plugin.actionpolicy.allow_unconfigured": "1"}
    with Fleet(folder / "site", ["web1"], settings=settings) as fleet, Wire(fleet.site.client_config) as wire:
        assert "evil" not in wire.active_agents()
        assert str(evil.parent.parent) in fleet.log("web1").read_text()  # and the log says why
        done = wire.ask(wire.request("nap", "nap", {"seconds": 0.0}))  # so that there is a fork server too
        assert done is not None and done.statuscode == 0
        trap.write_text("this is open to all: whoever looks must find it")
        trap.chmod(0o666)
        pids = [str(fleet.processes["web1"].pid), *children(fleet.processes["web1"].pid)]
        assert len(pids) > 1
        command = [sys.executable, "-P", str(PROGRAM), str(NOBODY), str(folder), str(home), str(TRIES), *pids]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/") as attacker:
            assert attacker.stdout is not None and attacker.stderr is not None
            assert attacker.stdout.readline() == "racing\n"
            for _ in range(25):
                answer = wire.ask(wire.request("script", "do", {}))
                assert answer is not None and (answer.statuscode, answer.statusmsg) == (0, "OK")
            (home / "enough").touch()
            report = json.loads(attacker.stdout.readline() or attacker.stderr.read())
        assert report["tries"] >= TRIES
        assert report["met"] >= 3  # the race was one: of 25 folders that were there for a moment
        ours = [win for win in report["wins"] if str(trap) not in win and str(folder / "his") not in win]
        assert ours == []
        assert {f"write {trap}", f"append {trap}"} <= set(report["wins"])
        answer = wire.ask(wire.request())
        assert answer is not None and answer.sender == "web1"
        assert not marker.exists()


def children(pid: int) -> list[str]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return found or [
        word.parent.name for word in Path("/proc").glob("[0-9]*/stat") if word.read_text().rpartition(")")[2].split()[1] == str(pid)
    ]


def test_e_what_a_daemon_listens_on_has_no_name_that_another_could_call(tmp_path: Path) -> None:
    with Fleet(tmp_path, ["web1"]) as fleet, Wire(fleet.site.client_config) as wire:
        assert wire.ask(wire.request("nap", "nap", {"seconds": 0.0})) is not None
        daemon = fleet.processes["web1"].pid
        inodes = set()
        for pid in (str(daemon), *children(daemon)):
            links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
            inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
        assert inodes
        unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
        named = [words[7] for words in unix if words[6] in inodes and len(words) > 7]
        listening = [
            words
            for file in ("tcp", "tcp6", "udp", "udp6")
            for words in (line.split() for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:])
            if words[9] in inodes and words[3] == ("0A" if file.startswith("tcp") else "07")
        ]
        assert (named, listening) == ([], [])


@pytest.mark.parametrize("program", ["mco", "mcollectived"])
def test_f_nothing_is_loaded_or_read_from_the_folder_that_somebody_works_in(program: str, tmp_path: Path) -> None:
    marker, here = tmp_path / "marker", tmp_path / "here"
    for name in ("mcollective_py", "stomp", "yaml", "cryptography"):
        (here / name).mkdir(parents=True)
        (here / name / "__init__.py").write_text(EVIL.format(marker=str(marker)))
    for name in ("json", "ssl", "sitecustomize", "usercustomize", "psutil"):
        (here / f"{name}.py").write_text(EVIL.format(marker=str(marker)))
    agents = here / "agents" / "evil"
    agents.mkdir(parents=True)
    (agents / "agent.py").write_text(EVIL.format(marker=str(marker)))
    (agents / "application.py").write_text(EVIL.format(marker=str(marker)))
    for name in ("client.cfg", "server.cfg", "mcollective.cfg"):
        (here / name).write_text("libdir = .\nconnector = nonsense\n")
    config = tmp_path / "empty.cfg"
    config.touch(mode=0o600)
    command = Path(sys.executable).with_name(program)
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONWARNINGS": "default"}
    for words in (["--version"], ["--help"], *([["plugin", "doc", "-c", str(config)], ["evil"]] if program == "mco" else [])):
        ended = subprocess.run([command, *words], cwd=here, env=environ, capture_output=True, text=True, timeout=60, check=False)
        assert "nonsense" not in ended.stdout + ended.stderr
        assert not marker.exists(), words
        assert words == ["evil"] or ended.returncode == 0, ended.stderr
