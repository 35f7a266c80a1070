"""A skipped real part fails the run in CI, and nowhere else."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest

@pytest.mark.parts
def test_that_meets_a_broker():
    pytest.skip("no broker here")

def test_that_is_well():
    pass

def test_that_needs_another_python():
    pytest.skip("another Python")
"""


def run(folder: Path, suite: str, *words: str, ci: str | None) -> subprocess.CompletedProcess[str]:
    """Run a small suite under the conftest of this repository."""
    shutil.copy(Path(__file__).with_name("conftest.py"), folder)
    (folder / "test_suite.py").write_text(suite)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = parts: meets a real part\n")
    environment = {key: value for key, value in os.environ.items() if key != "CI" and not key.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words, str(folder)]
    return subprocess.run(
        command, cwd=folder, env=environment | ({"CI": ci} if ci else {}), capture_output=True, text=True, timeout=60, check=False
    )


def test_at_a_desk_a_missing_part_is_skipped(tmp_path):
    assert run(tmp_path, SUITE, ci=None).returncode == 0


@pytest.mark.parametrize("words", [(), ("-n", "1")], ids=["one process", "workers"])
def test_in_ci_a_missing_part_fails_the_run_and_is_named(tmp_path, words):
    ended = run(tmp_path, SUITE, *words, ci="true")
    assert ended.returncode == 1
    assert "FAILED test_suite.py::test_that_meets_a_broker: its real part is missing" in ended.stdout
    assert "test_that_needs_another_python: its real part" not in ended.stdout


def test_in_ci_a_module_that_skips_itself_fails_the_run(tmp_path):
    ended = run(tmp_path, "import pytest\npytest.skip('no broker here', allow_module_level=True)\n", ci="true")
    assert ended.returncode != 0


def test_in_ci_a_suite_without_missing_parts_passes(tmp_path):
    assert run(tmp_path, "def test_that_is_well():\n    pass\n", ci="true").returncode == 0


SIGNALS = """
import signal, subprocess, sys

def test_a_program_hears_ctrl_c():
    asks = "import signal; print(signal.SIG_IGN in map(signal.getsignal, (signal.SIGINT, signal.SIGHUP)))"
    assert subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True).stdout == "False\\n"
"""


@pytest.mark.parametrize("words", [(), ("-n", "1")], ids=["one process", "workers"])
def test_programs_hear_signals_though_the_run_was_started_in_the_background(tmp_path, words):
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        for number in before:
            signal.signal(number, signal.SIG_IGN)  # inherited by the run
        ended = run(tmp_path, SIGNALS, *words, ci=None)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert ended.returncode == 0, ended.stdout
