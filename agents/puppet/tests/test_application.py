"""What the command says of hosts that send anything."""

from pathlib import Path

import pytest

from mcollective_py.cli.commands import load_application
from mcollective_py.client.results import RPCResult


@pytest.mark.parametrize("until", [10**18, 1e308, -1, "x", None, True])
def test_any_end_may_come_from_a_host(until):
    puppet = load_application("puppet", str(Path(__file__).parents[1] / "application.py"))
    puppet._command = "status"
    assert puppet.line(RPCResult("web1", "puppet", "status", 0, "OK", {"message": "idling", "disabled_until": until})).startswith(
        "idling"
    )
