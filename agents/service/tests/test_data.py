from pathlib import Path

import pytest

from agents.service.data.service.data import script_answer, systemctl_words, systemd_answer
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


def test_a_script_tells_by_its_exit_code():
    assert script_answer(0, "") == {"status": "running"}
    assert script_answer(3, "") == {"status": "stopped"}
    assert script_answer(1, "Usage: x {start|stop}") == {"status": "unknown"}


def test_a_name_without_a_type_is_a_service():
    assert systemctl_words("systemctl", "ssh")[-2:] == ["--", "ssh.service"]
    assert systemctl_words("systemctl", "logrotate.timer")[-1] == "logrotate.timer"
