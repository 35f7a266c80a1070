import json
import re

import pytest


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        ((), ["db1", "web1", "web2"]),
        (("-C", "role::web"), ["web1", "web2"]),
        (("-F", "country=uk"), ["db1", "web1"]),
        (("-W", "role::web country=uk"), ["web1"]),
        (("-F", "cores>=4", "-C", "/^role/"), ["web1", "web2"]),
        (("-I", "/^web/"), ["web1", "web2"]),
        (("-I", "web2", "-I", "db1"), ["db1", "web2"]),
        (("-A", "rpcutil"), ["db1", "web1", "web2"]),
        (("-S", "role::web and not country=uk"), ["web2"]),
        (("--select", "role::web or country=uk"), ["db1", "web1", "web2"]),
        (("-S", "role::web", "-S", "country!=de", "-C", "/^role/"), ["web1"]),
        (("-S", "role::web or role::db", "-F", "country=uk", "-I", "/^d/"), ["db1"]),
        (("-S", "fact('country').value=/^u/ and collective('mcollective').member=true"), ["db1", "web1"]),
    ],
)
def test_a_filter_finds_its_hosts_sorted(desk, words, hosts):
    answer = desk.mco("find", *words)
    assert (answer.code, answer.lines, answer.err) == (0, hosts, "")


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        (("--limit", "2"), ["db1", "web1"]),
        (("--limit", "67%"), ["db1", "web1"]),
        (("-1", "-C", "role::web"), ["web1"]),
        (("--limit", "9"), ["db1", "web1", "web2"]),
        (("-I", "web[1-2]", "-1"), ["web1"]),
    ],
)
def test_a_limit_names_the_hosts_that_a_call_with_it_would_ask(desk, words, hosts):
    answer = desk.mco("find", *words)
    assert (answer.code, answer.lines, answer.err) == (0, hosts, "")


def test_a_limit_holds_for_a_list_and_in_json(desk, tmp_path):
    names = tmp_path / "names"
    names.write_text("web2\ndb1\n")
    assert desk.mco("find", "--nodes", str(names), "-1").lines == ["web2"]
    assert json.loads(desk.mco("find", "--limit", "2", "--json").out)["hosts"] == ["db1", "web1"]


def test_a_limit_that_is_none_is_an_error_before_anybody_is_asked(desk):
    answer = desk.mco("find", "--limit", "0")
    assert (answer.code, answer.out) == (1, "")
    assert "mco find: a limit is a number above 0 or a percentage up to 100%, not '0'" in answer.err


def test_nobody_found_is_1_and_prints_nothing(desk):
    answer = desk.mco("find", "-C", "nosuch")
    assert (answer.code, answer.out) == (1, "")


@pytest.mark.parametrize("words", [("-C", "nosuch"), ("-A", "tractor")])
def test_a_filter_that_means_nobody_is_silent_to_a_script(desk, words):
    assert desk.mco("find", *words, "--dt", "0.5").err == ""


def test_a_named_host_that_is_silent_is_not_found(desk):
    answer = desk.mco("find", "-I", "nosuch", "--dt", "0.5")
    assert (answer.code, answer.out) == (1, "")
    assert "No response from:\n\n   nosuch\n" in answer.err


def test_ctrl_c_shows_who_was_found_up_to_then_and_leaves_with_130(desk):
    first, answer = desk.interrupted("find", "-I", "web1", "-I", "web2", "-I", "nosuch", "--dt", "60")
    assert answer.code == 130
    assert {first} <= set(answer.lines) <= {"web1", "web2"}
    assert "No response from:\n\n   nosuch\n" in answer.err
    assert "interrupted: these are the hosts found up to now" in answer.err


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("find", "-F", "country=de", "--json").out)
    assert document["hosts"] == ["web2"]
    assert 0 < document["seconds"] < 60
    assert (document["discovery_method"], document["discovery_ended"]) == ("mc", "known" if document["discovery_age"] else "window")


def test_a_filter_that_cannot_be_read_is_an_error_before_anything_is_sent(desk):
    answer = desk.mco("find", "-F", "nonsense")
    assert (answer.code, answer.out) == (1, "")
    assert "is no fact filter" in answer.err


def test_a_mistake_in_an_expression_is_shown_with_a_mark_under_it(desk):
    answer = desk.mco("find", "-S", "role::web and or country=uk")
    assert (answer.code, answer.out) == (1, "")
    assert "a test is missing before 'or'\n    role::web and or country=uk\n                  ^\n" in answer.err


def test_a_data_function_that_nobody_knows_is_an_error_before_anything_is_sent(desk):
    answer = desk.mco("find", "-S", "tractor().enabled=true")
    assert answer.code == 1
    (known,) = re.findall(r"tractor: no such data plugin here: there are (.*?);", answer.err)
    assert {"agent", "collective", "fact", "fstat"} <= set(known.split(", "))
    answer = desk.mco("find", "-S", "web and FStat('/x').sze>1")
    assert answer.err.splitlines() == [
        "mco find: compound filter: the data plugin fstat has no output sze: did you mean size?",
        "    web and FStat('/x').sze>1",
        "                       ^",
    ]


def test_an_unknown_collective_is_an_error(desk):
    answer = desk.mco("find", "-T", "dc9")
    assert answer.code == 1
    assert "unknown collective 'dc9': this client is in mcollective" in answer.err


def test_a_known_host_that_has_gone_is_named(desk):
    assert "web2" in desk.mco("find", "-A", "discovery").lines
    desk.running.kill("web2")
    try:
        answer = desk.mco("find", "-A", "discovery")
        strict = desk.mco("find", "-A", "discovery", "--strict")
    finally:
        desk.running.start_daemon("web2")
        desk.running.wait_for(["web2"], 30)
    assert answer.lines == ["db1", "web1"]
    assert "Known from before and silent now:\n\n   web2" in answer.err
    assert (answer.code, strict.code) == (0, 5)


def test_an_expression_that_no_host_takes_is_an_error_and_not_nobody(desk, tmp_path):
    config = tmp_path / "client.cfg"
    config.touch(mode=0o600)
    config.write_text(desk.config.read_text().replace(str(desk.running.broker_port), "1"))  # it is told without a broker
    for words in (("find", "-C", "/web(/"), ("rpc", "rpcutil", "ping", "-I", "/[/"), ("ping", "-F", "country=~(?=x)")):
        answer = desk.mco(*words, "-c", str(config))
        assert (answer.code, answer.out) == (1, "")
        assert "has a regular expression that is not taken" in answer.err


def test_a_host_that_is_named_without_its_option_is_answered_with_the_option(desk):
    assert desk.mco("find", "nosuch").err.startswith("mco find: 'nosuch' is no option: a host is chosen with -I nosuch")
