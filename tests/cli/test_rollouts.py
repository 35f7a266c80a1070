"""Roll-outs as an operator makes them: echo is denied on web2, which is in another country than the policy allows."""

import json

import pytest

from mcollective_py.cli.render import Style, remark_lines
from mcollective_py.client.results import RPCStats, exitcode
from mcollective_py.client.rollout import Stopped

SILENT = ("rpc", "rpcutil", "ping", "-I", "nosuch", "-I", "web1", "-I", "web2", "-I", "db1", "-t", "0.5", "--batch-sleep", "0")


def test_a_canary_that_is_silent_stops_it_and_the_rest_is_asked_by_rerun(desk):
    answer = desk.mco(*SILENT, "--canary", "1")
    assert answer.code == 2
    assert (
        "The roll-out stopped after batch 1 of 2: 1 of 1 host did not answer, a canary is to succeed on all of its hosts; "
        "3 hosts were not asked" in answer.lines
    )
    at = answer.lines.index("Not asked:") + 1
    assert sorted(" ".join(answer.lines[at : at + 2]).split()) == ["db1", "web1", "web2"]
    again = desk.mco("rpc", "rpcutil", "ping", "--rerun", "missing", "-x", "nosuch", "--json")
    document = json.loads(again.out)
    assert (again.code, document["stats"]["ok"], sorted(document["stats"]["discovered"])) == (0, 3, ["db1", "web1", "web2"])


def test_where_it_stopped_is_in_the_document(desk):
    document = json.loads(desk.mco(*SILENT, "--batch", "1,2", "--max-fail", "0", "--json").out)
    assert document["stats"]["stopped"] == {
        "batch": 1,
        "batches": 3,
        "reason": "max_fail",
        "limit": "0",
        "asked": 1,
        "failed": 0,
        "denied": 0,
        "silent": 1,
        "not_asked": 3,
        "is_within": False,
    }
    assert document["stats"]["not_asked"] == ["web1", "web2", "db1"]


def test_a_roll_out_that_goes_well_asks_everybody(desk):
    answer = desk.mco(
        "rpc", "rpcutil", "ping", "--batch", "1,100%", "--batch-sleep", "0", "--canary", "1", "--max-fail", "10%", "--json"
    )
    document = json.loads(answer.out)
    assert (answer.code, document["stats"]["ok"], document["stats"]["stopped"]) == (0, 3, None)


def test_as_many_silent_hosts_as_may_be_are_0_as_ever(desk):
    answer = desk.mco(*SILENT, "--batch", "2", "--max-fail", "1")
    assert answer.code == 0
    assert answer.lines[-1].startswith("Finished processing 3 / 4 hosts")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ("--max-fail", "2"),
            "--max-fail stops between batches and there are none: add --batch, as in --batch 1,10%,100%, or --canary",
        ),
        (("--batch", "2", "--max-fail", "x"), "--max-fail is a number of hosts or a percentage up to 100%, not 'x'"),
        (("--canary", "1", "--nr"), "--canary goes neither with --no-results nor with --reply-to"),
        (("--batch", "1,0"), "a batch is a number of hosts above 0 or a percentage up to 100%, not '0'; 1,10%,100% has it grow"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_sent(desk, words, says):
    answer = desk.mco("rpc", "rpcutil", "ping", *words)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err


def test_a_plain_message_goes_to_all_at_once(desk):
    answer = desk.mco("rpc", "echo", "--body", "1", "--canary", "1", "--max-fail", "1")
    assert answer.code == 1
    assert "--canary and --max-fail is for actions; a plain message goes to all at once" in answer.err


def test_late_and_unsent_hosts_are_named():
    stats = RPCStats(discovered=("a", "b", "c"), responses=2, ok=2, late=("a", "b"), not_sent=("c",))
    lines = remark_lines(stats, Style())
    assert "2 hosts answered after the time of their batch: a, b" in lines
    assert lines[lines.index("Not sent to, for --publish_timeout was over:") + 2] == "   c"
    assert exitcode(stats) == 2
    many = RPCStats(late=tuple(f"h{number}" for number in range(12)))
    assert remark_lines(many, Style())[1].endswith("h8, h9 and 2 more")


def test_a_roll_out_that_stopped_is_2_however_quiet_it_was():
    stopped = Stopped(1, 2, "max_fail", "0", 1, 0, 0, 1, 1)
    stats = RPCStats(discovered=("a", "b"), no_response=("a",), not_asked=("b",), stopped=stopped)
    assert (exitcode(stats), exitcode(stats, strict=True)) == (2, 2)
