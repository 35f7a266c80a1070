"""What `mco exim top` knows, without a terminal and without a fleet: hosts, messages, filters, acts, keys."""

from pathlib import Path

import pytest

from mcollective_py.errors import InvalidRPCData
from mcollective_py.plugins.modules import load_module

HERE = Path(__file__).parents[1]


def load(name):
    return load_module("exim", HERE, f"live.{name}")


# --- hosts ----------------------------------------------------------------------------------------------------------------


def counted(messages=5, **more):
    return {"messages": messages, "total": 9, "frozen": 1, "bounces": 2, "bytes": 300, "oldest": 60} | more


@pytest.fixture
def hosts():
    made = load("hosts").Hosts(1.0)
    made.learn(["mx1", "mx2"])
    return made


def test_all_are_asked_at_once_and_then_once_in_an_interval(hosts):
    assert hosts.due(0.0) == ("mx1", "mx2")
    hosts.asked(("mx1", "mx2"), 0.0)
    for name in ("mx1", "mx2"):
        hosts.answered(name, counted(), 0.1)
    assert hosts.due(0.9) == ()
    assert hosts.due(1.0) == ("mx1", "mx2")
    hosts.hurry()
    assert hosts.due(0.5) == ("mx1", "mx2")


def test_who_is_slow_is_waited_for_and_then_holds_nobody_up(hosts):
    hosts.asked(("mx1", "mx2"), 0.0)
    hosts.answered("mx1", counted(), 0.1)
    assert hosts.due(3.9) == ()
    assert hosts.due(4.0) == ("mx1",)
    hosts.asked(("mx1",), 4.0)
    hosts.unanswered(("mx1", "mx2"), 10.0)
    assert hosts.due(10.0) == ("mx1", "mx2")


def test_a_silent_host_has_no_numbers_is_named_first_and_counts_in_no_sum(hosts):
    hosts.asked(("mx1", "mx2"), 0.0)
    hosts.answered("mx1", counted(50), 0.1)
    hosts.answered("mx2", counted(7), 0.1)
    assert hosts.totals(1.0).messages == 57
    hosts.asked(("mx1", "mx2"), 1.0)
    hosts.answered("mx1", counted(51), 1.1)
    assert hosts.totals(4.9).silent == 0
    sums = hosts.totals(5.0)
    assert (sums.hosts, sums.counted, sums.silent, sums.messages) == (2, 1, 1, 51)
    assert [host.name for host in hosts.rows("messages", 5.0)] == ["mx2", "mx1"]
    assert hosts.state(hosts.rows("messages", 66.0)[0], 66.0) == "silent for 65s, had 7"
    hosts.unanswered(("mx2",), 11.0)
    hosts.asked(("mx2",), 12.0)
    assert hosts.state(hosts.rows("messages", 13.0)[0], 13.0) == "silent for 12s, had 7"
    hosts.answered("mx2", counted(8), 13.0)
    assert hosts.totals(13.5).silent == 0


def test_a_host_that_refuses_says_why_and_one_that_is_new_is_taken_in(hosts):
    hosts.failed("mx1", "You are not authorized", 0.0)
    hosts.answered("mx9", counted(3, total="many", broken=[{}, {}]), 0.0)
    assert hosts.names == ("mx1", "mx2", "mx9")
    assert hosts.totals(0.0).failed == 1
    told = {host.name: hosts.state(host, 0.0) for host in hosts.rows("host", 0.0)}
    assert told == {"mx1": "You are not authorized", "mx2": "", "mx9": "2 broken"}


def test_another_filter_forgets_the_numbers_and_no_host(hosts):
    hosts.answered("mx1", counted(), 0.0)
    hosts.forget_numbers()
    assert hosts.totals(0.0).counted == 0
    assert hosts.due(0.0) == ("mx1", "mx2")


# --- the filter -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "selection"),
    [
        ("", ""),
        ("  ", ""),
        ("frozen", "frozen"),
        ("not bounce", "not bounce"),
        ("age>2h and frozen", "age>2h and frozen"),
        ("bob@x.org", r"sender=/bob@x\.org/ or recipient=/bob@x\.org/ or subject=/bob@x\.org/"),
        ('"frozen"', "sender=/frozen/ or recipient=/frozen/ or subject=/frozen/"),
        ("a/b [c", r"sender=/a\/b \[c/ or recipient=/a\/b \[c/ or subject=/a\/b \[c/"),
    ],
)
def test_what_is_typed_is_plain_text_or_an_expression(typed, selection):
    assert load("filterwords").selection_of(typed) == selection


@pytest.mark.parametrize("typed", ["sendr=x", "age>soon", "frozen and", "sender=/(/", "x" * 2001, "(" * 60 + "frozen" + ")" * 60])
def test_a_mistake_is_told_with_its_place(typed):
    with pytest.raises(InvalidRPCData):
        load("filterwords").selection_of(typed)


@pytest.mark.parametrize(
    ("kind", "name", "selection"),
    [
        ("senders", "a@b.c", r"sender=/^a@b\.c$/"),
        ("senders", "<>", "bounce"),
        ("domains", "b.c", r"domain=/^b\.c$/"),
        ("errors", "Connection refused by * port 25", "error=/Connection +refused +by +.* +port +25/"),
        ("subjects", "a/b \x1b'\"(", r"subject=/^a\/b .'" + r'"\($/'),
    ],
)
def test_a_row_of_a_top_list_is_a_filter(kind, name, selection):
    words = load("filterwords")
    assert words.of_top(kind, name) == selection
    assert words.selection_of(f"(frozen) and ({selection})") == f"(frozen) and ({selection})"


# --- messages -------------------------------------------------------------------------------------------------------------


def part(*ids, next="", matched=None):
    rows = [{"id": id, "sender": "a@b.c", "recipients": ["x@y.z"], "size": 10, "age": 5, "frozen": False} for id in ids]
    return {"messages": rows, "matched": len(ids) if matched is None else matched, "next": next}


def id_of(number):
    return f"1xVWj{number}-00000i-1z"


def test_parts_of_several_hosts_become_one_list_as_far_as_it_is_sure():
    made = load("mails").MailList(["mx1", "mx2"])
    made.take("mx1", part(id_of(1), id_of(3), next=id_of(3), matched=9), "", 0.0)
    made.take("mx2", part(id_of(2), id_of(4), id_of(5)), "", 0.0)
    assert [mail.id for mail in made.rows("oldest first")] == [id_of(1), id_of(2), id_of(3)]
    assert (made.matched, made.loaded, made.has_more, made.further()) == (12, 5, True, {"mx1": id_of(3)})
    made.take("mx1", part(id_of(6)), id_of(3), 0.0)
    assert [mail.id for mail in made.rows("newest first")] == [id_of(number) for number in (6, 5, 4, 3, 2, 1)]
    assert not made.has_more


def test_a_part_that_nobody_asked_for_or_that_leads_nowhere_is_no_part():
    made = load("mails").MailList(["mx1"])
    made.take("mx1", part(id_of(3), next=id_of(9)), "", 0.0)
    assert not made.has_more
    made.take("mx1", part(id_of(5)), id_of(4), 0.0)
    made.take("mx7", part(id_of(5)), "", 0.0)
    made.take("mx1", {"messages": [{"id": "../x"}, "row", {"id": id_of(1), "sender": 5, "recipients": "x"}], "matched": -1}, "", 0.0)
    assert [(mail.id, mail.sender, mail.recipients) for mail in made.rows("size")] == [(id_of(1), "", ())]
    assert made.matched == 0


def test_a_mark_stays_with_its_message_until_that_is_gone():
    made = load("mails").MailList(["mx1", "mx2"])
    for host in ("mx1", "mx2"):
        made.take(host, part(id_of(1), id_of(2)), "", 0.0)
    for mail in made.rows("oldest first")[:3]:
        made.toggle(mail)
    made.take("mx1", part(id_of(2), id_of(3)), "", 1.0)
    assert made.marked == {("mx2", id_of(1)), ("mx1", id_of(2))}
    assert load("mails").by_host(made.marked) == {"mx1": [id_of(2)], "mx2": [id_of(1)]}
    made.toggle_all()
    assert all(made.is_marked(mail) for mail in made.rows("size"))
    assert not made.marked
    made.toggle(made.rows("size")[0])
    assert (made.is_all_marked, len(made.marked)) == (False, 1)


def test_many_hosts_send_fewer_each():
    mails = load("mails")
    assert mails.MailList(["a"]).part == 200
    assert mails.MailList(map(str, range(100))).part == 20
    assert mails.MailList(map(str, range(10_000))).part == 5


# --- acts -----------------------------------------------------------------------------------------------------------------


def act(action="rm"):
    return next(one for one in load("acts").ACTS if one.action == action)


def test_the_question_says_how_many_messages_on_which_hosts():
    acts = load("acts")
    few = acts.Aim({"mx1": [id_of(1)]})
    assert acts.question(act(), few, noop=False) == "Remove 1 message on mx1?"
    counts = {"mx3": 100, "mx1": 400, "mx2": 212, "mx4": 100, "mx5": 0}
    all_of = acts.Aim({}, "frozen", counts)
    assert acts.question(act("freeze"), all_of, noop=False) == "Freeze 812 messages on 4 hosts (mx1 400, mx2 212, mx3 100, mx4 100)?"
    many = acts.Aim({}, "", {f"mx{number}": 1 for number in range(9)})
    assert acts.question(act(), many, noop=True).endswith(
        "9 messages on 9 hosts (mx0 1, mx1 1, mx2 1, mx3 1, mx4 1, mx5 1, mx6 1, mx7 1, and 1 more)?"
    )


def test_too_many_are_refused_with_the_numbers_and_what_would_allow_it():
    acts = load("acts")
    aim = acts.Aim({}, "", {"mx1": 900, "mx2": 200})
    assert acts.refusal(act(), aim, 1100) == ""
    told = acts.refusal(act(), aim, 1000)
    assert told.startswith("1100 messages on 2 hosts (mx1 900, mx2 200) are more than 1000: nothing was sent.")
    assert told.endswith("--max-messages 1100")
    assert acts.refusal(act(), acts.Aim({}, "", {"mx1": 0}), 1000) == "there is no message to remove"


def test_hosts_get_ids_or_a_selection_never_both_and_a_bound():
    acts = load("acts")
    marked = acts.Aim({"mx1": [id_of(1), id_of(2)], "mx2": []})
    assert marked.requests(act(), noop=False) == [(("mx1",), {"msgids": [id_of(1), id_of(2)], "max_messages": 2})]
    selected = acts.Aim({}, "", {"mx1": 400, "mx2": 0})
    assert selected.requests(act("retrymsg"), noop=True) == [
        (("mx1",), {"select": "recipients>=0", "max_messages": 450, "wait": 20, "noop": True})
    ]


def test_outcomes_tell_what_needs_a_look_first():
    made = load("acts").Outcomes(act(), ["mx1", "mx2", "mx3", "mx4"])
    assert made.summary == "Remove: asked; waiting for mx1, mx2, mx3 ..."
    rows = [{"msgid": id_of(1), "outcome": "done", "text": "x"}, {"msgid": id_of(2), "outcome": "locked", "text": "being delivered"}]
    made.take("mx1", {"outcomes": rows, "matched": 5}, "1 of 5 messages were not removed")
    made.take("mx2", {}, "You are not authorized")
    made.silent("mx3", "no answer")
    assert [(one.host, one.outcome) for one in made.rows] == [
        ("mx1", "locked"), ("mx2", "failed"), ("mx3", "silent"), ("mx1", "done"), ("mx1", "done"),
    ]  # fmt: skip
    made.take("mx4", {"outcomes": [], "matched": 0, "status": "no message"}, "")
    assert made.summary == "Remove: 1 done, 1 locked, 1 failed, 1 silent"


# --- lists, cells and keys ------------------------------------------------------------------------------------------------


def test_tops_add_up_over_hosts():
    made = load("tops").Tops()
    for row in ({"name": "a", "messages": 2, "bytes": 5}, {"name": "b", "messages": 3}, {"name": 7, "messages": 9}):
        made.take({"top": [row], "matched": 2})
    made.take({"top": [{"name": "a", "messages": 2, "bytes": "many"}]})
    assert [(row.name, row.messages, row.bytes) for row in made.rows] == [("a", 4, 5), ("b", 3, 0)]
    assert made.matched == 6


def test_a_line_is_as_wide_as_it_may_be_and_does_nothing_to_a_terminal():
    cells = load("cells")
    columns = [cells.Column("A", 4), cells.Column("B", 3, is_right=True), cells.Column("C")]
    assert cells.line_of(["abcdef", "7", "\x1b[31m\u202e\tx"], columns, 30) == "abc…   7 \\x1b[31m\\u202e x".ljust(30)
    assert cells.line_of(["日本語", "12345", ""], columns, 20) == "日 … 12… " + " " * 11
    assert cells.line_of(["", "", "x" * 99], columns, 20).endswith("xxx…")


def test_every_screen_shows_its_keys_within_80_columns():
    keys = load("keys")
    for screen in keys.SCREENS:
        assert len(keys.brief(screen, 80)) <= 80
        assert screen == "everywhere" or screen == "question" or keys.brief(screen, 80).endswith("? help  q quit")
    assert "g giveup  x remove" in keys.brief("messages", 80)
    assert max(map(len, keys.help_lines())) <= 80


def test_no_key_has_two_meanings_on_a_screen():
    keys = load("keys")
    for screen in keys.SCREENS:
        told = [one for key in keys.keys_of(screen) for one in key.keys.split(",")] if screen != "question" else []
        assert sorted(told) == sorted(set(told))


def test_the_page_has_the_keys_of_the_program():
    page = (HERE.parents[1] / "docs" / "exim-top.md").read_text()
    keys = load("keys")
    for screen, title in keys.SCREENS.items():
        rows = "".join(f"| {key.shown.replace('|', chr(92) + '|')} | {key.what} |\n" for key in keys.KEYS if key.screen == screen)
        assert f"### {title}\n\n| Key | Does |\n|---|---|\n{rows}\n" in page + "\n", f"the table of {title} should be\n{rows}"
