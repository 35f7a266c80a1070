from pathlib import Path

import pytest

from agents.service.data.service.data import systemd_answer
from mcollective_py.errors import RPCAborted

CASES = Path(__file__).parent / "cases"


def answer(name):
    return systemd_answer((CASES / f"show-{name}.txt").read_text())


def test_what_systemd_says_of_a_unit():
    assert answer("good") == {"status": "running", "active": "active", "substate": "running", "enabled": "enabled", "failed": False}
    assert (answer("dies")["status"], answer("dies")["failed"]) == ("stopped", True)
    assert (answer("later")["status"], answer("later")["failed"]) == ("stopped", True)
    assert answer("nosuch")["status"] == "unknown"
    with pytest.raises(RPCAborted):
        systemd_answer("")
