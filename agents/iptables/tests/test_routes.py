"""Gateways of recorded answers of the kernel, and of this very host."""

import struct
from pathlib import Path

import pytest

from agents.iptables import routes
from agents.iptables.netlink import messages

CASE = Path(__file__).parent / "cases" / "netlink-routes.txt"


def answers() -> list[bytes]:
    return [bytes.fromhex(line) for line in CASE.read_text().splitlines() if not line.startswith("#")]


def told(data: bytes) -> dict[str, bool]:
    return {str(hop): is_default for kind, body in messages(data) for hop, is_default in routes.gateways(kind, body)}


def test_every_hop_of_every_route_is_a_gateway_whatever_its_table_and_family():
    four, six, hops = answers()
    assert told(four) == {
        "192.0.2.2": False, "10.77.0.1": True, "192.0.2.1": True, "192.0.2.7": False, "192.0.2.8": False, "2001:db8::9": False,
    }  # fmt: skip
    assert told(six) == {"2001:db8::1": True, "2001:db8::2": True}
    assert told(hops) == {"192.0.2.7": False, "192.0.2.8": False}


def test_an_answer_that_is_cut_off_is_refused_and_never_read_over_its_end():
    for data in answers():
        for cut in range(1, len(data), 7):
            try:
                told(data[:cut])
            except ValueError as error:
                assert "cut off" in str(error)
    with pytest.raises(ValueError, match="cut off"):
        told(struct.pack("=IHHII", 15, 24, 0, 1, 0))


def test_the_question_is_as_the_kernel_wants_it():
    assert routes.request(26, 2).hex() == "1c0000001a000103010000000000000002" + 11 * "00"


def test_this_host_tells_its_gateways():
    """Nothing is known of them but that the kernel answers in a form that is understood."""
    assert all(isinstance(is_default, bool) for _, is_default in routes.all_gateways())
