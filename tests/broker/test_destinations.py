import pytest

from mcollective_py.broker.destinations import Topics, covers, parse_destination
from mcollective_py.broker.frames import RefusedFrame
from mcollective_py.broker.messages import Subscription


def words(text):
    return tuple(text.split("."))


def test_a_destination_is_a_kind_and_words():
    address = parse_destination("/topic/mcollective.discovery.agent")
    assert (address.kind, address.words, str(address)) == (
        "topic",
        ("mcollective", "discovery", "agent"),
        "/topic/mcollective.discovery.agent",
    )


def test_a_reply_queue_may_name_a_host_with_its_domain():
    assert parse_destination("/queue/mcollective.reply.web1.example.com_4242.1").name == "mcollective.reply.web1.example.com_4242.1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mcollective.nodes",
        "/topic/",
        "/exchange/a",
        "/topic/a b",
        "/topic/a..b",
        "/topic/.a",
        "/topic/>.a",
        "/topic/ä",
        "/topic/" + "a" * 401,
    ],
)
def test_anything_else_is_no_destination(text):
    with pytest.raises(RefusedFrame):
        parse_destination(text)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a.*", "a", False),
        ("*.b", "a.b", True),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        (">", "a", True),
        ("a.*", "a.>", False),
        ("a.>", "a.>", True),
        ("a.>", "a.*.>", True),
        ("a.*", "a.*", True),
        ("a.b", "a.*", False),
        ("*.*.agent", "mcollective.*.agent", True),
        ("*.*.agent", ">", False),
    ],
)
def test_a_pattern_covers_names_and_narrower_patterns(pattern, text, expected):
    assert covers(words(pattern), words(text)) is expected


def test_topics_find_subscriptions_by_name_and_by_pattern():
    topics = Topics()
    by_text = {}
    for text in ("/topic/a.b", "/topic/a.*", "/topic/>", "/topic/a.c"):
        by_text[text] = Subscription(None, parse_destination(text))
        topics.add(by_text[text], parse_destination(text))
    assert list(topics.matching(parse_destination("/topic/a.b"))) == [by_text["/topic/a.b"], by_text["/topic/a.*"], by_text["/topic/>"]]
    topics.remove(by_text["/topic/a.b"], parse_destination("/topic/a.b"))
    topics.remove(by_text["/topic/a.*"], parse_destination("/topic/a.*"))
    assert list(topics.matching(parse_destination("/topic/a.b"))) == [by_text["/topic/>"]]
