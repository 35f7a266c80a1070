import threading

import pytest

from mcollective_py.errors import RPCAborted
from mcollective_py.node.deadline import Deadlines

SHORT = 0.02


class Clock:
    """Seconds that only pass when the test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def hung(deadlines, name, release):
    """One call that is given up; it ends when release is set."""
    began, ended = threading.Event(), threading.Event()

    def wait():
        began.set()
        release.wait(30)
        ended.set()

    with pytest.raises(RPCAborted, match=r"gave no answer within 0\.02 s"):
        deadlines.call(name, wait, SHORT)
    assert began.wait(10)
    return ended


def test_an_answer_in_time_is_given():
    assert Deadlines().call("stock", lambda: {"a": 1}, 10) == {"a": 1}


def test_what_is_raised_flies_where_the_answer_is_waited_for():
    with pytest.raises(ZeroDivisionError):
        Deadlines().call("stock", lambda: 1 // 0, 10)


def test_even_an_exit_of_the_code_ends_its_own_thread_alone():
    def leave():
        raise SystemExit(3)

    with pytest.raises(RPCAborted, match="the data plugin stock gave no answer: SystemExit"):
        Deadlines().call("data plugin stock", leave, 10)


def test_a_name_that_hangs_is_refused_at_once_and_others_are_not():
    deadlines, release = Deadlines(), threading.Event()
    ended = [hung(deadlines, "stock", release) for _ in range(2)]
    with pytest.raises(RPCAborted, match="not asked: 2 earlier queries of it have not come back"):
        deadlines.call("stock", lambda: 1, 10)
    assert deadlines.call("other", lambda: 1, 10) == 1
    release.set()
    assert all(event.wait(10) for event in ended)
    for thread in [thread for thread in threading.enumerate() if thread.name == "data-stock"]:
        thread.join(10)
    assert deadlines.call("stock", lambda: 1, 10) == 1


def test_all_of_them_together_take_only_so_much_of_the_time():
    clock = Clock()
    deadlines = Deadlines(clock, budget=5.0, window=60.0)

    def slow():
        clock.now += 2.0
        return 1

    assert [deadlines.call("stock", slow, 10) for _ in range(3)] == [1, 1, 1]
    with pytest.raises(RPCAborted, match="took 5 s of 60 s"):
        deadlines.call("other", slow, 10)
    clock.now += 61.0
    assert deadlines.call("stock", slow, 10) == 1
