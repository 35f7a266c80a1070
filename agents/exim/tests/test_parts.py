"""Long lists in parts, over a collective in memory whose agent has a list of numbers in place of messages."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module
from mcollective_py.testing import Collective

parts = load_module("exim", Path(__file__).parents[1], "parts")
AGENT = """
import time
from mcollective_py.agent import Agent, RPCAborted, action

class Numbers(Agent):
    @action
    def list(self, request, reply):
        after, name = int(request.get("after", "0") or 0), self.node.identity
        if name == "broken" and after >= 4:
            raise RPCAborted("the disk is gone")
        if name == "silent" and after >= 4:
            time.sleep(1.5)
        count = 3 if name == "short" else 10
        reply["numbers"] = [name + str(number) for number in range(1, count + 1)][after : after + 4]
        reply["next"] = str(after + 4) if after + 4 < count else ""
        if name == "endless":
            reply["numbers"], reply["next"] = ["x"], "4"
        if name == "rising":
            reply["numbers"], reply["next"] = ["x"], str(10**8 + after % 10**8 + 1)
"""
DDL = """
metadata: {name: numbers, description: Numbers, author: x, license: x, version: "1", url: x, timeout: 20}
actions:
  - action: list
    description: Some of them
    display: always
    impact: read
    input:
      after: {prompt: After, description: after this, type: string, validation: '^[0-9]+$', maxlength: 9, optional: true}
    output:
      numbers: {description: the numbers, display_as: Numbers, type: array}
      next: {description: after which there are more, display_as: Next, type: string}
"""


@pytest.fixture
def listed(tmp_path):
    folder = tmp_path / "lib" / "agents" / "numbers"
    folder.mkdir(parents=True)
    (folder / "agent.py").write_text(AGENT)
    (folder / "ddl.yaml").write_text(DDL)

    def listed(*names, timeout=20):
        with Collective(tmp_path, libdirs=[tmp_path / "lib"]) as collective:
            for name in names:
                collective.add(name)
            rpc = collective.rpcclient("numbers", nodes=list(names), timeout=timeout)

            def ask(host, after):
                return rpc.custom_request("list", {"after": after}, [host])

            given = parts.Parts(rpc.call("list"), ask)
            return list(given), given

    return listed


def rows_of(results):
    return [(one.sender, number) for one in results if one.is_ok for number in one.data["numbers"]]


def test_all_parts_of_all_hosts_come_host_by_host_and_in_order(listed):
    results, given = listed("mx1", "short", "mx3", "mx4")
    hosts = list(dict.fromkeys(one.sender for one in results))
    assert sorted(hosts) == ["mx1", "mx3", "mx4", "short"]
    assert [one.sender for one in results] == [host for host in hosts for _ in range(1 if host == "short" else 3)]
    for host in hosts:
        count = 3 if host == "short" else 10
        assert [number for sender, number in rows_of(results) if sender == host] == [f"{host}{n}" for n in range(1, count + 1)]
    assert (given.stats.responses, given.stats.ok, given.stats.failed, sorted(given.ok)) == (4, 4, 0, sorted(hosts))


def test_a_host_that_fails_later_is_told_of_with_the_place_where_its_list_ends(listed):
    results, given = listed("mx1", "broken")
    assert [one.statusmsg for one in results if not one.is_ok] == ["its list ends after 4: the disk is gone"]
    assert len(rows_of(results)) == 14
    assert (given.ok, given.failed, given.stats.ok, given.stats.failed) == (["mx1"], ["broken"], 1, 1)


def test_so_is_one_that_gives_no_answer(listed):
    results, given = listed("mx1", "silent", timeout=1)
    assert [one.statusmsg for one in results if not one.is_ok] == ["its list ends after 4: it gave no answer"]
    assert len(rows_of(results)) == 14
    assert given.failed == ["silent"]


def test_one_whose_list_never_ends_is_not_asked_for_ever(listed):
    results, _ = listed("endless")
    assert len(results) == 2


def test_more_hosts_than_are_asked_at_once(listed, monkeypatch):
    monkeypatch.setattr(parts, "HOSTS_AT_ONCE", 2)
    results, given = listed(*(f"mx{n}" for n in range(5)))
    assert len(rows_of(results)) == 50
    assert given.incomplete == []


def test_who_stops_early_is_told_whose_lists_are_not_complete(listed, tmp_path):
    with Collective(tmp_path, libdirs=[tmp_path / "lib"]) as collective:
        for name in ("mx1", "mx2"):
            collective.add(name)
        rpc = collective.rpcclient("numbers", nodes=["mx1", "mx2"], timeout=20)
        given = parts.Parts(rpc.call("list"), lambda host, after: rpc.custom_request("list", {"after": after}, [host]))
        first = next(given)
        given.close()
        assert first.sender in given.incomplete


def test_a_list_that_grows_for_ever_has_an_end(listed, monkeypatch):
    monkeypatch.setattr(parts, "_MOST_PARTS", 5)
    results, given = listed("rising", "short")
    assert (len(rows_of(results)), given.failed) == (5 + 3, ["rising"])
    assert [one.statusmsg for one in results if not one.is_ok] == ["its list does not end: 5 parts of it came"]
