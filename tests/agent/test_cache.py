import threading
import weakref

import pytest

from mcollective_py.agent import Cache
from mcollective_py.agent.cache import MAX_VALUES
from tests.waiting import wait_until


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_kept_for_its_time_and_no_longer() -> None:
    clock = Clock()
    cache = Cache[str](30, clock)
    cache.write("disk", "full")
    clock.now += 29
    assert (cache.read("disk"), cache.read("other")) == ("full", None)
    clock.now += 1
    assert cache.read("disk") is None


def test_a_value_is_made_once_and_again_when_it_is_old_or_forgotten() -> None:
    clock, made = Clock(), iter("abc")
    cache = Cache[str](30, clock)
    assert [cache.fetch("x", lambda: next(made)), cache.fetch("x", lambda: next(made))] == ["a", "a"]
    clock.now += 31
    assert cache.fetch("x", lambda: next(made)) == "b"
    cache.forget("x")
    assert cache.fetch("x", lambda: next(made)) == "c"


def test_what_is_large_goes_when_its_time_is_over_though_nobody_asks() -> None:
    class Large:
        pass

    cache, value = Cache[Large](0.1, is_large=True), Large()
    gone = weakref.ref(value)
    cache.write("x", value)
    del value
    wait_until("it is dropped", lambda: gone() is None, 10)
    value = Large()
    gone = weakref.ref(value)
    cache.write("x", value)
    del value
    wait_until("so is the next one", lambda: gone() is None, 10)


def test_what_could_not_be_made_is_tried_again() -> None:
    cache = Cache[int](30)
    with pytest.raises(ZeroDivisionError):
        cache.fetch("x", lambda: 1 // 0)
    assert cache.fetch("x", lambda: 2) == 2


def test_threads_that_ask_for_one_thing_have_it_made_once() -> None:
    cache, begun, may_end, made = Cache[int](30), threading.Event(), threading.Event(), list[int]()

    def slow() -> int:
        begun.set()
        assert may_end.wait(20)
        made.append(1)
        return 7

    given = list[int]()
    threads = [threading.Thread(target=lambda: given.append(cache.fetch("x", slow))) for _ in range(4)]
    for thread in threads:
        thread.start()
    assert begun.wait(20)
    may_end.set()
    for thread in threads:
        thread.join(20)
    assert (given, made) == ([7, 7, 7, 7], [1])


def test_the_oldest_values_go_when_there_are_too_many() -> None:
    cache = Cache[int](30, Clock())
    for number in range(MAX_VALUES + 1):
        cache.write(number, number)
    assert (cache.read(0), cache.read(1), cache.read(MAX_VALUES)) == (None, 1, MAX_VALUES)
