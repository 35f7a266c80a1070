import json


def test_the_report_has_each_value_and_how_often(desk):
    answer = desk.mco("facts", "country")
    assert answer.code == 0
    assert answer.lines[0] == "Report for fact: country"
    assert [line.split() for line in answer.lines[1:3]] == [["uk", "found", "2", "times"], ["de", "found", "1", "times"]]
    assert answer.lines[-1].startswith("Finished processing 3 / 3 hosts in ")


def test_a_fact_that_no_host_has_is_said_to_have_no_values(desk):
    answer = desk.mco("facts", "nosuch")
    assert answer.code == 0
    assert answer.lines[0] == "No values found for fact nosuch"
    assert answer.lines[1].split() == ["(no", "such", "fact)", "found", "3", "times"]


def test_who_is_silent_stands_apart_from_the_line_of_sums(desk):
    out = desk.mco("facts", "country", "-I", "web1", "-I", "nosuch", "-t", "0.5").out
    assert "found 1 times\n\nNo response from:\n\n   nosuch\n\nFinished processing 1 / 2 hosts" in out


def test_verbose_names_the_hosts(desk):
    assert "            db1\n            web1\n" in desk.mco("facts", "country", "-v").out


def test_a_hosts_words_are_inert(desk):
    assert "\\x1b[2Jred" in desk.mco("facts", "hostile").out


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("facts", "country", "--json").out)
    assert document["fact"] == "country"
    assert document["values"] == [
        {"value": "uk", "count": 2, "hosts": ["db1", "web1"]},
        {"value": "de", "count": 1, "hosts": ["web2"]},
    ]


def test_top_reverse_and_nodes(desk):
    answer = desk.mco("facts", "country", "--top", "1", "-r", "-n")
    assert [line.strip() for line in answer.lines[1:4]] == [f"{'de':<40} found 1 times", "web2", "... and 1 more values"]


def test_the_table_has_each_values_share(desk):
    answer = desk.mco("facts", "country", "--table", "-n")
    assert answer.lines[1:5] == [
        "Value   Hosts   Share  Which",
        "-----  ------  ------  -----",
        "uk          2   66.7%  db1,web1",
        "de          1   33.3%  web2",
    ]


def test_only_some_of_the_hosts_may_be_asked(desk):
    document = json.loads(desk.mco("facts", "country", "--json", "--limit", "1").out)
    assert (document["different_values"], document["stats"]["responses"]) == (1, 1)


def test_answers_sent_elsewhere_make_no_report(desk):
    assert "--reply-to is for `mco rpc`" in desk.mco("facts", "country", "--reply-to", "/queue/x").err


def test_without_a_fact_it_is_called_wrongly(desk):
    answer = desk.mco("facts")
    assert answer.code == 1
    assert "FACT" in answer.err


def test_a_name_that_no_fact_has_is_refused_before_anything_is_sent(desk):
    answer = desk.mco("facts", "a;b")
    assert (answer.code, answer.out) == (1, "")


def test_ctrl_c_reports_what_there_is_and_leaves_with_130(desk):
    first, answer = desk.interrupted("facts", "country", "-I", "web1", "-I", "web2", "-I", "nosuch", "-t", "60")
    assert answer.code == 130
    assert f"            {first}" in answer.lines  # -v names the hosts of a value
    assert "No response from:\n\n   nosuch\n" in answer.out
    assert "interrupted" in answer.err
