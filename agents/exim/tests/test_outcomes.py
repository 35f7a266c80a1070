from agents.exim.orders import ACTING
from agents.exim.outcomes import not_done_lines, outcome_lines, present_ids, sample_lines, whereabouts


def rows(**counts):
    return {
        "outcomes": [
            {"msgid": f"{name}{number}", "outcome": name, "text": ""} for name, count in counts.items() for number in range(count)
        ]
    }


def test_a_line_counts_what_became_of_messages():
    assert outcome_lines(rows(done=400), ACTING["rm"]) == ["400 messages removed"]
    assert outcome_lines(rows(done=1, gone=2), ACTING["rm"]) == ["1 message removed, 2 had left the queue"]
    assert outcome_lines(rows(done=3, unchanged=2), ACTING["freeze"]) == ["3 messages frozen, 2 frozen before"]
    assert outcome_lines(rows(unchanged=2), ACTING["freeze"]) == ["2 frozen before"]
    assert outcome_lines(rows(would=7, gone=1), ACTING["rm"], is_trial=True) == ["7 messages would be removed, 1 had left the queue"]


def test_messages_that_were_not_done_have_their_reasons():
    data = {
        "outcomes": [
            {"msgid": "a", "outcome": "done", "text": "has been removed"},
            {"msgid": "b", "outcome": "locked", "text": "is locked"},
            {"msgid": "c", "outcome": "refused", "text": ""},
        ]
    }
    assert outcome_lines(data, ACTING["rm"]) == ["1 message removed", "b: is locked", "c: Exim refused"]


def test_of_many_that_were_not_done_only_the_first_are_shown():
    lines = not_done_lines(rows(locked=50))
    assert len(lines) == 21
    assert lines[-1] == "... and 30 more: -v has them all"


def test_a_host_without_outcomes_is_shown_by_its_status():
    assert outcome_lines({"status": "Message has been removed"}, ACTING["rm"]) == ["Message has been removed"]
    assert outcome_lines({"outcomes": "nonsense", "status": None}, ACTING["rm"]) == ["no message is meant"]


def test_where_messages_are_is_told_by_the_most_first():
    assert whereabouts({"mx1": 3}) == "mx1"
    assert whereabouts({"mx2": 212, "mx1": 400, "mx4": 100, "mx3": 100}) == "4 hosts (mx1 400, mx2 212, mx3 100, mx4 100)"
    assert whereabouts({f"mx{number:02}": 100 - number for number in range(12)}).endswith("mx07 93, and 4 more)")


def test_the_first_messages_stand_in_a_table_with_their_hosts():
    lines = sample_lines([("mx1", {"id": "a", "sender": "x@y", "host": "evil"}), ("mx2", {"id": "b", "sender": "z@y"})], 12)
    assert lines == ["HOST  ID  SENDER", "mx1   a   x@y", "mx2   b   z@y", "... and 10 more"]
    assert sample_lines([], 12) == []


def test_a_trial_tells_which_of_the_ids_are_there():
    data = {
        "outcomes": [{"msgid": "a", "outcome": "would"}, {"msgid": "b", "outcome": "unknown"}, {"msgid": "c", "outcome": "locked"}, 7]
    }
    assert present_ids(data) == ["a", "c"]
