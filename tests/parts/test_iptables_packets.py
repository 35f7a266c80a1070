"""iptables on real hosts, where packets decide: every back end, both families, ends, missed confirmations, and what hands did."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.parts.agentalone import call_alone
from tests.parts.firewalllab import reached, start_service, wait_until_open
from tests.parts.lab import Lab
from tests.parts.require import require_lab, require_programs
from tests.parts.systemdlab import DAEMON, SystemdLab, systemd_lab
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

SOURCE, NFT, SETS, RULES, LEGACY = "source1", "nft1", "sets1", "rules1", "legacy1"
TARGETS = (NFT, SETS, RULES, LEGACY)
UNITS, PLAIN = (NFT, RULES), (SETS, LEGACY)  # those with the packaged unit under systemd, and those without
LEGACY_PROGRAMS = {"plugin.iptables.iptables": "/usr/sbin/iptables-legacy", "plugin.iptables.ip6tables": "/usr/sbin/ip6tables-legacy"}
SETTINGS: Mapping[str, Mapping[str, str]] = {
    NFT: {"plugin.iptables.backend": "nft"},
    SETS: {"plugin.iptables.backend": "ipset"},
    RULES: {"plugin.iptables.backend": "iptables"},
    LEGACY: {"plugin.iptables.backend": "iptables", **LEGACY_PROGRAMS},
}
# A rule set such as ufw and Puppet's firewall module leave: chains of its own, comments, ports, a default that drops nothing here.
OWN = """
for i in {iptables} {ip6tables}; do
    $i -N own-before-input
    $i -A INPUT -j own-before-input
    $i -A own-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
    $i -A own-before-input -i lo -m comment --comment "001 accept all on lo" -j ACCEPT
    $i -A INPUT -p tcp -m multiport --dports 22,9925 -m comment --comment "100 services" -j ACCEPT
    $i -A FORWARD -p tcp --dport 8080 -j DROP
done
"""
NFT_OWN = """
table inet own {
    set kept { type ipv4_addr; elements = { 203.0.113.5 }; }
    chain input { type filter hook input priority 0; ip saddr @kept drop; }
}
"""
GUARDED, CONTROL = "guarded1", "198.18.0.7"
GATEWAYS = """
ip route replace default nexthop via 10.77.0.1 nexthop via 10.77.0.251
ip route add 100.64.0.0/10 via 10.77.0.252 table 100
ip -6 route add 2001:db8:1::/48 nexthop via fd77::a1 nexthop via fd77::a2
ip nexthop add id 7 via 10.77.0.253 dev eth0
ip route add 100.128.0.0/16 via inet6 fd77::a3
"""
# Those that nobody called: what they say goes to the host's log.
SILENT = ("start", "start_with_own_file", "deadline_of_unblock", "deadline_of_teardown", "extend")
LOCKOUT = """
import json, subprocess, sys, tempfile
from pathlib import Path
from agents.iptables.tests import ways
by_some = (ways.block, ways.apply, ways.start, ways.undo_of_unblock)
kinds = [("10.77.0.251", "the default gateway", ways.WAYS)] + [(*kind, by_some) for kind in (
    (sys.argv[1], "an address of this host"), ("10.77.0.1", "the default gateway"), ("10.77.0.252", "a gateway of this host"),
    ("10.77.0.253", "a gateway of this host"), ("fd77::a2", "a gateway of this host"), ("fd77::a3", "a gateway of this host"),
    ("10.77.0.249", "a name server of this host"), ("10.77.0.0/24", "10.77.0.0/24 holds "))]
found = []
def run(*words):
    return subprocess.run(["nft", *words], capture_output=True, text=True).stdout
for network, because, some in kinds:
    for way in some:
        with tempfile.TemporaryDirectory() as folder:
            tried = ways.Tried(Path(folder), {"backend": "nft", "systemd": "0"})
            way(tried, network)
            table = run("list", "table", "inet", "mcollective")
            found.append([way.__name__, network, because, table, sorted(tried.kept()), " ".join(tried.said)])
            run("delete", "table", "inet", "mcollective")
print(json.dumps(found))
"""


def programs(host: str) -> tuple[str, str]:
    """iptables and ip6tables of a host."""
    return ("iptables-legacy", "ip6tables-legacy") if host == LEGACY else ("iptables", "ip6tables")


def rule_set(hosts: SystemdLab, host: str) -> str:
    """All rules of a host without counters, dates, and what is ours."""
    four, six = programs(host)
    text = hosts.shell(host, f"{four}-save; {six}-save; nft list table inet own 2>/dev/null || true")
    kept = [line for line in text.splitlines() if not line.startswith("#") and "mcollective" not in line and "junk_filter" not in line]
    return "\n".join(line.partition(" [")[0] if line.startswith(":") else line for line in kept)


class Fleet:
    """The hosts, and the addresses by which they see one another. tried: what became of all ways to lock oneself out."""

    def __init__(self, hosts: SystemdLab, tried: "Future[list[list[Any]]]") -> None:
        self.hosts, self.tried = hosts, tried
        self.four = hosts.lab.addresses()
        self.six = {host: f"fd77::{address.rpartition('.')[2]}" for host, address in self.four.items()}
        self.targets = [address for host in TARGETS for address in (self.four[host], self.six[host])]

    def prepare(self, host: str) -> None:
        """The rule set of the host's own, and what is to be reached."""
        four, six = programs(host)
        self.hosts.shell(host, OWN.format(iptables=four, ip6tables=six))
        if host == NFT:
            self.hosts.lab.write(host, "/srv/own.nft", NFT_OWN)
            self.hosts.shell(host, "nft -f /srv/own.nft")
        start_service(self.hosts.lab, host)

    @property
    def sources(self) -> tuple[str, str]:
        """The source's addresses."""
        return self.four[SOURCE], self.six[SOURCE]

    def ask(self, host: str, action: str, *inputs: str) -> dict[str, Any]:
        """The outputs of an action that must go well."""
        reply = self.hosts.rpc(host, "iptables", action, *inputs)
        assert reply["statuscode"] == 0, (host, action, inputs, reply)
        data: dict[str, Any] = reply["data"]
        return data

    def ask_hosts(self, hosts: Sequence[str], action: str, *inputs: str) -> dict[str, dict[str, Any]]:
        """The same of several hosts by one request, by their names."""
        replies = self.hosts.rpc_all(hosts, "iptables", action, *inputs)
        assert all(reply["statuscode"] == 0 for reply in replies.values()), (action, inputs, replies)
        return {host: reply["data"] for host, reply in replies.items()}

    def ask_all(self, action: str, *inputs: str) -> dict[str, dict[str, Any]]:
        """The same of every target."""
        return self.ask_hosts(TARGETS, action, *inputs)

    def ask_of_both(self, action: str, *inputs: str) -> None:
        """The same for both addresses of the source."""
        for address in self.sources:
            self.ask_all(action, f"ipaddr={address}", *inputs)

    def shells(self, lines: Mapping[str, str]) -> dict[str, str]:
        """Lines of shell in several hosts at once, and what they print."""
        with ThreadPoolExecutor(len(lines)) as pool:
            return dict(zip(lines, pool.map(lambda host: self.hosts.shell(host, lines[host]), lines), strict=True))

    def reached(self) -> set[str]:
        """What the source reaches of the targets."""
        return reached(self.hosts.lab, SOURCE, self.targets)

    def wait_until_open(self) -> None:
        """Until the source reaches everything again."""
        wait_until_open(self.hosts.lab, SOURCE, self.targets)


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    require_lab()
    require_programs("systemctl", "nft", "iptables", "iptables-legacy", "ipset", "conntrack", "ping")
    with (
        tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name,
        systemd_lab(Path(name), UNITS, plain=PLAIN, settings=SETTINGS) as hosts,
    ):
        hosts.lab.up(SOURCE)
        hosts.lab.up(GUARDED)
        hosts.lab.write(GUARDED, "/etc/resolv.conf", "nameserver 10.77.0.249\n")
        hosts.shell(GUARDED, GATEWAYS)
        with ThreadPoolExecutor(1) as meanwhile:  # most of the time others here wait for a deadline
            made = Fleet(hosts, meanwhile.submit(tried_in_all_ways, hosts.lab))
            with ThreadPoolExecutor(len(TARGETS)) as pool:
                list(pool.map(made.prepare, TARGETS))
            made.wait_until_open()
            yield made


def test_a_block_holds_for_tcp_udp_and_ping_and_ends_with_unblock(fleet: Fleet):
    before = {host: rule_set(fleet.hosts, host) for host in TARGETS}
    fleet.ask_of_both("block", "reason=spam", "ticket=T-1")
    assert fleet.reached() == set()
    for address in fleet.sources:
        assert all(found["blocked"] is True for found in fleet.ask_all("isblocked", f"ipaddr={address}").values())
        again = fleet.hosts.rpc_all(TARGETS, "iptables", "block", f"ipaddr={address}")
        assert {(one["statuscode"], one["statusmsg"]) for one in again.values()} == {(1, f"{address} is already blocked")}
    for host, listed in fleet.ask_all("listblocked").items():
        assert sorted(listed["blocked"]) == sorted(fleet.sources)
        assert all(entry["packets"] > 0 and entry["reason"] == "spam" and entry["by"] for entry in listed["entries"]), listed
        assert rule_set(fleet.hosts, host) == before[host]
    fleet.ask_of_both("unblock")
    fleet.wait_until_open()
    missing = fleet.hosts.rpc(NFT, "iptables", "unblock", f"ipaddr={fleet.sources[0]}")
    assert (missing["statuscode"], missing["statusmsg"]) == (1, f"{fleet.sources[0]} is not blocked")
    fleet.ask_all("teardown")
    left = fleet.shells({host: f"{programs(host)[0]}-save; nft list tables; ipset list -n" for host in TARGETS})
    for host in TARGETS:
        assert rule_set(fleet.hosts, host) == before[host]
        assert "mcollective" not in left[host] and "junk_filter" not in left[host] and "mco-" not in left[host]
    fleet.ask_all("setup")


def test_a_block_of_a_port_or_a_network_and_an_exception(fleet: Fleet):
    four = fleet.four[SOURCE]
    fleet.ask_all("block", f"ipaddr={four}", "protocol=tcp", "ports=25,9900-9930")
    fleet.ask_all("block", f"ipaddr={fleet.six[SOURCE]}", "protocol=icmp")
    wanted = {f"{fleet.four[host]} {kind}" for host in TARGETS for kind in ("udp", "ping")}
    wanted |= {f"{fleet.six[host]} {kind}" for host in TARGETS for kind in ("tcp", "udp")}
    assert fleet.reached() == wanted
    fleet.ask_all("flush", "all=true")
    fleet.ask_all("block", f"ipaddr={four}/32", "reason=all of it")
    fleet.ask_all("allow", f"ipaddr={four}", "for=1h")
    fleet.wait_until_open()
    fleet.ask_all("disallow", f"ipaddr={four}")
    assert fleet.reached() == {f"{fleet.six[host]} {kind}" for host in TARGETS for kind in ("tcp", "udp", "ping")}
    fleet.ask_all("flush", "reason=all of it")
    fleet.wait_until_open()


def test_what_is_over_or_was_not_confirmed_goes_also_when_the_daemon_was_killed_meanwhile(fleet: Fleet):
    four, six = fleet.sources
    fleet.ask(NFT, "block", f"ipaddr={four}", "confirm=12")
    fleet.ask_hosts(TARGETS[1:], "apply", json_list([four]), "confirm=12")
    fleet.ask_all("block", f"ipaddr={six}", "for=8")
    assert fleet.ask(NFT, "isblocked", f"ipaddr={six}")["entry"]["remaining"] <= 8
    killed = dict.fromkeys(UNITS, f"systemctl kill --kill-whom=all -s KILL {DAEMON}")
    killed |= dict.fromkeys(PLAIN, "kill -9 $(cat /run/mcollectived.pid)")
    fleet.shells(killed)
    found = fleet.reached()
    assert not any(fleet.four[host] in what for what in found for host in TARGETS), found
    fleet.wait_until_open()
    fleet.shells(dict.fromkeys(PLAIN, "rm -f /run/mcollectived.pid; /usr/bin/mcollectived --daemonize --pid /run/mcollectived.pid"))
    check_nothing_is_left(fleet)


def test_what_nobody_confirms_is_undone_also_without_daemon_or_broker(fleet: Fleet):
    fleet.ask_all("apply", json_list(fleet.sources), "confirm=15")
    fleet.shells(dict.fromkeys(UNITS, f"systemctl stop {DAEMON}"))
    fleet.hosts.broker.kill()
    try:
        assert fleet.reached() == set()
        fleet.wait_until_open()
    finally:
        fleet.hosts.broker.start()
        fleet.shells(dict.fromkeys(UNITS, f"systemctl start {DAEMON}"))
    check_nothing_is_left(fleet)


def test_after_a_boot_what_was_confirmed_is_back_and_what_was_not_or_is_over_is_gone(fleet: Fleet):
    four, six = fleet.sources
    fleet.ask_hosts(UNITS, "block", f"ipaddr={four}", "for=1h", "reason=kept")
    fleet.ask_hosts(UNITS, "block", f"ipaddr={six}", "confirm=600")
    fleet.ask_hosts(UNITS, "block", "ipaddr=198.51.100.77", "for=1")
    with ThreadPoolExecutor(len(UNITS)) as pool:
        list(pool.map(lambda host: fleet.hosts.reboot(host, "/var/lib/mcollective"), UNITS))
        list(pool.map(fleet.prepare, UNITS))
    for host in UNITS:
        wait_until(f"{host} answers", lambda host=host: answers(fleet, host), 60)
        wait_until(f"{host} blocks", lambda host=host: fleet.ask(host, "isblocked", f"ipaddr={four}")["blocked"], 30)
        status = fleet.ask(host, "status")
        assert (status["pending"], status["blocks"], status["drift"]) == ([], 1, [])
    where = [address for host in UNITS for address in (fleet.four[host], fleet.six[host])]
    open_ones = {f"{fleet.six[host]} {kind}" for host in UNITS for kind in ("tcp", "udp", "ping")}
    wait_until("the hosts are up, and block what was kept", lambda: reached(fleet.hosts.lab, SOURCE, where) == open_ones, 30)
    fleet.ask_hosts(UNITS, "flush", "reason=kept")
    fleet.wait_until_open()


def test_what_is_confirmed_stays_and_what_is_undone_goes_at_once(fleet: Fleet):
    four, six = fleet.sources
    kept = fleet.ask(RULES, "block", f"ipaddr={four}", "confirm=20")
    fleet.ask(RULES, "confirm", f"id={kept['confirm']}")
    undone = fleet.ask(NFT, "block", f"ipaddr={six}", "confirm=600")
    assert fleet.ask(NFT, "status")["pending"][0]["id"] == undone["confirm"]
    fleet.ask(NFT, "undo", f"id={undone['confirm']}")
    assert fleet.ask(NFT, "undo", f"id={undone['confirm']}")["changed"] is False
    assert fleet.ask(NFT, "isblocked", f"ipaddr={six}")["blocked"] is False
    assert fleet.ask(RULES, "status")["pending"] == []
    assert fleet.ask(RULES, "isblocked", f"ipaddr={four}")["blocked"] is True
    fleet.ask(RULES, "unblock", f"ipaddr={four}")
    fleet.wait_until_open()


def test_what_hands_changed_is_said_and_made_true_with_the_next_change(fleet: Fleet):
    four, _ = fleet.sources
    hands = {
        NFT: "nft delete element inet mcollective block4_32 '{ %s }'; nft add element inet mcollective block4_32 '{ 203.0.113.77 }'",
        SETS: "ipset del mco-block4 %s; ipset add mco-block4 203.0.113.77",
        RULES: "iptables -D junk_filter 1; : %s; iptables -A junk_filter -s 203.0.113.77 -m comment --comment mcollective -j DROP",
        LEGACY: "iptables-legacy -F junk_filter; : %s; "
        "iptables-legacy -A junk_filter -s 203.0.113.77 -m comment --comment mcollective -j DROP",
    }
    fleet.ask_all("block", f"ipaddr={four}")
    fleet.shells({host: hands[host] % four for host in TARGETS})
    for status in fleet.ask_all("status").values():
        assert status["drift"] == [f"taken away by hand: {four}", "put there by hand: 203.0.113.77"]
    assert not any(found["blocked"] for found in fleet.ask_all("isblocked", f"ipaddr={four}").values())
    for done in fleet.ask_all("block", "ipaddr=198.51.100.9").values():
        assert f"taken away by hand: {four}" in done["drift"]
    assert {what for what in fleet.reached() if "." in what} == set()
    assert all(sorted(found["blocked"]) == sorted([four, "198.51.100.9"]) for found in fleet.ask_all("listblocked").values())
    assert all(status["drift"] == [] for status in fleet.ask_all("status").values())


def test_a_rule_set_that_was_thrown_away_is_restored_at_the_daemons_start(fleet: Fleet):
    four, _ = fleet.sources
    fleet.hosts.shell(NFT, "nft flush ruleset; nft -f /srv/own.nft")
    wait_until_open(fleet.hosts.lab, SOURCE, [fleet.four[NFT]])
    assert fleet.ask(NFT, "status")["state"] == "drift"
    fleet.hosts.shell(NFT, f"systemctl restart {DAEMON}")
    wait_until("nft1 blocks again", lambda: not reached(fleet.hosts.lab, SOURCE, [fleet.four[NFT]]), 60)
    wait_until("nft1 answers", lambda: answers(fleet, NFT), 60)
    assert fleet.ask(NFT, "isblocked", f"ipaddr={four}")["blocked"] is True
    fleet.ask_all("flush", "all=true")
    fleet.wait_until_open()


def test_operators_at_the_same_moment_lose_nothing(fleet: Fleet):
    wanted = [f"198.51.100.{number}" for number in range(1, 13)]
    calls = [json.dumps([["apply", {"list": [address]}] for address in some]) for some in (wanted[::2], wanted[1::2])]
    with ThreadPoolExecutor(2) as pool:
        host_calls = [tuple((action, inputs) for action, inputs in json.loads(call)) for call in calls]
        answers_of = list(pool.map(lambda some: call_alone(fleet.hosts.lab, SETS, "iptables", {"backend": "ipset"}, *some), host_calls))
    assert all(code == 0 for some in answers_of for code, _, _ in some), answers_of
    assert sorted(fleet.ask(SETS, "listblocked")["blocked"]) == sorted(wanted)
    assert fleet.ask(SETS, "status")["drift"] == []
    fleet.ask(SETS, "flush", "all=true")


def test_what_cannot_be_done_is_said_and_nothing_of_it_holds(fleet: Fleet):
    broken = {"backend": "nft", "nft": "/usr/bin/false", "state_directory": "/var/lib/mcollective/broken"}
    missing = {**broken, "nft": "/usr/sbin/nosuch"}
    for config in (broken, missing):
        code, said, data = call_alone(fleet.hosts.lab, NFT, "iptables", config, ("block", {"ipaddr": "198.51.100.9"}))[0]
        assert (code, data["blocked"], data["changed"]) == (1, False, False), said
    full = {"backend": "ipset", "max_entries": "200000", "state_directory": "/var/lib/mcollective/full"}
    fleet.hosts.shell(SETS, "ipset flush mco-block4; for s in mco-block6; do ipset flush $s; done")
    done = call_alone(
        fleet.hosts.lab, SETS, "iptables", {**full, "ip6tables": "/usr/bin/false"}, ("block", {"ipaddr": "198.51.100.9"})
    )[0]
    assert (done[0], done[2]["blocked"]) == (1, False)
    assert "198.51.100.9" not in fleet.hosts.shell(SETS, "ipset save")
    gateway = fleet.hosts.rpc(NFT, "iptables", "block", "ipaddr=10.77.0.1")
    assert gateway["statuscode"] == 4 and "10.77.0.1 is" in gateway["statusmsg"]
    assert fleet.ask(NFT, "status")["blocks"] == 0


def test_where_nothing_can_be_kept_nothing_is_blocked(fleet: Fleet):
    fleet.hosts.shell(
        NFT, "mkdir -p /srv/readonly /srv/full; mount -t tmpfs -o ro none /srv/readonly; mount -t tmpfs -o size=8k none /srv/full"
    )
    fleet.hosts.shell(NFT, "cat /dev/zero >/srv/full/filler 2>/dev/null || true")
    before = fleet.hosts.shell(NFT, "nft list table inet mcollective")
    for folder in ("/srv/readonly/iptables", "/srv/full"):
        config = {"backend": "nft", "state_directory": folder}
        code, said, data = call_alone(fleet.hosts.lab, NFT, "iptables", config, ("block", {"ipaddr": "198.51.100.9"}))[0]
        assert (code, data["blocked"], data["changed"]) == (1, False, False), said
        assert folder in said, said
    assert fleet.hosts.shell(NFT, "nft list table inet mcollective") == before


def test_a_set_that_is_full_says_so_and_takes_nothing(fleet: Fleet):
    fleet.ask(SETS, "teardown")
    small = {"backend": "ipset", "max_entries": "2", "state_directory": "/var/lib/mcollective/small"}
    first, more = (
        call_alone(fleet.hosts.lab, SETS, "iptables", {**small, "max_entries": most}, ("apply", {"list": list_of}))[0]
        for most, list_of in (("2", ["198.51.100.1", "198.51.100.2"]), ("200000", ["198.51.100.3", "198.51.100.4"]))
    )
    assert first[0] == 0, first
    kept, lone = (
        call_alone(fleet.hosts.lab, SETS, "iptables", {**small, "max_entries": "200000"}, call)[0]
        for call in (("listblocked", {}), ("block", {"ipaddr": "198.51.100.9"}))
    )
    assert (more[0], lone[0], lone[2]["blocked"]) == (1, 1, False) and "full" in more[1] and "full" in lone[1]
    assert sorted(kept[2]["blocked"]) == ["198.51.100.1", "198.51.100.2"] and kept[2]["drift"] == []
    assert call_alone(fleet.hosts.lab, SETS, "iptables", small, ("teardown", {}))[0][0] == 0
    fleet.ask(SETS, "setup")


def test_nobody_is_locked_out_of_a_host_by_any_way(fleet: Fleet):
    """On a host with gateways of several kinds: each of its neighbours by some ways, the second hop of its default route by all."""
    found = fleet.tried.result(120)
    assert len(found) > 40
    for way, network, because, text, kept, said in found:
        address = network.partition("/")[0]
        assert CONTROL in text and CONTROL in kept, (way, network, said)
        assert not re.search(rf"[{{, ]{re.escape(address)}[/ ,}}]", text), (way, network, text)
        assert way in SILENT or because in said, (way, network, said)


def tried_in_all_ways(lab: Lab) -> list[list[Any]]:
    """What came of each way: its name, the network, why it is refused, our table, what is kept, and what was said."""
    words = ["env", f"PYTHONPATH={Path(__file__).parents[2]}", sys.executable, "-c", LOCKOUT, lab.addresses()[GUARDED]]
    done = lab.run(GUARDED, *words)
    assert done.returncode == 0, done.stderr
    found: list[list[Any]] = json.loads(done.stdout)
    return found


def check_nothing_is_left(fleet: Fleet) -> None:
    """All daemons are back, and nothing waits or is blocked."""
    for host in TARGETS:
        wait_until(f"{host} answers", lambda host=host: answers(fleet, host), 60)
    for status in fleet.ask_all("status").values():
        assert (status["pending"], status["blocks"], status["drift"]) == ([], 0, [])


def json_list(addresses: Sequence[str]) -> str:
    """The input `list` of a call."""
    return f"list={json.dumps([*addresses])}"


def answers(fleet: Fleet, host: str) -> bool:
    """Whether the host's daemon is back."""
    try:
        return fleet.hosts.rpc(host, "iptables", "status")["statuscode"] == 0
    except (KeyError, AssertionError, TimeoutError, ValueError):
        return False
