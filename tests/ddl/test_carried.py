import pytest

from mcollective_py.ddl.carried import carried, carried_metadata
from mcollective_py.ddl.rubycalls import read_calls
from mcollective_py.ddl.rubyentities import declared, kind_of
from mcollective_py.errors import DDLError
from mcollective_py.wire.symbol import Symbol

METADATA = (
    'metadata :name => "A Title", :description => "d", :author => "a", :license => "l", :version => 1.5, :url => nil, :timeout => %s\n'
)
INPUT = 'action "a", :description => "d" do\ninput :i, :prompt => "p", :description => "d", :optional => false, %s\nend'


def document(text, timeout="5"):
    calls = read_calls(METADATA % timeout + text, "x", "x.ddl")
    kind = kind_of(calls)
    found = declared(calls, kind, "x", "x.ddl")
    made, notes = carried(found) if kind == "agent" else carried_metadata(found)
    return made.value, notes


def the_input(more):
    value, notes = document(INPUT % more)
    return value["actions"][0]["input"]["i"], notes


def test_the_name_is_that_of_the_file_and_all_that_is_for_people_becomes_text():
    value, notes = document('action "a", :description => nil')
    assert value["metadata"] == {
        "name": "x", "description": "d", "author": "a", "license": "l", "version": "1.5", "url": "", "timeout": 5,
    }  # fmt: skip
    assert (value["actions"][0]["description"], notes) == ("", [])


def test_what_cannot_be_printed_becomes_a_space_and_a_usage_loses_its_margin():
    value, _ = document('action "a", :description => "a\\ab\\r\\e[0m"\nusage "\\n   one\\n     two\\n"')
    assert (value["actions"][0]["description"], value["usage"]) == ("a b  [0m", "one\n  two")


@pytest.mark.parametrize(
    ("timeout", "taken", "note"),
    [
        ("0", 10.0, ["x.ddl:1: metadata: a timeout of 0 is none: 10 s are taken"]),
        ("2.5", 2.5, []),
        ("999999", 86400.0, ["x.ddl:1: metadata: a timeout above 86400 s: it is lowered to that"]),
    ],
)
def test_a_timeout_is_brought_into_what_there_is(timeout, taken, note):
    value, notes = document('action "a", :description => "d"', timeout)
    assert (value["metadata"]["timeout"], notes) == (taken, note)


@pytest.mark.parametrize("timeout", ["'60'", "-1", "nil", "true"])
def test_a_timeout_that_is_none_is_refused(timeout):
    with pytest.raises(DDLError, match=r"x\.ddl:1: metadata: timeout is a number of seconds"):
        document('action "a", :description => "d"', timeout)


STRING = ":type => :string, :maxlength => %s, :validation => %s"
INPUTS = [
    (STRING % (30, "'^[a-z]+$'"), {"type": "string", "maxlength": 30, "validation": "^[a-z]+$"}),
    (STRING % (30, ":shellsafe"), {"type": "string", "maxlength": 30, "validation": "shellsafe"}),
    (STRING % ("'30'", "'.*'"), {"type": "string", "maxlength": 30}),
    (STRING % (-1, ":string"), {"type": "string", "maxlength": 0}),
    (STRING % ("nil", "/a/"), {"type": "string", "maxlength": 0, "validation": "(?m:.*)a(?m:.*)"}),
    (STRING % (5, "['a', 'b']"), {"type": "list", "list": ["a", "b"]}),
    (":type => :list, :list => ['a', :b, 'a']", {"type": "list", "list": ["a", "b"]}),
    (":type => :boolean, :default => true", {"type": "boolean", "default": True}),
    (":type => :any", {"type": "any"}),
]


@pytest.mark.parametrize(("more", "expected"), INPUTS)
def test_an_input_is_carried_over(more, expected):
    found, notes = the_input(more)
    assert found == {"prompt": "p", "description": "d", "optional": False, **expected}
    assert notes == []


NOTED = [
    (":type => :list, :list => [1, 2]", {"type": "integer"}, "a list of choices has texts here, not 1, 2: any whole number is taken"),
    (":type => :list, :list => ['a', 1]", {"type": "any"}, "a list of choices has texts here, not 'a', 1: any value is taken"),
    (":type => :ipv4address", {"type": "any"}, "the type :ipv4address is not known here: anything is taken, hosts check it"),
    (":type => 'string'", {"type": "any"}, "the type 'string' is not known here"),
    (STRING % (5, ":integer"), {"type": "string", "maxlength": 5}, "no text is a valid integer, so hosts refuse it always"),
    (STRING % (5, ":Strange"), {"type": "string", "maxlength": 5}, ":Strange is no validator's name: only hosts check it"),
    (STRING % (5, "nil"), {"type": "string", "maxlength": 5}, "the validation nil checks nothing"),
]


@pytest.mark.parametrize(("more", "expected", "note"), NOTED)
def test_what_of_an_input_has_no_place_is_noted_by_its_line(more, expected, note):
    found, notes = the_input(more)
    assert found == {"prompt": "p", "description": "d", "optional": False, **expected}
    assert len(notes) == 1 and notes[0].startswith("x.ddl:3: a: input i: ") and note in notes[0]


def test_a_name_that_cannot_be_used_leaves_its_part_out_and_says_so():
    value, notes = document(
        'action "enable-it", :description => "d"\n'
        'action "a", :description => "d" do\n'
        'input "not-me", :prompt => "p", :description => "d", :type => :any, :optional => true\n'
        'output "not me", :description => "d", :display_as => "D"\nend\n'
        'action "b", :description => "d" do\n'
        'input "needs-me", :prompt => "p", :description => "d", :type => :any, :optional => false\nend'
    )
    assert [(action["action"], action["input"], action["output"]) for action in value["actions"]] == [("a", {}, {})]
    assert [note.partition(" ")[0] for note in notes] == ["x.ddl:2:", "x.ddl:5:", "x.ddl:4:", "x.ddl:7:"]
    assert "its input 'needs-me' cannot be named here: the action is left out" in notes[3]


def test_summaries_keep_their_format_and_options_and_one_of_nothing_is_left_out():
    value, notes = document(
        'action "a", :description => "d" do\n'
        'output :o, :description => "d", :display_as => "O", :default => {:k => [:v, /r/]}, :type => "hash"\n'
        "summarize do\naggregate summary(:o)\naggregate boolean_summary(:o, {:true => 'yes'})\naggregate sum(:o, :format => 'n: %d')\n"
        "aggregate average(:o), :format => '%f'\naggregate summary(:nosuch)\nend\nend"
    )
    (action,) = value["actions"]
    assert action["output"]["o"] == {"description": "d", "display_as": "O", "type": "hash", "default": {"k": ["v", "r"]}}
    assert action["aggregate"] == [
        {"function": "summary", "args": ["o"]},
        {"function": "boolean_summary", "args": ["o", {"true": "yes"}]},
        {"function": "sum", "args": ["o", {"format": "n: %d"}]},
        {"function": "average", "args": ["o", {"format": "%f"}]},
    ]
    assert notes == [
        "x.ddl:3: a: output o: a regular expression as a value becomes text",
        "x.ddl:9: a: the summary summary is of no output of the action: it is left out",
    ]


def test_symbols_of_a_list_stay_symbols_for_the_wire():
    found, _ = the_input(":type => :list, :list => [:a]")
    assert [type(choice) for choice in found["list"]] == [Symbol]


def test_a_data_plugin_has_its_query_and_its_outputs():
    value, notes = document(
        'dataquery :description => "d" do\n'
        'input :query, :prompt => "p", :description => "d", :type => :string, :validation => /./, :maxlength => 9\n'
        'output :o, :description => "d", :display_as => "O"\nend',
        "0",
    )
    assert value["input"]["query"]["optional"] is False
    assert (value["description"], list(value["output"]), value["metadata"]["timeout"], notes) == ("d", ["o"], 10.0, [])
