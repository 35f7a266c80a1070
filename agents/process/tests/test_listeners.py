"""Tables of /proc/net, recorded."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

listeners = load_module("process", Path(__file__).parents[1], "listeners")
CASES = Path(__file__).parent / "cases"


def read(name):
    protocol = name.partition("-")[0]
    return [(one.protocol, one.address, one.port) for one in listeners.parse_table((CASES / name).read_text(), protocol)]


def test_listening_sockets_are_found_among_the_connected():
    assert read("tcp-mixed.txt") == [("tcp", "127.0.0.1", 2222), ("tcp", "0.0.0.0", 8080)]


def test_addresses_of_version_6_are_read():
    assert read("tcp6-mixed.txt") == [("tcp6", "::", 8081), ("tcp6", "fd77::1", 8082), ("tcp6", "::1", 2223)]


def test_of_udp_those_count_that_are_bound_and_not_connected():
    assert read("udp-mixed.txt") == [("udp", "127.0.0.1", 5353)]


@pytest.mark.parametrize(("text", "address"), [("0100007F", "127.0.0.1"), ("0200000A", "10.0.0.2"), ("0" * 24 + "01000000", "::1")])
def test_an_address_is_four_bytes_at_a_time_in_the_hosts_order(text, address):
    assert listeners.parse_address(text) == address


def test_a_table_of_nothing_has_none():
    assert list(listeners.parse_table("", "tcp")) == []
