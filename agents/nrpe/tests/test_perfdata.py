from pathlib import Path
from time import process_time

import pytest

from agents.nrpe.perfdata import parse_output, parse_perfdata, parse_range

CASES = Path(__file__).parent / "cases"


def metric(label, value, uom="", warn=None, crit=None, least=None, most=None):
    return {"label": label, "value": value, "uom": uom, "warn": warn, "crit": crit, "min": least, "max": most}


def limit(low, high, inside=False):
    return {"low": low, "high": high, "inside": inside}


def test_the_output_of_check_load():
    said = parse_output((CASES / "check_load-ok.txt").read_text())
    assert said.text.startswith("LOAD OK - total load average: ") and said.long == ""
    found = parse_perfdata(said.perfdata)
    assert [one["label"] for one in found] == ["load1", "load5", "load15"]
    assert (found[0]["warn"], found[0]["crit"], found[0]["min"]) == (limit(0.0, 150.0), limit(0.0, 300.0), 0.0)


def test_the_output_of_check_disk():
    said = parse_output((CASES / "check_disk-critical.txt").read_text())
    assert said.text.startswith("DISK CRITICAL - free space: / ")
    (found,) = parse_perfdata(said.perfdata)
    assert (found["label"], found["uom"], found["min"]) == ("/", "B", 0.0) and found["max"] > found["value"] > 0


def test_the_output_of_check_procs_without_text_after_the_bar():
    said = parse_output((CASES / "check_procs-critical.txt").read_text())
    assert (said.text, parse_perfdata(said.perfdata)[0]["label"]) == ("PROCS CRITICAL: 0 processes with command name 'nosuch'", "procs")


def test_the_output_of_check_http_where_nobody_listens():
    said = parse_output((CASES / "check_http-refused.txt").read_text())
    assert said.perfdata == "" and "refused" in f"{said.text}\n{said.long}".lower()


def test_long_text_and_perfdata_of_several_lines():
    said = parse_output("DISK OK - all | /=2643MB;5948;5958;0;5968\n/ 15272 MB\n/boot 68 MB | /boot=68MB;88;93;0;98\n/home=69357MB\n")
    assert (said.text, said.long) == ("DISK OK - all", "/ 15272 MB\n/boot 68 MB")
    assert said.perfdata == "/=2643MB;5948;5958;0;5968 /boot=68MB;88;93;0;98 /home=69357MB"


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("time=0.002s;1;2;0;10", [metric("time", 0.002, "s", limit(0.0, 1.0), limit(0.0, 2.0), 0.0, 10.0)]),
        ("'free space'=5%;~:10;@5:20", [metric("free space", 5.0, "%", limit(None, 10.0), limit(5.0, 20.0, True))]),
        ("'it''s'=1c", [metric("it's", 1.0, "c")]),
        ("x=U;5", [metric("x", None, "", limit(0.0, 5.0))]),
        ("a=-1.5e3 b=.5B;10:;", [metric("a", -1500.0), metric("b", 0.5, "B", limit(10.0, None))]),
        ("rta=0.5ms;;;0; pl=0%;;;0;100", [metric("rta", 0.5, "ms", least=0.0), metric("pl", 0.0, "%", least=0.0, most=100.0)]),
        ("garbage x=y =5 z=1e999", [metric("z", None)]),
        ("", []),
    ],
)
def test_metrics_are_numbers(text, metrics):
    assert parse_perfdata(text) == metrics


def test_metrics_without_end_are_cut():
    assert len(parse_perfdata("a=1 " * 5000)) == 1000


@pytest.mark.parametrize("text", ["a", "'", "'a", "a'", "a=", "''x ", "' ", "'a ", "=", "''"])
def test_what_is_no_metric_is_read_in_no_time_however_long_it_is(text):
    began = process_time()
    parse_perfdata(text * (64 * 1024 // len(text)))
    assert process_time() - began < 2  # a hundredth of it; the square of the length was minutes


@pytest.mark.parametrize(
    ("text", "found"),
    [("", None), ("10", limit(0.0, 10.0)), ("10:", limit(10.0, None)), ("~:10", limit(None, 10.0)), ("@1:2", limit(1.0, 2.0, True)),
     ("-5:5", limit(-5.0, 5.0)), (":", None), ("a:b", None)],
)  # fmt: skip
def test_thresholds_are_ranges(text, found):
    assert parse_range(text) == found
