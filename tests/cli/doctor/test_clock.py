import pytest

from mcollective_py.cli.doctor.clock import compared, is_synchronized, synchronized

NTP = "`timedatectl set-ntp true`"


def test_clocks_that_agree_are_well():
    (check,) = compared({"web1": 0.2, "web2": -0.3}, {}, 5.0)
    assert (check.outcome, check.seen) == ("ok", "within 1 s of those of 2 hosts")


def test_this_clock_is_blamed_where_all_hosts_agree_against_it():
    (check,) = compared({"web1": 90.0, "web2": 90.4, "web3": 89.9}, {}, 5.0)
    assert (check.outcome, check.seen) == ("fail", "this clock is 90.0 s ahead of those of the hosts (3 answered); they allow 5 s")
    assert check.fix.startswith(f"set it by NTP: {NTP}")


def test_a_clock_that_hosts_still_take_is_something_to_look_at():
    (check,) = compared({"web1": -2.0, "web2": -2.1}, {}, 5.0)
    assert (check.outcome, check.seen) == ("warn", "this clock is 2.0 s behind those of the hosts (2 answered)")


def test_one_host_that_differs_is_named():
    (check,) = compared({"web1": 0.0, "web2": 0.1, "db1": -30.0}, {}, 5.0)
    assert (check.outcome, check.seen) == ("warn", "1 of 3 hosts differ from the others, db1 by 30.0 s")
    assert check.fix == f"on db1: {NTP}"


def test_hosts_that_refuse_for_the_clock_are_a_failure_with_their_words():
    (check,) = compared({"web1": 90.0, "web2": 90.0}, {"web1": "comes 90.0 s from the future", "web2": "x"}, 5.0)
    assert check.seen.startswith("2 hosts refuse requests for it, web1: comes 90.0 s from the future; this clock is 90.0 s ahead of")
    assert NTP in check.fix


def test_nobody_heard_says_nothing_of_clocks():
    assert compared({}, {}, 5.0) == []


@pytest.mark.parametrize(("state", "outcomes"), [(True, ["ok"]), (False, ["warn"]), (None, [])])
def test_what_the_kernel_says_of_ntp_is_told(state, outcomes):
    assert [check.outcome for check in synchronized(state)] == outcomes


def test_the_kernel_is_asked_and_not_told():
    assert is_synchronized() in (True, False, None)
