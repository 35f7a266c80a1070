import pytest

from mcollective_py.errors import ClockSkew, TTLExpired, TTLTooLong
from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.server.freshness import check_freshness


def request(time: float, ttl: int = 60) -> Request:
    return Request("0" * 32, "cert=alice.mcollective", "ops1", "mcollective", "rpcutil", "ping", {}, Filter(), time, ttl)


@pytest.mark.parametrize("now", [1000.0, 1060.0, 1065.0, 995.0])
def test_a_request_within_its_ttl_and_the_skew_passes(now: float) -> None:
    check_freshness(request(1000.0), now, skew=5.0)


def test_a_request_older_than_ttl_and_skew_is_refused_with_its_age() -> None:
    with pytest.raises(TTLExpired) as refusal:
        check_freshness(request(1000.0), 1065.1, skew=5.0)
    assert refusal.value.age == pytest.approx(65.1)
    assert "65.1 s old" in str(refusal.value)


@pytest.mark.parametrize("now", [994.9, 1000.0 - 365 * 86400])
def test_a_request_from_the_future_is_refused(now: float) -> None:
    with pytest.raises(ClockSkew):
        check_freshness(request(1000.0), now, skew=5.0)


def test_a_longer_life_than_the_node_grants_is_refused_even_if_fresh() -> None:
    with pytest.raises(TTLTooLong):
        check_freshness(request(1000.0, ttl=61), 1000.0, max_ttl=60.0)


def test_an_absurd_ttl_does_not_keep_an_old_request_alive() -> None:
    with pytest.raises(TTLTooLong):
        check_freshness(request(0.0, ttl=10**9), 1000.0)


def test_how_late_a_request_may_come_can_be_less_than_how_far_clocks_may_differ() -> None:
    check_freshness(request(1000.0), 1061.0, skew=60.0, late=1.0)
    check_freshness(request(1000.0), 940.0, skew=60.0, late=1.0)
    with pytest.raises(TTLExpired):
        check_freshness(request(1000.0), 1061.1, skew=60.0, late=1.0)


def test_a_ttl_beyond_what_is_granted_names_the_setting() -> None:
    with pytest.raises(TTLTooLong, match=r"this node allows 300 s \(plugin\.psk\.max_ttl\)"):
        check_freshness(request(1000.0, ttl=301), 1000.0, max_ttl=300.0, max_ttl_key="plugin.psk.max_ttl")
