import re
from dataclasses import dataclass

import pytest

from mcollective_py.agent.selection import BYTES, FLAG, NUMBER, SECONDS, TEXT, TEXTS, Field, Selection
from mcollective_py.errors import InvalidRPCData


@dataclass
class Mail:
    sender: str = "alice@example.org"
    to: tuple[str, ...] = ("bob@example.com", "carol@example.net")
    age: float = 7200
    size: int = 2048
    tries: int = 3
    frozen: bool = False


FIELDS = {
    "sender": Field[Mail](TEXT, lambda mail: mail.sender),
    "recipient": Field[Mail](TEXTS, lambda mail: mail.to),
    "age": Field[Mail](SECONDS, lambda mail: mail.age),
    "size": Field[Mail](BYTES, lambda mail: mail.size),
    "tries": Field[Mail](NUMBER, lambda mail: mail.tries),
    "frozen": Field[Mail](FLAG, lambda mail: mail.frozen),
}
WORDS = {"active": "not frozen"}


def holds(text, **values):
    return Selection(text, FIELDS, WORDS)(Mail(**values))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sender=alice@example.org",
        "sender=ALICE@Example.org",
        "sender!=bob@example.org",
        "sender=~alice",
        "sender=/^ALICE@/",
        "recipient=carol@example.net",
        "recipient=~'example\\.net$'",
        "not recipient=dave@example.org",
        "recipient!=dave@example.org",
        "age>1h59m and age<=7200",
        "size>=2K and size<1M",
        "tries=3 and tries!=4",
        "active",
        "not frozen",
        "frozen=false",
        "frozen!=true",
        "sender=x or (age>1h and not frozen)",
    ],
)
def test_it_holds(text):
    assert holds(text)


@pytest.mark.parametrize(
    "text",
    [
        "sender=alice",
        "sender='<>'",
        "sender!=alice@example.org",
        "recipient!=bob@example.com",
        "age>2h",
        "size<2K",
        "frozen",
        "frozen=true",
        "not active",
        "sender=~alice and frozen",
    ],
)
def test_it_does_not_hold(text):
    assert not holds(text)


def test_an_empty_sender_is_found_by_two_quotes():
    assert holds("sender=''", sender="")
    assert not holds("sender=''")


def test_where_nothing_is_left_nothing_is_equal():
    assert holds("recipient!=x", to=())
    assert not holds("recipient=~.", to=())


@pytest.mark.parametrize(
    ("text", "problem", "column"),
    [
        ("sendr=x", "there is no field 'sendr': there are active, age, frozen, recipient, sender, size, tries", 0),
        ("frozen and bounced", "there is no 'bounced'", 11),
        ("frozen and age", "what is age compared with? age=2h", 11),
        ("age>soon", "age is a duration", 0),
        ("frozen and size=big", "size is a size", 11),
        ("tries>x", "tries is a whole number", 0),
        ("sender>a", "sender is text: it takes =, != and =~", 0),
        ("age=/1/", "age is no text", 0),
        ("frozen=maybe", "frozen is true or false", 0),
        ("sender=/(/", "none that can be searched for", 0),
        ("frozen and", "after 'and' a test is missing", 10),
        ("(frozen", "this ( is never closed", 0),
        ("frozen frozen", "'and' or 'or' is missing", 7),
        ("frozen && active", "write 'and', not &&", 7),
        ("fstat('/a').size>0", "there are no functions here", 0),
    ],
)
def test_a_mistake_is_shown_with_a_mark_under_it(text, problem, column):
    with pytest.raises(InvalidRPCData) as error:
        Selection(text, FIELDS, WORDS)
    said, shown, mark = str(error.value).split("\n")
    assert said.startswith("selection: ")
    assert problem in said
    assert (shown, mark.index("^")) == (f"    {text}", 4 + column)


def test_no_expression_is_longer_or_deeper_than_it_may_be():
    for text in ("frozen or " * 600 + "frozen", "(" * 60 + "frozen" + ")" * 60, "not " * 60 + "frozen"):
        with pytest.raises(InvalidRPCData):
            Selection(text, FIELDS)


def test_it_tells_what_it_asks_for():
    assert Selection("sender=x and (age>1h or not frozen)", FIELDS).fields == {"sender", "age", "frozen"}
    assert Selection(" ", FIELDS).is_everything


def test_what_it_demands_of_one_field_can_be_asked_first():
    part = Selection("sender=~^a and frozen", FIELDS).part_of("sender")
    assert part is not None
    assert (part("alice"), part("bob")) == (True, False)
    assert Selection("sender=~^a or frozen", FIELDS).part_of("sender") is None
    assert Selection("not sender=~^a", FIELDS).part_of("sender") is None


def test_a_pattern_that_would_run_for_ever_elsewhere_is_searched_in_linear_time():
    assert not holds("sender=/(a+)+$/", sender="a" * 40 + "!")


@pytest.mark.parametrize(
    "text", ["=x", "~x", "and=1", "sender!~x", "sender!=~x", "sender!=/x/", "'x'=1", "/x/=1", "/x/", "sender", "sender="]
)
def test_mistakes_are_told_of_fields_and_not_of_hosts(text):
    with pytest.raises(InvalidRPCData) as caught:
        holds(text)
    first = str(caught.value).partition("\n")[0]
    assert not {"fact", "facts", "host", "hosts", "country", "class"} & set(re.findall(r"\w+", first)), first
