import json

import pytest

from mcollective_py.cli.render import (
    Style,
    data_lines,
    json_text,
    name_columns,
    remark_lines,
    result_document,
    result_lines,
    stats_lines,
    summary_line,
    value_lines,
    wants_display,
)
from mcollective_py.client.results import Refusal, RPCResult, RPCStats
from mcollective_py.ddl.model import DDL, ActionDDL, Metadata, Output
from mcollective_py.wire.symbol import Symbol

PLAIN, VERBOSE, COLOR = Style(), Style(verbose=True), Style(color=True)
STATUS = ActionDDL("status", "Is it running?", outputs={"status": Output("status", "Its state", "Service Status")})
SERVICE = DDL(Metadata("service", "", "", "", "", "", 5.0), {"status": STATUS})


def result(**fields):
    values = {"statuscode": 0, "statusmsg": "OK", "data": {}, **fields}
    return RPCResult("web1.example.com", "service", "status", **values)


def test_a_good_result_is_a_name_and_its_outputs_by_label():
    lines = result_lines(result(data={"status": "running", "pid": 12}), SERVICE, PLAIN)
    assert lines == ["web1.example.com", "              pid: 12", "   Service Status: running", ""]


def test_a_failure_has_its_status_beside_the_name_and_its_message_below():
    lines = result_lines(result(statuscode=4, statusmsg="service: too long"), SERVICE, PLAIN)
    assert lines == [f"{'web1.example.com':<40} Invalid Request Data", "   service: too long", ""]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        (1, "Request Aborted"),
        (2, "Unknown Action"),
        (3, "Missing Request Data"),
        (5, "Unknown Request Status"),
        (99, "Unknown Request Status"),
    ],
)
def test_each_status_code_has_its_words(code, word):
    assert result_lines(result(statuscode=code), SERVICE, PLAIN)[0].endswith(f" {word}")


@pytest.mark.parametrize(
    ("refusal", "word"), [("denied", "Denied"), ("clockskew", "Clock Skew"), ("busy", "Busy"), ("else\x1b", "Refused (else\\x1b)")]
)
def test_a_refusal_is_shown_as_one_with_its_message(refusal, word):
    lines = result_lines(result(statuscode=1, statusmsg="why", refusal=refusal), SERVICE, PLAIN)
    assert lines == [f"{'web1.example.com':<40} {word}", "   why", ""]


def test_outputs_of_an_aborted_action_are_shown_in_verbose_only():
    aborted = result(statuscode=1, statusmsg="no", data={"status": "dead"})
    assert not any("dead" in line for line in result_lines(aborted, SERVICE, PLAIN))
    assert '      "status": "dead"' in result_lines(aborted, SERVICE, VERBOSE)


def test_verbose_shows_a_result_as_it_came():
    lines = result_lines(result(statuscode=1, statusmsg="no\nreally", refusal="denied", data={"b": [1], "a": True}), SERVICE, VERBOSE)
    assert lines == [
        f"{'web1.example.com':<40}: no",
        "    really (Denied)",
        "    {",
        '      "a": true,',
        '      "b": [',
        "        1",
        "      ]",
        "    }",
        "",
    ]
    assert result_lines(result(), SERVICE, VERBOSE) == [f"{'web1.example.com':<40}: OK", ""]


def test_a_text_of_several_lines_stands_below_its_label():
    assert data_lines({"out": "one\ntwo\n"}) == ["   out:", "        one", "        two"]


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (None, [""]),
        (True, ["true"]),
        (1, ["1"]),
        (2.5, ["2.5"]),
        ([], ["[]"]),
        (["a", 1, True], ["[a, 1, true]"]),
        ({"b": 1, "a": [1]}, ["{", '  "a": [', "    1", "  ],", '  "b": 1', "}"]),
    ],
)
def test_values_are_shown_by_their_type(value, lines):
    assert value_lines(value) == lines


def test_every_place_that_shows_a_hosts_words_shows_them_inert():
    evil = "\x1b[31m"
    shown = result_lines(
        result(statusmsg=f"a{evil}\n{evil}b", data={f"k{evil}": [evil, {evil: evil}], "t": f"{evil}\n{evil}"}), None, PLAIN
    )
    shown += result_lines(result(statuscode=1, statusmsg=evil, refusal=evil), None, PLAIN)
    stats = RPCStats(no_response=(evil,), unexpected=(evil,), silent_known=(evil,), refusals=(Refusal(evil, evil, evil),))
    shown += remark_lines(stats, PLAIN)
    assert not any("\x1b" in line for line in shown)
    assert "\x1b" not in json_text(result_document(result(data={evil: evil})), indent=True)


def test_a_huge_value_is_cut_with_a_word_on_how_much_is_left_out():
    lines = value_lines("x" * (1024 * 1024 + 7))
    assert lines[0].endswith("... (7 more characters)")


@pytest.mark.parametrize(
    ("count", "printed", "last"), [(1000, 1000, "   k999: 1"), (1_000_000, 1001, "   ... and 999000 more: --json has them all")]
)
def test_a_host_prints_so_many_outputs_and_no_more(count, printed, last):
    lines = data_lines({f"k{number:03}": 1 for number in range(count)})
    assert (len(lines), lines[-1]) == (printed, last)


def test_colours_are_there_only_where_wanted():
    failed = result(statuscode=1)
    assert result_lines(failed, None, COLOR)[0].endswith("\x1b[31mRequest Aborted\x1b[0m")
    assert "\x1b" not in "".join(result_lines(failed, None, PLAIN))


@pytest.mark.parametrize(
    ("mode", "good", "bad"),
    [
        ("ok", True, False),
        ("failed", False, True),
        ("always", True, True),
        ("all", True, True),
        ("none", False, False),
        ("flatten", True, True),
    ],
)
def test_the_display_mode_says_which_results_are_shown(mode, good, bad):
    assert (wants_display(mode, result()), wants_display(mode, result(statuscode=1))) == (good, bad)


def test_the_line_of_sums():
    stats = RPCStats(discovered=("a", "b"), responses=1, ok=1, agent_time=0.4132)
    assert summary_line(stats, PLAIN) == "Finished processing 1 / 2 hosts in 413.20 ms"
    assert summary_line(stats, COLOR) == "Finished processing \x1b[31m1 / 2\x1b[0m hosts in 413.20 ms"
    assert summary_line(RPCStats(), PLAIN) == "No hosts discovered: no request was sent"


def test_the_line_of_sums_says_how_many_failed_and_how_many_of_these_were_denied():
    stats = RPCStats(discovered=("a", "b", "c"), responses=3, ok=1, failed=2, denied=1, agent_time=0.4132)
    assert summary_line(stats, PLAIN) == "Finished processing 3 / 3 hosts in 413.20 ms: 1 ok, 2 failed (1 denied)"
    stats = RPCStats(discovered=("a",), responses=1, failed=1, agent_time=0.4132)
    assert summary_line(stats, PLAIN) == "Finished processing 1 / 1 hosts in 413.20 ms: 0 ok, 1 failed"


def test_names_stand_sorted_in_columns_of_30():
    assert name_columns(["c", "a", "b"], width=80) == [f"   {'a':<30} c", "   b"]
    assert name_columns(["a" * 50, "b"], width=80) == [f"   {'a' * 50}", "   b"]
    assert name_columns([]) == []


def test_silent_hosts_are_named():
    assert remark_lines(RPCStats(no_response=("web2",)), PLAIN) == ["", "No response from:", "", "   web2"]


def test_unverified_and_duplicate_replies_are_told():
    lines = remark_lines(RPCStats(unverified=1, duplicates=3), PLAIN)
    assert lines[1] == "1 reply dropped as unverified: unreadable, or not signed by whom it should be"
    assert lines[3] == "3 duplicate replies ignored"
    assert remark_lines(RPCStats(), PLAIN) == []


def test_the_block_of_verbose():
    found = {"discovered": ("a", "b"), "did_discovery": True, "discovery_ended": "known", "discovery_age": 840.0}
    stats = RPCStats(request_id="ab", **found, responses=2, ok=1, failed=1, discovery_time=2.0, agent_time=0.05)
    assert stats_lines(stats, "today", PLAIN)[1:] == [
        "---- rpc stats ----",
        "             Nodes: 2 / 2",
        "       Pass / Fail: 1 / 1",
        "           Request: ab",
        "        Start Time: today",
        "    Discovery Time: 2000.00ms (all known answered; full window 14 min ago)",
        "        Agent Time: 50.00ms",
        "        Total Time: 2050.00ms",
    ]


def test_a_result_as_a_document():
    document = result_document(RPCResult("web1", "service", "status", 1, "no", {"a": 1}, "denied", 0.0125))
    assert json.loads(json_text(document, indent=False)) == {
        "sender": "web1",
        "agent": "service",
        "action": "status",
        "statuscode": 1,
        "statusmsg": "no",
        "refusal": "denied",
        "data": {"a": 1},
        "time_ms": 12.5,
    }


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (b"caf\xc3\xa9", ["café"]),
        (b"\xff\x1b[2J", ["\\xff\\x1b[2J"]),
        (Symbol("running"), ["running"]),
        ([Symbol("a"), b"b"], ["[", '  "a",', '  "b"', "]"]),
        (float("inf"), ["inf"]),
        ({1: b"\xff", "a": None}, ["{", '  "1": {', '    "base64": "/w=="', "  },", '  "a": null', "}"]),
    ],
)
def test_what_only_rubys_wire_carries_is_shown_too(value, lines):
    assert value_lines(value) == lines


def test_a_json_document_holds_whatever_a_host_sent():
    data = {"blob": b"\xff", "text": b"ok", "state": Symbol("running"), "load": float("nan"), "map": {1: Symbol("a")}}
    assert json.loads(json_text(result_document(result(data=data)), indent=False))["data"] == {
        "blob": {"base64": "/w=="},
        "text": "ok",
        "state": "running",
        "load": "NaN",
        "map": {"1": "a"},
    }
