import json

from mcollective_py.wire.symbol import Regexp, Symbol


def test_a_symbol_is_the_plain_word_wherever_it_is_looked_for():
    assert Symbol("a") == "a"
    assert {Symbol("a"): 1}["a"] == {"a": 1}[Symbol("a")] == 1
    assert json.dumps({Symbol("a"): Symbol("b")}) == '{"a": "b"}'
    assert f"{Symbol('a')}" == "a"


def test_a_symbol_still_knows_what_it_is():
    assert type(Symbol("a")) is Symbol
    assert isinstance(Symbol("a"), str)


def test_a_regular_expression_is_its_text_and_options():
    assert Regexp("(((", 1) == Regexp("(((", 1) != Regexp("(((")
    assert len({Regexp("a"), Regexp("a"), Regexp("a", 4)}) == 2
