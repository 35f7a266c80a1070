"""Where the operator who asks sits."""

import pytest

from agents.iptables.operators import parse_environment, protected_addresses, session_address


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"SSH_CONNECTION": "198.51.100.9 50022 192.0.2.1 22"}, "198.51.100.9"),
        ({"SSH_CLIENT": "2001:db8::9 50022 22"}, "2001:db8::9"),
        ({"SSH_CONNECTION": "fe80::9%eth0 50022 fe80::1%eth0 22"}, "fe80::9"),
        ({"SSH_CONNECTION": "::ffff:198.51.100.9 50022 ::ffff:192.0.2.1 22"}, "198.51.100.9"),
        ({"SSH_CONNECTION": "127.0.0.1 50022 127.0.0.1 22"}, None),
        ({"SSH_CONNECTION": "somewhere"}, None),
        ({"SSH_CONNECTION": " "}, None),
        ({}, None),
    ],
)
def test_a_session_tells_where_it_comes_from(environ: dict, address: str | None):
    assert session_address(environ) == address
    assert protected_addresses([], environ) == ([address] if address else [])


def test_the_way_to_a_broker_on_this_host_protects_nothing():
    assert protected_addresses(["127.0.0.1", "::1", "no such name"], {}) == []


def test_an_environment_is_read_as_the_kernel_writes_it():
    assert parse_environment(b"A=1\0SSH_CONNECTION=192.0.2.9 1 2 3\0broken\0B=x=y\0") == {
        "A": "1", "SSH_CONNECTION": "192.0.2.9 1 2 3", "B": "x=y",
    }  # fmt: skip
