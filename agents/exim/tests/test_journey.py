"""Messages over several hosts, of what each tells of its own."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

FOLDER = Path(__file__).parents[1]
journey = load_module("exim", FOLDER, "journey")
ends = load_module("exim", FOLDER, "ends")
journeytext = load_module("exim", FOLDER, "journeytext")
FIRST, SECOND, THIRD, BOUNCE = "1xVAAA-00000a-01", "1xVAAB-00000b-02", "1xVAAC-00000c-03", "1xVAAD-00000d-04"


def row(id, at, *events, state="done", **more):
    return {
        "id": id,
        "at": at,
        "sender": "alice@home.test",
        "recipients": ["bob@chain.test"],
        "state": state,
        "events": [*events],
        **more,
    }


def handed(at, remote, host="mx2.lab.test", address="bob@chain.test", **more):
    return {
        "at": at,
        "kind": "delivered",
        "address": address,
        "host": host,
        "ip": "10.0.0.2",
        "remote": remote,
        "answer": "250 OK",
        **more,
    }


def chain():
    made = journey.Journey([FIRST])
    made.take("mx1", [row(FIRST, 100.0, handed(101.0, SECOND), ip="127.0.0.1", helo="client")])
    assert made.questions() == ([SECOND], [])
    made.take(
        "mx2", [row(SECOND, 101.0, {"at": 105.0, "kind": "failed", "address": "bob@chain.test", "text": "550 no"}, ip="10.0.0.1")]
    )
    made.take(
        "mx2",
        [row(BOUNCE, 105.0, handed(106.0, "", address="alice@home.test"), sender="", bounce_of=SECOND, recipients=["alice@home.test"])],
    )
    return made


def test_ids_are_asked_for_until_nothing_new_comes():
    assert chain().questions() == ([], [])


def test_a_way_is_one_path_with_what_became_of_the_recipient():
    made = chain()
    assert [(depth, stop.host, stop.id) for depth, stop in made.walk()] == [(0, "mx1", FIRST), (1, "mx2", SECOND), (2, "mx2", BOUNCE)]
    assert [(one.recipient, one.state, one.host, one.after, one.hops) for one in ends.outcomes(made)] == [
        ("bob@chain.test", "bounced", "mx2", 5.0, 2),
        ("alice@home.test", "delivered", "mx2", 6.0, 2),
    ]
    lines = journeytext.journey_lines(made)
    assert lines[1].endswith(f"mx1        bob@chain.test handed to mx2 [10.0.0.2] as {SECOND}")


def test_an_id_that_another_host_has_given_to_another_message_is_not_taken_for_it():
    made = journey.Journey([FIRST])
    made.take("mx1", [row(FIRST, 100.0, handed(101.0, SECOND), message_id="a@home.test")])
    made.questions()
    made.take("mx2", [row(SECOND, 101.0, message_id="other@home.test")])
    made.take("mx3", [row(SECOND, 90_000.0, message_id="a@home.test")])
    assert [stop.host for _, stop in made.walk()] == ["mx1", "mx3"]  # the same message, though not by that hand-over
    assert all(not stop.handed for stop in made.stops.values())
    assert ends.outcomes(made)[0].to == "mx2.lab.test [10.0.0.2]"


def test_without_answers_in_the_log_the_message_id_leads_on():
    made = journey.Journey([FIRST])
    made.take("mx1", [row(FIRST, 100.0, {**handed(101.0, ""), "answer": ""}, message_id="a@home.test")])
    assert made.questions() == ([], ["a@home.test"])
    made.take("mx2", [row(SECOND, 101.0, message_id="a@home.test")])
    assert [(depth, stop.host) for depth, stop in made.walk()] == [(0, "mx1"), (1, "mx2")]


def test_who_handed_a_message_on_is_asked_for_by_its_id():
    made = journey.Journey((), ["a@home.test"])
    made.take("mx2", [row(SECOND, 101.0, ip="10.0.0.1", helo="mx1.lab.test")])
    assert made.questions() == ([SECOND], [])
    made.take("mx1", [row(FIRST, 100.0, handed(101.0, SECOND))])
    assert [stop.host for _, stop in made.walk()] == ["mx1", "mx2"]


def test_a_circle_ends():
    made = journey.Journey([FIRST])
    made.take("mx1", [row(FIRST, 100.0, handed(100.0, SECOND))])
    made.take("mx2", [row(SECOND, 100.0, handed(100.0, FIRST))])
    assert [stop.host for _, stop in made.walk()] == ["mx1", "mx2"]
    assert isinstance(journeytext.journey_lines(made), list)


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "text",
        [None, 1, {}],
        [{"id": "../../x"}],
        [{"id": FIRST, "at": "soon", "events": "none", "recipients": {}, "state": 7}],
        [{"id": FIRST, "at": -1, "events": [{"kind": "delivered", "ip": 3, "at": 1e300}, {"kind": []}], "waiting": [1]}],
        [{"id": FIRST, "at": float("inf"), "events": [{"kind": "deferred", "times": "x", "since": None}]}],
    ],
)
def test_what_a_host_makes_up_breaks_nothing(rows):
    made = journey.Journey([FIRST])
    made.take("evil", rows)
    made.questions()
    assert isinstance(journeytext.journey_lines(made), list)
    assert isinstance([ends.outcome_line(one) for one in ends.outcomes(made)], list)


def test_there_is_an_end_to_messages():
    made = journey.Journey()
    made.take("mx1", [row(f"1xV{n:03d}-00000a-01", 100.0 + n) for n in range(600)])
    assert (len(made.stops), made.is_cut) == (500, True)


@pytest.mark.parametrize(("seconds", "text"), [(-3, "0s"), (59.9, "59s"), (60, "1m00s"), (3600 * 5 + 125, "5h02m"), (200_000, "2d07h")])
def test_spans(seconds, text):
    assert ends.span(seconds) == text


def test_of_a_message_that_came_before_the_log_begins_nothing_is_made_up():
    gone = {"id": FIRST, "sender": "", "state": "done", "events": [handed(5e8, "", "sink.test")]}
    way = journey.Journey([FIRST])
    way.take("mx1", [gone])
    (end,) = ends.outcomes(way)
    assert (end.after, end.is_bounce) == (None, False)
    assert ends.outcome_line(end) == "bob@chain.test: delivered by mx1 to sink.test [10.0.0.2]"
    assert f"{FIRST}  received before its log begins" in journeytext.journey_lines(way, ())[0]
