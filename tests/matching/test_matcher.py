import pytest

from mcollective_py.errors import FilterError
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import check, explain, matches
from mcollective_py.node.view import NodeView

HOST = NodeView(
    identity="web1.example.com",
    agents=frozenset({"discovery", "rpcutil", "package"}),
    classes=frozenset({"settings", "role::web", "profile::base"}),
    facts={"os": {"family": "Debian"}, "country": "uk"},
)


@pytest.mark.parametrize(
    ("filter", "reason"),
    [
        (Filter(), None),
        (Filter(agents=("package",)), None),
        (Filter(agents=("mcollective",)), None),
        (Filter(agents=("/pack/",)), None),
        (Filter(agents=("puppet",)), "agent puppet: not on this host"),
        (Filter(agents=("rpcutil", "puppet")), "agent puppet: not on this host"),
        (Filter(classes=("role::web",)), None),
        (Filter(classes=("role::web", "profile::base")), None),
        (Filter(classes=("role::web", "role::db")), "class role::db: not on this host"),
        (Filter(classes=("role",)), "class role: not on this host"),
        (Filter(classes=("Role::Web",)), "class Role::Web: not on this host"),
        (Filter(classes=("/^role::/",)), None),
        (Filter(classes=("/ro/le/",)), None),  # all slashes go
        (Filter(classes=("/db$/",)), "class /db$/: not on this host"),
        (Filter(identities=("web1.example.com",)), None),
        (Filter(identities=("web1",)), "identity web1: this host is web1.example.com"),
        (Filter(identities=("web2.example.com", "web1.example.com")), None),
        (Filter(identities=("web2", "web3")), "identity web2 or web3: this host is web1.example.com"),
        (Filter(identities=("/web/",)), None),
        (Filter(identities=("/web/", "/example/")), None),  # Ruby's nodes want exactly one to match
        (Filter(identities=("/b1.ex/",)), None),
        (Filter(identities=("/^db/",)), "identity /^db/: this host is web1.example.com"),
        (Filter(facts=(FactTest("country", "==", "uk"),)), None),
        (Filter(facts=(FactTest("os.family", "=~", "/deb/"),)), "fact os.family=~/deb/: does not hold"),
        (Filter(facts=(FactTest("os.family", "=~", "/(?i)deb/"),)), None),
        (Filter(facts=(FactTest("nosuch", "!=", "x"),)), "fact nosuch!=x: no such fact"),
        (Filter(facts=(FactTest("country", "==", "uk"), FactTest("country", "==", "de"))), "fact country==de: does not hold"),
        (Filter(classes=("role::web",), facts=(FactTest("country", "==", "de"),)), "fact country==de: does not hold"),
        (Filter(compound=([{"statement": "role::web"}],)), None),
        (Filter(compound=([{"statement": "role::db"}],)), "compound filter: role::db does not hold"),
        (Filter(compound=([{"statement": "role::web"}], [{"statement": "role::db"}])), "compound filter: role::db does not hold"),
        (Filter(classes=("x",), compound=([{"statement": "y"}],)), "class x: not on this host"),
    ],
)
def test_a_filter_means_this_host_or_says_why_not(filter, reason):
    assert explain(filter, HOST) == reason
    assert matches(filter, HOST) is (reason is None)


@pytest.mark.parametrize("word", ["//", "/(/", "/", "/a(?=b)/", "/(a{1000}){1000}/"])
def test_an_expression_that_cannot_be_run_matches_nobody(word):
    for filter in (
        Filter(classes=(word,)),
        Filter(agents=(word,)),
        Filter(identities=(word,)),
        Filter(facts=(FactTest("country", "=~", word),)),
    ):
        assert not matches(filter, HOST)
        assert explain(filter, HOST)


def test_an_expression_that_cannot_be_run_beside_a_name_that_matches_does_no_harm():
    assert matches(Filter(identities=("/(/", "web1.example.com")), HOST)


def test_a_host_that_knows_no_facts_and_classes_matches_no_filter_on_them():
    bare = NodeView(identity="web1", facts=None, classes=None)
    assert matches(Filter(), bare)
    assert explain(Filter(facts=(FactTest("country", "!=", "uk"),)), bare) == "fact country!=uk: no facts are known"
    assert explain(Filter(classes=("/.*/",)), bare) == "class /.*/: no classes are known"


def test_the_reason_never_tells_a_facts_value():
    host = NodeView(identity="web1", facts={"token": "s3cret"})
    assert "s3cret" not in str(explain(Filter(facts=(FactTest("token", "==", "guess"),)), host))


def test_many_expressions_on_many_classes_end_in_a_refusal_and_not_in_an_hour():
    host = NodeView(identity="web1", classes=frozenset(f"profile::class_number_{number}" for number in range(20_000)))
    reason = explain(Filter(classes=("/(a|b|c)*z$/",) * 64), host)
    assert reason is not None
    assert "too long" in reason


@pytest.mark.parametrize(
    ("filter", "reason"),
    [
        (Filter(classes=("db", "/(/")), r"^class /\(/ has a regular expression that is not taken: a \) is missing$"),
        (Filter(agents=("/[/",)), r"^agent /\[/ has .*: it ends too early$"),
        (Filter(identities=("web1", "//")), "^identity // has .*: an empty"),
        (Filter(facts=(FactTest("country", "=~", "/[/"),)), r"^fact country=~/\[/ has .*: it ends too early$"),
        (Filter(facts=(FactTest("country", "=~", "["),)), "^fact"),
        (Filter(facts=(FactTest("country", "=~", "(?=u)k"),)), "look-ahead"),
        (Filter(facts=(FactTest("country", "=~", "(.)\\1"),)), "back-references"),
        (Filter(facts=(FactTest("country", "~", "uk"),)), "unknown fact operator"),
        (Filter(classes=("",)), "empty name"),
        (Filter(classes=("/a\n(/",)), r"^class /a\?\(/"),
        (Filter(classes=tuple("/" + f"[a{number}]" * 180 + "/" for number in range(64))), "the filter takes too long"),
    ],
)
def test_a_filter_that_no_host_can_apply_is_named_with_the_reason(filter, reason):
    with pytest.raises(FilterError, match=reason):
        check(filter)


@pytest.mark.parametrize(
    "filter",
    [
        Filter(),
        Filter(classes=("/^web/", "db"), agents=("/r/",), identities=("/w/",), facts=(FactTest("country", "=~", "/u./"),)),
        Filter(facts=(FactTest("country", "==", "["), FactTest("country", "!=", "/(/"))),
        Filter(compound=([{"statement": "role::web"}],)),
        Filter(classes=tuple(f"/^role::web{number}[0-9]+$/" for number in range(64))),
    ],
)
def test_a_filter_that_can_be_applied_passes(filter):
    assert check(filter) is None
