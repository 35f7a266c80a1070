"""What became of messages, out of recorded logs."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

FOLDER, CASES = Path(__file__).parents[1], Path(__file__).parent / "cases"
trail = load_module("exim", FOLDER, "trail")


def lines(name):
    return (CASES / f"{name}.txt").read_text().split("\n")


def test_a_message_and_its_bounce():
    told = trail.trails(lines("mainlog-mx3"), ["1xVYlK-00000j-26"])
    assert [*told.found] == ["1xVYlK-00000j-26", "1xVYlK-00000q-2W"]
    row = trail.trail_row(told.found["1xVYlK-00000j-26"], None)
    assert (row["sender"], row["helo"], row["state"]) == ("alice@home.test", "mx2.lab.test", "done")
    assert [(event["kind"], event["address"]) for event in row["events"]] == [("failed", "reject@chain.test")]
    assert trail.trail_row(told.found["1xVYlK-00000q-2W"], None)["bounce_of"] == "1xVYlK-00000j-26"


def test_messages_are_found_by_message_id():
    told = trail.trails(lines("mainlog-selectors"), (), ["abc.123@home.test"])
    assert len(told.found) == 5  # four of that name, and the bounce of one
    assert trail.trails(lines("mainlog-selectors"), (), ["bc.123@home.test"]).found == {}


def test_who_handed_a_message_on_is_known_by_the_answer():
    assert trail.trails(lines("mainlog-mx1"), ["1xVYlK-00000i-1O"]).senders == {"1xVYlJ-00000i-2o"}


def test_a_wait_for_the_next_try_leaves_the_reason_as_it_was():
    told = trail.trails(lines("mainlog-selectors"), ["1xVYmR-00001A-31"]).found["1xVYmR-00001A-31"]
    event = next(event for event in told.events if event["kind"] == "deferred")
    assert event["text"].endswith("451 4.3.0 come back later")
    assert event["times"] == 1
    assert trail.trail_row(told, None)["state"] == "unknown"


@pytest.mark.parametrize(
    ("address", "count"),
    [("dave@example.com", 1), ("ave@example.com", 0), ("dave@example.co", 0), ("alice@home.test", 12), ("carol@chain.test", 1)],
)
def test_addresses_stand_alone(address, count):
    assert len(trail.mentions(lines("mainlog-mx1"), [address]).ids) == count


def test_refusals_are_told():
    log = ["2026-11-23 18:27:34 H=(x) [192.0.2.1] F=<mallory@bad.example> rejected RCPT <bob@example.com>: this sender is blocked here"]
    assert trail.mentions(log, ["mallory@bad.example"]).refusals == [
        {
            "time": "2026-11-23 18:27:34",
            "text": "H=(x) [192.0.2.1] F=<mallory@bad.example> rejected RCPT <bob@example.com>: this sender is blocked here",
        }
    ]


def test_a_long_log_has_an_end():
    many = [f"2026-11-23 18:27:34 1xVYm0-00001k-1T => u{number}@example.com R=r T=t" for number in range(1000)]
    told = trail.trails(many, ["1xVYm0-00001k-1T"]).found["1xVYm0-00001k-1T"]
    assert (len(told.events), told.more) == (400, 600)
    deferred = ["2026-11-23 18:27:34 1xVYm0-00001k-1T == u@example.com R=r T=t defer (111): refused"] * 3
    assert [event["times"] for event in trail.trails(deferred, ["1xVYm0-00001k-1T"]).found["1xVYm0-00001k-1T"].events] == [3]
    told = trail.trails(lines("mainlog-mx1"), (), (), 1)
    assert told.found == {}
    assert trail.trails(lines("mainlog-selectors"), (), ["abc.123@home.test"], 2).dropped == 3


def test_a_refusal_is_one_whatever_the_client_calls_itself():
    line = "2026-11-23 19:22:54 H=(1xVYmR-00000a-1y) [127.0.0.1] F=<s4@evil.test> rejected RCPT <bob@example.com>: no"
    found = trail.mentions([line], ["s4@evil.test"])
    assert (list(found.ids), len(found.refusals)) == ([], 1)
