from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.table import Table, one_line, table_lines
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats
from tests.cli.output.fleet import SERVICE

PLAIN, TERMINAL = Style(), Style(is_terminal=True, width=30)


def table(*results, style=PLAIN, ddl=SERVICE):
    made = Table(ddl, style)
    assert [made.result(one) for one in results] == [""] * len(results)
    return made.end(Ending(RPCStats(agent="service", action="status"))).splitlines()


def result(sender, code=0, message="OK", **data):
    return RPCResult(sender, "service", "status", code, message, data)


def test_outputs_are_columns_by_their_label_and_numbers_stand_to_the_right():
    assert table(result("web2", status="running", pid=7), result("web10", status="dead", pid=1234, more=[1, 2])) == [
        "Host   Service Status   PID  more",
        "web10  dead            1234  [1, 2]",
        "web2   running            7",
    ]


def test_failures_come_first_with_their_message_and_without_half_baked_data():
    assert table(result("a", pid=1), result("b", 1, "no\nreally", pid=0)) == [
        "Host  Status           Message     PID",
        "b     Request Aborted  no\\nreally",
        "a     OK                             1",
    ]
    assert table(result("b", 1, "no", pid=5), style=Style(verbose=True))[1] == "b     Request Aborted  no         5"


def test_a_terminal_is_never_left_to_the_right():
    lines = table(result("web1.example.com", status="x" * 90, version="1.2"), style=TERMINAL)
    assert lines == [
        "Host              Service Sta…",
        "web1.example.com  xxxxxxxxxxx…",
        "",
        "1 more column does not fit: a wider terminal, --json or --format csv has it",
    ]


def test_a_name_is_cut_only_where_no_other_column_would_fit():
    lines = table(result("a-very-long-name.example.com", status="running"), style=TERMINAL)
    assert lines == ["Host                  Service…", "a-very-long-name.ex…  running"]


def test_columns_that_do_not_fit_at_all_are_told_of():
    lines = table(result("web1", **{f"column{number:02}": "x" * 10 for number in range(9)}), style=TERMINAL, ddl=None)
    assert lines[-1] == "7 more columns do not fit: a wider terminal, --json or --format csv has them"
    assert max(map(len, lines[:-1])) <= 30


def test_a_value_is_one_line_whatever_is_in_it():
    assert one_line("a\nb\r\nc\x1b[2J\td\n") == "a\\nb\\nc\\x1b[2J d"
    assert len(one_line("x" * 1_000_000)) == 4000


def test_no_results_are_no_table():
    assert table() == []


def test_only_words_are_painted_never_their_neighbours():
    lines = table_lines([["H", "a"], ["S", "no"]], [False, False], Style(color=True), colors=["\x1b[31m"])
    assert lines == ["\x1b[1mH\x1b[0m  \x1b[1mS \x1b[0m", "a  \x1b[31mno\x1b[0m"]


def test_one_hosts_many_long_values_do_not_make_every_row_as_long():
    flood = {f"column{number:03}": "x" * 4000 for number in range(500)}
    lines = table(result("evil", **flood), *(result(f"web{number}", status="up") for number in range(50)))
    assert max(map(len, lines)) <= 20_000
    assert sum(map(len, lines)) < 100_000
    assert lines[1].startswith("evil ")
