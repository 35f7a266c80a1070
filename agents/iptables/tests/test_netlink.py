"""What the kernel lists over netlink."""

import socket
import struct

import pytest

from agents.iptables.netlink import dump_request, dumped, messages


def message(kind, body):
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 1, 0) + body


def test_one_message_comes_after_the_other_each_at_its_boundary():
    assert list(messages(message(20, b"abcde") + bytes(3) + message(3, bytes(4)))) == [(20, b"abcde"), (3, bytes(4))]


@pytest.mark.parametrize("data", [b"\x10", message(20, b"abcd")[:-1], struct.pack("=IHHII", 4, 20, 0, 1, 0)])
def test_what_is_cut_off_is_refused(data):
    with pytest.raises(ValueError, match="cut off"):
        list(messages(data))


def test_the_kernel_lists_its_links_and_says_so_where_it_does_not_know_what_is_asked():
    links = list(dumped(socket.NETLINK_ROUTE, dump_request(18, bytes(16))))  # RTM_GETLINK
    assert {kind for kind, _ in links} == {16}  # RTM_NEWLINK; the loopback is always there
    with pytest.raises(OSError, match="does not tell"):
        list(dumped(4, dump_request(20, b"\xff" + bytes(55))))  # sockets of a family that there is not
