import logging

import pytest

from mcollective_py.errors import FilterError, RPCAborted
from mcollective_py.filter import Filter
from mcollective_py.matching.compound import unmet
from mcollective_py.matching.matcher import check, explain, matches
from mcollective_py.matching.regex import Effort
from mcollective_py.node.view import NodeView


class Data:
    """A host's data plugins, and what they were asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, plugin, query):
        self.asked.append((plugin, query))
        if plugin == "broken":
            raise RPCAborted("no disk")
        if plugin == "puppet":
            return {"enabled": True, "applying": False, "version": "8.10.0", "since": 120, "owner": None}
        if plugin == "square":
            return {"result": int(query) ** 2}
        return None


def host(**changes):
    known = {
        "identity": "web1",
        "classes": frozenset({"role::web", "common"}),
        "facts": {
            "country": "uk",
            "cpus": 4,
            "os": {"family": "Debian"},
            "ips": ["10.0.0.1", "10.0.0.2"],
            "none": [],
            "version": "8.0.0",
        },
        "data": Data(),
    }
    return NodeView(**known | changes)


def holds(text, view=None):
    return matches(Filter.parse(compound=[text]), view or host())


@pytest.mark.parametrize(
    ("text", "is_met"),
    [
        ("role::web", True),
        ("role::db", False),
        ("not role::db", True),
        ("/^role::/ and country=uk", True),
        ("role::db or country=uk", True),
        ("role::db and nosuch or country=uk", True),
        ("role::db and (nosuch or country=uk)", False),
        ("not (role::db or country=de)", True),
        ("country=uk and not cpus>8", True),
        ("os.family=Debian and ips=10.0.0.2", True),
        # a fact that the host does not have passes no test, and not turns that round
        ("nosuch=1", False),
        ("nosuch!=1", False),
        ("not nosuch=1", True),
        ("not nosuch!=1", True),
        # a list by any of its items
        ("ips!=10.0.0.1", True),
        ("not ips=10.0.0.1", False),
        ("none!=x", False),
        # unequal as texts, though neither version is the larger one
        ("version!=8.0", True),
        ("version<8.0 or version>8.0", True),
        ("version<8.0", False),
        ("country!=''", True),
        ("country=''", False),
        ("puppet().enabled=true", True),
        ("puppet().enabled!=true", False),
        ("puppet().since>60 and puppet().applying=false", True),
        ("puppet().version=/^8/", True),
        ("puppet().version!=/^8/", False),
        ("puppet().owner=x", False),
        ("not puppet().owner=x", True),
        ("square('12').result=144", True),
        # what cannot be asked or compared makes all of it fail
        ("not nosuch().x=1", False),
        ("country=uk or nosuch().x=1", False),
        ("not broken().x=1", False),
        ("not puppet().nosuch=1", False),
        ("not puppet().since=soon", False),
        ("not puppet().enabled=maybe", False),
        ("country=uk or puppet().since=soon", False),
    ],
)
def test_an_expression_holds_or_not(text, is_met):
    assert holds(text) is is_met


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("role::web and role::db", "compound filter: role::db does not hold"),
        ("role::db or country=de", "compound filter: none of these holds: role::db, country==de"),
        ("not country=uk", "compound filter: not country==uk does not hold"),
        ("role::web and not (common or nosuch)", "compound filter: not (common or nosuch) does not hold"),
        ("nosuch().x=1", "compound filter: there is no data plugin nosuch here"),
        ("broken().x=1", "compound filter: broken().x==1: no disk"),
        ("puppet().since>soon", "compound filter: puppet().since>soon: since is a number, and not to be compared with soon"),
        ("puppet().nosuch=1", "compound filter: the data plugin puppet here has no output nosuch"),
        ("puppet().since<5", "compound filter: puppet().since<5 does not hold"),
    ],
)
def test_what_failed_is_told_without_the_facts(text, reason):
    assert explain(Filter.parse(compound=[text]), host()) == reason


def test_data_plugins_are_asked_only_where_all_else_leaves_it_open_and_each_question_once():
    view = host()
    assert not holds("country=de and puppet().enabled=true", view)
    assert not matches(Filter.parse(compound=["puppet().enabled=true"], classes=["role::db"]), view)
    assert view.data.asked == []
    assert holds("country=uk and (puppet().enabled=true or puppet().since>1 or square('2').result=5)", view)
    assert view.data.asked == [("puppet", None), ("square", "2")]


def test_several_expressions_must_all_hold():
    assert matches(Filter.parse(compound=["role::web", "country=uk"]), host())
    assert not matches(Filter.parse(compound=["role::web", "country=de"]), host())
    assert not matches(Filter.parse(compound=["role::web"], facts=["country=de"]), host())


@pytest.mark.parametrize("text", ["country=uk", "not country=uk", "country!=uk", "not nosuch=1"])
def test_a_host_that_knows_no_facts_is_silent_whatever_is_asked(text):
    assert not holds(text, host(facts=None))
    assert explain(Filter.parse(compound=["country=uk"]), host(facts=None)) == "compound filter: fact country==uk: no facts are known"


def test_a_host_that_knows_no_classes_is_silent_but_where_the_rest_decides():
    view = host(classes=None)
    assert not holds("role::db", view)
    assert not holds("not role::db", view)
    assert holds("role::db or country=uk", view)
    assert not holds("not role::db and country=uk", view)


def test_a_data_plugin_that_fails_is_logged_for_who_debugs(caplog):
    with caplog.at_level(logging.DEBUG):
        assert not holds("broken().x=1")
    assert "the data plugin broken gives no answer: no disk" in caplog.text


def test_an_expression_that_takes_too_long_holds_nowhere():
    (tree,) = Filter.parse(compound=["not a=/(a+)+$/"]).expressions
    assert unmet(tree, host(facts={"a": "a" * 60_000 + "b"}), Effort(10_000)) == "the filter takes too long"


@pytest.mark.parametrize("text", ["a=/(/", "/(/", "fact('a').value=/[/", "web or not b=/x{2,1}/"])
def test_a_regular_expression_that_no_host_takes_is_refused_before_it_is_sent(text):
    with pytest.raises(FilterError, match="regular expression that is not taken"):
        check(Filter.parse(compound=[text]))
