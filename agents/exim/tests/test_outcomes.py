from agents.exim.outcomes import nowhere, outcome_lines, present_ids, sample_lines, sum_line, whereabouts


def row(id, outcome, text=""):
    return {"msgid": id, "outcome": outcome, "text": text}


def test_a_line_is_the_hosts_own_sentence():
    assert outcome_lines({"status": "400 messages were removed", "outcomes": [row("a", "done")] * 400}) == ["400 messages were removed"]
    assert outcome_lines({"status": "Message a is locked", "outcomes": [row("a", "locked", "is locked")]}) == ["Message a is locked"]


def test_messages_that_were_not_done_have_their_reasons():
    data = {"outcomes": [row("b", "locked", "is locked"), row("c", "refused"), row("a", "done", "has been removed")]}
    said = "2 of 3 messages were not removed: 1 locked, 1 refused"
    assert outcome_lines(data, said) == [said, "b: is locked", "c: refused"]


def test_what_became_of_every_message_is_told_where_that_is_the_question():
    data = {"status": "2 messages", "outcomes": [row("b", "unchanged", "waits still"), row("a", "done", "was delivered")]}
    assert outcome_lines(data, untold=()) == ["2 messages", "b: waits still", "a: was delivered"]
    assert outcome_lines(data, untold=("done",)) == ["2 messages", "b: waits still"]
    assert outcome_lines(data) == ["2 messages"]
    bounced = {"status": "2 messages", "outcomes": [row("a", "done", "was delivered"), row("b", "done", "bounced: 550 nobody")]}
    assert outcome_lines(bounced, untold=("done",)) == ["2 messages", "b: bounced: 550 nobody"]


def test_all_hosts_together_are_one_line():
    hosts = [{"matched": 400, "done": 397, "failed": 3}, {"matched": 12, "done": 10, "failed": 0}, {"matched": "x"}]
    assert sum_line(hosts) == "412 messages on 3 hosts: 407 done, 2 needed nothing or had gone, 3 failed"
    assert sum_line([{"matched": 1, "done": 1}, {}], is_trial=True) == "1 message on 2 hosts: 1 would be done, 0 failed"


def test_of_many_that_were_not_done_only_the_first_are_shown():
    lines = outcome_lines({"outcomes": [row(str(number), "locked") for number in range(50)]}, "50 were not")
    assert len(lines) == 22
    assert lines[-1] == "... and 30 more: -v has them all"


def test_a_host_that_answers_nonsense_breaks_nothing():
    assert outcome_lines({"outcomes": "nonsense", "status": None}) == ["no message is meant"]
    assert outcome_lines({"outcomes": [7, row("a", "locked"), {"outcome": "locked"}], "status": "x"}) == ["x", "a: locked", ": locked"]


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


def test_what_no_host_has_is_told_with_what_knows_more():
    assert nowhere(["a"]) == "mco exim: no host has a message a: mco exim trace a tells what became of it"
    assert nowhere([*"abcdefg"], is_sure=False).startswith(
        "mco exim: no host that could say it has a message a, b, c, d, e and 2 more: "
    )
