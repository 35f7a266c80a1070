"""What `--json` and `--jsonl` really print is as docs/json-schema/ says, key by key."""

import json
from pathlib import Path

import pytest

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.jsondocument import JSONDocument
from mcollective_py.cli.output.jsonlines import JSONLines
from mcollective_py.cli.render import Style
from mcollective_py.client.aggregate.summaries import Summaries
from tests.cli.output.fleet import CASES, SERVICE, results
from tests.jsonschema import faults

SCHEMAS = Path(__file__).parents[2] / "docs" / "json-schema"


def printed(kind, case):
    """The documents that one format makes of one case of the fixed fleet."""
    made, called, summaries = kind(SERVICE, Style()), results(case), Summaries(SERVICE.actions["status"])
    text = ""
    for result in called:
        summaries.add(result)
        text += made.result(result)
    text += made.end(Ending(called.stats, tuple(summaries.finished())))
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("case", CASES)
def test_a_call_of_any_outcome_is_as_described(case):
    assert [faults(document, SCHEMAS / "call.json") for document in printed(JSONDocument, case)] == [[]]


@pytest.mark.parametrize("case", CASES)
def test_every_line_of_a_stream_is_as_described(case):
    lines = printed(JSONLines, case)
    assert [faults(line, SCHEMAS / "line.json") for line in lines] == [[]] * (len(CASES[case][0]) + 1)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("call", ("rpc", "rpcutil", "get_fact", "fact=country", "--json")),
        ("call", ("rpc", "echo", "--body", "hello", "--json")),
        ("call", ("rpc", "rpcutil", "ping", "-I", "nobody", "-t", "0.3", "--json")),
        ("sent", ("rpc", "rpcutil", "ping", "--json", "--no-results")),
        ("ping", ("ping", "--json")),
        ("ping", ("ping", "--json", "-I", "nobody", "-t", "0.3")),
        ("find", ("find", "--json", "-C", "role::web")),
        ("facts", ("facts", "country", "--json")),
        ("inventory", ("inventory", "web1", "--json")),
        ("inventory", ("inventory", "nobody", "--json", "-t", "0.3")),
    ],
)
def test_what_a_command_prints_of_a_real_site_is_as_described(desk, schema, words):
    assert faults(json.loads(desk.mco(*words).out), SCHEMAS / f"{schema}.json") == []


def test_a_stream_of_a_real_site_is_as_described_and_its_replies_come_first(desk):
    lines = [json.loads(line) for line in desk.mco("rpc", "rpcutil", "ping", "--jsonl").out.splitlines()]
    assert [faults(line, SCHEMAS / "line.json") for line in lines] == [[]] * 4
    assert [line["type"] for line in lines] == ["reply", "reply", "reply", "stats"]


def test_a_stream_of_pings_is_as_described(desk):
    lines = [json.loads(line) for line in desk.mco("ping", "--jsonl").out.splitlines()]
    assert [faults(line, SCHEMAS / "ping-line.json") for line in lines] == [[]] * 4
    assert ({line["sender"] for line in lines[:3]}, lines[3]["type"]) == ({"web1", "web2", "db1"}, "stats")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({}, "lacks sender"),
        ({"sender": 1}, "1 is no string"),
        ({"sender": "a", "refusal": "b", "statusmsg": "c", "more": 1}, "more is not in refusal.json"),
    ],
)
def test_the_checker_sees_what_is_wrong(document, says):
    assert any(says in fault for fault in faults(document, SCHEMAS / "refusal.json"))
