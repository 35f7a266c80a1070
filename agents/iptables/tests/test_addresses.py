"""Addresses, networks and ports: what is taken, and what is refused with which words."""

from ipaddress import ip_network

import pytest

from agents.iptables.addresses import (
    Shortest,
    are_plain,
    check_scope,
    parse_network,
    parse_ports,
    ports_text,
    read_network,
    shortest_of,
    shown,
)
from mcollective_py.agent import InvalidRPCData, RPCAborted

REFUSED = {
    "www.example.net": "'www.example.net' is no address: names are not looked up",
    "": "an address such as 192.0.2.7",
    "1" * 65: "an address such as 192.0.2.7",
    "-s": "'-s' is no address",
    "--help": "'--help' is no address",
    "192.0.2.7 ": "'192.0.2.7 ' is no address",
    "192.0.2.7\n": r"'192.0.2.7\\n' is no address",
    "192.0.2.7;id": "is no address",
    "١.2.3.4": "is no address: names are not looked up",
    "1.2.3": "IPv4 has four numbers from 0 to 255",
    "3221225991": "IPv4 has four numbers from 0 to 255",
    "0x7f.0.0.1": "is no address",
    "010.1.1.1": "leading zero could be meant as octal",
    "10.1.1.01/32": "leading zero could be meant as octal",
    "192.0.2.0/024": "has no prefix length such as /24",
    "192.0.2.0/255.255.255.0": "is no address",
    "192.0.2.0/": "is no address",
    "192.0.2.0/33": "32 bits at most",
    "2001:db8::/129": "128 bits at most",
    "192.0.2.0/9999": "has no prefix length",
    "192.0.2.7/24": "bits beyond its prefix: 192.0.2.0/24 is the network, 192.0.2.7 the address",
    "2001:db8::1/32": "bits beyond its prefix: 2001:db8::/32 is the network, 2001:db8::1 the address",
    "fe80::1%eth0": "has a zone: write the address without it",
    "::ffff:192.0.2.7": "IPv4 in the dress of IPv6",
    "::ffff:c000:207": "IPv4 in the dress of IPv6",
    "::192.0.2.7": "IPv4 in the dress of IPv6",
    "0.0.0.0/0": "0.0.0.0/0 is everybody",
    "::/0": "::/0 is everybody",
    "0.0.0.0": "0.0.0.0 is no address of any host",
    "0.0.0.0/8": "0.0.0.0/8 is no address of any host",
    "0.1.2.3": "0.1.2.3 is no address of any host",
    "::": ":: is the unspecified address",
    "127.0.0.1": "127.0.0.1 is the host itself",
    "127.0.0.0/8": "127.0.0.0/8 is the host itself",
    "::1": "::1 is the host itself",
    "224.0.0.251": "224.0.0.251 is multicast",
    "ff02::1": "ff02::1 is multicast",
    "255.255.255.255": "255.255.255.255 is the broadcast address",
    "240.0.0.0/8": None,
    "255.0.0.0/8": "255.0.0.0/8 holds 255.255.255.255, the broadcast address",
    "10.0.0.0/7": r"10.0.0.0/7 is too wide: prefixes from /8 on are taken \(plugin.iptables.shortest_prefix\)",
    "2001::/18": r"2001::/18 is too wide: prefixes from /19 on are taken \(plugin.iptables.shortest_prefix6\)",
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_what_is_no_address_of_another_host_is_refused_with_what_would_do(text: str, reason: str | None):
    if reason is None:
        assert parse_network(text) == ip_network(text)
        return
    with pytest.raises(InvalidRPCData, match=reason):
        parse_network(text)


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/32", "192.0.2.7/32"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("2001:DB8::0007", "2001:db8::7/128"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("64:ff9b::192.0.2.7", "64:ff9b::c000:207/128"),
        ("169.254.1.1", "169.254.1.1/32"),
    ],
)
def test_an_address_and_a_network_have_one_form(text: str, network: str):
    assert str(parse_network(text)) == network
    assert parse_network(shown(parse_network(text))) == ip_network(network)


def test_what_is_not_text_is_refused():
    for value in (None, 3221225991, 1.5, ["192.0.2.7"], b"192.0.2.7"):
        with pytest.raises(InvalidRPCData, match="is wanted"):
            parse_network(value)  # type: ignore[arg-type]


def test_a_setting_says_how_wide_a_network_may_be():
    narrow = shortest_of({"shortest_prefix": "24", "shortest_prefix6": "48"})
    assert str(parse_network("192.0.2.0/24", narrow)) == "192.0.2.0/24"
    for text in ("192.0.0.0/23", "2001:db8::/47"):
        with pytest.raises(InvalidRPCData, match="is too wide"):
            parse_network(text, narrow)
    assert shortest_of({}) == Shortest(8, 19)
    with pytest.raises(RPCAborted, match="shortest_prefix is '0': it must be a whole number from 1 to 32"):
        shortest_of({"shortest_prefix": "0"})


def test_what_is_to_be_protected_may_be_as_wide_as_one_likes():
    assert str(read_network("0.0.0.0/0")) == "0.0.0.0/0"
    assert str(read_network("127.0.0.0/8")) == "127.0.0.0/8"
    with pytest.raises(InvalidRPCData, match="bits beyond"):
        read_network("10.0.0.1/8")


def test_ports_are_sorted_and_joined_where_they_meet():
    assert parse_ports("587, 25,26,8000-8010,8005:8020") == ((25, 26), (587, 587), (8000, 8020))
    assert ports_text(parse_ports("587,25,8000:8010")) == "25,587,8000-8010"


@pytest.mark.parametrize(
    "text", ["", ",", "0", "65536", "10-5", "025", "http", "25,", "-25", "25--30", "1-2-3", "٢٥", "25\n,26;", None]
)
def test_what_is_no_port_is_refused(text: object):
    with pytest.raises(InvalidRPCData, match="is no port"):
        parse_ports(text)  # type: ignore[arg-type]


def test_an_entry_has_no_more_ports_than_a_rule_takes():
    assert len(parse_ports(",".join(str(port) for port in range(1, 31, 2)))) == 15
    with pytest.raises(InvalidRPCData, match="too many ports"):
        parse_ports(",".join(str(port) for port in range(1, 33, 2)))


def test_ports_need_a_protocol_that_has_them():
    check_scope("udp", ((53, 53),))
    check_scope("icmp", ())
    check_scope(None, ())
    for protocol in (None, "icmp"):
        with pytest.raises(InvalidRPCData, match="ports go with a protocol"):
            check_scope(protocol, ((53, 53),))
    with pytest.raises(InvalidRPCData, match="'sctp' is no protocol: tcp, udp, icmp"):
        check_scope("sctp", ())


def test_plain_addresses_are_told_from_all_else_at_once():
    assert are_plain(["192.0.2.7", "223.255.255.255", "1.0.0.0"]) and are_plain([])
    lines = ["192.0.2.7/32", "2001:db8::7", "127.0.0.1", "224.0.0.1", "192.0.2.07", "192.0.2.7\n192.0.2.8", "", " 192.0.2.7"]
    for other in (*lines, 7, None):
        assert not are_plain(["192.0.2.7", other, "192.0.2.9"])
