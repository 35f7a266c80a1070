"""`mco why` on the real small site: what the hosts say of requests is what then becomes of them."""

import json
import signal

import pytest

from mcollective_py.cli.applications.why import exitcode, hosts_of
from mcollective_py.cli.why.verdict import DENIED, ENDS, RUN, SILENT, Verdict
from mcollective_py.errors import UsageError


def test_a_filter_that_does_not_mean_a_host_is_named_by_the_host_itself(desk):
    answer = desk.mco("why", "db1", "echo", "-C", "role::web")
    assert answer.code == 2
    assert answer.lines[0] == "db1: a discovery of it would end at the filter: class role::web: not on this host"


def test_a_fact_that_does_not_hold_is_named_without_its_value(desk):
    answer = desk.mco("why", "web2", "-F", "country=fr")
    assert answer.lines[0] == "web2: a discovery would end at the filter: fact country==fr: does not hold"
    assert "de" not in answer.lines[0].split(":")[-1].split()


def test_a_policy_is_named_by_file_line_caller_and_action(desk):
    answer = desk.mco("why", "web2", "echo")
    assert "cert=demo.mcollective may not call echo (plain message, action handlemsg) on web2" in answer.lines[0]
    assert "hosts/web2/policies/echo.policy:1 denies it by default" in answer.lines[0]
    assert desk.mco("rpc", "echo", "--body", "x", "-I", "web2").code == 2


def test_what_would_run_is_0_and_names_the_rule(desk):
    answer = desk.mco("why", "web1", "echo")
    assert answer.code == 0
    assert answer.lines[0].startswith("web1: echo would run: ")
    assert answer.lines[0].endswith("hosts/web1/policies/echo.policy:2 allows it")


def test_several_hosts_are_folded_by_their_reasons(desk):
    answer = desk.mco("why", "*", "rpcutil", "get_fact")
    assert answer.lines[0] == "db1,web[1-2] (3): rpcutil get_fact would end at the inputs: get_fact needs the input fact"
    assert "this client would not even send it: get_fact needs the input fact" in answer.err


def test_an_agent_that_is_not_there_an_action_and_a_long_ttl_are_told(desk):
    assert "agent nosuch: is not installed on this host" in desk.mco("why", "web1", "nosuch", "go").lines[0]
    assert "rpcutil has no action 'nosuch'" in desk.mco("why", "web1", "rpcutil", "nosuch").lines[0]
    assert "has a ttl of 61 s, this node allows 60 s (plugin.x509.max_ttl)" in desk.mco("why", "web1", "--ttl", "61").out


def test_a_silent_host_is_4_with_what_it_can_mean(desk):
    answer = desk.mco("why", "wbe1", "-t", "0.5")
    assert answer.code == 4
    assert answer.lines[:2] == ["wbe1: no answer", "   1. the name: this host was never heard; did you mean web1?"]


def test_how_an_earlier_request_ended_is_told_to_its_sender(desk):
    request = json.loads(desk.mco("rpc", "echo", "--body", "x", "-I", "web2", "--json").out)["request_id"]
    assert f"request {request}: it ended " in desk.mco("why", "web2", "--request", request).out
    assert f"request {request}: the host knows nothing of it" in desk.mco("why", "web1", "--request", request).out


def test_a_caller_whom_a_policy_keeps_from_asking_gets_a_plain_denial(desk):
    policy = desk.running.site.folder / "hosts" / "web2" / "policies" / "rpcutil.policy"
    policy.write_text("policy default deny\n")
    try:
        answer = desk.mco("why", "web2", "echo", "--strict")
    finally:
        policy.unlink()
    assert answer.code == 77
    assert answer.lines == [
        f"web2: will not explain: cert=demo.mcollective may not call rpcutil explain on web2: {policy}:1 denies it by default: "
        "no other line matches",
        "   fix: in the policy of rpcutil on web2, with TABs between: allow cert=demo.mcollective explain * *",
    ]


def test_node_sets_and_data_functions_are_sent_as_a_discovery_sends_them(desk):
    answer = desk.mco("why", "web1,db1", "-I", "web[1-80]", "-S", "fstat('/etc/passwd').size>0")
    assert answer.lines[0].startswith("db1: a discovery would end at the filter: identity web1")
    assert answer.lines[-1] == "web1: a discovery would find it"


def test_json_is_one_document(desk):
    document = json.loads(desk.mco("why", "web1,web2", "echo", "-F", "country=uk", "--json").out)
    assert [(each["host"], each["outcome"], each["stage"]) for each in document["hosts"]] == [
        ("web1", "run", "run"),
        ("web2", "ends", "filter"),
    ]
    assert document["request"]["agent"] == "echo"
    assert abs(document["hosts"][0]["clock_ahead"]) < 5


def test_ctrl_c_shows_what_there_is(desk):
    desk.running.processes["db1"].send_signal(signal.SIGSTOP)
    try:
        first, answer = desk.interrupted("why", "web1,web2,db1", "-t", "60")
    finally:
        desk.running.processes["db1"].send_signal(signal.SIGCONT)
    assert answer.code == 130
    assert "db1" in answer.lines[0] and answer.lines[0].endswith("no answer")
    assert answer.lines[1] in (f"{first}: a discovery would find it", "web[1-2] (2): a discovery would find it")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("why", "a/b"), "host"),
        (("why", "web1", "Echo"), "no name of an agent"),
        (("why", "web1", "rpcutil", "ping", "x"), "no input"),
        (("why", "web1", "--request", "12"), "no request id"),
        (("why", "web1", "-T", "nosuch"), "unknown collective"),
        (("why", "web1", "-x", "web2"), "asks the hosts that come first on its line"),
        (("why", "web1", "-I", "group:web"), "a group is found here"),
    ],
)
def test_wrong_words_are_named(desk, words, said):
    answer = desk.mco(*words)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err


def test_hosts_are_named_by_node_sets():
    assert hosts_of("web[01-03],db1") == ["web01", "web02", "web03", "db1"]
    with pytest.raises(UsageError):
        hosts_of("web[01-")


@pytest.mark.parametrize(
    ("outcomes", "code", "strict"),
    [((RUN, RUN), 0, 0), ((RUN, ENDS), 2, 2), ((SILENT,), 4, 4), ((RUN, SILENT), 2, 5), ((DENIED,), 2, 77)],
)
def test_exit_codes(outcomes, code, strict):
    found = [Verdict(f"web{number}", outcome) for number, outcome in enumerate(outcomes)]
    assert (exitcode(found), exitcode(found, strict=True)) == (code, strict)
