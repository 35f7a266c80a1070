import json
import logging
import math

from mcollective_py.client.aggregate.base import Aggregated
from mcollective_py.client.aggregate.load import OURS
from mcollective_py.client.aggregate.summaries import NOTHING, bounded
from mcollective_py.ddl.model import Aggregate
from mcollective_py.wire.plainjson import plain_json
from mcollective_py.wire.symbol import Regexp, Symbol

HOSTILE = (
    "x" * 1_000_000,
    b"\xff" * 1000,
    [[[["deep"]]]] * 100,
    {"": {"a": [None]}},
    {1: 2, None: math.nan},
    math.nan,
    -math.inf,
    10**5000,
    "\x1b[2J",
    "\ud800",
    Symbol("s"),
    Regexp("(a+)+$", 0),
    [{"rss": math.inf, "vsize": "x" * 10_000}],
    list(range(20_000)),
    "%s%n%d",
    True,
)


def write_aggregate(libdir, name, body):
    folder = libdir / "aggregates" / name
    folder.mkdir(parents=True)
    (folder / "aggregate.py").write_text(
        "from mcollective_py.client.aggregate import Aggregated, AggregateFunction\n"
        f"class {name.capitalize()}(AggregateFunction):\n" + "".join(f"    {line}\n" for line in body)
    )


def test_no_value_of_a_host_keeps_a_summary_from_being_made(asked):
    for found in asked.all([Aggregate(name, "x") for name in OURS], HOSTILE):
        assert found.failure is None, found
        assert len(found.lines) <= 1001
        assert max(len(line) for line in found.lines) <= 1003
        assert json.dumps(plain_json(found.to_dict()), allow_nan=False)


def test_summaries_of_no_answer_say_so(asked):
    for found in asked.all([Aggregate(name, "x") for name in OURS if name not in ("sum", "nagios_states", "process_summary")], []):
        assert (found.failure, found.lines) == (NOTHING, ())


def test_what_succeeded_and_what_failed_with_outputs_counts(asked, reply):
    answers = [reply("a", "up"), reply("b", "up", 1), reply("c", "up", 5), reply("d", "up", 1, "denied"), reply("e", None)]
    assert asked("summary", answers).lines == ("up = 2",)


def test_the_title_is_the_label_of_the_output(asked):
    found = asked("summary", ["up"])
    assert (found.title, found.function, found.output) == ("X", "summary", "x")


def test_failed_ones_come_last(asked):
    found = asked.all([Aggregate("sumary", "x"), Aggregate("summary", "x")], ["up"])
    assert [one.failure for one in found] == [
        None,
        "could not compute sumary of x: sumary: there is no such aggregate: did you mean summary?",
    ]


def test_a_site_has_aggregates_of_its_own(asked, tmp_path):
    body = [
        "def process_result(self, value, result): self.last = result.sender",
        "def summarize(self): return Aggregated((self.last,), 1)",
    ]
    write_aggregate(tmp_path, "last", body)
    assert asked("last", [1, 2], libdirs=[tmp_path]).lines == ("web2",)


def test_an_agents_folder_may_carry_one(asked, tmp_path):
    write_aggregate(
        tmp_path / "agents" / "acme",
        "most",
        ["def process_result(self, value, result): pass", "def summarize(self): return Aggregated(('it',))"],
    )
    assert asked("most", [1], libdirs=[tmp_path]).lines == ("it",)


def test_whatever_a_plugin_raises_is_said_and_the_others_go_on(asked, tmp_path, caplog):
    write_aggregate(tmp_path, "starts", ["def startup(self): raise RuntimeError('no start')"])
    write_aggregate(tmp_path, "takes", ["def process_result(self, value, result): return value['key']"])
    write_aggregate(tmp_path, "ends", ["def process_result(self, value, result): pass", "def summarize(self): return 1 / 0"])
    write_aggregate(
        tmp_path, "lies", ["def process_result(self, value, result): pass", "def summarize(self): return Aggregated((b'x',))"]
    )
    names = ("starts", "takes", "ends", "lies", "summary")
    caplog.set_level(logging.CRITICAL)
    found = {one.function: one for one in asked.all([Aggregate(name, "x") for name in names], [1, 2], [tmp_path])}
    assert found["starts"].failure == "could not compute starts of x: RuntimeError: no start"
    assert found["takes"].failure == "could not compute takes of x of web1: TypeError: 'int' object is not subscriptable"
    assert found["ends"].failure == "could not compute ends of x: ZeroDivisionError: division by zero"
    assert found["lies"].failure == "could not compute lies of x: TypeError: its lines are not all text"
    assert found["summary"].lines == ("1 = 1", "2 = 1")


def test_lines_are_bounded_in_number_and_length():
    lines = bounded(Aggregated(tuple(["x" * 5000] + ["y"] * 1500)))
    assert (len(lines), len(lines[0]), lines[-1]) == (1001, 1003, "... and 501 more")


def test_a_flood_of_long_lists_is_taken_up_to_a_bound_and_the_rest_is_said(asked):
    long = [None] * 20_000  # of which each function looks at 10,000
    assert asked("sum", [1, *[long] * 200, [1, 2]]).lines == (
        "Sum of x: 4.000000",
        "(1990000 more values than are taken left out)",
        "(the values of 1 host left out: 2000000 values are taken)",
    )
