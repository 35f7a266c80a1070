import pytest

from mcollective_py.client.datafunctions import prepared
from mcollective_py.errors import FilterError
from mcollective_py.filter import Filter

RESOURCE = """
metadata :name => "resource", :description => "Resources", :author => "us", :license => "Apache-2.0",
         :version => "1.0", :url => "https://example.net/", :timeout => 3

dataquery :description => "A managed resource" do
    input :query, :prompt => "Number", :description => "Which one", :type => :%s, :optional => %s%s
    output :managed, :description => "Managed", :display_as => "Managed"
end
"""


@pytest.fixture
def libdir(tmp_path):
    """A Ruby libdir with the DDLs of data plugins, one for each type of query."""
    folder = tmp_path / "mcollective" / "data"
    folder.mkdir(parents=True)
    for kind in ("integer", "float", "number", "boolean"):
        (folder / f"{kind}s_data.ddl").write_text(RESOURCE % (kind, "false", ""))
    (folder / "names_data.ddl").write_text(RESOURCE % ("string", "true", ', :validation => "^[a-z]+$", :maxlength => 9'))
    return tmp_path


def queries(filter):
    return [element["fstatement"]["params"] for stack in filter.compound for element in stack if "fstatement" in element]


def test_a_filter_without_data_functions_is_not_changed():
    filter = Filter.parse(compound=["web and not country=uk"])
    assert prepared(filter, ()) == (filter, 0.0)


def test_the_time_of_every_call_is_added_up(libdir):
    text = "fstat('/a').size>0 and fstat('/b').size>0 or names().managed=true"
    filter, seconds = prepared(Filter.parse(compound=[text]), (libdir,))
    assert (queries(filter), seconds) == (["/a", "/b", None], 5.0)


@pytest.mark.parametrize(
    ("call", "query"),
    [
        ("integers('5')", 5),
        ("integers(' -5 ')", -5),
        ("floats('5')", 5.0),
        ("floats('1.5')", 1.5),
        ("numbers('5')", 5),
        ("numbers('1.5')", 1.5),
        ("booleans('yes')", True),
        ("booleans('FALSE')", False),
        ("names('abc')", "abc"),
        ("fact('5')", "5"),
    ],
)
def test_a_query_gets_the_type_that_rubys_nodes_want(libdir, call, query):
    output = "exists" if call.startswith("fact") else "managed"
    filter, _ = prepared(Filter.parse(compound=[f"{call}.{output}=true"]), (libdir,))
    (found,) = queries(filter)
    assert (found, type(found)) == (query, type(query))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "nosuch('x').a=1",
            "no such data plugin here: there are agent, booleans, collective, ",
        ),
        ("fstat('/x').sise>1", "the data plugin fstat has no output sise: did you mean size"),
        ("fact('x').colour=red", "the data plugin fact has no output colour: it has exists, value, value_encoding"),
        ("fact().exists=true", r"fact\(\) needs a query"),
        ("integers('five').managed=true", "of the type integer"),
        ("booleans('5').managed=true", "of the type boolean"),
        ("integers().managed=true", "needs a query"),
        ("names('ABC').managed=true", "the query of names"),
        ("names('abcdefghij').managed=true", "the query of names"),
        ("web or not fact('x').nosuch=1", "has no output nosuch"),
    ],
)
def test_what_no_host_could_answer_is_refused(libdir, text, reason):
    with pytest.raises(FilterError, match=reason):
        prepared(Filter.parse(compound=[text]), (libdir,))
