import pytest

from mcollective_py.facttest import FactTest
from mcollective_py.matching.facts import compare, fact_matches
from mcollective_py.matching.regex import Effort
from mcollective_py.matching.regexsyntax import RegexRefused

FACTS = {
    "country": "uk",
    "cpus": 4,
    "load": 0.10,
    "is_virtual": True,
    "domain": None,
    "os": {"name": "Debian", "release": {"full": "12.10", "major": "12"}},
    "disks": [{"size": 10}, {"size": 20}],
    "roles": ["web", "db"],
    "ports": [80, 443],
    "a.b": "literal",
    "a": {"b": "walked"},
    "kernelrelease": "6.1.0-18-amd64",
}


@pytest.mark.parametrize(
    ("fact", "operator", "value", "holds"),
    [
        # == compares texts
        ("uk", "==", "uk", True),
        ("uk", "==", "UK", False),
        ("uk", "==", "u", False),
        ("12.10", "==", "12.1", False),
        ("4", "==", "04", False),
        ("", "==", "x", False),
        # both integers
        ("10", ">", "9", True),
        ("9", ">", "10", False),
        ("10", ">=", "10", True),
        ("10", "<=", "10", True),
        ("10", "<", "10", False),
        ("4", "!=", "04", False),
        ("4", "!=", "5", True),
        ("-5", "<", "3", True),
        # both floats
        ("0.86", "<", "1.5", True),
        ("10.5", ">", "9.5", True),
        ("1.0", "!=", "1.00", False),
        # versions, where both look so and one has a dot at least
        ("8.10.0", ">=", "8.9.0", True),
        ("8.9.0", ">=", "8.10", False),
        ("7.23.0", "<", "8", True),
        ("6.1.0-18-amd64", ">=", "6.1.0-9", True),
        ("8.0.0-rc1", "<", "8.0.0", True),
        ("8.0.0", "<=", "8", True),
        ("8.0.0", "!=", "8", True),
        # anything else is text
        ("b", ">", "a", True),
        ("a", ">=", "b", False),
        ("10", ">", "nine", False),
        ("23.54 GiB", ">", "3 GiB", False),
        ("uk", "!=", "de", True),
        ("uk", "!=", "uk", False),
        # =~ searches, slashes or not
        ("profile::web", "=~", "/web/", True),
        ("profile::web", "=~", "web", True),
        ("profile::web", "=~", "/^web/", False),
        ("a/b", "=~", "/a/b/", True),
    ],
)
def test_a_text_is_compared_with_a_text(fact, operator, value, holds):
    assert compare(fact, operator, value, Effort()) is holds


@pytest.mark.parametrize(
    ("word", "holds"),
    [
        ("country=uk", True),
        ("country!=de", True),
        ("nosuch=uk", False),
        ("nosuch!=uk", False),
        ("nosuch=~.*", False),
        ("nosuch<1", False),
        ("cpus=4", True),
        ("cpus>3", True),
        ("load=0.1", True),
        ("load=0.10", False),
        ("is_virtual=true", True),
        ("is_virtual=1", False),
        ("domain!=x", True),
        ("domain=~^$", True),
        ("os.name=Debian", True),
        ("os.release.full>=12.9.0", True),
        ("os.release.major=12", True),
        ("os.release.nosuch!=12", False),
        ("os=release", True),
        ("os=Debian", False),
        ("os=~/rel/", True),
        ("disks.1.size=20", True),
        ("disks.2.size=20", False),
        ("disks.-1.size=20", False),
        ("disks=10", False),
        ("roles=db", True),
        ("roles=mail", False),
        ("roles!=web", True),
        ("roles.0=web", True),
        ("ports>100", True),
        ("a.b=literal", True),
        ("a.b=walked", False),
    ],
)
def test_a_fact_test_holds_on_a_host(word, holds):
    assert fact_matches(FactTest.parse(word), FACTS, Effort()) is holds


def test_no_facts_pass_no_test():
    assert not fact_matches(FactTest.parse("country!=de"), None, Effort())
    assert not fact_matches(FactTest.parse("country!=de"), {}, Effort())


@pytest.mark.parametrize("value", ["'", '"; exit', "#{`id`}", "`id`", "$(id)", "a\nb", "' == '' or '1' == '1", "__import__('os')"])
def test_a_value_that_looks_like_code_is_compared_as_text(value):
    assert fact_matches(FactTest("motd", "==", value), {"motd": value}, Effort())
    assert not fact_matches(FactTest("motd", "==", value), {"motd": "other"}, Effort())
    assert fact_matches(FactTest("motd", "!=", value), {"motd": "other"}, Effort())


def test_numbers_of_any_length_are_compared_without_an_error():
    assert compare("9" * 5000, ">", "8" * 5000, Effort())
    assert compare("9" * 300, ">", "10", Effort())
    assert compare("9" * 300 + "." + "9" * 300, ">", "1.0", Effort())


def test_a_list_too_long_for_one_filter_ends_in_a_refusal():
    with pytest.raises(RegexRefused, match="too long"):
        fact_matches(FactTest("numbers", "==", "x"), {"numbers": list(range(50))}, Effort(40))
