"""How a run that a daemon was told of by a signal is followed."""

import json

from agents.puppet.lastrun import parse_summary
from agents.puppet.lock import DisabledLock
from agents.puppet.runonce import find_result
from agents.puppet.status import AgentStatus


def signalled(folder, *, lastrun, applying=0, daemon=7, lock=None):
    """What is said of a run that a daemon was told of when the run before it had just ended, at 100."""
    (folder / "puppet-signal.json").write_text(json.dumps({"id": "a" * 32, "at": 100.9, "after": 100}))
    run = parse_summary(f"time: {{last_run: {lastrun}}}\nversion: {{config: 1}}\nresources: {{changed: 1}}\n".encode())
    return find_result({"state_folder": str(folder)}, AgentStatus(run, lock, applying, daemon, 101.0), "a" * 32)


def test_a_daemon_that_was_told_to_run_is_waited_for(tmp_path):
    assert signalled(tmp_path, lastrun=100)["state"] == "waiting"
    assert signalled(tmp_path, lastrun=100, applying=8)["state"] == "running"
    ended = signalled(tmp_path, lastrun=112)
    assert (ended["state"], ended["exitcode"], ended["outcome"], ended["has_report"]) == ("finished", 2, "changed", True)


def test_a_daemon_that_will_not_run_is_not_waited_for(tmp_path):
    gone = signalled(tmp_path, lastrun=100, daemon=0)
    assert (gone["state"], gone["outcome"], gone["has_report"]) == ("finished", "failed", False)
    assert gone["said"] == ["the daemon that was told to run is not there any more"]
    disabled = signalled(tmp_path, lastrun=100, lock=DisabledLock("x"))
    assert (disabled["state"], disabled["said"]) == ("finished", ["Puppet was disabled before it ran"])
