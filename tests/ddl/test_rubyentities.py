import pytest

from mcollective_py.ddl.rubycalls import read_calls
from mcollective_py.ddl.rubyentities import declared, kind_of
from mcollective_py.errors import DDLError
from mcollective_py.wire.symbol import Symbol

METADATA = 'metadata :name => "x", :description => "d", :author => "a", :license => "l", :version => "1", :url => "u", :timeout => 5\n'


def entities(text, kind=None):
    calls = read_calls(METADATA + text, "x", "x.ddl")
    return declared(calls, kind or kind_of(calls), "x", "x.ddl")


def refusal(text, kind=None):
    with pytest.raises(DDLError) as found:
        entities(text, kind)
    return found.value.reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('action "a", :description => "d"', "agent"),
        ('dataquery :description => "d"', "data"),
        ("discovery do\ncapabilities :facts\nend", "discovery"),
        ("", "other"),
        ("usage 'x'", "other"),
    ],
)
def test_a_kind_is_known_by_its_words(text, kind):
    assert kind_of(read_calls(METADATA + text, "x", "x.ddl")) == kind


def test_an_action_is_what_the_ruby_class_makes_of_it():
    found = entities(
        'requires :mcollective => "2.2.1"\nusage "how"\naction "a", :description => "d" do\ndisplay :always\n'
        'input :i, :prompt => "p", :description => "d", :type => :string,\n'
        '  :validation => ".", :maxlength => 3, :optional => false, :x => 1\n'
        'output :o, :description => "d", :display_as => "O"\n'
        "summarize do\naggregate summary(:o), :format => '%s'\nend\nend"
    )
    assert (found.metadata["timeout"], found.requirements, found.usage) == (5, {"mcollective": "2.2.1"}, "how")
    assert found.entities == {
        "a": {
            "action": "a",
            "description": "d",
            "display": "always",
            "input": {
                "i": {
                    "prompt": "p",
                    "description": "d",
                    "type": "string",
                    "default": None,
                    "optional": False,
                    "validation": ".",
                    "maxlength": 3,
                }
            },
            "output": {"o": {"description": "d", "display_as": "O", "default": None}},
            "aggregate": [{"function": "summary", "args": ["o"], "format": "%s"}],
        }
    }
    assert found.places[("input", "a", "i")] == (6, 1)


def test_an_action_declared_twice_keeps_its_description_and_gets_what_is_new():
    found = entities(
        'action "a", :description => "first"\n'
        'action "a", :description => "second" do\noutput :o, :description => "d", :display_as => "O"\ndisplay :ok\nend'
    )
    assert (found.entities["a"]["description"], found.entities["a"]["display"], list(found.entities["a"]["output"])) == (
        "first",
        "ok",
        ["o"],
    )


def test_capabilities_are_taken_from_lists_and_words():
    found = entities("discovery do\ncapabilities [:facts, :classes], :identity\nend")
    assert found.entities == {"discovery": {"capabilities": [Symbol("facts"), Symbol("classes"), Symbol("identity")]}}


ACTION = 'action "a", :description => "d" do\n%s\nend'
REFUSED = [
    ("action 'a'", "x.ddl:2:1: action is given a name and pairs"),
    ("action 'a', :display => 1", "action needs :description"),
    ("action 5, :description => 'd'", "action is given a name first"),
    (ACTION % "display 'always'", "x.ddl:3:1: display is one of :ok, :failed, :flatten, :always"),
    (ACTION % "display :never", "display is one of"),
    (ACTION % "input :i, :prompt => 'p'", "input needs :optional"),
    (ACTION % "input :i, :optional => true, :prompt => 'p', :type => :any", "input needs :description"),
    (
        ACTION % "input :i, :optional => true, :prompt => 'p', :description => 'd', :type => :string",
        "the input i of type :string needs :validation",
    ),
    (
        ACTION % "input :i, :optional => true, :prompt => 'p', :description => 'd', :type => :string, :validation => '.'",
        "the input i of type :string needs :maxlength",
    ),
    (ACTION % "input :i, :optional => true, :prompt => 'p', :description => 'd', :type => :list", "of type :list needs :list"),
    (ACTION % "output :o, :description => 'd'", "output needs :display_as"),
    (ACTION % "summarize do\naggregate :o\nend", "aggregate is given a function of an output"),
    (ACTION % "summarize do\naggregate summary(:o), :x => 1\nend", "at most a :format"),
    (ACTION % "aggregate summary(:o)", "aggregate stands in summarize ... do, not here"),
    (ACTION % "outputs :o", "outputs is not a word of this DDL: did you mean output?"),
    (ACTION % "input(:i) { x }", "input has no block"),
    (ACTION % ("action 'b', :description => 'd' do end"), "action is not a word of this DDL"),
    ("display :ok", "display stands in action ... do, not here"),
    ("input :i, :prompt => 'p'", "input stands in action or dataquery ... do, not here"),
    ("shell 'x'", "shell is not a word of this DDL: a DDL is read, not run, and here may stand metadata, requires, usage"),
    ("requires :puppet => '4'", "requires puppet is not known"),
    ("requires :mcollective => 2.2", "is a text of numbers and dots"),
    ("requires :mcollective => '2.13.0'", "requires MCollective 2.13.0, and here is what 2.12.5 has"),
    ("usage 5", "usage is a text"),
    ("dataquery :description => 'd' do\ninput :other, :prompt => 'p'\nend", "the only input of a data plugin is called query"),
    ("dataquery :description => 'd'\ndataquery :description => 'd'", "a data plugin has one dataquery"),
    ("discovery do\ncapabilities\nend", "capabilities are some of :classes"),
    ("discovery do\ncapabilities 'facts'\nend", "capabilities are some of"),
    ("discovery do end\ndiscovery do end", "a discovery method is declared once"),
]


@pytest.mark.parametrize(("text", "says"), REFUSED)
def test_what_the_ruby_classes_refuse_is_refused_by_line_and_column(text, says):
    assert says in refusal(text)


def test_metadata_is_complete_or_refused():
    with pytest.raises(DDLError, match=r"x\.ddl:1:1: metadata needs :timeout"):
        declared(read_calls(METADATA.replace(", :timeout => 5", ""), "x", "x.ddl"), "agent", "x", "x.ddl")
    with pytest.raises(DDLError, match=r"x\.ddl: metadata is missing"):
        declared((), "agent", "x", "x.ddl")
