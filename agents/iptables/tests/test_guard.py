"""Whom a host never cuts off."""

from ipaddress import ip_network
from time import monotonic

import pytest

from agents.iptables.addresses import parse_network
from agents.iptables.guard import Guard, Protected
from mcollective_py.agent import InvalidRPCData

FACTS = [
    Protected(ip_network("10.77.0.1"), "the default gateway"),
    Protected(ip_network("10.77.0.21"), "an address of this host"),
    Protected(ip_network("192.0.2.0/24"), "a network of plugin.iptables.protected"),
    Protected(ip_network("192.0.2.53"), "a name server of this host"),
    Protected(ip_network("fe80::1"), "the default gateway"),
]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10.77.0.1", "10.77.0.1 is the default gateway: it is never blocked here"),
        ("10.77.0.0/24", "10.77.0.0/24 holds 10.77.0.1, the default gateway"),
        ("10.77.0.16/28", "10.77.0.16/28 holds 10.77.0.21, an address of this host"),
        ("10.0.0.0/8", "10.0.0.0/8 holds 10.77.0.1, the default gateway"),
        ("192.0.2.0/24", "192.0.2.0/24 is a network of plugin.iptables.protected"),
        ("192.0.2.9", "192.0.2.9 lies in 192.0.2.0/24, a network of plugin.iptables.protected"),
        ("192.0.2.53", "192.0.2.53 is a name server of this host"),
        ("192.0.0.0/16", "192.0.0.0/16 holds 192.0.2.0/24, a network of plugin.iptables.protected"),
        ("fe80::/64", "fe80::/64 holds fe80::1, the default gateway"),
    ],
)
def test_a_refusal_names_the_rule_that_it_would_break(text: str, reason: str):
    with pytest.raises(InvalidRPCData, match=reason):
        Guard(FACTS).check(text)


@pytest.mark.parametrize("text", ["10.77.0.2", "10.77.1.0/24", "192.0.3.0/24", "fe80::2", "fe81::/64", "a4d:1::"])
def test_all_others_may_be_blocked(text: str):
    Guard(FACTS).check(text)


def test_a_host_that_knows_of_nothing_refuses_nothing():
    assert Guard().refusal(parse_network("10.0.0.0/8")) is None


def test_what_was_told_first_is_the_reason_and_all_of_it_can_be_listed():
    guard = Guard([*FACTS, Protected(ip_network("10.77.0.1"), "a name server of this host")])
    assert guard.refusal(ip_network("10.77.0.1")) == "10.77.0.1 is the default gateway"
    assert [str(fact.network) for fact in guard.facts] == [
        "10.77.0.1/32",
        "10.77.0.21/32",
        "192.0.2.0/24",
        "192.0.2.53/32",
        "fe80::1/128",
    ]


def test_a_hundred_thousand_questions_are_answered_at_once():
    guard = Guard([*FACTS, *(Protected(ip_network((0x0A000000 + 256 * n, 24)), "many") for n in range(1000))])
    networks = [ip_network(0x0B000000 + n) for n in range(100_000)]
    started = monotonic()
    assert all(guard.refusal(network) is None for network in networks)
    assert monotonic() - started < 20


def test_many_addresses_are_asked_about_at_once():
    guard = Guard(
        [Protected(ip_network("10.0.0.1"), "a"), Protected(ip_network("192.0.2.0/24"), "b"), Protected(ip_network("2001:db8::1"), "c")]
    )
    assert guard.lets_all(["10.0.0.2", "198.51.100.7", "192.0.3.255"]) and guard.lets_all([])
    assert not guard.lets_all(["198.51.100.7", "10.0.0.1"]) and not guard.lets_all(["192.0.2.255"])
    assert Guard().lets_all(["10.0.0.1"])
