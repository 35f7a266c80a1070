"""What the command says of hosts that send anything."""

import sys
from pathlib import Path

import pytest

from mcollective_py.cli.commands import load_application
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.client.results import RPCResult


@pytest.fixture
def process():
    return load_application("process", str(Path(__file__).parents[1] / "application.py"))


@pytest.mark.parametrize("load", [None, 1.5, "x", {"a": 1}, [1.5, None, {}]])
def test_any_load_may_come_from_a_host(process, load):
    process.call(parse(parser_for("process", process), ["top"]))
    assert process.line(RPCResult("web1", "process", "top", 0, "OK", {"load": load})).startswith("load ")


def test_no_host_decides_how_many_processes_may_be_signalled_on_others(process, capsys):
    previewed = sys.modules[type(process).__module__]._previewed
    assert previewed([RPCResult("web9", "process", "signal", 0, "OK", {"count": 10**12})]) == [100_000]
    assert "web9" in capsys.readouterr().err
