"""The file that a host keeps."""

import os
from pathlib import Path

import pytest

from agents.iptables.entry import Entry
from agents.iptables.state import State
from agents.iptables.store import Store
from mcollective_py.agent import RPCAborted

A = Entry("198.51.100.7", by="cert=op", at=1.0)
ONE = State("nft", entries={A.key: A})


def test_nothing_is_kept_before_the_first_change(tmp_path: Path):
    store = Store(str(tmp_path / "new"))
    assert store.read() == State() and store.glance("198.51.100.7")[1] == []


def test_what_is_written_is_for_us_alone_and_found_again(tmp_path: Path):
    store = Store(str(tmp_path))
    with store.locked():
        store.write(ONE)
    assert (tmp_path / "store.json").exists() and store.read() == ONE and store.glance("198.51.100.7")[1] == [A]
    assert store.glance("198.51.100.7")[0].installed == "nft"
    assert (tmp_path / "store.json").stat().st_mode & 0o777 == 0o600


def test_a_change_that_could_not_be_carried_out_is_taken_back(tmp_path: Path):
    store = Store(str(tmp_path))
    store.write(ONE)
    store.write(State("nft"))
    store.revert()
    assert store.read() == ONE
    first = Store(str(tmp_path / "first"))
    os.mkdir(first.folder)
    first.write(ONE)
    first.revert()
    assert not (tmp_path / "first" / "store.json").exists()


def test_what_is_no_store_is_told_and_never_written_over(tmp_path: Path):
    (tmp_path / "store.json").write_text("not ours\n")
    with pytest.raises(RPCAborted, match=r"store\.json"):
        Store(str(tmp_path)).read()
    (tmp_path / "store.json").write_bytes(b"\xff\xfe")
    with pytest.raises(RPCAborted, match="no store"):
        Store(str(tmp_path)).glance("198.51.100.7")


def test_a_link_in_its_place_is_not_followed(tmp_path: Path):
    (tmp_path / "other").write_text("secret")
    (tmp_path / "store.json").symlink_to(tmp_path / "other")
    with pytest.raises(RPCAborted, match="cannot be read"):
        Store(str(tmp_path)).read()
