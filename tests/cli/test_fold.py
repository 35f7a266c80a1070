import time

import pytest

from mcollective_py.cli.fold import folded_lines, grouped, majority
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult
from tests.cli.output.fleet import SERVICE


def result(sender, code=0, message="OK", refusal=None, **data):
    return RPCResult(sender, "service", "status", code, message, data, refusal)


def names(*results):
    return [group.names for group in grouped(results)]


def folded(*results, ddl=None, **style):
    return folded_lines(results, ddl, Style(**style))


def test_equal_results_are_one_group_whatever_the_order_they_came_in():
    assert names(result("web10", a=1, b=2), result("web9", b=2, a=1)) == [("web9", "web10")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (result("a", v=1), result("b", v="1")),
        (result("a", v=1), result("b", v=1.0)),
        (result("a", v=1), result("b", v=True)),
        (result("a", v=None), result("b")),
        (result("a"), result("b", message="done")),
        (result("a", 1, "no"), result("b", 1, "no", "denied")),
        (result("a", 1, "no"), result("b", 2, "no")),
    ],
)
def test_what_differs_in_anything_is_two(one, other):
    assert len(names(one, other)) == 2


def test_messages_that_name_their_own_host_are_the_same():
    denied = [result(name, 1, f"x may not call a b on {name}: /p:2 denies it", "denied") for name in ("web1", "web2", "web10")]
    assert folded(*denied) == [
        f"{'web[1-2,10] (3)':<40} Denied",
        "   x may not call a b on <host>: /p:2 denies it",
        "",
    ]
    assert folded(denied[0])[1] == "   x may not call a b on web1: /p:2 denies it"
    others = [result("a", 1, "no answer from a.example.com, web10"), result("web1", 1, "no answer from web1.example.com, web10")]
    assert names(*others) == [("a",), ("web1",)]  # neither names itself


def test_failures_come_first_then_the_largest_group():
    shown = names(result("a", v=1), result("b", v=2), result("c", v=2), result("d", 1, "no"), result("e", 1, "no"), result("f", 1, "x"))
    assert shown == [("d", "e"), ("f",), ("b", "c"), ("a",)]


@pytest.mark.parametrize(
    ("values", "value"), [((1, 1, 2), 1), ((1, 2), None), ((1, 1, 2, 2), None), ((1, 2, 3), None), ((1,), 1), ((), None)]
)
def test_a_majority_is_more_than_half_of_those_that_succeeded(values, value):
    failed = [result(f"f{number}", 1, "no") for number in range(9)]
    found = majority(grouped([*failed, *(result(f"h{number}", v=one) for number, one in enumerate(values))]))
    assert (found and found.result["v"]) == value


def test_of_what_differs_from_the_majority_only_the_difference_is_shown():
    many = [result(f"web{number:02}", status="running", version="1.2", pid=7) for number in range(1, 39)]
    assert folded(*many, result("web39", status="running", version="1.3", pid=7), ddl=SERVICE) == [
        "web[01-38] (38)",
        "              PID: 7",
        "   Service Status: running",
        "          Version: 1.2",
        "",
        "web39                                    differs from the majority:",
        " - Version: 1.2",
        " + Version: 1.3",
        "",
    ]


def test_what_one_has_and_the_other_has_not_is_marked_once():
    lines = folded(result("a", v=1), result("b", v=1), result("e", v=1), result("c", w=[1, 2]), result("d", 0, "done", v=1))
    assert lines[3:] == [
        "c                                        differs from the majority:", " - v: 1", " + w: [1, 2]", "",
        "d                                        differs from the majority:", "   done", "",
    ]  # fmt: skip


def test_texts_are_compared_line_by_line_with_a_line_around():
    text = "\n".join("abcdefgh")
    lines = folded(result("x1", t=text), result("x2", t=text), result("x3", t=text.replace("b", "B\nBB").replace("g\n", "")))
    assert lines[11:] == [
        "x3                                       differs from the majority:",
        "   t:",
        "      a",
        " -    b",
        " +    B",
        " +    BB",
        "      c",
        "      ...",
        "      f",
        " -    g",
        "      h",
        "",
    ]


def test_values_that_only_look_alike_are_told_apart():
    lines = folded(result("a", v=1), result("b", v=1), result("c", v="1"))
    assert lines[-3:] == [" - v: 1", " + v: 1", ""]


def test_what_is_too_long_to_be_compared_is_shown_whole():
    base, other = "\n".join(str(number) for number in range(300)), "\n".join(str(number) for number in range(299))
    lines = folded(result("a", t=base), result("b", t=base), result("c", t=other))
    assert len(lines) == 303 + 302
    assert "majority" not in "\n".join(lines)


def test_long_node_sets_go_on_in_the_next_line_and_break_between_names_only():
    lines = folded(*(result(f"{name}{number}", 1, "no") for name in ("alpha", "beta", "gamma") for number in (1, 2, 5, 9)), width=40)
    assert lines == ["alpha[1-2,5,9],beta[1-2,5,9],", f"{'gamma[1-2,5,9] (12)':<40} Request Aborted", "   no", ""]


def test_colours_mark_what_went_and_what_came():
    lines = folded(result("a", v=1), result("b", v=1), result("c", v=2), color=True)
    assert lines[-3:-1] == ["\x1b[31m - v: 1\x1b[0m", "\x1b[32m + v: 2\x1b[0m"]


def test_hosts_words_are_inert():
    evil = "\x1b[2J"
    shown = folded(
        result("a", v=1), result("b", v=1), result("c", **{evil: evil, "t": f"{evil}\n{evil}"}), result("d", 1, evil, evil)
    )  # fmt: skip
    assert "\x1b" not in "\n".join(shown)


def test_ten_thousand_results_are_folded_in_a_moment():
    fleet = [
        result(f"web{number:05}.example.com", status="running", version=f"1.{number % 7}", kernel={"a": [1, 2, 3], "b": "x" * 100})
        for number in range(10_000)
    ]
    started = time.process_time()
    assert len(folded_lines(fleet, None, Style())) > 7
    assert time.process_time() - started < 10  # measured: 0.2 s


def test_ten_thousand_hosts_that_all_differ_cost_no_more_than_their_lines():
    text = "\n".join("x" * (number % 11) for number in range(190))
    fleet = [result(f"web{number:05}", t=f"{text}\n{number}" if number % 3 == 0 else text) for number in range(3_000)]
    started = time.process_time()
    folded_lines(fleet, None, Style())
    assert time.process_time() - started < 30  # measured: 0.5 s
