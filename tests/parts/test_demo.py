"""`mco demo` as a stranger runs it: from the checkout, and from a wheel in an empty virtual environment as an ordinary user."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.cli.applications.demo import HOSTS, TOUR
from mcollective_py.cli.demoprocesses import MCO
from tests.parts.require import missing
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

CHECKOUT = Path(__file__).parents[2]
NOBODY = 65534


def processes_of(folder: str) -> list[str]:
    """Command lines that name a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if folder in command:
                found.append(command)
    return found


def check_tour(output: str) -> str:
    """Assert that every step showed its command and its outcome; the demo's folder."""
    assert output.count("$ mco ") == len(TOUR)
    after_ping = output.partition("$ mco ping")[2].partition("$ mco")[0]
    assert sorted(re.findall(r"^(\S+) +time=", after_ping, re.MULTILINE)) == sorted(host.name for host in HOSTS)
    assert "$ mco find -W 'role::web country=de'\nweb2\nweb3\n" in output
    assert "3.25" in output.partition("echo")[2]
    assert "db1" in output.partition("$ mco inventory")[2]
    folder = re.search(r"hosts in (\S+) \.\.\.", output)
    assert folder is not None
    return folder[1]


def test_the_demo_walks_its_tour_and_leaves_nothing_behind() -> None:
    ended = subprocess.run([*MCO, "demo"], capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = check_tour(ended.stdout)
    assert not Path(folder).exists()
    assert processes_of(folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_demo_that_is_ended_takes_its_processes_along(number: signal.Signals) -> None:
    demo = subprocess.Popen([*MCO, "demo"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert demo.stdout is not None
    lines = iter(demo.stdout.readline, "")
    folder = re.search(r"hosts in (\S+) \.\.\.", next(lines))
    assert folder is not None
    assert "daemons are connected" in next(lines)
    demo.send_signal(number)
    demo.stdout.read()
    assert demo.wait(15) != 0
    demo.stdout.close()
    wait_until("its processes end", lambda: not processes_of(folder[1]), 15)
    if number == signal.SIGKILL:
        shutil.rmtree(folder[1])  # nobody was left to do it
    assert not Path(folder[1]).exists()


def test_a_kept_demo_can_be_used_and_ended() -> None:
    ended = subprocess.run([*MCO, "demo", "--keep"], capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    folder = check_tour(ended.stdout)
    try:
        options = re.search(r"export MCOLLECTIVE_EXTRA_OPTS='(.*)'", ended.stdout)
        assert options is not None
        environ = {**os.environ, "MCOLLECTIVE_EXTRA_OPTS": options[1], "XDG_CACHE_HOME": folder}
        found = subprocess.run([*MCO, "find", "-C", "role::mail"], env=environ, capture_output=True, text=True, timeout=20, check=False)
        assert found.stdout.split() == ["mail1", "mail2"]
    finally:
        # As the operator does, who has not unset what the demo had exported.
        environ = {**os.environ, "MCOLLECTIVE_EXTRA_OPTS": f"--config '{folder}/client.cfg'"}
        gone = subprocess.run([*MCO, "demo", "--end", folder], env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert (gone.returncode, gone.stderr) == (0, "") and "Ended 7 processes" in gone.stdout
    assert processes_of(folder) == [] and not Path(folder).exists()


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder that the ordinary user may enter, which pytest's own is not."""
    folder = Path(tempfile.mkdtemp(prefix="mco-wheel-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_wheel_in_an_empty_environment_runs_the_demo_as_an_ordinary_user(nobodys_folder: Path) -> None:
    if os.geteuid() != 0:
        missing("only root can become another user")
    # Root's own Python may lie in a folder closed to others: the system's is open to all.
    python = next((name for name in ("/usr/bin/python3", "/usr/local/bin/python3") if is_new_enough(name)), None)
    if python is None:
        missing("no python3 of 3.11 or later that every user can run")
    source = nobodys_folder / "source"
    shutil.copytree(CHECKOUT, source, ignore=shutil.ignore_patterns(".git", ".venv", "build", "*.egg-info", "__pycache__", ".*cache"))
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(nobodys_folder), str(source)]
    subprocess.run(build, check=True, timeout=180, capture_output=True)
    shutil.rmtree(source)
    (wheel,) = nobodys_folder.glob("*.whl")
    venv = nobodys_folder / "venv"
    subprocess.run([python, "-m", "venv", str(venv)], check=True, timeout=120)
    subprocess.run([venv / "bin" / "pip", "install", "--quiet", str(wheel)], check=True, timeout=300, capture_output=True)
    home = nobodys_folder / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}
    ended = subprocess.run(
        [str(venv / "bin" / "mco"), "demo"], env=environ, cwd="/", user=NOBODY, group=NOBODY, extra_groups=[],
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not Path(check_tour(ended.stdout)).exists()


def is_new_enough(python: str) -> bool:
    """True for a Python of 3.11 or later that can make virtual environments."""
    if not Path(python).exists():
        return False
    test = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", test], capture_output=True, timeout=20, check=False).returncode == 0


def test_help_is_there_at_once() -> None:
    started = time.perf_counter()
    ended = subprocess.run([*MCO, "--help"], capture_output=True, text=True, timeout=10, check=True)
    assert "ping" in ended.stdout and "demo" in ended.stdout
    assert time.perf_counter() - started < 3.0  # a wide bound: tests/benchmarks/bench_startup.py measures
