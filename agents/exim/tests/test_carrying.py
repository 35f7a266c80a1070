"""What becomes of messages between the moment they are listed and the moment Exim is called, without Exim: its answers are given."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

FOLDER = Path(__file__).parents[1]
aims = load_module("exim", FOLDER, "aims")
answers = load_module("exim", FOLDER, "answers")
carrying = load_module("exim", FOLDER, "carrying")
deliveries = load_module("exim", FOLDER, "deliveries")
deliverylog = load_module("exim", FOLDER, "deliverylog")
spoolfile = load_module("exim", FOLDER, "spoolfile")
told = load_module("exim", FOLDER, "told")

A, B = "1xVZ6i-0000Gf-0b", "1xVZ6i-0000Gi-0e"


def target(id, queue="", **more):
    return aims.Target(id, queue, spoolfile.Message(id, "alice@example.org", 1, ("bob@example.com",), queue=queue, **more))


def carried(aim, due, said, *, there=(), has_time=lambda: True):
    """said: what Exim says to each call in turn, as id -> outcome. there: what is in the queue afterwards."""
    calls, left = [], list(said)

    def ask(group):
        calls.append([one.id for one in group])
        words = left.pop(0) if len(left) > 1 else left[0]
        return {id: answers.Outcome(id, outcome, outcome) for id, outcome in words.items()}, "Exim's complaint"

    def look(ids):
        return {one.id: one for one in there if one.id in ids}

    found = carrying.carry_out(aim, due, ask, look, pause=lambda: None, has_time=has_time)
    return {id: (one.outcome, one.text) for id, one in found.items()}, calls


def aim(action, **inputs):
    return aims.aim_of(action, inputs)


def test_what_exim_says_stands():
    assert carried(aim("freeze"), [target(A), target(B)], [{A: "done", B: "unchanged"}])[0] == {
        A: ("done", "done"),
        B: ("unchanged", "unchanged"),
    }


def test_a_message_that_was_delivered_meanwhile_is_gone():
    assert carried(aim("freeze"), [target(A)], [{A: "gone"}])[0] == {A: ("gone", "has left the queue")}
    assert carried(aim("rm"), [target(A)], [{A: "gone"}])[0] == {A: ("gone", "has left the queue")}
    assert carried(aim("rm"), [target(A)], [{A: "locked"}])[0] == {A: ("gone", "has left the queue")}


def test_of_what_it_says_nothing_the_queue_tells():
    assert carried(aim("rm"), [target(A)], [{}])[0] == {A: ("done", "has been removed")}
    moved = [target(A, "hold")]
    assert carried(aim("move", queue="hold"), [target(A)], [{}], there=moved)[0] == {A: ("done", "has been moved to the queue hold")}
    assert carried(aim("move", queue="hold"), [target(A)], [{}], there=[target(A)])[0] == {
        A: ("refused", "was not moved: Exim's complaint")
    }


def test_a_locked_message_is_tried_again_and_told_where_it_stays_so():
    assert carried(aim("freeze"), [target(A)], [{A: "locked"}, {A: "done"}], there=[target(A)]) == ({A: ("done", "done")}, [[A], [A]])
    outcome, calls = carried(aim("freeze"), [target(A), target(B)], [{A: "locked", B: "done"}, {A: "locked"}], there=[target(A)])
    assert (outcome[A], calls) == (("locked", "locked"), [[A, B], [A], [A]])


def test_another_operator_was_faster():
    there = [target(A, frozen_since=5)]
    assert carried(aim("freeze"), [target(A)], [{A: "locked"}], there=there)[0][A] == (
        "unchanged",
        "was done by another at the same moment",
    )


def test_a_message_that_was_moved_is_followed_to_its_queue():
    outcome, calls = carried(aim("freeze"), [target(A)], [{A: "gone"}, {A: "done"}], there=[target(A, "hold")])
    assert (outcome[A][0], len(calls)) == ("done", 2)


def test_a_message_without_its_body_is_removed_though_exim_says_that_it_does_not_exist():
    broken = aims.Target(A, "", None, "its -D file is not there")
    assert carried(aim("rm"), [broken], [{A: "gone"}])[0] == {A: ("done", "has been removed")}
    assert aim("freeze").judge(broken).outcome == "broken"


def test_what_is_not_begun_in_time_is_told():
    assert carried(aim("rm"), [target(A)], [{}], has_time=lambda: False) == (
        {A: ("refused", "was not begun: those before it took too long")},
        [],
    )


def test_messages_of_one_queue_share_a_call_and_edits_have_their_own():
    assert carried(aim("rm"), [target(A), target(B, "hold")], [{}])[1] == [[A], [B]]
    assert carried(aim("setsender", sender="<>"), [target(A), target(B)], [{A: "done", B: "done"}])[1] == [[A], [B]]


@pytest.mark.parametrize(
    ("action", "inputs", "mail", "outcome"),
    [
        ("freeze", {}, {"frozen_since": 3}, "is already frozen"),
        ("thaw", {}, {}, "is not frozen"),
        ("setsender", {"sender": "alice@example.org"}, {}, "has the sender alice@example.org already"),
        ("setsender", {"sender": "<>"}, {}, None),
        ("addrecipient", {"recipient": "bob@example.com"}, {}, "goes to bob@example.com already"),
        ("addrecipient", {"recipient": "c@d.e"}, {"delivered": ("c@d.e",)}, "was delivered to c@d.e already, or given up for it"),
        ("markdelivered", {}, {}, None),
        ("markdelivered", {"recipient": "BOB@example.com"}, {}, None),
        ("markdelivered", {"recipient": "c@d.e"}, {"delivered": ("c@d.e",)}, "is marked as delivered to c@d.e already"),
        ("markdelivered", {"recipient": "c@d.e"}, {}, "was not marked: c@d.e is not a recipient"),
        ("move", {"queue": ""}, {}, "is in the usual queue already"),
        ("move", {"queue": "hold"}, {}, None),
        ("rm", {}, {}, None),
    ],
)  # fmt: skip
def test_what_there_is_to_do(action, inputs, mail, outcome):
    judged = aim(action, **inputs).judge(target(A, **mail))
    assert (judged.text if judged else None) == outcome


def test_a_recipient_is_named_as_the_message_spells_it():
    wanted = aim("markdelivered", recipient="BOB@example.com")
    assert wanted.words("/exim", [target(A)]) == ["/exim", "-Mmd", A, "--", "bob@example.com"]


def outcome(id, name, text=""):
    return answers.Outcome(id, name, text)


@pytest.mark.parametrize(
    ("outcomes", "is_selection", "sentence"),
    [
        ([], True, "no message is meant"),
        ([outcome(A, "done", "has been removed")], True, f"Message {A} has been removed"),
        ([outcome(A, "unknown")], False, f"No message matching {A}"),
        ([outcome(A, "done"), outcome(B, "gone")], True, "1 message was removed; 1 had left the queue"),
        ([outcome(A, "done"), outcome(B, "locked")], True, "1 of 2 messages were not removed: 1 locked"),
        ([outcome(A, "refused"), outcome(B, "unknown")], False, "2 of 2 messages were not removed: 1 unknown, 1 refused"),
    ],
)
def test_sentences(outcomes, is_selection, sentence):
    wanted = aim("rm")
    assert told.sentence(wanted, outcomes, told.failing(wanted, is_selection=is_selection)) == sentence


def test_that_a_message_has_gone_fails_only_what_was_to_change_it():
    assert "gone" in told.failing(aim("freeze"), is_selection=False)
    assert "gone" not in told.failing(aim("freeze"), is_selection=True)
    assert "gone" not in told.failing(aim("rm"), is_selection=False)


def test_rows_begin_with_what_was_not_done_and_have_an_end():
    reply = {}
    told.fill(reply, [*(outcome(str(n), "done") for n in range(6000)), outcome(A, "locked", "is locked")], ("locked",))
    assert (reply["matched"], reply["done"], reply["failed"], reply["changed"], len(reply["outcomes"])) == (6001, 6000, 1, True, 5000)
    assert reply["outcomes"][0] == {"msgid": A, "outcome": "locked", "text": "is locked"}


Story = deliverylog.Story


@pytest.mark.parametrize(
    ("story", "now", "is_held", "is_running", "kind"),
    [
        (Story(delivered=1, is_over=True), None, False, False, "delivered"),
        (Story(failed=1, trouble="550 no"), None, False, False, "bounced"),
        (Story(), None, False, False, "gone"),
        (Story(deferred=1, trouble="451"), target(A), False, False, "still waiting"),
        (Story(deferred=1), target(A, frozen_since=3), False, False, "frozen"),
        (Story(was_locked=True), target(A), True, False, "locked"),
        (Story(), target(A), True, True, "being delivered"),
        (Story(), target(A), False, True, "being delivered"),
        (Story(is_broken=True), target(A), False, False, "broken"),
    ],
)  # fmt: skip
def test_how_a_delivery_ended(story, now, is_held, is_running, kind):
    assert deliveries.kind_of(story, now, is_held=is_held, is_running=is_running) == kind


def test_deliveries_in_words():
    assert deliveries.sentence(["delivered", "still waiting", "delivered"], "3 messages") == "3 messages: 2 delivered, 1 still waiting"
    story = Story(delivered=2, failed=1, trouble="550 no")
    assert deliveries.outcome_of(A, "bounced", story, None).text == "was delivered to 2, and bounced for 1: 550 no"
    assert deliveries.outcome_of(A, "still waiting", Story(), target(A), "451 later").text == "waits still: 451 later"


def test_messages_are_shared_out_so_that_the_oldest_are_tried_first():
    parts = deliveries.shares([target(f"{n:06d}-000000-00") for n in range(60)], 4, 25)
    assert [[one.id[:6] for one in part][:2] for part in parts] == [["000000", "000002"], ["000001", "000003"]]
    assert len(deliveries.shares([target(A), target(B, "hold")], 4, 25)) == 2
