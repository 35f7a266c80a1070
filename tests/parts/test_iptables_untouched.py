"""iptables agent on a real kernel: one change among many does not wait for the others, and what hands changed is noticed."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.parts.lab import Lab
from tests.parts.require import require_lab, require_programs

pytestmark = pytest.mark.parts

HOST, MANY = "wall", [f"198.18.{number // 256}.{number % 256}" for number in range(300)]
ONE, OTHER = "192.0.2.7", "192.0.2.8"
BACKENDS = ("nft", "ipset", "iptables")
# Programs as the host has them, each call noted in a file. "nft" in their names tells them from the legacy ones.
WRAPPED = {name: f"nft-{name}" for name in ("nft", "ipset", "iptables", "ip6tables")}
READS = {"nft": "nft -j list table", "ipset": "iptables-save", "iptables": "iptables-save"}
TAKEN = {
    "nft": f"nft delete element inet mcollective block4_32 {{ {ONE} }}",
    "ipset": f"ipset del mco-block4 {ONE}",
    "iptables": f"iptables -w -D junk_filter -s {ONE} -m comment --comment mcollective -j DROP",
}
SHOWN = {"nft": "nft list table inet mcollective", "ipset": "ipset save", "iptables": "iptables-save -t filter"}
_PROGRAM = """
import json, subprocess, sys
from pathlib import Path
from mcollective_py.testing import AgentHarness
folder, log = sys.argv[1:]
for line in sys.stdin:
    config, steps = json.loads(line)
    agent, said = AgentHarness(Path(folder), config=config), []
    for step in steps:
        Path(log).write_text("")
        if isinstance(step, str):
            done = subprocess.run(step, shell=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            said.append([done.returncode, done.stdout + done.stderr, {}, ""])
        else:
            reply = agent.call(step[0], **step[1])
            said.append([int(reply.statuscode), reply.statusmsg, dict(reply.data), Path(log).read_text()])
    print(json.dumps(said, default=str), flush=True)
"""
Step = str | tuple[str, dict[str, Any]]


class Wall:
    """A host with a firewall of one back end, in a folder that the host sees."""

    def __init__(self, doer: "subprocess.Popen[str]", folder: Path, backend: str) -> None:
        self.backend, self.reads, self.folder, self._doer = backend, READS[backend], folder, doer

    def does(self, *steps: Step, **config: str) -> list[tuple[int, str, dict[str, Any], str]]:
        """What came of each: status code and message, outputs, and the programs that were run."""
        programs = {name: str(self.folder / wrapped) for name, wrapped in WRAPPED.items()}
        kept = {"backend": self.backend, "state_directory": str(self.folder / f"kept-{self.backend}"), "cut": "0"}
        assert self._doer.stdin is not None and self._doer.stdout is not None
        self._doer.stdin.write(f"{json.dumps([programs | kept | config, steps])}\n")
        self._doer.stdin.flush()
        return [tuple(one) for one in json.loads(self._doer.stdout.readline())]

    def shows(self, address: str) -> bool:
        """Whether the kernel has an entry for it."""
        (_, text, _, _) = self.does(SHOWN[self.backend])[0]
        return address in text.replace("/32", " ").replace(",", " ").split()


def wrapped(folder: Path, name: str, program: str) -> None:
    file = folder / name
    file.write_text(f'#!/bin/sh\necho "{name.removeprefix("nft-")} $*" >> {folder}/log\nexec {program} "$@"\n')
    file.chmod(0o755)


@pytest.fixture(scope="module")
def doer() -> "Iterator[tuple[subprocess.Popen[str], Path]]":
    require_lab()
    require_programs("nft", "ipset", "iptables-nft")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="mco-lab-") as name, Lab(Path(name)) as lab:
        folder = Path(name)
        for program, wrapper in WRAPPED.items():
            ends: Sequence[str] = ("", "-save", "-restore") if "tables" in program else ("",)
            for end in ends:
                real = f"{program}-nft{end}" if "tables" in program else program
                wrapped(folder, f"{wrapper}{end}", f"/usr/sbin/{real}")
        lab.up(HOST)
        words = lab.inside(
            HOST, [sys.executable, "-c", _PROGRAM, str(Path(__file__).parents[2] / "agents" / "iptables"), str(folder / "log")]
        )
        with subprocess.Popen(words, env=lab.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            yield process, folder


@pytest.fixture(params=BACKENDS)
def wall(request: pytest.FixtureRequest, doer: "tuple[subprocess.Popen[str], Path]") -> Iterator[Wall]:
    made = Wall(*doer, request.param)
    for code, said, *_ in made.does(("setup", {}), ("apply", {"list": MANY, "reason": "burst"})):
        assert code == 0, said
    yield made
    for code, said, *_ in made.does(("flush", {"all": True}), ("teardown", {})):
        assert code == 0, said


def test_one_more_is_put_there_without_a_look_at_the_others(wall: Wall):
    blocked, unblocked, looked = wall.does(("block", {"ipaddr": ONE}), ("unblock", {"ipaddr": MANY[0]}), ("status", {}))
    assert (blocked[0], blocked[2]["changes"], unblocked[0]) == (0, [f"+ {ONE}"], 0)
    assert wall.reads not in blocked[3] + unblocked[3] and wall.reads in looked[3]
    assert (looked[2]["state"], looked[2]["drift"], looked[2]["blocks"]) == ("ok", [], len(MANY))
    assert wall.shows(ONE) and wall.shows(MANY[1]) and not wall.shows(MANY[0])


def test_what_was_taken_away_by_hand_is_noticed_by_the_next_change_and_put_right(wall: Wall):
    wall.does(("block", {"ipaddr": ONE}))
    taken, asked, blocked = wall.does(TAKEN[wall.backend], ("isblocked", {"ipaddr": ONE}), ("block", {"ipaddr": OTHER}))
    assert taken[0] == 0, taken[1]
    assert asked[2]["blocked"] is False and "taken away by hand" in asked[2]["output"]
    assert (blocked[0], blocked[2]["drift"]) == (0, [f"taken away by hand: {ONE}"])
    assert wall.shows(ONE) and wall.shows(OTHER)


def test_one_exchanged_for_another_by_hand_is_noticed(wall: Wall):
    put = {
        "nft": f"nft add element inet mcollective block4_32 {{ {OTHER} }}",
        "ipset": f"ipset add mco-block4 {OTHER}",
        "iptables": f"iptables -w -A junk_filter -s {OTHER} -m comment --comment mcollective -j DROP",
    }
    hands = f"{TAKEN[wall.backend]}; {put[wall.backend]}"
    _, _, blocked = wall.does(("block", {"ipaddr": ONE}), hands, ("block", {"ipaddr": "203.0.113.9"}))
    assert blocked[2]["drift"] == [f"taken away by hand: {ONE}", f"put there by hand: {OTHER}"]
    assert wall.shows(ONE) and not wall.shows(OTHER)


def test_a_chain_that_nobody_leads_to_any_more_is_noticed(wall: Wall):
    words = {"nft": "nft flush chain inet mcollective input"}
    unhook = words.get(wall.backend, "iptables -w -D INPUT -m comment --comment mcollective -j junk_filter")
    _, blocked, again, status = wall.does(unhook, ("block", {"ipaddr": ONE}), ("block", {"ipaddr": OTHER}), ("status", {}))
    assert blocked[2]["drift"] and not again[2]["drift"] and status[2]["state"] == "ok"


def test_rules_of_others_that_change_meanwhile_are_no_drift(wall: Wall):
    other = "nft add table inet mine; nft add chain inet mine c; nft add rule inet mine c counter"
    blocked, _, looked, again = wall.does(
        ("block", {"ipaddr": ONE}), other, ("block", {"ipaddr": OTHER}), ("unblock", {"ipaddr": OTHER})
    )
    assert (blocked[0], looked[0], looked[2]["drift"]) == (0, 0, []) and wall.reads in looked[3]
    assert (again[0], again[2]["drift"]) == (0, []) and wall.reads not in again[3]
    wall.does("nft delete table inet mine")


def test_isblocked_believes_the_generation_and_no_more(wall: Wall):
    sure, absent, _, unsure = wall.does(
        ("isblocked", {"ipaddr": MANY[3]}),
        ("isblocked", {"ipaddr": OTHER}),
        "nft add table inet mine",
        ("isblocked", {"ipaddr": MANY[3]}),
    )
    assert (sure[2]["blocked"], absent[2]["blocked"], unsure[2]["blocked"]) == (True, False, True)
    if wall.backend != "ipset":  # a set is asked in no time
        assert not sure[3] + absent[3] and unsure[3]
    wall.does("nft delete table inet mine")


def test_another_end_keeps_the_counters_and_comes_into_the_kernel(wall: Wall):
    extended, looked = wall.does(("extend", {"ipaddr": MANY[5], "for": 3600}), ("listblocked", {}))
    assert extended[0] == 0 and extended[2]["changes"] == [f"~ {MANY[5]}"]
    assert looked[2]["drift"] == [] and looked[2]["count"] == len(MANY)
    row = next(row for row in looked[2]["entries"] if row["network"] == MANY[5])
    assert 3500 < row["remaining"] <= 3600 and wall.shows(MANY[5])


def test_a_scope_that_comes_and_goes_takes_its_rule_along(wall: Wall):
    scoped = {"ipaddr": ONE, "protocol": "tcp", "ports": "25"}
    steps = wall.does(
        ("block", scoped), ("block", {"ipaddr": "203.0.113.0/24"}), ("block", {"ipaddr": "2001:db8:bad::7"}), ("status", {}),
        ("unblock", scoped), ("unblock", {"ipaddr": "203.0.113.0/24"}), ("unblock", {"ipaddr": "2001:db8:bad::7"}), ("status", {}),
    )  # fmt: skip
    assert [code for code, *_ in steps] == [0] * len(steps), [said for _, said, *_ in steps]
    assert [one[2]["state"] for one in (steps[3], steps[7])] == ["ok", "ok"]
    assert (steps[3][2]["blocks"], steps[7][2]["blocks"]) == (len(MANY) + 3, len(MANY))


def test_a_change_that_fails_leaves_all_as_it_was(wall: Wall):
    folder = wall.folder
    name = {"nft": "nft-nft", "ipset": "nft-ipset", "iptables": "nft-iptables-restore"}[wall.backend]
    real = (folder / name).read_text()
    try:
        (folder / name).write_text(real.replace("exec", 'case "$*" in *list*|*save*) ;; *) echo no room >&2; exit 1;; esac\nexec'))
        failed = wall.does(("block", {"ipaddr": ONE}))[0]
    finally:
        (folder / name).write_text(real)
    assert failed[0] != 0 and "no room" in failed[1]
    blocked, status = wall.does(("block", {"ipaddr": OTHER}), ("status", {}))
    assert blocked[0] == 0 and (status[2]["state"], status[2]["blocks"]) == ("ok", len(MANY) + 1)
    assert not wall.shows(ONE) and wall.shows(OTHER)


def test_with_another_target_all_rules_become_others(wall: Wall):
    changed = wall.does(("block", {"ipaddr": ONE}), ("status", {}), target="REJECT")
    assert changed[0][0] == 0, changed[0][1]
    assert changed[1][2]["state"] == "ok"


def test_a_store_that_was_changed_by_hand_is_compared_with_the_kernel(wall: Wall):
    store = wall.folder / f"kept-{wall.backend}" / "store.json"
    lines = store.read_text().splitlines(keepends=True)
    store.write_text("".join(line for line in lines if f'"{MANY[7]}"' not in line))
    blocked = wall.does(("block", {"ipaddr": ONE}))[0]
    assert (blocked[0], blocked[2]["drift"]) == (0, [f"put there by hand: {MANY[7]}"])
    assert not wall.shows(MANY[7])


def test_a_list_ends_nothing_earlier_and_says_what_was_there(wall: Wall):
    lines = [f"{ONE}", f"{OTHER}", "203.0.113.0/24"]
    _, _, applied, looked, _ = wall.does(
        ("block", {"ipaddr": ONE}), ("block", {"ipaddr": OTHER, "for": 600}), ("apply", {"list": lines, "for": 7200}),
        ("listblocked", {}), ("unblock", {"ipaddr": "203.0.113.0/24"}),
    )  # fmt: skip
    assert (applied[0], applied[2]["added"], applied[2]["replaced"], applied[2]["same"]) == (0, 1, 1, 1)
    assert applied[2]["output"] == (
        "put there: 1 entry; there already: 1 now with a later end or another reason, 1 with a later end of their own, which they keep"
    )
    left = {row["network"]: row.get("remaining") for row in looked[2]["entries"]}
    assert left[ONE] is None and 7100 < left[OTHER] <= 7200 and looked[2]["drift"] == []
