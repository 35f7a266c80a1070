import pytest

from mcollective_py.errors import FilterError
from mcollective_py.facttest import FactTest
from mcollective_py.filter import Filter
from mcollective_py.security.rubyfilter import as_text, filter_from_ruby, filter_to_ruby
from mcollective_py.wire.symbol import Regexp, Symbol

EMPTY = {"fact": [], "cf_class": [], "agent": [], "identity": [], "compound": []}
US = {Symbol("fact"): "country", Symbol("value"): "us", Symbol("operator"): "=="}
CALL = {"r_compare": "5", "operator": ">", "value": "size", "name": "fstat", "params": "/etc/hosts"}


def test_a_string_is_text_and_so_is_an_ascii_byte_string_but_no_symbol():
    assert (as_text("é"), as_text(b"abc"), as_text("")) == ("é", "abc", "")
    assert (as_text(Symbol("abc")), as_text("é".encode()), as_text(None), as_text(5)) == (None, None, None, None)


def test_a_filter_goes_to_ruby_and_comes_back():
    filter = Filter.parse(facts=["country=us", "memory>=4"], classes=["/^role/"], agents=["puppet"], identities=["web1"])
    wire = filter_to_ruby(filter)
    assert list(wire) == ["fact", "cf_class", "agent", "identity", "compound"]
    assert wire["fact"][0] == {"fact": "country", "value": "us", "operator": "=="}
    assert all(type(key) is Symbol for key in wire["fact"][0])
    assert not any(type(key) is Symbol for key in wire)
    assert filter_from_ruby(wire) == filter


@pytest.mark.parametrize("empty", [{}, EMPTY, {**EMPTY, "fact": []}, {key.encode(): [] for key in EMPTY}])
def test_only_the_empty_filter_means_everybody(empty):
    assert filter_from_ruby(empty) == Filter()


@pytest.mark.parametrize(
    "nobody",
    [
        {"bogus": ["x"]},
        {"collective": "mcollective"},
        {**EMPTY, "collective": "mcollective"},
        {"agent": []},
        {Symbol(key): value for key, value in EMPTY.items()},
        {**EMPTY, Symbol("cf_class"): [], "x": 1},
    ],
)
def test_without_a_condition_any_other_filter_means_nobody(nobody):
    with pytest.raises(FilterError, match="it means nobody"):
        filter_from_ruby(nobody)


def test_keys_may_be_left_out_and_unknown_ones_are_passed_over():
    assert filter_from_ruby({"agent": ["rpcutil"]}) == Filter(agents=("rpcutil",))
    assert filter_from_ruby({"agent": [b"rpcutil"], "collective": "mcollective", "bogus": 5, 7: "x"}) == Filter(agents=("rpcutil",))


def test_any_key_with_the_word_for_classes_in_it_counts_as_classes():
    found = filter_from_ruby({"puppet_class": ["a"], "my_cf_class_x": ["b"], Symbol("cf_class"): ["c"], Symbol("agent"): ["not seen"]})
    assert found == Filter(classes=("a", "b", "c"))


@pytest.mark.parametrize("value", [None, [], "agent", 5, True])
def test_what_is_no_hash_is_no_filter(value):
    with pytest.raises(FilterError, match="a filter is a hash"):
        filter_from_ruby(value)


@pytest.mark.parametrize("key", list(EMPTY))
@pytest.mark.parametrize("value", [None, "x", {"x": 1}, 5])
def test_conditions_that_are_no_list_are_refused(key, value):
    with pytest.raises(FilterError, match=f"{key} in a filter is a list"):
        filter_from_ruby({key: value})


@pytest.mark.parametrize(
    "entry",
    [
        {str(key): value for key, value in US.items()},
        {**US, Symbol("operator"): Symbol("==")},
        {**US, Symbol("operator"): "~"},
        {**US, Symbol("value"): 1},
        {**US, Symbol("value"): None},
        {Symbol("fact"): "country"},
        "country=us",
        None,
    ],
)
def test_a_fact_test_that_no_ruby_node_would_see_is_refused(entry):
    with pytest.raises(FilterError):
        filter_from_ruby({"fact": [entry]})


def test_a_fact_test_may_have_more_than_ruby_looks_at():
    assert filter_from_ruby({"fact": [{**US, Symbol("more"): 1}]}) == Filter(facts=(FactTest("country", "==", "us"),))


@pytest.mark.parametrize("name", [Symbol("web"), None, 5, ["web"], b"\xff", ""])
@pytest.mark.parametrize("key", ["cf_class", "agent", "identity"])
def test_a_name_is_a_string_that_is_not_empty(key, name):
    with pytest.raises(FilterError):
        filter_from_ruby({key: [name]})


def test_a_regular_expression_after_a_function_is_text_here_and_one_on_the_wire():
    wire = {"compound": [[{"fstatement": {**CALL, "operator": "=~", "r_compare": Regexp("^a/b")}}]]}
    found = filter_from_ruby(wire)
    assert found.compound == ([{"fstatement": {**CALL, "operator": "=~", "r_compare": "/^a/b/"}}],)
    assert filter_to_ruby(found)["compound"] == wire["compound"]


def test_the_one_option_that_is_known_here_comes_as_a_part_of_the_expression():
    found = filter_from_ruby({"compound": [[{"fstatement": {**CALL, "operator": "!=~", "r_compare": Regexp("web", 1)}}]]})
    assert found.compound[0][0]["fstatement"]["r_compare"] == "/(?i)web/"
    for options in (2, 4, 7):
        with pytest.raises(FilterError, match="options x and m"):
            filter_from_ruby({"compound": [[{"fstatement": {**CALL, "operator": "=~", "r_compare": Regexp("web", options)}}]]})


def test_a_slash_that_is_compared_with_another_operator_stays_text():
    wire = [[{"fstatement": {**CALL, "operator": "==", "value": "name", "r_compare": "/etc/hosts/"}}]]
    assert filter_to_ruby(filter_from_ruby({"compound": wire}))["compound"] == wire


def test_byte_strings_are_text_in_a_call_stack():
    assert filter_from_ruby({"compound": [[{b"statement": b"country=us"}]]}).compound == ([{"statement": "country=us"}],)


@pytest.mark.parametrize(
    "stack",
    [
        "statement",
        [[]],
        ["and"],
        [{Symbol("statement"): "web"}],
        [{"statement": "web", "and": "and"}],
        [{"statement": Symbol("web")}],
        [{"fstatement": {"name": "fstat"}}],
        [{"exec": "rm"}],
        [{"and": "and"}],
        [{"statement": "web"}] * 10_000,
    ],
)
def test_a_call_stack_of_another_shape_is_refused(stack):
    with pytest.raises(FilterError):
        filter_from_ruby({"compound": [stack]})
