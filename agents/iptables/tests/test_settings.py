"""The settings of the agent's side."""

import pytest

from agents.iptables.settings import Settings, settings_of
from mcollective_py.agent import RPCAborted


def test_without_any_they_are_the_historic_ones():
    assert settings_of({}) == Settings()
    assert (Settings().chain, Settings().target, Settings().logger) == ("junk_filter", "DROP", "")


def test_each_can_be_set():
    read = settings_of(
        {"backend": "NFT", "target": "reject", "chain": "edge", "iptables": "/opt/iptables", "max_entries": "5", "cut": "0"}
    )
    assert (read.backend, read.target, read.chain, read.iptables, read.max_entries, read.cut) == (
        "nft", "REJECT", "edge", "/opt/iptables", 5, False,
    )  # fmt: skip
    assert settings_of({"backend": "auto"}).backend == ""


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("backend", "pf", "must be nft, ipset, iptables, or auto"),
        ("target", "ACCEPT", "must be DROP or REJECT"),
        ("chain", "a b", "name of a chain"),
        ("chain", "-j", "name of a chain"),
        ("nft", "nft", "absolute path"),
        ("state_directory", "/var/../etc", "absolute path"),
        ("max_entries", "many", "whole number"),
    ],
)
def test_one_that_is_none_is_told_by_its_name(key: str, value: str, words: str):
    with pytest.raises(RPCAborted, match=words) as refused:
        settings_of({key: value})
    assert f"plugin.iptables.{key}" in str(refused.value)
