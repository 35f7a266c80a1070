import pytest

from agents.nrpe.fleet import HostState, Share, fleet_lines, fleet_state

NONE = Share(0)


def hosts(ok=0, warning=0, critical=0, unknown=0):
    states = [0] * ok + [1] * warning + [2] * critical + [3] * unknown
    return [HostState(f"web{number}", state, f"said | {number}") for number, state in enumerate(states, 1)]


@pytest.mark.parametrize(
    ("fleet", "warning", "critical", "state"),
    [
        (hosts(ok=3), NONE, NONE, 0),
        (hosts(ok=3, warning=1), NONE, NONE, 1),
        (hosts(ok=3, critical=1), NONE, NONE, 2),
        (hosts(ok=3, unknown=1), NONE, NONE, 3),
        (hosts(ok=3, unknown=1, warning=1), NONE, NONE, 1),
        (hosts(), NONE, NONE, 3),
        (hosts(ok=95, critical=5), Share(5, True), Share(10, True), 0),
        (hosts(ok=94, critical=6), Share(5, True), Share(10, True), 1),
        (hosts(ok=89, critical=11), Share(5, True), Share(10, True), 2),
        (hosts(ok=94, unknown=6), Share(5, True), Share(10, True), 3),
        (hosts(unknown=10), Share(5, True), Share(10, True), 3),
        (hosts(ok=1, critical=2), NONE, Share(2), 1),
        (hosts(ok=1, critical=3), NONE, Share(2), 2),
    ],
)
def test_the_state_of_a_fleet(fleet, warning, critical, state):
    assert fleet_state(fleet, warning, critical) == state


def test_the_line_names_bad_hosts_and_counts_all():
    first, *long = fleet_lines("check_load", hosts(ok=7, warning=1, critical=1, unknown=1), 1, Share(5, True), Share(3))
    assert first == (
        "check_load CRITICAL".replace("CRITICAL", "WARNING")
        + " - 3 of 10 hosts not OK (30%); CRITICAL (1): web9; WARNING (1): web8; UNKNOWN (1): web10"
        " | ok=7;;;0;10 warning=1;;;0;10 critical=1;;3;0;10 unknown=1;;;0;10 silent=1;;;0;10 bad=30%;5;;0;100"
    )
    assert long == ["web9: CRITICAL said / 9", "web8: WARNING said / 8", "web10: UNKNOWN said / 10"]


def test_many_bad_hosts_are_a_number():
    first, *long = fleet_lines("x", hosts(critical=60), 0, NONE, NONE)
    assert "and 50 more" in first and len(long) == 51 and long[-1] == "and 10 more"


def test_no_hosts_are_said_so():
    assert fleet_lines("x", [], 0, NONE, NONE) == ["x UNKNOWN - no hosts were found"]


@pytest.mark.parametrize("text", ["", "x", "-1", "101%", "1.5", "5 %", "1\n"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match=r"3, or 5%"):
        Share.of(text)
