import random

from mcollective_py.connector.backoff import SOON, Backoff


def test_delays_double_up_to_the_cap_each_times_a_random_number():
    backoff = Backoff(lambda: 0.5, initial=0.01)
    assert [round(backoff.next(0.1), 4) for _ in range(5)] == [0.005, 0.01, 0.02, 0.04, 0.05]


def test_at_the_cap_the_first_delay_is_random_and_the_others_are_the_cap():
    numbers = iter([0.9, 0.25])
    backoff = Backoff(lambda: next(numbers), initial=2.0)
    assert [backoff.next(2.1) for _ in range(4)] == [1.8, 0.525, 2.1, 2.1]


def test_no_pause_is_longer_than_the_outage_so_far_and_half_a_second():
    backoff, waited = Backoff(lambda: 1.0, factor=100), 0.0
    for _ in range(6):
        delay = backoff.next(SOON)
        assert delay <= waited + 0.5
        waited += delay
    assert backoff.next(SOON) == SOON


def test_a_reset_begins_again_with_a_new_random_phase():
    numbers = iter([0.5, 0.5])
    backoff = Backoff(lambda: next(numbers), initial=4.0)
    assert [backoff.next(4.0), backoff.next(4.0)] == [2.0, 4.0]
    backoff.reset()
    assert backoff.next(4.0) == 2.0


def test_a_sequence_that_would_not_grow_grows():
    backoff = Backoff(lambda: 1.0, initial=0, factor=1)
    assert [round(backoff.next(4.0), 5) for _ in range(3)] == [0.001, 0.0015, 0.00225]


def test_no_delay_is_longer_than_the_cap_so_that_a_fleet_answers_within_five_seconds():
    backoff = Backoff(lambda: 0.999999)
    assert max(backoff.next(SOON) for _ in range(50)) <= 4.0


def test_two_thousand_hosts_knock_at_most_about_five_hundred_times_a_second():
    source = random.Random(7)
    knocks = [0] * 40
    for _ in range(2000):
        backoff, now = Backoff(source.random), 0.0
        while (now := now + backoff.next(SOON)) < 40:
            knocks[int(now)] += 1
    assert max(knocks[20:]) < 600
    assert min(knocks[20:]) > 400
