import argparse
import json
import subprocess

import pytest

from mcollective_py.cli.application import Application
from mcollective_py.cli.finding import Finding, check_doubt, finding_of
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.config import Config
from mcollective_py.errors import UsageError
from mcollective_py.filter import Filter


class Call(Application):
    sections = ("common", "filter", "rpc")


def options(*words):
    return parse(parser_for("call", Call()), words)


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        (("--dm", "mc"), Finding("mc")),
        (("--dm", "flatfile", "--do", "hosts.txt"), Finding("flatfile", ("hosts.txt",))),
        (("--disc-method", "stdin", "--disc-option", "json"), Finding("stdin", ("json",))),
        (("--do", "a=1", "--do", "b=2"), Finding(None, ("a=1", "b=2"))),
        (("--nodes", "hosts.txt", "-x", "web1"), Finding("flatfile", ("hosts.txt",), ("web1",))),
        (("--nodes", "-"), Finding("flatfile", ("-",))),
        (("-I", "web1", "-x", "web[1-2]", "--exclude", "/^db/"), Finding(None, (), ("web[1-2]", "/^db/"))),
    ],
)
def test_options_say_how_hosts_are_found(words, finding):
    assert finding_of(options(*words)) == finding


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--nodes", "f", "--dm", "mc"), "--nodes is a method of its own"),
        (("--nodes", "f", "--do", "x"), "--nodes is a method of its own"),
        (("--rerun", "failed", "--nodes", "f"), "--rerun names the hosts"),
        (("--rerun", "failed", "--dm", "mc"), "--rerun names the hosts"),
    ],
)
def test_options_that_speak_against_one_another_are_refused(words, problem):
    with pytest.raises(UsageError, match=problem):
        finding_of(options(*words))


def test_a_method_that_is_no_name_is_refused():
    with pytest.raises(UsageError, match=r"'\.\./x' is no discovery method"):
        options("--dm", "../x")


def test_a_command_without_filters_finds_hosts_as_configured():
    assert finding_of(argparse.Namespace()) == Finding()


def test_the_configured_method_counts_where_no_other_is_said_and_gives_way_to_expressions():
    config = Config.from_text("default_discovery_method = inventory\n", "client")
    assert Finding().is_list(Filter(), config)
    assert not Finding("mc").is_list(Filter(), config)
    assert not Finding().is_list(Filter.parse(compound=["web and not db"]), config)


def test_an_input_in_doubt_stops_what_changes_something_unless_it_is_meant():
    asked = options("--dm", "mc")
    check_doubt(asked, "service restart")
    asked.finding = Finding(doubt="an empty pipe")
    with pytest.raises(UsageError, match=r"standard input is an empty pipe\. Add a filter, --nodes - to read hosts"):
        check_doubt(asked, "service restart")
    asked.yes = True
    check_doubt(asked, "service restart")


# --- on a real site ---------------------------------------------------------------------------------------------------

HOSTS = "# all of them\nweb1\n\nweb2   # the second\ndb1\n"


@pytest.fixture
def hosts(tmp_path):
    file = tmp_path / "hosts.txt"
    file.write_text(HOSTS)
    return str(file)


@pytest.fixture
def fleet(tmp_path):
    file = tmp_path / "fleet.yaml"
    file.write_text(
        "hosts:\n"
        "  web[1-2]: {classes: [role::web], facts: {country: uk}}\n"
        "  db1: {classes: [role::db], facts: {country: de}, agents: [rpcutil]}\n"
        "groups:\n  web: ['web[1-2]']\n  german: {facts: [country=de]}\n"
    )
    return str(file)


def senders(answer):
    return sorted(reply["sender"] for reply in json.loads(answer.out)["replies"])


def test_find_prints_what_a_list_says_without_asking_anybody(desk, hosts, tmp_path):
    config = tmp_path / "nobroker.cfg"
    config.write_text(desk.config.read_text() + "plugin.stomp.pool.1.port = 1\n")
    assert desk.mco("find", "--nodes", hosts, "-c", str(config)).lines == ["web1", "web2", "db1"]
    assert desk.mco("find", "--dm", "flatfile", "--do", hosts, "-I", "/^web/", "-x", "web2").lines == ["web1"]
    assert desk.mco("find", "--nodes", "-", input="web[1-3]\n").lines == ["web1", "web2", "web3"]
    document = json.loads(desk.mco("find", "--nodes", hosts, "-j").out)
    assert (document["hosts"], document["discovery_method"], document["discovery_ended"]) == (
        *(["web1", "web2", "db1"], "flatfile", "source"),
    )


def test_a_list_is_asked_by_name_and_whoever_is_not_there_is_named_as_silent(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", "--nodes", "-", "-t", "1", "-j", input="web1\nnosuch\ndb1\n")
    document = json.loads(answer.out)
    assert senders(answer) == ["db1", "web1"]
    assert document["stats"]["no_response"] == ["nosuch"]
    ping = desk.mco("ping", "--nodes", "-", "-t", "1", "--strict", input="web1\nnosuch\n")
    assert ping.code == 5
    assert "nosuch" in ping.out + ping.err


def test_commands_chain_by_any_of_their_outputs(desk):
    for form in ("--json", "--jsonl", "--senders"):
        first = desk.mco("rpc", "rpcutil", "ping", "-I", "web[1-2]", form)
        assert sorted(desk.mco("find", input=first.out).lines) == ["web1", "web2"]
    found = desk.mco("find", "-I", "db1")
    assert senders(desk.mco("rpc", "rpcutil", "ping", "-j", input=found.out)) == ["db1"]
    found = desk.mco("ping", "-I", "db1", "--json")
    assert "web1" not in desk.mco("facts", "country", "-v", input=found.out).out


def test_a_shells_pipeline_waits_for_a_slow_beginning(desk):
    first, second = (" ".join(desk.command(words)) for words in (("find", "-I", "db1"), ("rpc", "rpcutil", "ping", "-j")))
    done = subprocess.run(
        ["/bin/sh", "-c", f"(sleep 1.5; {first}) | {second}"], env=desk.environment, capture_output=True, text=True, timeout=60
    )
    assert [reply["sender"] for reply in json.loads(done.stdout)["replies"]] == ["db1"]


def test_a_pipeline_that_found_nobody_never_becomes_everybody(desk):
    first, second = (" ".join(desk.command(words)) for words in (("find", "-C", "nosuch"), ("rpc", "rpcutil", "ping")))
    done = subprocess.run(["/bin/sh", "-c", f"{first} | {second}"], env=desk.environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert "standard input names no hosts" in done.stderr


def test_an_empty_pipe_is_no_list_to_what_reads_and_stops_what_changes(desk):
    assert desk.mco("find", input="").lines == ["db1", "web1", "web2"]
    refused = desk.mco("rpc", "echo", "--body", "hello", input="")
    assert refused.code == 1
    assert "standard input is an empty pipe" in refused.err
    assert desk.mco("rpc", "echo", "--body", "hello", "--dm", "mc", input="").lines != []


def test_a_filter_leaves_standard_input_to_whom_it_belongs(desk):
    loop = f"while read host; do {' '.join(desk.command(('find', '-I')))} $host; done"
    done = subprocess.run(
        ["/bin/sh", "-c", loop], input="web1\ndb1\n", env=desk.environment, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == ["web1", "db1"]


def test_rubbish_on_standard_input_is_an_error_and_never_everybody(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", input="these are no hosts\n")
    assert (answer.code, answer.out) == (1, "")
    assert "standard input:1" in answer.err


def test_excluded_hosts_are_neither_found_nor_asked(desk):
    assert desk.mco("find", "-x", "web[1-5]").lines == ["db1"]
    assert senders(desk.mco("rpc", "rpcutil", "ping", "-j", "-x", "db1")) == ["web1", "web2"]
    assert senders(desk.mco("rpc", "rpcutil", "ping", "-j", "-I", "web[1-2],db1", "-x", "web1")) == ["db1", "web2"]
    assert "db1" not in desk.mco("ping", "-x", "db1").out
    assert desk.mco("find", "-I", "web1", "-x", "web1").code == 1


def test_what_must_not_hold_is_said_with_an_exclamation_mark(desk):
    assert desk.mco("find", "-F", "!country=uk").lines == ["web2"]
    assert desk.mco("find", "-C", "!role::web").lines == ["db1"]


def test_node_sets_name_hosts_also_beside_other_conditions(desk):
    assert desk.mco("find", "-I", "web[1-2]").lines == ["web1", "web2"]
    assert desk.mco("find", "-I", "web[1-2]", "-F", "country=uk").lines == ["web1"]
    assert desk.mco("find", "-I", "web[1-99]", "-F", "country=de").lines == ["web2"]


def test_an_inventory_applies_filters_offline_and_groups_name_hosts(desk, fleet, tmp_path):
    offline = ("--dm", "inventory", "--do", fleet)
    assert desk.mco("find", *offline, "-C", "role::web").lines == ["web1", "web2"]
    assert desk.mco("find", *offline, "-F", "!country=uk").lines == ["db1"]
    assert senders(desk.mco("rpc", "rpcutil", "ping", "-j", *offline, "-F", "country=uk")) == ["web1", "web2"]
    config = tmp_path / "client.cfg"
    config.write_text(desk.config.read_text() + f"plugin.discovery.inventory.file = {fleet}\n")
    assert desk.mco("find", "-I", "group:web", "-c", str(config)).lines == ["web1", "web2"]
    config.write_text(config.read_text() + "default_discovery_method = inventory\n")
    assert desk.mco("find", "-F", "country=de", "-c", str(config)).lines == ["db1"]
    assert desk.mco("find", "-S", "country=de and role::web", "-c", str(config)).lines == ["web2"]  # the hosts are asked


def test_a_filter_that_a_method_cannot_apply_says_which_can(desk, hosts):
    for words, option in ((("-C", "web"), "-C"), (("-S", "web"), "-S"), (("-A", "package"), "-A")):
        answer = desk.mco("find", "--nodes", hosts, *words)
        assert answer.code == 1
        assert f"the discovery method flatfile cannot apply {option}" in answer.err
        assert "mc, " in answer.err


def test_list_methods_need_direct_addressing(desk, hosts, tmp_path):
    config = tmp_path / "client.cfg"
    config.write_text(desk.config.read_text() + "direct_addressing = 0\n")
    answer = desk.mco("rpc", "rpcutil", "ping", "--nodes", hosts, "-c", str(config))
    assert answer.code == 1
    assert "the discovery method flatfile gives names, which need direct_addressing = 1" in answer.err
