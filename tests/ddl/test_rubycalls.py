import time

import pytest

from mcollective_py.ddl.rubycalls import read_calls
from mcollective_py.errors import DDLError


def read(text):
    return read_calls(text, "x", "x.ddl")


def brief(calls):
    return [(call.name, *call.args, *([brief(call.block)] if call.block is not None else [])) for call in calls]


def refusal(text):
    with pytest.raises(DDLError) as found:
        read(text)
    return found.value.reason


def test_calls_are_read_with_their_arguments_their_blocks_and_their_places():
    action, display = read('action "a", :x => 1 do\n  input :b\nend; display(:ok)')
    assert brief([action, display]) == [("action", "a", {"x": 1}, [("input", "b")]), ("display", "ok")]
    assert (action.line, action.column, action.block[0].line, action.block[0].column) == (1, 1, 2, 3)
    assert (display.line, display.column, display.block) == (3, 6, None)


def test_a_loop_over_a_list_is_its_block_for_each_value():
    assert brief(read('["start", "stop"].each do |act|\n  action act, :d => "#{act.capitalize} it"\nend')) == [
        ("action", "start", {"d": "Start it"}),
        ("action", "stop", {"d": "Stop it"}),
    ]


@pytest.mark.parametrize(
    "loop",
    [
        "%w{a b}.each { |x| use x }",
        "list = ['a', 'b']\nlist.each do |x| use x end",
        "LIST = %w[a b].freeze\nLIST\n  .each do |x|\nuse(x)\nend",
        "([:a, :b]).each do |x|; use x.to_s; end",
    ],
)
def test_loops_are_written_in_many_ways(loop):
    assert brief(read(loop)) == [("use", "a"), ("use", "b")]


def test_loops_in_loops_and_values_of_several_names():
    assert brief(read("[['a', 1], ['b']].each do |x, y|\n [2].each { |z| use x, y, z }\nend")) == [
        ("use", "a", 1, 2),
        ("use", "b", None, 2),
    ]
    assert brief(read("{:a => 1, 'b' => 2}.each do |x, y| use x, y end")) == [("use", "a", 1), ("use", "b", 2)]


def test_a_variable_lives_as_long_as_its_block_and_one_from_outside_keeps_what_a_block_sets():
    assert brief(read("n = 1\n[1, 2].each { |i| n = n + i; use n }\nuse n")) == [("use", 2), ("use", 4), ("use", 4)]
    assert "inner is not set before" in refusal("[1].each { |i| inner = 1 }\nuse [inner]")


CODE = [
    ("if act == 'x'", "x.ddl:1:1: if is code: a DDL is read, not run; write out each action with its inputs and outputs"),
    ("  x = 1 if true", "x.ddl:1:9: if is code"),
    ("use 1 unless x", "unless is code"),
    ("def x", "def is code"),
    ("class X", "class is code"),
    ("require 'yaml'", "require is code: a DDL is read, not run; leave it out"),
    ("system 'ls'", "system is code"),
    ("use `ls`", "a command in backticks is never run"),
    ("use $0", "$ begins a variable of a program"),
    ("use @x", "@ begins a variable of a program"),
    ("use File.read('x')", "File is a constant of a program: a DDL is read, not run; write its value"),
    ("Kernel.exit", "Kernel is a constant of a program"),
    ("use [other]", "other is not set before"),
    ("use 'a'.reverse", ".reverse is code"),
    ("use ['a'].map", ".map is code"),
    ("use 'a' == 'b'", "== is code"),
    ("use true ? 1 : 2", "? is code"),
    ("use x ? 1 : 2", "x is not set before"),
    ("use 1 - 1", "- is code"),
    ("use 'a' % 1", "% is code"),
    ("use 'a' << 'b'", "<< is code"),
    ("use 'a' + :b", "+ is code here"),
    ("use 'a' + 1", "+ is code here"),
    ("use -> { }", "no number that a DDL has"),
    ("use !true", "! is code"),
    ("use 1..2", ".. is code"),
    ("x += 1", "is code"),
    ("(1..2).each do |x| end", ".. is code"),
    ("3.times do |x| end", ".times is code"),
    ("'a'.each do |x| end", "each goes through a list that is written out"),
    ("[].each do |x| end", "a list with nothing in it declares nothing"),
    ("[1].each", "each needs a block"),
    ("[1].each do\nend", "each gives a value: name it, as in do |act|"),
    ("[1].each do |x = 1| end", "plain names stand between | and |, with commas"),
    ("use do |x| end", "this block is given nothing"),
    ("'a value'", "a value by itself declares nothing"),
    ("use 'a' 1", "'1' is not expected here"),
    ("use({1, 2})", "between { and } stand pairs, key => value"),
    ("use [1 2]", "'2' is not expected here"),
    ("use :a => 1, 2", "pairs of key => value come last"),
    ("use [1] => 2", "a key is a symbol, a text or a number"),
    ("use :a =>", "the text ends too early"),
    ("use :a,\n", "the text ends too early"),
    ("use do\n", "this block does not end: end is missing"),
    ("end", "an end that closes nothing"),
    ("use do\n}", "a } that closes nothing"),
    ('use "#{if x}"', "if is code"),
    ('use "#{[1]}"', "a list or a hash is no text"),
    ("use nosuch(1) + 1", "nosuch is not set before"),
    ("use 'a'.sub('a')", ".sub: not with such arguments"),
]


@pytest.mark.parametrize(("text", "says"), CODE)
def test_what_is_not_a_declaration_is_refused_by_line_and_column(text, says):
    reason = refusal(text)
    assert says in reason
    assert reason.startswith("x.ddl:")


BOMBS = [
    "a = ['x']\n" + "a = [a, a, a, a, a, a, a, a, a, a]\n" * 10 + "use a",
    "a = 'x'\n" + 'a = "#{a}#{a}"\n' * 40 + "use a",
    "a = 'x'\n" + "a = a + a\n" * 40 + "use a",
    "a = 'x'\n" + "a = a.gsub('x', 'xxxxxxxxxx')\n" * 40 + "use a",
    "a = %w[" + "x " * 9000 + "]\n" + "a.each do |x|\n a.each do |y|\n use x\n end\n end",
    "a = %w[" + "x " * 400 + "]\n" + "a.each do |x|\n a.each do |y|\n # " + "c" * 5000 + "\n end\n end",
    "[" * 100_000,
    "use " + "(" * 100_000,
    'use "' + '#{"' * 50_000,
    "use {:a => " * 50_000,
    "use do\n" * 50_000,
    "x = 1\n" * 40_000,
    "a = '" + "x" * 100_000 + "'\n" + 'use "' + "#{a}" * 20_000 + '"',
    "a = '" + "x" * 100_000 + "'\nuse [" + "a, " * 15_000 + "].join",
    "=begin\n=end\n" * 20_000 + "if",
    "use 1" + " " * 200_000 + "if",
    "\n" * 250_000 + "if",
    "use <<A\n" * 10 + "A\n" * 10 + "if",
]


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:30])
def test_what_would_take_long_or_much_is_refused_soon(text):
    start = time.process_time()
    with pytest.raises(DDLError):
        read(text)
    assert time.process_time() - start < 3
