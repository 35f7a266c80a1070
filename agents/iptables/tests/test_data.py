"""firewall_blocked('192.0.2.7'): what the store says of one address."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from agents.iptables.data.firewall_blocked.data import FirewallBlocked
from agents.iptables.entry import Entry
from agents.iptables.state import DOWN, State
from agents.iptables.store import Store
from mcollective_py.errors import RPCAborted
from mcollective_py.node.view import NodeView

NOW = time.time()  # at the collection, which may be long before the tests
DAY = 86_400
CASES = Path(__file__).parent / "cases"
ENTRIES = [
    Entry("203.0.113.0/24", reason="spam burst", ticket="OPS-7", by="cert=alice", at=NOW - 60, expires=NOW + DAY, pending="ab"),
    Entry("203.0.113.9", "block", "tcp", "25"),
    Entry("203.0.113.5", "allow"),
    Entry("203.0.113.6", "allow", "tcp", "22"),
    Entry("192.0.2.7", "block", "tcp", "25", "only mail"),
    Entry("192.0.2.8", expires=NOW - 1),
    Entry("2001:db8:bad::/48"),
]


@pytest.fixture
def plugin(tmp_path: Path) -> FirewallBlocked:
    Store(str(tmp_path)).write(State(installed="nft", entries={entry.key: entry for entry in ENTRIES}))
    from logging import getLogger

    nft = tmp_path / "nft"  # says what the real one said where an element is met, but of one address
    said = f"grep -q 192.0.2.7 && cat {CASES}/nft-probe-no-element.txt >&2 || cat {CASES}/nft-probe-met.txt >&2"
    nft.write_text(f"#!/bin/sh\n{said}\nexit 1\n")
    nft.chmod(0o755)
    return FirewallBlocked(NodeView("web1"), {"state_directory": str(tmp_path), "nft": str(nft)}, getLogger("test"))


@pytest.mark.parametrize(
    ("query", "blocked", "network", "reason"),
    [
        ("203.0.113.7", True, "203.0.113.0/24", "spam burst"),
        ("203.0.113.9", True, "203.0.113.0/24", "spam burst"),  # what holds for all protocols says more
        ("203.0.113.5", False, "203.0.113.5", ""),
        ("203.0.113.6", True, "203.0.113.0/24", "spam burst"),
        ("192.0.2.7", True, "192.0.2.7", "only mail"),
        ("2001:db8:bad:1::7", True, "2001:db8:bad::/48", ""),
    ],
)
def test_the_entry_that_decides_is_told(plugin: FirewallBlocked, query: str, blocked: bool, network: str, reason: str):
    told = plugin.query(query)
    assert (told["blocked"], told["network"], told["reason"]) == (blocked, network, reason)


def test_all_of_an_entry_is_told(plugin: FirewallBlocked):
    told = plugin.query("203.0.113.7")
    assert (told["ticket"], told["by"], told["unconfirmed"], told["protocol"], told["ports"]) == ("OPS-7", "cert=alice", True, "", "")
    assert (told["at"], told["expires"]) == (int(NOW - 60), int(NOW + DAY))
    assert 0 < told["remaining"] <= DAY
    assert plugin.query("2001:db8:bad::1")["expires"] == -1
    assert plugin.query("203.0.113.5")["allowed"] is True


def test_what_is_over_or_was_never_there_has_the_defaults(plugin: FirewallBlocked):
    assert plugin.query("192.0.2.8") == plugin.query("198.51.100.1") == {}


def test_what_is_no_address_is_no_answer(plugin: FirewallBlocked):
    with pytest.raises(RPCAborted, match="is no address"):
        plugin.query("192.0.2")


def test_where_the_firewall_was_taken_down_nobody_is_blocked(plugin: FirewallBlocked, tmp_path: Path):
    store = Store(str(tmp_path))
    store.write(replace(store.read(), installed=DOWN))
    assert plugin.query("203.0.113.7") == {}


def test_what_is_kept_and_not_in_the_kernel_is_drift(plugin: FirewallBlocked, tmp_path: Path):
    assert [plugin.query(query)["drift"] for query in ("203.0.113.7", "2001:db8:bad:1::7", "192.0.2.7")] == [False, False, True]
    (tmp_path / "nft").unlink()
    assert plugin.query("192.0.2.7")["drift"] is False
