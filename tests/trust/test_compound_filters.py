"""S-05: nothing in a compound filter is ever run, whoever wrote it and whichever way it came."""

import pytest

from mcollective_py.errors import FilterError
from mcollective_py.filter import Filter
from mcollective_py.matching.matcher import matches
from mcollective_py.node.data import DataPlugins, builtin_data
from mcollective_py.node.view import NodeView
from tests.cputime import cpu_seconds


def host(**facts):
    plugins = DataPlugins(builtin_data())
    view = NodeView("web1", classes=frozenset({"role::web"}), facts=facts)
    return NodeView(
        "web1",
        classes=view.classes,
        facts=facts,
        data_plugins=plugins.names,
        data=lambda name, query: plugins.query(name, query, view),
    )


def statement(text):
    return [{"statement": text}]


def function(**changes):
    call = {"r_compare": "1", "operator": "==", "value": "size", "name": "fstat", "params": "/etc/hosts"}
    return [{"fstatement": {**call, **changes}}]


WRITTEN = [
    "fstat('/etc/hosts').size=1 or system('{touch}')",
    'x="" or `{touch}` or y="',
    "x='`{touch}`'",
    'x="#{{`{touch}`}}"',
    "x=$({touch})",
    "x='$({touch})'",
    "x=';{touch};'",
    "__import__('os').system='{touch}'",
    'fact(\'__import__("os").system("{touch}")\').value=x',
    "fact('`{touch}`').exists=true",
    "fact('x').value='x' or eval('{touch}').x=1",
    "x=/#{{`{touch}`}}/",
    "fstat('| {touch}').present=1",
    "fstat('/etc/hosts').__class__='{touch}'",
]
SENT = [
    function(name="system", params="{touch}"),
    function(name="send", params="{touch}", value="system"),
    function(name="eval", params="`{touch}`"),
    function(name="__import__('os').system('{touch}')"),
    function(operator="== 1; `{touch}`; 1 =="),
    function(operator="send", r_compare="{touch}"),
    function(value="instance_eval", r_compare="{touch}"),
    function(r_compare="`{touch}`"),
    function(params="`{touch}`"),
    function(operator="=~", r_compare="/(?{{`{touch}`}})/"),
    statement("true; `{touch}`"),
    statement("x='#{{`{touch}`}}'"),
    statement("x=`{touch}`"),
    [{"not": "`{touch}`"}, {"statement": "x"}],
    [{"and": "&& `{touch}` &&"}],
    [{"`{touch}`": "statement"}],
]


def filled(value, touch):
    """The value with the command in its place."""
    if isinstance(value, str):
        return value.format(touch=touch)
    if isinstance(value, list):
        return [filled(item, touch) for item in value]
    return {filled(key, touch): filled(item, touch) for key, item in value.items()}


@pytest.mark.parametrize("text", WRITTEN)
def test_an_expression_with_a_command_in_it_is_refused_or_false(text, tmp_path):
    mark = tmp_path / "ran"
    touch = f"touch {mark}"
    try:
        filter = Filter.parse(compound=[filled(text, touch)])
    except FilterError:
        return
    for facts in ({}, {"x": "y"}, {"x": f"`{touch}`", "y": "1"}):
        matches(filter, host(**facts))
    assert not matches(filter, host(x="nothing of this"))
    assert not mark.exists()


@pytest.mark.parametrize("stack", SENT)
def test_a_call_stack_with_a_command_in_it_is_refused_or_false(stack, tmp_path):
    mark = tmp_path / "ran"
    try:
        filter = Filter(compound=(filled(stack, f"touch {mark}"),))
    except FilterError:
        return
    assert not matches(filter, host(x="nothing of this"))
    assert not mark.exists()


@pytest.mark.parametrize(
    "stack",
    [
        [{"(": "("}] * 10_000,
        [{"(": "("}] * 10_000 + statement("x") + [{")": ")"}] * 10_000,
        [{"not": "not"}] * 10_000 + statement("x"),
        statement("x") * 10_000,
    ],
)
def test_ten_thousand_parentheses_are_refused_at_once(stack):
    def refused():
        with pytest.raises(FilterError):
            Filter(compound=(stack,))
        with pytest.raises(FilterError):
            Filter.parse(compound=["(" * 10_000 + "x" + ")" * 10_000])

    assert cpu_seconds(refused, 0.2) < 0.2


def test_the_dearest_filter_that_is_taken_is_answered_within_a_tenth_of_a_second():
    slow = [{"statement": f"x=/(a|b|ab|{number}|.*c)*(a+)+(b*)*d$/"} for number in range(64)]
    stack = [element for statement in slow for element in ({"or": "or"}, statement)][1:]
    filter = Filter(compound=(stack,))
    view = host(x="ab" * 20_000)
    assert not matches(filter, view)
    assert cpu_seconds(lambda: matches(filter, view), 0.1) < 0.1


def test_no_value_of_a_fact_is_run_either(tmp_path):
    mark = tmp_path / "ran"
    value = f"1' or `touch {mark}` or '1'=='1"
    for text in ("x=1", "x>1", "x!=1", "x=/1/", "not x=1"):
        matches(Filter.parse(compound=[text]), host(x=value))
    assert not mark.exists()
