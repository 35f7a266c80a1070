import json

import pytest

from mcollective_py.cli.applications.inventory import inventory_lines


def test_the_blocks_of_one_host(desk):
    answer = desk.mco("inventory", "web1")
    assert answer.code == 0
    assert answer.lines[0] == "Inventory for web1:"
    for part in ("Server Statistics:", "Agents:", "Data Plugins:", "Configuration Management Classes:", "Facts:"):
        assert f"   {part}" in answer.lines
    assert "      country => uk" in answer.lines
    assert "      hostile => \\x1b[2Jred" in answer.lines
    assert any("role::web" in line for line in answer.lines)


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("inventory", "web1", "--json").out)
    assert document["host"] == "web1"
    assert document["inventory"]["facts"]["country"] == "uk"
    assert document["daemon_stats"]["pid"] > 1
    assert document["interrupted"] is False


def test_a_host_that_is_not_there_is_1_and_says_what_to_do(desk):
    answer = desk.mco("inventory", "nosuch", "-t", "0.5")
    assert (answer.code, answer.out) == (1, "")
    assert "nosuch did not answer" in answer.err


def test_what_is_no_host_name_is_refused(desk):
    answer = desk.mco("inventory", "/web/")
    assert answer.code == 1
    assert "is no host name" in answer.err


def test_a_host_that_says_odd_things_is_shown_all_the_same():
    odd = {"agents": "echo", "classes": None, "facts": ["a"], "collectives": {"a": 1}, "data_plugins": [1, {"x": "\x1b"}]}
    lines = inventory_lines("web1", {"starttime": "now", "times": 5, "pid": "\x1b[2J"}, odd)
    assert not any("\x1b" in line for line in lines)
    assert lines.count("      None known") == 2
    assert "      No facts known" in lines


def test_a_host_with_a_million_facts_prints_the_first_thousand():
    facts, agents = {f"f{number}": 1 for number in range(1_000_000)}, [f"agent{number}" for number in range(1_000_000)]
    lines = inventory_lines("web1", {}, {"facts": facts, "agents": agents})
    assert len([line for line in lines if " => " in line]) == 1000
    assert lines.count("      ... and 999000 more: --json has them all") == 2


def test_data_plugins_are_shown_by_the_names_that_filters_use():
    lines = inventory_lines("web1", {}, {"data_plugins": ["fact_data", "fstat_data"]})
    assert lines[lines.index("   Data Plugins:") + 1].split() == ["fact", "fstat"]


def test_processor_time_is_that_of_the_user_and_of_the_system():
    lines = inventory_lines("web1", {"times": {"utime": 1.25, "stime": 0.5, "cutime": 9}}, {})
    assert lines[3:5] == ["          Total Processor Time: 1.25 seconds", "                   System Time: 0.5 seconds"]


def test_facts_may_be_left_out(desk):
    assert "Facts:" not in desk.mco("inventory", "db1", "--no-facts").out
    assert "facts" not in json.loads(desk.mco("inventory", "db1", "--no-facts", "--json").out)["inventory"]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "which host? mco inventory HOST; or a report"),
        (("db1", "--lc"), "a host or a report"),
        (("db1", "-F", "country=uk"), "a host that is named needs no filter"),
        (("--lc", "--reply-to", "/queue/x"), "--reply-to is for `mco rpc`"),
        (("--lc", "--script", "x"), "not allowed with"),
    ],
)
def test_words_that_speak_against_one_another_are_refused(desk, words, problem):
    answer = desk.mco("inventory", *words)
    assert (answer.code, answer.out) == (1, "")
    assert problem in answer.err
