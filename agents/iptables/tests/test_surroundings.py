"""Whom this very machine must not cut off."""

import json
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from agents.iptables.surroundings import gather, resolved
from mcollective_py.agent import InvalidRPCData, RPCAborted


def reasons(*words: object, **settings: str) -> dict[str, str]:
    guard = gather(settings, *words, kept=None)  # type: ignore[arg-type]
    return {str(fact.network): fact.reason for fact in guard.facts}


def test_own_addresses_are_protected():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.200", 9))  # sends nothing: the kernel chooses the address that it would send from
        except OSError:
            pytest.skip("no network but the loopback")
        own = probe.getsockname()[0]
    assert reasons()[f"{own}/32"] == "an address of this host"
    with pytest.raises(InvalidRPCData, match="an address of this host: it is never blocked here"):
        gather({}, kept=None).check(own)


def test_settings_the_request_and_brokers_are_protected_by_their_names():
    told = reasons(["198.51.100.9"], ["203.0.113.5"], operators="10.9.0.0/16, 2001:db8:9::/48", protected="198.51.100.0/24")
    assert told["10.9.0.0/16"] == told["2001:db8:9::/48"] == "a network that operators come from (plugin.iptables.operators)"
    assert told["198.51.100.0/24"] == "a network of plugin.iptables.protected"
    assert told["198.51.100.9/32"] == "the broker"
    assert told["203.0.113.5/32"] == "an address of the operator who asks"


def test_a_setting_that_cannot_be_read_blocks_nothing_rather_than_protecting_less():
    with pytest.raises(RPCAborted, match=r"plugin.iptables.protected: '10.0.0.1/8' has bits .* nothing is blocked until it is mended"):
        gather({"protected": "192.0.2.0/24 10.0.0.1/8"}, kept=None)
    with pytest.raises(InvalidRPCData, match="'all' is no address"):
        gather({}, asked=["all"], kept=None)
    with pytest.raises(InvalidRPCData, match="64 networks at most"):
        gather({}, asked=["192.0.2.1"] * 65, kept=None)


def test_names_of_brokers_are_resolved_and_what_was_known_last_serves_where_the_resolver_is_silent(tmp_path: Path):
    kept, asked = tmp_path / "brokers.json", {"stomp.example.net": ["192.0.2.61", "2001:db8::61", "bad"]}
    found = resolved(["stomp.example.net", "192.0.2.60"], kept, lambda name: asked[name])
    assert found == {"192.0.2.60": ["192.0.2.60"], "stomp.example.net": ["192.0.2.61", "2001:db8::61"]}
    assert json.loads(kept.read_text()) == found
    assert resolved([], kept, lambda name: ()) == found

    def unknown(name: str) -> list[str]:
        raise socket.gaierror("no such name")

    assert resolved(["stomp.example.net"], kept, unknown)["stomp.example.net"] == ["192.0.2.61", "2001:db8::61"]
    over = threading.Event()

    def silent(name: str) -> Iterator[str]:
        over.wait(60)
        return iter(())

    try:
        assert resolved(["stomp.example.net"], kept, silent)["stomp.example.net"] == ["192.0.2.61", "2001:db8::61"]
        assert resolved(["other.example.net"], kept, silent) == {}
    finally:
        over.set()


def test_what_was_kept_by_somebody_else_is_read_with_care(tmp_path: Path):
    kept = tmp_path / "brokers.json"
    for text in ("", "[]", "{", '{"b": 1}', '{"b": [1, null, "x", {}]}'):
        kept.write_text(text)
        assert resolved(["b"], kept, lambda name: ()).get("b", []) == []


def test_what_the_daemon_is_connected_to_is_protected_even_where_no_setting_names_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.200", 9))
        except OSError:
            pytest.skip("no network but the loopback")
        own = probe.getsockname()[0]
    with socket.create_server((own, 0)) as server, socket.create_connection(server.getsockname()):
        guard = gather({}, kept=None)
    assert guard.refusal(ip_network(own)) is not None
