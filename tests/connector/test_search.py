import threading

import pytest

from mcollective_py.connector.pool import Broker, Options
from mcollective_py.connector.search import Search
from mcollective_py.connector.stream import AttemptFailed

FIRST, SECOND, THIRD = (Broker(name) for name in ("mq1", "mq2", "mq3"))


class Found(Exception):
    """In the place of a link, which needs a socket."""


class Doors:
    """Brokers that refuse so many attempts, in whatever order they come, and then let in."""

    def __init__(self, refusals: int, *, lasting: bool = False) -> None:
        self._refusals, self._lasting = refusals, lasting
        self.tried: list[str] = []
        self.times: list[float] = []

    def open_link(self, broker: Broker, timeout: float):
        self.tried.append(broker.host)
        self.times.append(timeout)
        if len(self.tried) <= self._refusals:
            raise AttemptFailed(f"no, says {broker.host}", lasting=self._lasting)
        raise Found


def search(doors: Doors, *pool: Broker, is_daemon: bool = False, **options: float) -> Search:
    return Search(
        pool,
        Options(longest_delay=0.1, initial_delay=0.001, **options),  # type: ignore[arg-type]
        is_daemon=is_daemon,
        random=lambda: 0.1,
        changed=threading.Condition(),
        is_closing=lambda: False,
        open_link=doors.open_link,
    )


def test_brokers_are_tried_in_order_round_after_round():
    doors = Doors(4)
    with pytest.raises(Found):
        search(doors, FIRST, SECOND, THIRD, is_daemon=True).find()
    assert doors.tried == ["mq1", "mq2", "mq3", "mq1", "mq2"]


def test_one_of_several_brokers_gets_less_time_than_a_single_one():
    one, several = Doors(0), Doors(0)
    for doors, pool in ((one, [FIRST]), (several, [FIRST, SECOND])):
        with pytest.raises(Found):
            search(doors, *pool).find()
    assert (one.times, several.times) == ([30.0], [5.0])


def test_a_deadline_is_shared_among_the_brokers_that_are_left():
    doors = Doors(1)
    made = search(doors, FIRST, SECOND)
    made.set_patience(2.0)
    with pytest.raises(Found):
        made.find()
    assert 0.9 < doors.times[0] <= 1.0 < doors.times[1] <= 2.0


def test_a_client_gives_up_at_once_for_a_lasting_reason_and_a_daemon_never():
    given_up = search(Doors(100, lasting=True), FIRST, SECOND)
    assert given_up.find() is None
    assert given_up.failure is not None
    assert given_up.failure.attempts == (("mq1:61613", "no, says mq1"), ("mq2:61613", "no, says mq2"))
    doors = Doors(4, lasting=True)
    with pytest.raises(Found):
        search(doors, FIRST, SECOND, is_daemon=True).find()


def test_a_client_gives_up_after_its_attempts():
    doors = Doors(100)
    tired = search(doors, FIRST, SECOND, most_attempts=3)
    assert tired.find() is None
    assert doors.tried == ["mq1", "mq2", "mq1"]


@pytest.mark.parametrize(
    ("reason", "next_tried"),
    [("it closed the connection", "mq1"), ("silent for 60 s, no heartbeat", "mq2"), ("it took no data", "mq2")],
)
def test_after_a_loss_the_first_is_asked_first_unless_it_went_silent(reason: str, next_tried: str):
    doors = Doors(0)
    made = search(doors, FIRST, SECOND, is_daemon=True)
    made.lose(FIRST, reason, 1.0)
    with pytest.raises(Found):
        made.find()
    assert doors.tried == [next_tried]
