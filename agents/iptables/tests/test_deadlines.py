"""Deadlines that hold while the host's clock is set."""

from agents.iptables.deadlines import Deadlines
from agents.iptables.state import Pending


def test_a_clock_that_is_set_back_moves_no_deadline():
    waiting = {"1": Pending("1", 1060.0, "cert=op", 1000.0, "block")}
    deadlines = Deadlines()
    assert deadlines.seen(waiting, 1000.0, 50.0) == 60.0
    assert deadlines.seen(waiting, 1000.0 - 86400, 80.0) == 30.0
    assert (deadlines.late(109.0), deadlines.late(110.0)) == (set(), {"1"})


def test_what_waits_no_more_is_forgotten():
    deadlines = Deadlines()
    deadlines.seen({"1": Pending("1", 1060.0, "cert=op", 1000.0, "block")}, 1000.0, 50.0)
    assert deadlines.seen({}, 1001.0, 51.0) is None
    assert deadlines.late(1e9) == set()
