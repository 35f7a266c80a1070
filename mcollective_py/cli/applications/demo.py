"""`mco demo`: a broker, six hosts and a guided tour of the main job; or a story in real little hosts. All gone again afterwards."""

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from ...errors import UsageError
from ..application import Application
from ..demoprocesses import MCO, RunningSite, end_leftovers
from ..demosite import Site, SiteHost


def _host(name: str, role: str, country: str, cores: int) -> SiteHost:
    facts = {"country": country, "os": {"family": "Debian", "name": "Debian"}, "processors": {"count": cores}}
    return SiteHost(name, classes=("profile::base", role), facts=facts)


HOSTS = (
    _host("web1", "role::web", "uk", 4),
    _host("web2", "role::web", "de", 4),
    _host("web3", "role::web", "de", 8),
    _host("db1", "role::database", "uk", 32),
    _host("mail1", "role::mail", "uk", 2),
    _host("mail2", "role::mail", "de", 2),
)

TOUR: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Who is there? One signed message to all; each answer is signed by its host.", ("ping", "-t", "2")),
    ("Which hosts have the Puppet class role::web?", ("find", "-C", "role::web")),
    ("Which of them are in Germany, by their facts?", ("find", "-W", "role::web country=de")),
    ("Facts may be nested; operators compare numbers as numbers.", ("find", "-F", "processors.count>=8")),
    ("How is a fact spread over all hosts?", ("facts", "country")),
    ("Run an action on the web servers, all at once.", ("rpc", "rpcutil", "get_fact", "fact=processors.count", "-C", "role::web")),
    ("Values come back as they went, a float stays a float.", ("rpc", "echo", "--body", "3.25", "-F", "country=de")),
    ("Look inside one host.", ("inventory", "db1")),
)


STORIES = ("exim", "package", "service", "iptables")  # modules of cli/stories


class Demo(Application):
    """Starts a small site of its own, walks the tour, and cleans up."""

    description = "Try it: a broker, six hosts, and a tour of what mco does"
    usage = "[--keep | --end FOLDER]  |  --story NAME [--labhost PATH]"
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """--keep, --end, --story."""
        choice = parser.add_mutually_exclusive_group()
        choice.add_argument("--keep", action="store_true", help="leave it running afterwards, and say how to use and end it")
        choice.add_argument("--end", metavar="FOLDER", type=Path, help="end a demo that --keep left running")
        choice.add_argument("--story", choices=STORIES, help="as root: play a classic use in real little hosts on this machine")
        parser.add_argument("--labhost", metavar="PATH", type=Path, help="the program that makes these hosts, if not the checkout's")

    def run(self, options: argparse.Namespace) -> int:
        """0 when every step of the tour did what it says."""
        if options.end:
            return _end(options.end)
        if options.labhost and not options.story:
            raise UsageError(f"--labhost goes with --story {'|'.join(STORIES)}")
        if options.story:
            from ..stories.playing import play

            return play(options.story, options.labhost, _bold)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _leave)
        folder = Path(tempfile.mkdtemp(prefix="mco-demo-"))
        kept = False
        try:
            print(f"Making a CA, certificates and {len(HOSTS)} hosts in {folder} ...", flush=True)
            with RunningSite(Site(folder), HOSTS, outlives_us=options.keep) as site:
                print(f"A broker listens on 127.0.0.1:{site.broker_port}, {len(HOSTS)} daemons are connected over TLS.", flush=True)
                code = _tour(site.site.client_config)
                if options.keep and code == 0:
                    site.leave_running()
                    kept = True
        finally:
            if not kept:
                shutil.rmtree(folder, ignore_errors=True)
        _farewell(folder, kept)
        return code


def _tour(config: Path) -> int:
    environ = {**os.environ, "MCOLLECTIVE_EXTRA_OPTS": f"--config {shlex.quote(str(config))}", "XDG_CACHE_HOME": str(config.parent)}
    for remark, words in TOUR:
        print(f"\n{_bold('# ' + remark)}\n{_bold('$ mco ' + shlex.join(words))}", flush=True)
        ended = subprocess.run([*MCO, *words], env=environ, stdin=subprocess.DEVNULL, timeout=60, check=False)
        if ended.returncode:
            print(f"\nThat should not have failed (exit code {ended.returncode}).", file=sys.stderr)
            return ended.returncode
    return 0


def _farewell(folder: Path, kept: bool) -> None:
    if not kept:
        print("\nThe broker, the hosts and their files are gone again. `mco demo --keep` leaves them running.")
        return
    print(
        f"\nIt is still running. Point mco at it with\n\n"
        f"    export MCOLLECTIVE_EXTRA_OPTS='--config {shlex.quote(str(folder / 'client.cfg'))}'\n\n"
        f"then try `mco ping` or `mco help`, and end it with\n\n    mco demo --end {shlex.quote(str(folder))}"
    )


def _end(folder: Path) -> int:
    if not (folder / "pids.json").is_file():
        raise UsageError(f"{folder} is no demo that was left running: give the folder that `mco demo --keep` printed")
    ended = end_leftovers(json.loads((folder / "pids.json").read_text()))
    shutil.rmtree(folder)
    print(f"Ended {ended} processes and removed {folder}.")
    return 0


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)  # the with and finally blocks clean up


def _bold(text: str) -> str:
    is_plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR")
    return text if is_plain else f"\033[1m{text}\033[0m"
