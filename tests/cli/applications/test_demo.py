"""The demo's parts; the whole tour is run in tests/parts/test_demo.py."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from mcollective_py.cli.applications.demo import HOSTS, TOUR, Demo
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.errors import UsageError
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.node.view import NodeView


def test_the_tour_finds_by_class_and_by_fact_and_runs_actions() -> None:
    commands = [words[0] for _, words in TOUR]
    assert commands == ["ping", "find", "find", "find", "facts", "rpc", "rpc", "inventory"]


def test_the_hosts_differ_so_that_the_tours_filters_mean_some_and_not_all() -> None:
    filters = [Filter.parse(combined=["role::web country=de"]), Filter.parse(facts=["processors.count>=8"])]
    views = [NodeView(host.name, classes=frozenset(host.classes), facts=host.facts) for host in HOSTS]
    assert [[view.identity for view in views if matches(each, view)] for each in filters] == [["web2", "web3"], ["web3", "db1"]]


def test_a_folder_that_is_no_demo_is_not_touched(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    with pytest.raises(UsageError, match="no demo that was left running"):
        Demo().run(argparse.Namespace(end=tmp_path, keep=False))
    assert precious.read_text() == "mine"


def test_a_story_is_one_of_four_and_an_unknown_one_is_answered_with_them() -> None:
    parser = parser_for("demo", Demo())
    assert parse(parser, ["--story", "service"]).story == "service"
    with pytest.raises(UsageError, match=r"--story: .*'saga'.*exim.*package.*service.*iptables"):
        parse(parser, ["--story", "saga"])
    with pytest.raises(UsageError, match="not allowed with"):
        parse(parser, ["--story", "exim", "--keep"])


def test_where_hosts_come_from_matters_to_a_story_alone() -> None:
    with pytest.raises(UsageError, match=r"--labhost goes with --story exim\|package\|service\|iptables"):
        Demo().run(parse(parser_for("demo", Demo()), ["--labhost", "/nosuch"]))


def test_the_tour_imports_nothing_of_the_stories() -> None:
    words = "import sys, mcollective_py.cli.applications.demo; sys.exit(any('stories' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", words], timeout=30, check=False).returncode == 0
