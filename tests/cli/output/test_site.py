"""The formats as their users meet them: commands on a real site."""

import csv
import json
import stat

import yaml

COUNTRY = ("rpc", "rpcutil", "get_fact", "fact=country")


def test_a_csv_file_is_written_and_the_sums_stay_on_the_screen(desk, tmp_path):
    answer = desk.mco(*COUNTRY, "--format", "csv", "-o", str(tmp_path / "out.csv"))
    assert (answer.code, answer.lines[-1].startswith("Finished processing 3 / 3 hosts in")) == (0, True)
    assert "web1" not in answer.out
    with (tmp_path / "out.csv").open(newline="") as file:
        assert [(row["sender"], row["value"]) for row in csv.DictReader(file)] == [("db1", "uk"), ("web1", "uk"), ("web2", "de")]
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(desk, tmp_path):
    answer = desk.mco(*COUNTRY, "-o", str(tmp_path / "nowhere" / "out"), "--strict")
    assert (answer.code, answer.out) == (64, "")
    assert answer.err.endswith(f"there is no folder {tmp_path}/nowhere\n")


def test_names_of_those_that_succeeded_are_all_that_a_program_reads(desk):
    answer = desk.mco("rpc", "echo", "--body", "x", "--senders", "--sort", "-I", "web1", "-I", "web2", "-I", "nobody", "-t", "1")
    assert (answer.code, answer.out) == (2, "web1\n")
    assert answer.err == "\nNo response from:\n\n   nobody\n"


def test_equal_results_are_shown_once_with_what_differs(desk):
    assert desk.mco(*COUNTRY, "--fold").lines[:6] == [
        "db1,web1 (2)",
        "    Fact: country",
        "   Value: uk",
        "web2                                     differs from the majority:",
        " - Value: uk",
        " + Value: de",
    ]


def test_a_table_has_a_row_for_each_host_and_the_summary_of_the_ddl_below(desk):
    answer = desk.mco(*COUNTRY, "--table")
    assert answer.lines[:7] == [
        "Host  Fact     Value", "db1   country  uk", "web1  country  uk", "web2  country  de",
        "Summary of Value:", "   uk = 2", "   de = 1",
    ]  # fmt: skip


def test_yaml_and_json_say_the_same(desk):
    words = ("rpc", "rpcutil", "get_fact", "fact=hostile", "-I", "web1")
    of_yaml, of_json = yaml.safe_load(desk.mco(*words, "--format", "yaml").out), json.loads(desk.mco(*words, "--json").out)
    assert of_yaml["replies"][0]["data"] == of_json["replies"][0]["data"] == {"fact": "hostile", "value": "\x1b[2Jred"}
    assert list(of_yaml) == list(of_json)
    assert of_json["summaries"][0]["data"] == [{"value": "\x1b[2Jred", "count": 1}]


def test_no_options_that_make_no_sense_together_are_taken(desk):
    for words, says in (
        (("--json", "--table"), "one of them at a time"),
        (("--table", "--no-results"), "nothing to show as table"),
        (("--csv",), "unrecognized arguments: --csv"),
        (("--fold", "--jsonl"), "--fold is for text"),
    ):
        answer = desk.mco("rpc", "rpcutil", "ping", *words, "--strict")
        assert (answer.code, answer.out, says in answer.err) == (64, "", True)


def test_a_locale_without_the_letters_is_no_fault(desk):
    answer = desk.mco("rpc", "echo", "--body", "é", "-I", "web1", PYTHONIOENCODING="ascii")
    assert (answer.code, "body: \\xe9" in answer.out) == (0, True)
