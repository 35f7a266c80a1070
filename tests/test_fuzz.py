"""The fuzzers run: each over its seeds and what was found once, and for a moment more. `make fuzz` is the long run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TREE = Path(__file__).parents[1]
FUZZ = TREE / "tests/fuzz"
NAMES = sorted(file.stem.removeprefix("fuzz_") for file in FUZZ.glob("fuzz_*.py"))
ELSEWHERE = {
    "mutants",
    "marshal",
}  # they take a minute to begin; tests/trust/test_mutants.py and tests/wire/test_marshal.py ask the same


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ELSEWHERE])
def test_a_fuzzer_finds_nothing_in_its_seeds_and_its_corpus(name, tmp_path):
    environment = {**os.environ, "FUZZ_SECONDS": "0.1", "FUZZ_SEED": "1", "PYTHONPATH": str(TREE)}
    command = [sys.executable, "-m", f"tests.fuzz.fuzz_{name}"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_table_of_targets_names_every_fuzzer_and_no_other():
    rows = re.findall(r"^\| (F-\d+) \|.*\| (`.*`) \|$", (FUZZ / "README.md").read_text(), re.MULTILINE)
    assert [number for number, _ in rows] == [f"F-{number}" for number in range(1, 16)]
    assert sorted(name for _, programs in rows for name in re.findall(r"`(\w+)`", programs)) == NAMES


def test_what_is_kept_is_kept_for_a_fuzzer():
    assert {folder.name for folder in (FUZZ / "corpus").iterdir() if folder.is_dir()} <= set(NAMES)
