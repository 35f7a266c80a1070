"""What Exim 4.96 says to the commands that change messages, and what its log says of deliveries, as recorded."""

from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

FOLDER, CASES = Path(__file__).parents[1], Path(__file__).parent / "cases"
answers = load_module("exim", FOLDER, "answers")
commands = load_module("exim", FOLDER, "commands")
deliverylog = load_module("exim", FOLDER, "deliverylog")
addresses = load_module("exim", FOLDER, "addresses")

A, B, LOCKED, BROKEN, HALF, BOUNCE = (
    "1xVZ6i-0000Gf-0b", "1xVZ6i-0000Gi-0e", "1xVZ6i-0000Gl-0h", "1xVZ6i-0000Go-0n", "1xVZ6i-0000Gr-0s", "1xVZ6i-0000Gu-0x",
)  # fmt: skip
UNKNOWN = "1xVWj6-00000i-ZZ"
EXIM = "/usr/sbin/exim4"


def case(name):
    return (CASES / f"{name}.txt").read_text()


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("answers-Mf", {A: "done", B: "done", LOCKED: "locked", BROKEN: "broken", HALF: "gone", UNKNOWN: "gone"}),
        ("answers-Mf-again", {A: "unchanged"}),
        ("answers-Mt", {A: "done", BOUNCE: "unchanged"}),
        ("answers-Mar", {A: "done"}),
        ("answers-Mmad", {A: "done"}),
        ("answers-Mmd-refused", {A: "refused"}),
        ("answers-MG", {LOCKED: "locked", BROKEN: "broken"}),  # of those that moved it says nothing
        ("answers-Mrm", {A: "done", LOCKED: "locked", BROKEN: "done", HALF: "gone", UNKNOWN: "gone"}),
    ],
)
def test_what_exim_says_of_each_message(name, outcomes):
    assert {id: one.outcome for id, one in answers.parse_answers(case(name)).items()} == outcomes


def test_exims_own_words_are_kept():
    assert answers.parse_answers(case("answers-Mf"))[A].text == "is now frozen"
    told = answers.parse_answers(case("answers-Mmd-refused"))[A].text
    assert told == "error while marking as delivered: nosuch@example.net is not a recipient: message not updated"
    assert answers.parse_answers(case("answers-Mrm"))[BROKEN].text == "has been removed; its -H file could not be read"
    assert answers.parse_answers(f"Message {A} is on the moon\n")[A] == answers.Outcome(A, "refused", "is on the moon")
    assert answers.parse_answers("") == {}
    assert answers.last_words("exim: permission denied\n\n") == "exim: permission denied"


def test_what_became_of_messages_that_were_given_up():
    told = answers.answers_of(answers.GIVEN_UP, "", case("answers-Mg"))
    assert {id: (one.outcome, one.text) for id, one in told.items()} == {
        B: ("done", "has been given up"),
        BOUNCE: ("done", "has been given up; there was nobody to send a bounce to"),
        LOCKED: ("locked", "is locked"),
        BROKEN: ("broken", "is broken: its spool file cannot be read"),
        UNKNOWN: ("gone", "has left the queue"),
    }
    assert answers.parse_given_up(f"delivering {A}\nLOG: MAIN\n  no idea\n")[A].outcome == "refused"


def test_the_log_of_deliveries():
    ids = [f"1xVZ6q-0000H{end}" for end in ("X-23", "a-25", "d-26", "g-2A", "j-2C", "m-2D")]
    ok, deferred, mixed, bounced, frozen, locked = ids
    told = deliverylog.parse_deliveries(case("mainlog-deliveries").splitlines(), [*ids, UNKNOWN])
    assert (told[ok].delivered, told[ok].is_over, told[ok].trouble) == (1, True, "")
    assert (told[mixed].delivered, told[mixed].failed, told[mixed].is_over) == (1, 1, False)
    assert told[mixed].trouble == "retry time not reached"
    assert told[bounced].trouble.endswith("RCPT TO:<reject@example.com>: 550 5.1.1 nobody of that name")
    assert (told[deferred].deferred, told[deferred].is_frozen) == (2, False)
    assert told[frozen].is_frozen
    assert told[locked].was_locked
    assert UNKNOWN not in told


def test_the_words_of_commands():
    assert commands.exim_m(EXIM, "-Mf", [A, B]) == [EXIM, "-Mf", A, B]
    assert commands.exim_m(EXIM, "-Mrm", [A], "hold") == [EXIM, "-qGhold", "-Mrm", A]
    assert commands.exim_mg(EXIM, [A]) == [EXIM, "-v", "-Mg", A]
    assert commands.exim_edit(EXIM, "-Mes", A, "<>") == [EXIM, "-Mes", A, "--", "<>"]
    assert commands.exim_edit(EXIM, "-Mar", A, "b@example.com", "hold") == [EXIM, "-MCG", "hold", "-Mar", A, "--", "b@example.com"]
    assert commands.exim_move(EXIM, "", [A], "hold") == [EXIM, "-qGhold", "-MG", "", A]
    assert commands.exim_q(EXIM, "none") == [EXIM, "-q"]
    assert commands.exim_q(EXIM, "frozen", "hold") == [EXIM, "-qffGhold"]
    assert commands.exim_r(EXIM, "force", "bob", "hold") == [EXIM, "-Rf", "bob", "-qGhold"]
    assert commands.exim_rr(EXIM, "none", "example.com") == [EXIM, "-Rr", r"@example\.com$"]
    assert [len(part) for part in commands.chunks(list(range(1000)), 400)] == [400, 400, 200]


@pytest.mark.parametrize(
    "address",
    [
        "bob@example.com",
        "o'brien+x@example.com",
        "${run{x}}@example.com",
        '"a b"@example.com',
        r'"a\"b"@example.com',
        "a@[192.0.2.1]",
        "a@b",
    ],
)
def test_one_address(address):
    assert addresses.is_address(address)
    assert addresses.is_sender(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "bob", "-be@example.com", "-be", "-Cevil.conf", "a@b,c@d", "a b@example.com", "<a@b.c>", "<>",
        "a@b\n", "a@-b", "a@b.c d", "a..b@c",
        '"a\nb"@c', '"a"b"@c', "x' & touch f & '", "a@example.com\x00", "grüße@example.com",
        "a" * 65 + "@b.c", "a@" + "b" * 330, '"\u202e"@b',
    ],
)  # fmt: skip
def test_what_is_no_address(address):
    assert not addresses.is_address(address)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("", True), ("hold", True), ("a.b-c_1", True), ("input", False), ("db", False), ("..", False),
        (".x", False), ("-be", False), ("a/b", False), ("a b", False), ("x" * 65, False), ("a\n", False),
    ],
)  # fmt: skip
def test_names_of_queues(name, is_one):
    assert addresses.is_queue_name(name) is is_one


def test_a_message_that_a_full_disk_kept_is_not_given_up():
    kept, gone = answers.parse_given_up(case("answers-Mg-full")).values()
    assert (kept.outcome, kept.text) == (
        "refused",
        "was not given up: spool file write error while delivering: No space left on device",
    )
    assert (gone.outcome, gone.text) == ("done", "has been given up")


def test_a_message_that_cannot_be_moved_has_the_reason_on_the_other_output():
    said = answers.answers_of("moved", "Message 1xVZrN-0000xz-3D Message 1xVZrO-0000xz-00 ", case("answers-MG-failed"))
    assert [(id, one.outcome, one.text) for id, one in said.items()] == [
        (id, "refused", "was not moved: Invalid cross-device link") for id in ("1xVZrN-0000xz-3D", "1xVZrO-0000xz-00")
    ]
