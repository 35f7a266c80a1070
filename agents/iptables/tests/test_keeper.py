"""What looks after deadlines, and makes the store true at the daemon's start."""

import os
import time
from pathlib import Path

from agents.iptables import keeper
from agents.iptables.entry import Entry
from agents.iptables.state import DOWN, Pending
from agents.iptables.tests.fakenft import lines_told, told, tried_in
from agents.iptables.tests.ways import CONTROL, ID, OTHER
from mcollective_py.agent.kept import write_kept
from tests.waiting import wait_until


def test_a_daemons_start_sets_up_where_the_setting_says_so_and_nobody_took_it_down(tmp_path: Path):
    tried = tried_in(tmp_path)
    tried.config = {**tried.config, "list": ""}
    keeper.restore(tried.place, ())
    assert lines_told(tried) == []
    tried.config = {**tried.config, "setup_at_start": "1"}
    keeper.restore(tried.place, ())
    assert "add table inet mcollective" in lines_told(tried)
    assert tried.place.store.read().installed == "nft"
    (tmp_path / "told").unlink()
    tried.keep(Entry(CONTROL), installed=DOWN)
    keeper.restore(tried.place, ())
    assert lines_told(tried) == [] and tried.place.store.read().installed == DOWN


def test_after_a_boot_only_what_was_confirmed_and_is_not_over_comes_back(tmp_path: Path):
    tried, now = tried_in(tmp_path), time.time()
    kept, over, unconfirmed = Entry(CONTROL, expires=now + 3600), Entry(OTHER, expires=now - 1), Entry("198.18.0.9", pending=ID)
    pendings = {ID: Pending(ID, now + 3600, "op", now, "block", {unconfirmed.key: None})}
    tried.keep(kept, over, unconfirmed, boot="another", pendings=pendings)
    keeper.restore(tried.place, ())
    assert told(tried) == tried.kept() == {CONTROL}
    assert tried.place.store.read().pendings == {}


def test_what_nobody_confirms_is_undone_also_where_a_setting_keeps_the_store_from_being_made_true(tmp_path: Path):
    tried, now = tried_in(tmp_path), time.time()
    tried.config = {**tried.config, "protected": "10.0.0.1/8"}
    unconfirmed = Entry("198.18.0.9", pending=ID)
    tried.keep(Entry(CONTROL), unconfirmed, pendings={ID: Pending(ID, now - 1, "op", now, "block", {unconfirmed.key: None})})
    write_kept(str(tmp_path / "state" / "keeper.json"), tried.all)
    child = os.fork()
    if child == 0:
        try:
            keeper.keep(tried.state, [])
        finally:
            os._exit(0)
    try:
        wait_until("it is undone", lambda: not tried.place.store.read().pendings, 60)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert tried.kept() == {CONTROL} and told(tried) == set()
