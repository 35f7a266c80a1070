import json
import re
import signal
import time

import pytest

from mcollective_py.cli.applications.rpc import Rpc, addressed
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.errors import UsageError


def words(*words):
    return addressed(parse(parser_for("rpc", Rpc()), words))


def test_agent_action_and_inputs_stand_in_a_row_or_in_options():
    row = words("service", "status", "service=exim4", "note=a=b c")
    options = words("-a", "service", "--action", "status", "--arg", "service=exim4", "--argument", "note=a=b c")
    assert row == options == ("service", "status", {"service": "exim4", "note": "a=b c"})


def test_a_plain_message_has_no_action():
    assert words("echo", "--body", "1") == ("echo", None, {})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ((), "which agent"),
        (("Service",), "which agent"),
        (("service",), "mco plugin doc service"),
        (("service", "a=b"), "which action"),
        (("service", "status", "exim4"), "write name=value"),
        (("service", "status", "=x"), "write name=value"),
        (("service", "status", "a=1", "a=2"), "given twice"),
        (("echo", "go", "--body", "1"), "without an action"),
    ],
)
def test_what_is_missing_is_said(wrong, says):
    with pytest.raises(UsageError, match=says):
        words(*wrong)


def test_an_action_runs_on_the_hosts_of_a_filter_only(desk):
    answer = desk.mco("rpc", "rpcutil", "get_fact", "fact=country", "-C", "role::web", "--sort")
    assert answer.code == 0
    assert answer.lines[:3] == ["web1", "    Fact: country", "   Value: uk"]
    assert answer.lines[3] == "web2"
    assert re.fullmatch(r"Finished processing 2 / 2 hosts in \d+\.\d\d ms", answer.lines[-1])


def test_a_float_stays_a_float_and_a_denial_is_a_failure(desk):
    answer = desk.mco("rpc", "echo", "--body", "2.5", "--json")
    document = json.loads(answer.out)
    assert answer.code == 2
    good = {reply["sender"]: reply["data"] for reply in document["replies"] if reply["statuscode"] == 0}
    assert good == {"db1": {"body": 2.5}, "web1": {"body": 2.5}}
    (denied,) = [reply for reply in document["replies"] if reply["refusal"] == "denied"]
    assert (denied["sender"], denied["statuscode"]) == ("web2", 1)
    assert document["replies"][0] == denied  # failures first
    assert document["stats"]["denied"] == 1


def test_denied_everywhere_has_an_exit_code_of_its_own_when_strict(desk):
    words = ("rpc", "echo", "--body", "x", "-I", "web2")
    answer = desk.mco(*words)
    assert f"{'web2':<40} Denied" in answer.out
    assert "echo.policy" in answer.out
    assert (answer.code, desk.mco(*words, "--strict").code) == (2, 77)


def test_silent_hosts_are_named_and_answers_count(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "1")
    assert answer.code == 0
    assert "No response from:\n\n   nosuch\n" in answer.out
    assert answer.lines[-1].startswith("Finished processing 1 / 2 hosts")


@pytest.mark.parametrize(
    ("filter", "code"),
    [(("-I", "nosuch", "-t", "0.5"), 4), (("-C", "nosuch"), 1), (("-C", "role::db"), 0)],
    ids=["named", "nobody", "one"],
)
def test_the_exit_code_says_how_it_went(desk, filter, code):
    assert desk.mco("rpc", "rpcutil", "ping", *filter).code == code


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (("rpcutil", "pong"), "has no action 'pong'"),
        (("rpcutil", "get_fact"), "needs the input fact"),
        (("rpcutil", "get_fact", "fact=a;b"), "fact"),
        (("rpcutil", "ping", "x=1"), "x"),
        (("nosuch", "ping"), "mco plugin doc"),
        (("rpcutil", "ping", "--limit", "0"), "limit"),
    ],
)
def test_wrong_words_are_1_and_told_in_one_message(desk, wrong, says):
    answer = desk.mco("rpc", *wrong)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_wrong_words_are_told_without_a_broker(desk, tmp_path):
    config = tmp_path / "client.cfg"
    config.touch(mode=0o600)
    config.write_text(desk.config.read_text().replace(str(desk.running.broker_port), "1"))
    answer = desk.mco("rpc", "rpcutil", "get_fact", "-c", str(config))
    assert (answer.code, "needs the input fact" in answer.err) == (1, True)


def test_without_results_only_the_request_id_is_printed(desk):
    answer = desk.mco("rpc", "rpcutil", "ping", "--nr")
    assert answer.code == 0
    assert re.fullmatch(r"Request sent with id: [0-9a-f]{32}\n", answer.out)


def test_a_limit_asks_the_first_by_name(desk):
    document = json.loads(desk.mco("rpc", "rpcutil", "ping", "-1", "--json").out)
    assert [reply["sender"] for reply in document["replies"]] == ["db1"]
    assert document["stats"]["discovered"] == ["db1"]


def test_what_is_displayed_can_be_chosen(desk):
    assert [line.split()[0] for line in desk.mco("rpc", "rpcutil", "ping", "--display", "failed").lines] == ["Finished"]


def test_verbose_adds_the_statistics(desk):
    assert re.search(r"Nodes: 3 / 3\n +Pass / Fail: 3 / 0\n +Request: [0-9a-f]{32}\n", desk.mco("rpc", "rpcutil", "ping", "-v").out)


def test_ctrl_c_shows_what_there_is_and_leaves_with_130(desk):
    process = desk.start("rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "60")
    assert process.stdout.readline() == "web1\n"
    started = time.monotonic()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - started < 1.5
    assert process.returncode == 130
    assert "No response from:\n\n   nosuch\n" in out
    assert "interrupted" in err
