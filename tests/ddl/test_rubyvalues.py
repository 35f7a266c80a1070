import pytest

from mcollective_py.ddl.rubysource import RubySource
from mcollective_py.ddl.rubyvalues import Function, Values
from mcollective_py.errors import DDLError
from mcollective_py.wire.symbol import Symbol


def value(text, **variables):
    values = Values(RubySource(text, "x", "x.ddl"))
    values.variables = variables
    return values.expression()


def given(text, *, takes_functions=False):
    return Values(RubySource(text, "x", "x.ddl")).arguments(takes_functions=takes_functions)


def refusal(text, **variables):
    with pytest.raises(DDLError) as found:
        value(text, **variables)
    return found.value.reason


def test_pairs_of_both_styles_are_one_hash_at_the_end():
    name, pairs = given(":a, :type => :string,\n  optional: true, 'max length': 5, \"k\" => nil")
    assert (name, pairs) == ("a", {"type": "string", "optional": True, "max length": 5, "k": None})
    assert [type(one) for one in (name, pairs["type"])] == [Symbol, Symbol]


def test_lists_and_hashes_may_run_over_lines_and_end_with_a_comma():
    assert value("[\n  1, # one\n  [2,\n 3],\n]") == [1, [2, 3]]
    assert value('{\n :a => {"b" => []},\n }') == {"a": {"b": []}}
    assert value("[1, :a => 2, :b => 3]") == [1, {"a": 2, "b": 3}]


def test_what_a_word_is_given_ends_with_its_line_unless_a_comma_does():
    assert given("1,\n  2\n3") == (1, 2)
    assert given("\n1") == given("do\n") == given("# 1") == ()


def test_a_function_stands_behind_aggregate():
    assert given("summary(:a)", takes_functions=True) == (Function("summary", ("a",)),)
    assert given("average(:b, :format => '%d'), :x => 1", takes_functions=True) == (
        Function("average", ("b", {"format": "%d"})),
        {"x": 1},
    )
    assert given("sum :c", takes_functions=True) == (Function("sum", ("c",)),)
    with pytest.raises(DDLError, match="summary is not set before"):
        given("summary(:a)")


def test_numbers_are_added_and_multiplied_as_usual_and_texts_and_lists_joined():
    assert (value("1 + 2 * 3"), value("(1 + 2) * 3"), value("10 * 1024")) == (7, 9, 10240)
    assert (value("'a' + \n'b' 'c'"), value("[1] + [2]")) == ("abc", [1, 2])


def test_variables_stand_for_their_values_in_texts_too():
    assert value('"#{act.capitalize} #{ count + 1 }#{}"', act="stop", count=2) == "Stop 3"
    assert value("[act, act.to_sym]", act="stop") == ["stop", "stop"]


def test_methods_follow_each_other_and_may_begin_the_next_line():
    assert value("act.upcase\n  .sub(/P$/, 'PP') # words\n  .freeze", act="stop") == "STOPP"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nosuch", "x.ddl:1:1: nosuch is not set before: a DDL is read, not run; write its value"),
        ("[1, if]", "x.ddl:1:5: if is code"),
        ("ENV['X']", "ENV is a constant of a program"),
        ("'a'.nosuch", ".nosuch is code"),
        ("5.upcase", ".upcase: this is for a text"),
        ("999999999999999999 * 9", "a number of more than 18 digits"),
        ("{1}", "between { and } stand pairs, key => value"),
        ("(1", "the text ends too early"),
        ("[1", "the text ends too early"),
        ("@x", "@ begins a variable of a program"),
        ("é", "is not expected here: is a comma, a quote or a bracket missing before it?"),
    ],
)
def test_what_is_no_value_is_refused_by_its_place(text, says):
    assert says in refusal(text)


def test_a_variable_counts_as_all_that_it_holds():
    assert "more than 20000 values" in refusal("[" + "x, " * 30 + "]", x=[0] * 1000)
