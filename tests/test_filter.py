import pytest

from mcollective_py.errors import FilterError
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter


@pytest.mark.parametrize("word", ["", " ", "\t\n"])
@pytest.mark.parametrize("kind", ["facts", "classes", "agents", "identities", "combined"])
def test_an_empty_word_is_refused_and_never_everybody(kind, word):
    with pytest.raises(FilterError):
        Filter.parse(**{kind: [word]})
    with pytest.raises(FilterError):
        Filter.parse(**{"classes": ["web"], kind: ["web1", word]})


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("country = de", "write fact=value without blanks"),
        ("country= de", "without blanks"),
        ("country =de", "without blanks"),
        ("=", "without blanks"),
        ("web ! db", "after ! stands what must not hold"),
        ("web !country = uk", "without blanks"),
        ("web and db", "all its conditions must hold"),
        ("web OR db", "all its conditions must hold"),
        ("not db", "all its conditions must hold"),
        ("web && db", "all its conditions must hold"),
        ("/web server/", "between two slashes"),
        ("web,db", "an option of its own"),
        ("country>>de", "another operator"),
    ],
)
def test_a_combined_word_that_is_easily_misread_is_refused(word, reason):
    with pytest.raises(FilterError, match=reason):
        Filter.parse(combined=[word])


@pytest.mark.parametrize("kind", ["classes", "agents", "identities"])
@pytest.mark.parametrize("word", ["/web", "web/", "/", "/web/i", "country=de", "a>b", "web1,web2", "web1 web2"])
def test_a_name_that_no_host_can_have_is_refused(kind, word):
    if kind == "identities" and "," in word:
        return  # a node set
    with pytest.raises(FilterError):
        Filter.parse(**{kind: [word]})


@pytest.mark.parametrize("words", ["web", [None], [b"web"], [1]])
@pytest.mark.parametrize("kind", ["facts", "classes", "agents", "identities", "combined"])
def test_words_that_are_no_list_of_texts_are_refused(kind, words):
    with pytest.raises(FilterError):
        Filter.parse(**{kind: words})


def test_a_regular_expression_with_an_operator_in_it_is_a_class_in_a_combined_word():
    assert Filter.parse(combined=["/a=b/ /^web(1|2)$/"]).classes == ("/a=b/", "/^web(1|2)$/")


def test_a_combined_word_is_split_into_fact_tests_and_classes():
    found = Filter.parse(combined=["country=uk apache::server cpus>=4", "db"])
    assert found.facts == (FactTest("country", "==", "uk"), FactTest("cpus", ">=", "4"))
    assert found.classes == ("apache::server", "db")


def test_a_filter_goes_to_the_wire_and_back_unchanged():
    filter = Filter.parse(facts=["a>=1"], classes=["web"], agents=["rpcutil"], identities=["/web/"])
    assert filter.to_wire() == {
        "fact": [{"fact": "a", "operator": ">=", "value": "1"}],
        "cf_class": ["web"],
        "agent": ["rpcutil"],
        "identity": ["/web/"],
        "compound": [],
    }
    assert Filter.from_wire(filter.to_wire()) == filter


EMPTY = {"fact": [], "cf_class": [], "agent": [], "identity": [], "compound": []}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {},
        "country=uk",
        {key: value for key, value in EMPTY.items() if key != "fact"},
        {**EMPTY, "facts": []},
        {**EMPTY, "fact": {}},
        {**EMPTY, "fact": ["country=uk"]},
        {**EMPTY, "fact": [{"fact": "a", "operator": "==", "value": 1}]},
        {**EMPTY, "fact": [{"fact": "a", "operator": "==", "value": "1", "x": "1"}]},
        {**EMPTY, "fact": [{"fact": "a", "operator": "=='1') or ('1'=='1", "value": "1"}]},
        {**EMPTY, "fact": [{"fact": "a", "operator": ["=="], "value": "1"}]},
        {**EMPTY, "cf_class": "web"},
        {**EMPTY, "cf_class": [None]},
        {**EMPTY, "cf_class": [""]},
        {**EMPTY, "identity": [["web1"]]},
        {**EMPTY, "identity": ["w" * 4097]},
        {**EMPTY, "compound": {}},
        {**EMPTY, "compound": ["web"]},
        {**EMPTY, "compound": [{"statement": "web"}]},
        {**EMPTY, "compound": [[]]},
        {**EMPTY, "compound": [[{"statement": "web"}, {"statement": "db"}]]},
        {**EMPTY, "compound": [[{"not": "not"}, {"statement": "country!=uk"}]]},
        {**EMPTY, "compound": [[{"not": "not"}] * 40 + [{"statement": "web"}]]},
        {**EMPTY, "compound": [[{"fstatement": {"name": "system", "params": "id"}}]]},
        {**EMPTY, "compound": [[{"statement": "web"}]] * 65},
        {**EMPTY, "agent": ["a"] * 65},
    ],
)
def test_a_wire_filter_of_another_shape_is_refused_and_never_widened(value):
    with pytest.raises(FilterError):
        Filter.from_wire(value)


def test_a_test_with_an_exclamation_mark_must_not_hold():
    found = Filter.parse(facts=["!country=uk", " ! cpus>=4"], classes=["!role::web", "!/^db/"], combined=["web !os=linux !dmz"])
    assert [str(tree) for tree in found.expressions] == [
        *("not country==uk", "not cpus>=4", "not role::web", "not /^db/", "not os==linux", "not dmz"),
    ]
    assert (found.facts, found.classes) == ((), ("web",))
    assert Filter.parse(facts=["!country=uk"]).compound == Filter.parse(compound=["not country=uk"]).compound


@pytest.mark.parametrize("kind", ["facts", "classes", "combined"])
@pytest.mark.parametrize("word", ["!", " ! ", "!!web"])
def test_an_exclamation_mark_with_nothing_behind_it_is_refused(kind, word):
    with pytest.raises(FilterError):
        Filter.parse(**{kind: [word]})


def test_node_sets_and_groups_are_kept_for_the_client_that_expands_them():
    assert Filter.parse(identities=["web[01-20,33].example.com", "db1,db2", "group:web"]).identities == (
        *("web[01-20,33].example.com", "db1,db2", "group:web"),
    )


def test_a_client_takes_more_names_than_a_message_has_room_for():
    many = Filter.parse(identities=[f"web{number}" for number in range(100)], classes=["role::web"])
    assert not many.fits_wire
    assert many.named_identities is None
    assert Filter.parse(identities=["web1"]).fits_wire
    with pytest.raises(FilterError, match="64 terms, this one has 101"):
        Filter.from_wire(many.to_wire())


def test_64_terms_pass_and_65_do_not():
    assert len(Filter.parse(classes=["c"] * 64).classes) == 64
    with pytest.raises(FilterError):
        Filter.parse(classes=["c"] * 65)


def test_an_empty_name_is_refused():
    with pytest.raises(FilterError):
        Filter.parse(identities=[""])


def test_expressions_become_call_stacks_and_trees():
    found = Filter.parse(compound=["role::web and not country=uk", "cpus>4"])
    assert found.to_wire()["compound"] == [
        [{"statement": "role::web"}, {"and": "and"}, {"not": "not"}, {"statement": "country=uk"}],
        [{"statement": "cpus>4"}],
    ]
    assert [str(tree) for tree in found.expressions] == ["role::web and not country==uk", "cpus>4"]
    assert Filter.from_wire(found.to_wire()) == found
    assert found.with_agent("echo").expressions == found.expressions


def test_no_filter_exists_with_a_call_stack_that_is_none():
    for stack in (None, "web", [], [{"statement": "a=b=c"}]):
        with pytest.raises(FilterError):
            Filter(compound=(stack,))


def test_a_filter_of_whole_names_is_literal_and_one_with_anything_to_compare_is_not():
    assert Filter().is_literal
    assert Filter(classes=("web",), agents=("rpcutil",), identities=("web1",)).is_literal
    assert not Filter(classes=("/web/",)).is_literal
    assert not Filter(agents=("/rpc/",)).is_literal
    assert not Filter(identities=("/web/",)).is_literal
    assert not Filter(compound=([{"statement": "web"}],)).is_literal
    assert not Filter.parse(facts=["country=uk"]).is_literal


def test_having_an_agent_does_not_make_a_filter_narrow():
    assert Filter().is_empty
    assert Filter().with_agent("rpcutil").is_empty
    assert Filter().with_agent("rpcutil").with_agent("rpcutil").agents == ("rpcutil",)
    assert not Filter(classes=("web",)).is_empty
    assert not Filter(compound=([{"statement": "web"}],)).is_empty


def test_only_plain_identities_alone_name_the_hosts():
    assert Filter(identities=("web1", "web2"), agents=("echo",)).named_identities == ("web1", "web2")
    assert Filter(identities=("web1", "/web/")).named_identities is None
    assert Filter(identities=("web1",), classes=("db",)).named_identities is None
    assert Filter(identities=("web1",), compound=([{"statement": "db"}],)).named_identities is None
    assert Filter().named_identities is None


@pytest.mark.parametrize("words", [{"facts": ["a=" + "x" * 4097]}, {"classes": ["x" * 4097]}, {"identities": ["/" + "x" * 4097 + "/"]}])
def test_a_word_that_no_host_would_take_is_refused_where_it_is_written(words):
    with pytest.raises(FilterError, match="at most 4096 characters"):
        Filter.parse(**words)


def test_a_query_for_puppetdb_is_taken_as_it_is_and_names_nobody():
    query = 'pql:nodes[certname] { certname ~ "web" and facts.a.b >= 1 }'
    found = Filter.parse(identities=[query, "web1"])
    assert found.identities == (query, "web1")
    assert found.named_identities is None
