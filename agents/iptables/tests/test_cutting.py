"""Connections that stand already."""

import socket
from pathlib import Path

from agents.iptables.cutting import conntrack_delete, cut, is_any_tracked, met, parse_deleted, parse_killed, ss_kill
from agents.iptables.entry import Entry
from agents.iptables.settings import Settings

CASES = Path(__file__).parent / "cases"


def test_the_words_name_the_network_and_its_protocol():
    four, six = Entry("198.51.100.0/24", protocol="tcp"), Entry("2001:db8::/32", protocol="icmp")
    assert conntrack_delete("/c", four) == ["/c", "-D", "-f", "ipv4", "-s", "198.51.100.0/24", "-p", "tcp"]
    assert conntrack_delete("/c", six) == ["/c", "-D", "-f", "ipv6", "-s", "2001:db8::/32", "-p", "icmpv6"]
    assert ss_kill("/s", four) == ["/s", "-K", "-H", "-t", "dst", "198.51.100.0/24"]
    assert ss_kill("/s", six) == ["/s", "-K", "-H", "-t", "dst", "[2001:db8::/32]"]


def test_how_many_were_cut_is_read_from_what_the_tools_say():
    assert parse_deleted((CASES / "conntrack-deleted.txt").read_text()) == 1
    assert parse_deleted((CASES / "conntrack-none.txt").read_text()) == 0
    assert parse_killed((CASES / "ss-killed.txt").read_text()) == 1
    assert parse_killed("") == 0


def test_it_is_said_where_nothing_can_be_cut():
    bare = Settings(conntrack="/nosuch/conntrack", ss="/nosuch/ss")
    assert "neither conntrack nor ss is here" in cut(bare, [Entry("198.51.100.7")])
    assert "more than 50 blocks" in cut(bare, [Entry(f"198.51.100.{number}") for number in range(1, 60)])
    assert cut(bare, [Entry("198.51.100.7", kind="allow")]) == ""
    assert cut(Settings(cut=False), [Entry("198.51.100.7")]) == ""


def test_conntrack_is_left_alone_where_nothing_is_tracked():
    assert [is_any_tracked(count) for count in ("0\n", "17\n", None)] == [False, True, True]


def test_connections_are_ended_only_of_blocks_that_one_meets():
    near, far = Entry("127.0.0.0/8"), Entry("198.51.100.0/24")
    with socket.socket() as listening, socket.socket() as connecting:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        connecting.connect(listening.getsockname())
        assert met([near, far]) == [near]
