"""What `mco iptables` refuses to send, since it would lock out who sends it."""

import pytest

from agents.iptables.ordered import check_spares, many_of
from mcollective_py.errors import ConfigError, UsageError

OWN = ["198.51.100.9", "2001:db8::9", "bad"]


@pytest.mark.parametrize(
    ("action", "inputs", "reason"),
    [
        ("block", {"ipaddr": "198.51.100.9"}, "198.51.100.9 is where you are yourself: it would lock you out"),
        ("block", {"ipaddr": "198.51.100.0/24"}, "198.51.100.0/24 holds 198.51.100.9, where you are yourself"),
        ("apply", {"list": ["192.0.2.7", "2001:db8::/32"]}, "line 2: 2001:db8::/32 holds 2001:db8::9"),
        ("reconcile", {"list": ["198.51.100.9 for=1h"]}, "line 1: 198.51.100.9 is where you are"),
    ],
)
def test_who_asks_is_not_blocked(action: str, inputs: dict, reason: str):
    with pytest.raises(UsageError, match=reason):
        check_spares(action, inputs, OWN)


def test_all_else_is_sent():
    check_spares("block", {"ipaddr": "198.51.100.8"}, OWN)
    check_spares("unblock", {"ipaddr": "198.51.100.9"}, OWN)
    check_spares("apply", {"list": ["allow 198.51.100.9", "192.0.2.7"]}, OWN)
    check_spares("flush", {"reason": "x"}, OWN)


def test_a_change_of_more_than_twenty_hosts_is_asked_about_or_of_as_many_as_is_set():
    assert [many_of({}), many_of({"ask_above": " "}), many_of({"ask_above": "0"}), many_of({"ask_above": "500"})] == [20, 20, 0, 500]
    for text in ("some", "-1", "1.5", "9999999"):
        with pytest.raises(ConfigError, match=r"ask_above is .* must be a number of hosts"):
            many_of({"ask_above": text})
