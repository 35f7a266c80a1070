from pathlib import Path

import pytest

from agents.shell.processes import Process, descendants, parse_stat, read_process

CASES = Path(__file__).with_name("cases")


@pytest.mark.parametrize(
    ("case", "process"),
    [("stat-odd-name", Process(26730, 26728, "S", 3572658)), ("stat-init", Process(1, 0, "S", 0))],
)
def test_a_process_is_read_whatever_its_name(case, process):
    found = parse_stat((CASES / f"{case}.txt").read_text())
    assert (found.pid, found.parent, found.state) == (process.pid, process.parent, process.state)
    assert process.started in (0, found.started)


def test_children_of_children_are_found_and_the_dead_are_not():
    alive = [
        Process(2, 1, "S", 0),
        Process(3, 2, "R", 0),
        Process(4, 3, "T", 0),
        Process(5, 3, "Z", 0),
        Process(6, 5, "S", 0),
        Process(7, 9, "S", 0),
    ]
    found = descendants({process.pid: process for process in alive}, 2)
    assert sorted(process.pid for process in found) == [3, 4, 6]


def test_a_number_that_nobody_has_is_no_process():
    assert read_process(2**22 + 1) is None
