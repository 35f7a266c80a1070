"""Nobody is locked out: every way in which an address can come to be blocked, against everybody who must not be."""

import json
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path

import pytest

from agents.iptables.surroundings import gather
from agents.iptables.tests.fakenft import told, tried_in
from agents.iptables.tests.ways import (
    ASKED,
    CONTROL,
    OF_LISTS,
    OTHER,
    PUT_BACK,
    WAYS,
    Tried,
    apply,
    block,
    deadline_of_unblock,
    drift,
    extend,
    reconcile,
    setup,
    start,
    undo_of_teardown,
    undo_of_unblock,
)
from mcollective_py.agent import RPCAborted

Way = Callable[[Tried, str], None]


@pytest.fixture
def tried(tmp_path: Path) -> Tried:
    return tried_in(tmp_path)


def check(tried: Tried, way: Way, network: str, because: str) -> None:
    """The way is taken, the network is not blocked and that is said; what nobody protects is."""
    way(tried, network)
    assert CONTROL in told(tried), tried.said
    assert network.partition("/")[0] not in told(tried), (way.__name__, tried.said)
    if way.__name__ != "extend":  # which is refused, and what was kept is left as it was
        assert network not in tried.kept() and CONTROL in tried.kept()
    if not way.__name__.startswith(("deadline", "start")) or way.__name__ == "deadline_at_a_change":
        assert because in " ".join(tried.said), tried.said


def keep_brokers(tried: Tried, brokers: Mapping[str, Sequence[str]]) -> None:
    """The brokers of the configuration, and their addresses as they were resolved last."""
    tried.brokers = (*brokers,)
    Path(tried.state).mkdir()
    Path(tried.state, "brokers.json").write_text(json.dumps(brokers))


def own() -> str:
    try:
        facts = gather({}, kept=None).facts
    except RPCAborted as error:
        pytest.skip(str(error))
    return next(
        str(one.network.network_address) for one in facts if one.reason == "an address of this host" and one.network.version == 4
    )


@pytest.mark.parametrize(
    ("way", "network", "because"),
    [
        *((way, "203.0.113.9", "a network of plugin.iptables.protected") for way in WAYS),
        *((way, "198.51.100.9", "a network that operators come from") for way in (block, undo_of_unblock)),
        *((way, "192.0.2.60", "the broker") for way in (block, start, deadline_of_unblock, drift)),
        *((way, "203.0.112.0/22", "holds 203.0.113.0/24") for way in (block, apply, start)),
        *((way, "203.0.113.0/24", "203.0.113.0/24 is a network of plugin.iptables.protected") for way in (block, reconcile)),
        *((way, "2001:db8:77::1", "lies in 2001:db8:77::/64") for way in (block, apply, start)),
    ],
)
def test_whom_the_settings_and_the_brokers_name_is_never_blocked(tried: Tried, way: Way, network: str, because: str):
    tried.config = {**tried.config, "protected": "203.0.113.0/24 2001:db8:77::/64", "operators": "198.51.100.9"}
    keep_brokers(tried, {"192.0.2.60": ["192.0.2.60"]})
    check(tried, way, network, because)


@pytest.mark.parametrize("way", [block, extend, start])
def test_a_broker_that_a_name_led_to_is_never_blocked_where_the_resolver_knows_it_no_more(tried: Tried, way: Way):
    keep_brokers(tried, {"stomp.invalid": ["192.0.2.61"]})
    check(tried, way, "192.0.2.61", "the broker stomp.invalid")


@pytest.mark.parametrize("way", [block, apply, start, deadline_of_unblock])
def test_this_host_is_never_blocked_nor_a_network_around_it(tried: Tried, way: Way):
    address = own()
    check(tried, way, address, "an address of this host")
    tried.said.clear()
    (tried.folder / "state" / "store.json").unlink()
    check(tried, way, str(ip_network(f"{address}/24", strict=False)), "24 holds ")


@pytest.mark.parametrize("way", [*ASKED, setup, undo_of_unblock, undo_of_teardown])
def test_the_operator_who_asks_is_never_blocked(tried: Tried, way: Way):
    tried.protect = ["203.0.113.9"]
    check(tried, way, "203.0.113.9", "an address of the operator who asks")


@pytest.mark.parametrize("way", [*ASKED, *OF_LISTS])
def test_what_is_too_wide_or_nobody_is_blocked_by_no_word_and_no_list(tried: Tried, way: Way):
    for network in ("0.0.0.0/0", "8.0.0.0/7", "2000::/3", "224.0.0.1", "::ffff:192.0.2.1"):
        way(tried, network)
    assert told(tried) == {CONTROL}


@pytest.mark.parametrize("way", PUT_BACK)
def test_where_it_cannot_be_said_who_is_protected_nothing_comes_back_and_nothing_is_forgotten(tried: Tried, way: Way):
    tried.config = {**tried.config, "protected": "10.0.0.1/8"}
    way(tried, OTHER)
    assert told(tried) == set()
    kept = tried.kept() | {key[0] for pending in tried.place.store.read().pendings.values() for key in pending.before}
    assert OTHER in kept, tried.said
    assert "plugin.iptables.protected" in " ".join(tried.said) or way.__name__.startswith("deadline")


def test_what_was_not_put_back_for_want_of_a_guard_is_with_the_next_change(tried: Tried):
    plain = dict(tried.config)
    tried.config = {**plain, "protected": "10.0.0.1/8"}
    undo_of_unblock(tried, OTHER)
    tried.config = plain
    tried.call("block", ipaddr="198.18.0.9")
    assert told(tried) == {CONTROL, OTHER, "198.18.0.9"}


def test_one_may_be_let_go_who_must_not_be_blocked_any_more(tried: Tried):
    from agents.iptables.entry import Entry

    tried.config = {**tried.config, "protected": "203.0.113.0/24"}
    tried.keep(Entry("203.0.113.9"), Entry("203.0.113.10"), Entry(CONTROL))
    tried.call("unblock", ipaddr="203.0.113.9")
    assert tried.kept() == told(tried) == {CONTROL}
    assert "203.0.113.10 is not blocked again: 203.0.113.10 lies in 203.0.113.0/24" in tried.said[0]
