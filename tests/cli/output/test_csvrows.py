import csv
import io

import pytest

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.csvrows import CSVRows, cell
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats
from tests.cli.output.fleet import SERVICE, good
from tests.cli.output.fleet import results as results_of


def rows_of(*results, ddl=None):
    rows = CSVRows(ddl, Style())
    assert [rows.result(one) for one in results] == [""] * len(results)
    return rows.end(Ending(RPCStats(agent="service", action="status")))


def test_there_is_a_row_for_each_host_failures_first_and_a_column_for_each_output():
    text = rows_of(
        RPCResult("web1", "service", "status", 0, "OK", {"b": 'say "a", twice', "a": [1, {"x": None}]}, latency=0.0125),
        RPCResult("web2", "service", "status", 1, "no, not now", {"c": True}, "busy"),
    )
    assert text == (
        "sender,statuscode,statusmsg,refusal,time_ms,a,b,c\r\n"
        'web2,1,"no, not now",busy,0.0,,,true\r\n'
        'web1,0,OK,,12.5,"[1, {""x"": null}]","say ""a"", twice",\r\n'
    )


def test_several_results_of_one_host_stay_in_their_order():
    text = rows_of(*(RPCResult(name, "exim", "list", 0, "OK", {"part": part}) for name in ("web2", "web1") for part in (1, 2, 3)))
    assert [line.split(",")[0::5] for line in text.splitlines()[1:]] == [[name, str(n)] for name in ("web1", "web2") for n in (1, 2, 3)]


def test_the_columns_of_the_ddl_come_first_whoever_has_them():
    text = rows_of(RPCResult("web1", "service", "status", 0, "OK", {"about": 1, "pid": 7}), ddl=SERVICE)
    assert text.splitlines()[0] == "sender,statuscode,statusmsg,refusal,time_ms,status,version,config,pid,about"


def test_any_reader_of_rfc_4180_gets_the_same_cells_back():
    text = rows_of(*results_of("same"), ddl=SERVICE)
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["sender"] for row in read][:3] == ["db1", "db2", "web01"]
    assert read[2]["config"] == good("web01")[3]["config"] == "port = 25\ntls = yes"
    assert {len(row) for row in read} == {10}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-x", "'-x"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" \t=cmd|' /C calc'!A0", "' \t=cmd|' /C calc'!A0"),
        ("\n=1", "'\n=1"),
        ("\uff1d1", "'\uff1d1"),
        (b"=1", "'=1"),
        ("-5", "-5"),
        ("+1.5", "+1.5"),
        (-5, "-5"),
        ("a=1", "a=1"),
        ("", ""),
        (None, ""),
        (False, "false"),
        (float("nan"), "NaN"),
        ({"=1": "=2"}, '{"=1": "=2"}'),
    ],
)
def test_what_a_spreadsheet_would_run_is_made_text_and_numbers_stay(value, text):
    assert cell(value) == text


@pytest.mark.parametrize(("value", "text"), [("\x1b[2J", "\\x1b[2J"), ("a\r\nb\rc", "a\nb\\x0dc"), ("\udc80\u202e", "\\udc80\\u202e")])
def test_control_characters_are_inert_and_line_breaks_stay(value, text):
    assert cell(value) == text


def test_the_name_of_an_output_is_made_text_too():
    assert rows_of(RPCResult("web1", "a", "b", 0, "OK", {"=cmd": 1})).startswith(
        "sender,statuscode,statusmsg,refusal,time_ms,'=cmd\r\n"
    )
