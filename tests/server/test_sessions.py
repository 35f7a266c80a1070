import os
import subprocess
import sys

import pytest

from mcollective_py.server.sessions import members, session_of


@pytest.mark.parametrize(
    ("stat", "session"),
    [
        ("42 (sh) S 1 42 40 0 -1 4194304 100", 40),
        ("42 (a) b (c) R 1 42 41 0 -1", 41),
        ("42 (sh) Z 1 42 40 0 -1 4194304 100", 0),
        ("42 (sh) X 1 42 40 0", 0),
    ],
)
def test_the_session_is_the_sixth_field_whatever_the_name_holds(stat, session):
    assert session_of(stat) == session


@pytest.mark.parametrize("stat", ["", "42", "42 (sh)", "42 (sh) S 1", "42 (sh) S 1 42 x 0"])
def test_what_is_no_stat_is_an_error(stat):
    with pytest.raises(ValueError):
        session_of(stat)


def test_processes_of_other_groups_are_members_and_those_that_left_are_none():
    program = (
        "import subprocess, sys\n"
        "one = subprocess.Popen(['/bin/sleep', '60'], process_group=0)\n"
        "two = subprocess.Popen(['/bin/sleep', '60'], start_new_session=True)\n"
        "print(one.pid, two.pid, flush=True); sys.stdin.read(); one.kill(); two.kill()"
    )
    leader = subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1, text=True, start_new_session=True)
    stays, left = map(int, leader.stdout.readline().split())
    assert sorted(members(leader.pid)) == sorted([leader.pid, stays])
    assert members(left) == [left]
    leader.communicate("")
    assert members(leader.pid) == []


def test_what_is_no_process_is_passed_over(tmp_path):
    for name, text in (("7", "7 (a) S 1 7 7 0"), ("8", "nothing"), ("self", "9 (a) S 1 7 7 0"), ("9", None)):
        (tmp_path / name).mkdir()
        if text is not None:
            (tmp_path / name / "stat").write_text(text)
    assert members(7, tmp_path) == [7]
    assert os.getpid() not in members(7)
