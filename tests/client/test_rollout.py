import pytest

from mcollective_py.client.rollout import Rollout, Stopped
from mcollective_py.errors import UsageError


def test_words_make_a_rollout_and_none_make_none():
    assert Rollout.of(None) is None
    assert Rollout.of("25%") == Rollout("25%", 0, None)
    assert Rollout.of(10) == Rollout("10", 0, None)
    assert Rollout.of("1,100%", 2, "10%") == Rollout("1,100%", 2, "10%")
    assert Rollout.of(None, 3) == Rollout("100%", 3, None)
    assert Rollout.of(None, 3, 0) == Rollout("100%", 3, "0")


@pytest.mark.parametrize("max_fail", ["-1", "x", "", "%", "1.5", "101%", "٣", "1,2"])
def test_a_max_fail_that_is_none_is_refused(max_fail):
    with pytest.raises(UsageError, match="--max-fail is a number of hosts or a percentage up to 100%, not"):
        Rollout.of("10", None, max_fail)


def test_a_max_fail_needs_batches():
    with pytest.raises(UsageError, match="--max-fail stops between batches and there are none: add --batch"):
        Rollout.of(None, None, "2")


@pytest.mark.parametrize("canary", [0, -1])
def test_a_canary_is_at_least_one_host(canary):
    with pytest.raises(UsageError, match="a canary is a number of hosts above 0, not"):
        Rollout.of(None, canary)


def test_a_batch_that_is_none_is_refused():
    with pytest.raises(UsageError, match="a batch is a number of hosts above 0"):
        Rollout.of("1,0")


@pytest.mark.parametrize(
    ("rollout", "sizes"),
    [
        (Rollout("100%", 2), [2, 18]),
        (Rollout("1,5,25%,100%"), [1, 5, 5, 9]),
        (Rollout("1,5,25%,100%", 3), [3, 1, 5, 5, 6]),
        (Rollout("50%", 20), [20]),
        (Rollout("50%", 30), [20]),
        (Rollout("7"), [7, 7, 6]),
    ],
)
def test_the_canary_is_a_batch_of_its_own_before_the_others(rollout, sizes):
    nodes = [f"web{number}" for number in range(20)]
    batches = rollout.batches(nodes)
    assert [len(batch) for batch in batches] == sizes
    assert [name for batch in batches for name in batch] == nodes


@pytest.mark.parametrize(
    ("max_fail", "total", "bad", "verdict"),
    [
        ("0", 10, 0, None),
        ("0", 10, 1, "max_fail"),
        ("2", 10, 2, None),
        ("2", 10, 3, "max_fail"),
        ("10%", 10, 1, None),
        ("10%", 10, 2, "max_fail"),
        ("10%", 15, 1, None),
        ("10%", 15, 2, "max_fail"),  # 2 of 15 are 13%
        ("0%", 1000, 1, "max_fail"),
        ("100%", 10, 10, None),
        (None, 10, 10, None),
    ],
)
def test_more_bad_hosts_than_max_fail_stop_it(max_fail, total, bad, verdict):
    assert Rollout("1", 0, max_fail).verdict(1, total, bad) == verdict
    assert Rollout("1", 0, max_fail).verdict(7, total, bad) == verdict


def test_one_bad_host_in_the_canary_stops_it_whatever_may_fail_later():
    rollout = Rollout("5", 3, "4")
    assert rollout.verdict(1, 100, 0) is None
    assert rollout.verdict(1, 100, 1) == "canary"
    assert rollout.verdict(2, 100, 4) is None
    assert rollout.verdict(2, 100, 5) == "max_fail"
    assert Rollout("5", 3).verdict(2, 100, 50) is None


@pytest.mark.parametrize(
    ("stopped", "text"),
    [
        (
            Stopped(2, 5, "max_fail", "2", 10, 3, 0, 0, 15),
            "stopped after batch 2 of 5: 3 of 10 hosts failed, more than --max-fail 2; 15 hosts were not asked",
        ),
        (
            Stopped(1, 3, "max_fail", "10%", 4, 1, 1, 2, 1, is_within=True),
            "stopped within batch 1 of 3: 1 of 4 hosts failed (1 denied) and 2 of 4 hosts did not answer, more than --max-fail 10%; "
            "1 host was not asked",
        ),
        (
            Stopped(1, 2, "canary", None, 1, 0, 0, 1, 9),
            "stopped after batch 1 of 2: 1 of 1 host did not answer, a canary is to succeed on all of its hosts; "
            "9 hosts were not asked",
        ),
    ],
)
def test_where_and_why_it_stopped_is_one_sentence(stopped, text):
    assert str(stopped) == text


def test_a_roll_out_that_spared_nobody_says_so():
    over = Stopped(3, 3, "max_fail", "0", 4, 0, 0, 1, 0)
    assert str(over) == "went wrong, and nobody was left to be spared: 1 of 4 hosts did not answer, more than --max-fail 0"
