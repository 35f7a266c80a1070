"""What is read of /proc/net and resolv.conf: recorded tables in, addresses out."""

from pathlib import Path

from agents.iptables import procnet

CASES = Path(__file__).parent / "cases"


def case(name: str) -> str:
    return (CASES / name).read_text()


def test_own_addresses_are_those_that_the_kernel_says_are_local():
    assert list(map(str, procnet.own_addresses(case("proc-fib_trie.txt")))) == ["192.0.2.2"]
    assert list(map(str, procnet.own_addresses6(case("proc-if_inet6.txt")))) == ["fd00::2", "fe80::fc:ff:fe00:1"]


def test_gateways_are_told_with_whether_they_are_the_default():
    assert [(str(one), default) for one, default in procnet.gateways(case("proc-route.txt"))] == [("192.0.2.1", True)]
    assert [(str(one), default) for one, default in procnet.gateways6(case("proc-ipv6_route.txt"))] == [("fd00::1", True)]
    beside = "eth0\t0000FEA9\t0900020A\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
    assert [(str(one), default) for one, default in procnet.gateways(beside)] == [("10.2.0.9", False)]


def test_name_servers_are_those_of_other_hosts():
    text = "# a comment\nsearch example.net\nnameserver 10.0.0.53\nnameserver 127.0.0.53\nnameserver fe80::53%eth0\nnameserver x\n"
    assert list(map(str, procnet.name_servers(text))) == ["10.0.0.53", "fe80::53"]


def test_peers_are_those_of_our_own_sockets():
    tcp, tcp6 = case("proc-tcp.txt"), case("proc-tcp6.txt")
    assert list(map(str, procnet.peers(tcp.splitlines(), {5837006}))) == ["192.0.2.2"]
    assert list(map(str, procnet.peers(tcp6.splitlines(), {5837007}))) == ["192.0.2.2"]
    assert list(map(str, procnet.peers(tcp6.splitlines(), {5837008, 5837005}))) == ["fd00::2"]
    assert procnet.peers(tcp.splitlines(), {1533, 1}) == []  # one that listens has no peer


def test_lines_of_another_form_are_left_out():
    for text in ("", "a b c\n", "|--\n/32 host LOCAL\n", "x" * 1000, "0: zz:0 yy:0 01 0 0 0 0 0 1 0\n", "\n".join(["1"] * 11)):
        assert procnet.own_addresses(text) == []
        assert procnet.own_addresses6(text) == []
        assert list(procnet.gateways(text)) == []
        assert list(procnet.gateways6(text)) == []
        assert procnet.name_servers(text) == []
        assert procnet.peers(text.splitlines(), {1}) == []


def test_sockets_by_the_hundred_thousand_are_looked_through_and_not_held():
    """As under an attack: a table that is too long to be read whole must not keep anybody from being blocked."""
    (row,) = [line for line in (CASES / "proc-tcp.txt").read_text().splitlines() if " 5837006 " in line]
    lines = (
        line for count in (100_000, 1) for line in [row if count == 1 else row.replace(" 5837006 ", f" {n} ") for n in range(count)]
    )
    assert list(map(str, procnet.peers(lines, {5837006}))) == ["192.0.2.2"]
