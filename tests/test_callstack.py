import pytest

from mcollective_py.callstack import MAX_CALLS, read_callstacks, write_callstack
from mcollective_py.errors import FilterError
from mcollective_py.expression import AllOf, AnyOf, ClassTest, DataTest, Not
from mcollective_py.facttest import FactTest
from mcollective_py.wire.symbol import Symbol

OPEN, CLOSE, AND, OR, NOT = ({word: word} for word in ("(", ")", "and", "or", "not"))
FUNCTION = {"r_compare": "1.0", "operator": "==", "value": "version", "name": "agent", "params": "rpcutil"}

# As real Ruby clients sent them.
RECORDED = [OPEN, {"statement": "country=us"}, AND, {"statement": "webserver"}, CLOSE, OR, NOT, {"statement": "common"}]
RECORDED_FUNCTIONS = [
    {"fstatement": {"r_compare": "/^u/", "operator": "=~", "value": "value", "name": "fact", "params": "country"}},
    AND,
    {"fstatement": {"r_compare": "odd", "operator": "==", "value": "value", "name": "fact", "params": "parity"}},
    AND,
    {"fstatement": FUNCTION},
]


def read(*elements):
    (tree,) = read_callstacks([list(elements)])
    return tree


def test_a_recorded_call_stack_is_read():
    assert read(*RECORDED) == AnyOf((AllOf((FactTest("country", "==", "us"), ClassTest("webserver"))), Not(ClassTest("common"))))


def test_recorded_data_functions_are_read():
    assert read(*RECORDED_FUNCTIONS) == AllOf(
        (
            DataTest("fact", "country", "value", "=~", "/^u/"),
            DataTest("fact", "parity", "value", "==", "odd"),
            DataTest("agent", "rpcutil", "version", "==", "1.0"),
        )
    )


@pytest.mark.parametrize(
    ("statement", "test"),
    [
        ("web", ClassTest("web")),
        ("role::web-1.x", ClassTest("role::web-1.x")),
        ("/^web/", ClassTest("/^web/")),
        ("/a=b/", ClassTest("/a=b/")),
        ("country=us", FactTest("country", "==", "us")),
        ("country=United Kingdom", FactTest("country", "==", "United Kingdom")),
        ("cpus>=4", FactTest("cpus", ">=", "4")),
        ("cpus<=4", FactTest("cpus", "<=", "4")),
        ("cpus<4", FactTest("cpus", "<", "4")),
        ("cpus>4", FactTest("cpus", ">", "4")),
        ("os=/^deb/", FactTest("os", "=~", "/^deb/")),
        ("path=/usr/bin", FactTest("path", "=~", "/usr/bin")),  # searched for with its slashes
        ("mountpoints./boot.size>0", FactTest("mountpoints./boot.size", ">", "0")),
        ("version=!1", FactTest("version", "==", "!1")),
        ("eq=a<b", FactTest("eq", "==", "a<b")),
    ],
)
def test_a_statement_is_what_rubys_nodes_read(statement, test):
    assert read({"statement": statement}) == test


@pytest.mark.parametrize(
    "statement",
    ["country!=us", "country==us", "country=~us", "cpus=>4", "cpus=<4", "a=b=c", "a=/x=y/", "a=b=", "a=", "=a", "a<b<c", "a>=b>=c",
     "a<>b", "a</x/", "a>/x", "a b=c", "a'=b", "=", "<"],
)  # fmt: skip
def test_a_statement_that_rubys_nodes_read_otherwise_than_it_looks_is_refused(statement):
    with pytest.raises(FilterError, match="otherwise than it looks"):
        read({"statement": statement})


@pytest.mark.parametrize(
    "stack",
    [
        None,
        "web",
        {},
        (),
        [],
        [[]],
        ["web"],
        [None],
        [{}],
        [{"statement": "a", "and": "and"}],
        [{"statment": "a"}],
        [{Symbol("statement"): "a"}],
        [{b"statement": "a"}],
        [{"statement": ["a"]}],
        [{"statement": None}],
        [{"statement": ""}],
        [{"statement": "  "}],
        [{"statement": "a\n/b/"}],
        [{"statement": "a" * 4097}],
        [{"statement": "a"}, {"and": "or"}, {"statement": "b"}],
        [{"statement": "a"}, {"and": None}, {"statement": "b"}],
        [{"statement": "a"}, {"and": "and"}],
        [{"statement": "a"}, {"statement": "b"}],
        [{"statement": "a"}, {"&&": "&&"}, {"statement": "b"}],
        [{"(": "("}, {"statement": "a"}],
        [{"fstatement": "fstat('/x').size=1"}],
        [{"fstatement": {}}],
        [{"fstatement": {**FUNCTION, "more": "x"}}],
        [{"fstatement": {key: FUNCTION[key] for key in ("r_compare", "operator", "name", "params")}}],
        [{"fstatement": {**FUNCTION, "name": "system('id')"}}],
        [{"fstatement": {**FUNCTION, "name": "__import__('os')"}}],
        [{"fstatement": {**FUNCTION, "name": None}}],
        [{"fstatement": {**FUNCTION, "value": "size; id"}}],
        [{"fstatement": {**FUNCTION, "value": None}}],
        [{"fstatement": {**FUNCTION, "operator": "or"}}],
        [{"fstatement": {**FUNCTION, "operator": "=~"}}],
        [{"fstatement": {**FUNCTION, "operator": ["=="]}}],
        [{"fstatement": {**FUNCTION, "r_compare": 1}}],
        [{"fstatement": {**FUNCTION, "params": ["x"]}}],
        [{"fstatement": {**FUNCTION, "params": 2**70}}],
        [{"fstatement": {**FUNCTION, "params": "`id`"}}],
    ],
)
def test_anything_else_is_refused(stack):
    with pytest.raises(FilterError):
        read_callstacks([stack])


@pytest.mark.parametrize(("params", "query"), [(None, None), ("x", "x"), (5, "5"), (1.5, "1.5"), (True, "true"), (False, "false")])
def test_a_query_is_a_text_whatever_type_its_ddl_gave_it(params, query):
    assert read({"fstatement": {**FUNCTION, "params": params}}).query == query


def test_all_stacks_together_are_bounded():
    stack = [{"statement": "a"}, *[AND, {"statement": "a"}] * 100]
    assert len(read_callstacks([stack, stack])) == 2
    with pytest.raises(FilterError, match="may have 512 elements"):
        read_callstacks([stack, stack, stack])


def test_questions_to_data_plugins_are_bounded_and_the_same_one_counts_once():
    def asking(number):
        return [{"fstatement": {**FUNCTION, "params": str(number)}}]

    assert len(read_callstacks([asking(number % MAX_CALLS) for number in range(40)])) == 40
    with pytest.raises(FilterError, match="16 questions"):
        read_callstacks([asking(number) for number in range(MAX_CALLS + 1)])


def test_what_is_nested_too_deeply_is_refused_and_no_recursion_error():
    deep = [*[OPEN] * 250, {"statement": "a"}, *[CLOSE] * 250]
    with pytest.raises(FilterError, match="deeper"):
        read_callstacks([deep])
    with pytest.raises(FilterError, match="elements"):
        read_callstacks([[NOT] * 10_000])


@pytest.mark.parametrize(
    ("test", "elements"),
    [
        (ClassTest("web"), [{"statement": "web"}]),
        (FactTest("a", "==", "b c"), [{"statement": "a=b c"}]),
        (FactTest("a", ">=", "4"), [{"statement": "a>=4"}]),
        (FactTest("a", "=~", "/b/"), [{"statement": "a=/b/"}]),
        (FactTest("a", "=~", "/b=[=]\\=(?i)/"), [{"statement": "a=/b\\x3d[\\x3d]\\x3d(?i)/"}]),
        (FactTest("a", "==", ""), [{"statement": "a=/\\A\\z/"}]),
        (FactTest("a", "==", "/usr/bin"), [{"statement": "a=/\\A\\/usr\\/bin\\z/"}]),
        (FactTest("a", "==", "x=(1)"), [{"statement": "a=/\\Ax\\x3d\\(1\\)\\z/"}]),
        (FactTest("a", "==", ">x"), [{"statement": "a=/\\A>x\\z/"}]),
        (FactTest("a", "!=", "b"), [OPEN, {"statement": "a<b"}, OR, {"statement": "a>b"}, CLOSE]),
        (FactTest("a", "!=", ""), [{"statement": "a=/[\\d\\D]/"}]),
        (DataTest("agent", "rpcutil", "version", "==", "1.0"), [{"fstatement": FUNCTION}]),
    ],
)
def test_a_test_is_written_so_that_rubys_nodes_read_what_is_meant(test, elements):
    assert write_callstack([test]) == elements


@pytest.mark.parametrize(
    "test",
    [
        FactTest("a", "<", "/x"),
        FactTest("a", "<", "b<c"),
        FactTest("a", ">", "=c"),
        FactTest("a", "!=", "/usr"),
        FactTest("a", "!=", "b>c"),
    ],
)
def test_a_test_that_they_cannot_read_is_refused(test):
    with pytest.raises(FilterError, match="give it with -F"):
        write_callstack([test])


def test_a_function_is_written_in_the_order_that_ruby_has():
    (element,) = write_callstack([DataTest("puppet", None, "enabled", "==", "true")])
    assert list(element["fstatement"]) == ["r_compare", "operator", "value", "name", "params"]
