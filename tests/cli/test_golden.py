"""The exact output of every format, for a fixed fleet. `GOLDEN=write pytest tests/cli/test_golden.py` writes golden/ anew: read the
difference before it is committed, for scripts and people read what stands there."""

import argparse
import os
import re
import time
import unicodedata
from pathlib import Path

import pytest

from mcollective_py.cli.calls import show
from mcollective_py.cli.render import Style
from mcollective_py.client.aggregate.summaries import Summaries
from tests.cli.output.fleet import CASES, SERVICE, results

GOLDEN = Path(__file__).parent / "golden"
TERMINAL = {"is_terminal": True, "width": 80}
# Of each file: the options, how it is drawn, and the action.
FORMATS = {
    "text": ({}, {}, "status"),
    "text-of-changes": ({}, {}, "restart"),
    "text-sorted-in-colour": ({"sort": True}, {**TERMINAL, "color": True}, "status"),
    "text-verbose": ({}, {"verbose": True}, "status"),
    "text-folded": ({"fold": True}, {}, "status"),
    "text-folded-in-colour": ({}, {**TERMINAL, "color": True, "fold_above": 2}, "status"),
    "json": ({"format": "json", "json": True}, {}, "status"),
    "json-on-a-terminal": ({"format": "json", "json": True, "display": "failed"}, TERMINAL, "status"),
    "jsonl": ({"format": "jsonl"}, {}, "status"),
    "table": ({"format": "table"}, {}, "status"),
    "table-on-a-terminal": ({"format": "table"}, {**TERMINAL, "color": True}, "status"),
    "csv": ({"format": "csv"}, {}, "status"),
    "yaml": ({"format": "yaml"}, {}, "status"),
    "senders": ({"format": "senders"}, {}, "status"),
    "senders-that-failed": ({"format": "senders", "display": "failed", "sort": True}, {}, "status"),
}
PLAIN = {"display": None, "sort": False, "json": False, "format": None, "output_file": None, "fold": None, "no_progress": True}


@pytest.fixture(autouse=True)
def _utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def shown(name, case, capsysbinary):
    """What one format shows of one case: exit code, stdout, stderr."""
    fields, style, action = FORMATS[name]
    options = argparse.Namespace(**{**PLAIN, "quiet": False, "strict": False, **fields})
    called = results(case, action)
    called.aggregates = Summaries(SERVICE.actions[action])
    code = show(called, SERVICE, options, Style(**style))
    written = capsysbinary.readouterr()
    return code, written.out.decode(), written.err.decode()


@pytest.mark.parametrize("name", FORMATS)
def test_the_output_is_to_the_letter_what_it_was(name, capsysbinary):
    parts = []
    for case in CASES:
        code, out, err = shown(name, case, capsysbinary)
        parts.append(f"======== {case}: exit code {code}\n{out}" + (f"-------- stderr\n{err}" if err else ""))
    found = "".join(parts).replace("\r\n", "\n")
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        file.write_text(found)
    assert found == file.read_text()


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_a_host_sends_acts_on_a_terminal(name, capsysbinary):
    _, out, err = shown(name, "hostile", capsysbinary)
    text = re.sub(r"\x1b\[(0|1|31|32|33)m", "", out) if FORMATS[name][1].get("color") else out
    text = text.replace("\r\n", "\n") if name == "csv" else text
    acting = {char for char in text + err if char != "\n" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert acting == set()


def test_no_file_of_a_format_that_is_gone_is_left():
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(FORMATS)
