import random
from dataclasses import replace

import pytest

from mcollective_py.errors import Malformed, ReplyTooLarge, UnsendableValue
from mcollective_py.message import Reply
from mcollective_py.security.parts import FRAGMENT, WHOLE, Assembler, join, split

REPLY = Reply("0" * 32, "a" * 64, "web1", "echo", None, None, 1000.0, statusmsg="fine")


def reply(body):
    return replace(REPLY, body=body)


def large():
    return reply({"text": 'žluť "quoted" \\ \n' * 40_000, "list": list(range(50_000)), "half": 0.5})


def test_a_small_reply_travels_whole():
    assert split(reply({"a": 1})) == (reply({"a": 1}),)
    at_limit = reply("x" * (WHOLE - 2))  # with its quotes
    assert split(at_limit) == (at_limit,)
    assert join([reply({"a": 1})]) == reply({"a": 1})


def test_a_large_reply_travels_in_parts_and_comes_back_in_any_order():
    parts = split(reply("x" * (WHOLE - 1)))
    assert [(part.seq, part.last) for part in parts] == [(0, False), (1, False), (2, False), (3, False), (4, True)]
    parts = list(split(large()))
    assert all(isinstance(part.body, str) and len(part.body) <= FRAGMENT for part in parts)
    random.Random(1).shuffle(parts)
    assert join(parts) == large()


def test_a_reply_beyond_the_limit_or_of_the_wrong_type_is_not_split():
    with pytest.raises(ReplyTooLarge) as caught:
        split(reply("x" * (WHOLE + 10)), limit=WHOLE + 11)
    assert (caught.value.size, caught.value.limit) == (WHOLE + 12, WHOLE + 11)
    assert len(split(reply("x" * (WHOLE + 10)), limit=WHOLE + 12)) == 5
    with pytest.raises(UnsendableValue, match="a bytes cannot be sent, at a"):
        split(reply({"a": b"x"}))


def test_parts_that_do_not_fit_together_are_refused():
    parts = split(large())
    for wrong in (
        [],
        parts[:-1],
        parts[1:],
        (*parts, parts[0]),
        (replace(parts[0], statuscode=1), *parts[1:]),
        (replace(parts[0], sender="web2"), *parts[1:]),
        (*parts[:-1], replace(parts[-1], last=False)),
        (replace(parts[0], last=True), *parts[1:]),
        (replace(parts[0], body="[" * 100), *parts[1:]),
    ):
        with pytest.raises(Malformed):
            join(wrong)
    with pytest.raises(Malformed, match="more than 1000 bytes"):
        join(parts, limit=1000)


def test_the_assembler_gives_each_senders_reply_once_it_is_whole():
    assembler = Assembler()
    assert assembler.add(reply("whole")) == reply("whole")
    one, two = split(large()), split(replace(large(), sender="web2"))
    results = [assembler.add(part) for pair in zip(reversed(one), two, strict=True) for part in pair]
    assert [result for result in results if result is not None] == [large(), replace(large(), sender="web2")]


def test_the_first_of_two_parts_with_one_number_wins():
    assembler, parts = Assembler(), split(large())
    assembler.add(parts[0])
    assert assembler.add(replace(parts[0], body="x")) is None
    assert [assembler.add(part) for part in parts[1:]][-1] == large()


def test_the_assembler_holds_no_more_than_its_bounds_and_forgets_who_breaks_them():
    parts = split(large())
    assembler = Assembler(limit=FRAGMENT + 10)
    assembler.add(parts[0])
    with pytest.raises(Malformed, match="more than can be held"):
        assembler.add(parts[1])
    total = Assembler(total=FRAGMENT + 10)
    total.add(parts[0])
    with pytest.raises(Malformed):
        total.add(replace(parts[0], sender="web2"))
    total.add(replace(parts[0], sender="web1", seq=1, body="x"))  # there is room again
    with pytest.raises(Malformed):
        Assembler().add(replace(parts[0], seq=256))
    wrong = Assembler()
    wrong.add(replace(parts[1], last=True))
    with pytest.raises(Malformed):
        wrong.add(replace(parts[0], statuscode=5))


def part(seq, body, *, last=False, sender="web1"):
    return replace(REPLY, sender=sender, seq=seq, last=last, body=body)


def test_parts_of_different_senders_do_not_mix():
    assembler = Assembler()
    assert assembler.add(part(0, "[1", sender="web1")) is None
    assert assembler.add(part(1, "]", last=True, sender="web2")) is None


@pytest.mark.parametrize("bad", [part(1, {"a": 1}), part(-1, "x"), part(5000, "x")])
def test_a_part_that_is_none_is_refused_and_what_came_before_it_forgotten(bad):
    assembler = Assembler()
    assembler.add(part(0, "[1"))
    with pytest.raises(Malformed):
        assembler.add(bad)
    assert assembler.add(part(1, "]", last=True)) is None
    assert assembler.add(part(0, "[2")).body == [2]


@pytest.mark.parametrize(
    "parts",
    [
        (part(3, "x"), part(0, "x"), part(1, "]", last=True)),
        (part(1, "]", last=True), part(3, "x")),
        (part(1, "]", last=True), part(3, "]", last=True)),
    ],
    ids=["before", "behind", "two"],
)
def test_a_part_beyond_the_last_one_is_refused_at_once(parts):
    assembler = Assembler()
    for one in parts[:-1]:
        assembler.add(one)
    with pytest.raises(Malformed):
        assembler.add(parts[-1])
