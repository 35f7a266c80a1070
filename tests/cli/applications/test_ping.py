import json
import os
import re
import signal
import time


def test_each_host_is_a_line_with_its_time_and_statistics_follow(desk):
    answer = desk.mco("ping")
    assert answer.code == 0
    assert sorted(line.split()[0] for line in answer.lines[:3]) == ["db1", "web1", "web2"]
    assert all(re.fullmatch(r"[a-z0-9]+ {36,38}time=\d+\.\d\d ms", line) for line in answer.lines[:3])
    assert answer.lines[3] == "---- ping statistics ----"
    assert re.fullmatch(r"3 replies max: \d+\.\d\d min: \d+\.\d\d avg: \d+\.\d\d", answer.lines[4])


def test_known_hosts_end_the_wait_early(desk):
    started = time.monotonic()
    assert desk.mco("ping", "-t", "30").code == 0
    assert time.monotonic() - started < 10


def test_a_filter_says_who_is_meant(desk):
    assert [line.split()[0] for line in desk.mco("ping", "-C", "role::db", "-t", "1").lines[:1]] == ["db1"]


def test_named_hosts_are_waited_for_and_the_silent_ones_named(desk):
    started = time.monotonic()
    assert [line.split()[0] for line in desk.mco("ping", "-I", "web1", "-t", "30").lines[:1]] == ["web1"]
    assert time.monotonic() - started < 10
    assert "No response from:\n\n   nosuch\n" in desk.mco("ping", "-I", "web1", "-I", "nosuch", "-t", "1").out


def test_the_graph_has_a_bar_for_each_50_ms(desk):
    assert re.search(r"\n[▁▂▃▄▅▆▇█]+  \(50 ms each\)\n", desk.mco("ping", "--graph").out)


def test_nobody_there_is_4_and_says_what_to_check(desk):
    answer = desk.mco("ping", "-C", "nosuch", "-t", "0.5")
    assert answer.code == 4
    assert "No responses received" in answer.out
    assert "What to check:" in answer.err


def test_a_named_host_that_is_silent_is_4_and_named(desk):
    answer = desk.mco("ping", "-I", "nosuch", "-t", "0.5")
    assert answer.code == 4
    assert "No response from:\n\n   nosuch\n" in answer.out


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("ping", "--json").out)
    assert sorted(reply["sender"] for reply in document["replies"]) == ["db1", "web1", "web2"]
    assert all(reply["time_ms"] > 0 for reply in document["replies"])
    assert (document["interrupted"], document["unverified"], document["silent_known"]) == (False, 0, [])
    assert (document["discovery_method"], document["discovery_ended"]) == ("mc", "known")
    assert document["discovery_age"] > 0


def test_verbose_says_how_it_ended_and_how_old_the_knowledge_is(desk):
    known = r"3 hosts answered request \w{32} in \d+\.\d\d seconds \(all known answered; full window \d+ (s|min) ago\)\n"
    assert re.search(known, desk.mco("ping", "-v").err)
    assert " seconds (full window)\n" in desk.mco("ping", "-v", "--full-discovery", "-t", "1.3").err
    assert re.search(r" in \d+\.\d\d seconds\n", desk.mco("ping", "-v", "-I", "web1").err)


def test_ctrl_c_shows_what_there_is_and_leaves_with_130(desk):
    process = desk.start("ping", "-t", "60", "--full-discovery")
    lines = [process.stdout.readline() for _ in range(3)]
    assert all("time=" in line for line in lines)
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 10
    assert process.returncode == 130
    assert "3 replies max:" in out
    assert "interrupted: these are the answers up to now" in err


def test_being_ended_shows_what_there_is_too_and_leaves_with_the_signals_code(desk):
    process = desk.start("ping", "-t", "60", "--full-discovery")
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 143
    assert "3 replies max:" in out
    assert "interrupted" in err


def test_a_reader_that_goes_away_is_no_fault(desk):
    reader, writer = os.pipe()
    process = desk.start("ping", "-t", "60", "--full-discovery", stdout=writer)
    os.close(writer)
    os.close(reader)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (141, "")


def test_names_alone_are_for_other_programs(desk):
    answer = desk.mco("ping", "--names", "-I", "web1", "-I", "nosuch", "-t", "1")
    assert answer.out == "web1\n"
    assert "No response from:\n\n   nosuch\n" in answer.err


def test_a_name_almost_right_is_told_in_place_of_what_else_to_check(desk):
    answer = desk.mco("ping", "-I", "wbe1.example.com", "-t", "0.5")
    assert (answer.code, answer.err) == (4, "wbe1.example.com was never heard of: did you mean web1?\n")


def test_statistics_alone(desk):
    assert desk.mco("ping", "--silent").lines[0] == "---- ping statistics ----"


def test_fewer_than_expected_is_2(desk):
    assert desk.mco("ping", "--silent", "--expect", "3").code == 0
    answer = desk.mco("ping", "--silent", "--expect", "4")
    assert (answer.code, answer.err) == (2, "3 hosts answered, 4 were expected\n")


def test_json_goes_without_names(desk):
    assert "--names and --silent are for people" in desk.mco("ping", "--names", "--json").err
