import json

import pytest

from mcollective_py.cli.audit.lines import Line
from mcollective_py.cli.audit.requests import Audited, Reading, Wanted, time_of
from mcollective_py.server.auditchain import Link, chained

BASE = {
    "caller": "cert=alice.mcollective",
    "agent": "service",
    "action": "restart",
    "node": "web1",
    "decision": "allow",
    "reason": None,
}


def start(number, **more):
    fields = {
        "timestamp": f"2026-11-23T21:00:{number:02}.000000+00:00",
        "request_id": f"{number:032x}",
        **BASE,
        "data": {"service": "nginx"},
    }
    return fields | {"outcome": None, "duration_ms": None} | more


def end(number, code=0, **more):
    return start(number, data=None, outcome=code, duration_ms=12.5, **more)


def lines(*records, host=""):
    return [Line(host, line) for line in chained([json.dumps(record).encode() for record in records], Link())[0]]


def found(records, **wanted):
    return list(Reading(Wanted(**wanted)).requests(lines(*records)))


def numbers(records, **wanted):
    return [int(each.start["request_id"], 16) for each in found(records, **wanted)]


def test_start_and_end_are_one_request():
    (one,) = found([start(1), end(1)])
    assert (one.decision, one.outcome, one.duration_ms, one.start["data"]) == ("allow", 0, 12.5, {"service": "nginx"})
    assert one.to_dict()["ended"] == "2026-11-23T21:00:01.000000+00:00"


def test_a_request_without_an_end_comes_last_and_its_outcome_is_unknown():
    assert numbers([start(1), start(2), end(2)]) == [2, 1]
    assert numbers([start(1), start(2), end(2)], outcome="unknown") == [1]


def test_an_end_that_nobody_saw_is_unknown_and_no_failure():
    lost = [start(1), end(1, 5, reason="unknown")]
    assert (numbers(lost, outcome="unknown"), numbers(lost, outcome="failed")) == ([1], [])


def test_what_was_let_in_and_found_no_room_is_one_request():
    (one,) = found([start(1), start(1, decision="deny", reason="busy")])
    assert (one.decision, one.reason) == ("deny", "busy")


def test_the_same_request_on_two_hosts_is_two():
    assert len(found([start(1), start(1, node="web2"), end(1, node="web2"), end(1)])) == 2


def test_a_line_that_a_rotation_has_made_stand_twice_counts_once():
    twice = lines(start(1), end(1))
    assert len(list(Reading(Wanted()).requests([*twice, *twice]))) == 1


RECORDS = [
    *(start(1), end(1)),
    *(
        start(2, caller="cert=bob.mcollective", obo="cert=sso.mcollective", node="web2"),
        end(2, 1, caller="cert=bob.mcollective", node="web2"),
    ),
    start(3, decision="deny", outcome=1, agent="shell", action="run", reason="no"),
    start(4, decision="invalid", caller=None, action=None, request_id="0" * 31 + "4"),
    *(start(5, agent="package", action="install"), end(5, agent="package", action="install")),
]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"caller": "cert=alice.mcollective"}, [1, 3, 5]),
        ({"caller": "alice.mcollective"}, [1, 3, 5]),
        ({"caller": "b*"}, [2]),
        ({"caller": "sso.mcollective"}, [2]),  # who signed for another
        ({"caller": "al"}, []),
        ({"agent": "shell"}, [3]),
        ({"agent": "s*"}, [1, 2, 3, 4]),
        ({"action": "restart"}, [1, 2]),
        ({"host": "web2"}, [2]),
        ({"decision": "deny"}, [3]),
        ({"decision": "invalid"}, [4]),
        ({"outcome": "ok"}, [1, 5]),
        ({"outcome": "failed"}, [2, 3]),
        ({"outcome": "1", "decision": "allow"}, [2]),
        ({"request": f"{5:032x}"}, [5]),
        ({"agent": "service", "host": "web1", "outcome": "ok"}, [1]),
    ],
)
def test_those_are_found_that_are_asked_for(wanted, expected):
    assert numbers(RECORDS, **wanted) == expected


def test_times_are_those_of_the_start():
    moment = time_of(start(3))
    assert numbers(RECORDS, since=moment) == [3, 4, 5]
    assert numbers(RECORDS, until=moment) == [1, 2, 3]


def test_what_is_no_record_is_counted():
    reading = Reading(Wanted())
    strange = [b"", b"x\n", b"[]\n", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\n"]
    assert list(reading.requests(Line("", text) for text in strange)) == []
    assert reading.unreadable == len(strange)


def test_a_collected_record_is_of_the_host_whose_signature_it_had():
    (one,) = Reading(Wanted(host="web9")).requests(lines(start(1, decision="deny"), host="web9"))
    assert one.to_dict()["node"] == "web9"


def test_requests_without_an_end_are_bounded():
    records = [start(1, request_id=f"{number:032x}") for number in range(21_000)]
    assert len(found(records)) == 21_000


def test_values_of_the_wrong_kind_are_no_trouble():
    assert Audited({"outcome": "x", "reason": 5, "decision": None}).to_dict()["outcome"] is None
    assert time_of({"timestamp": 5}) is None
    assert numbers([start(1, timestamp=None)], since=1.0) == []


@pytest.mark.parametrize("value", [10**400, -1, float("nan"), float("inf"), "5", None])
def test_a_duration_that_nothing_can_have_taken_is_none(value):
    assert Audited({"decision": "allow"}, {"outcome": 0, "duration_ms": value}).duration_ms is None
