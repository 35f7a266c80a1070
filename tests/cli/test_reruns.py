import json
import re

import pytest

from mcollective_py.cli.reruns import described
from mcollective_py.client.runs import Run

DENIED = ("rpc", "echo", "--body", "x", "-t", "3")  # by policy on web2, which is in another country


def test_a_call_is_named_in_one_line():
    words = described(Run("ab" * 16, "service", None, 0.0, "x"))
    assert re.fullmatch(r"service \(message\), (1970-01-01|1969-12-31) ..:..:.. \(abababab\)", words)


def test_a_call_is_made_again_of_the_hosts_that_failed(desk):
    first = desk.mco(*DENIED)
    assert first.code == 2
    again = desk.mco("rpc", "rpcutil", "ping", "--rerun", "failed", "--json")
    document = json.loads(again.out)
    assert (again.code, document["stats"]["discovered"], document["stats"]["did_discovery"]) == (0, ["web2"], False)
    assert re.match(r"asking 1 host: failed in echo \(message\), \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \([0-9a-f]{8}\)\n", again.err)


def test_a_named_call_is_meant_whatever_came_after_it(desk):
    request_id = json.loads(desk.mco(*DENIED, "--json").out)["request_id"]
    desk.mco("rpc", "rpcutil", "ping", "-I", "db1")
    answer = desk.mco("rpc", "rpcutil", "ping", "--rerun", f"ok:{request_id[:10]}", "--json", "-q")
    assert sorted(json.loads(answer.out)["stats"]["discovered"]) == ["db1", "web1"]
    assert answer.err == ""
    one = desk.mco("rpc", "rpcutil", "ping", "--rerun", f"ok:{request_id[:10]}", "--limit", "1", "--json")
    assert json.loads(one.out)["stats"]["discovered"] == ["db1"]


def test_a_silent_host_is_missing(desk):
    desk.mco("rpc", "rpcutil", "ping", "-I", "web1", "-I", "nosuch", "-t", "1")
    answer = desk.mco("rpc", "echo", "--body", "1", "--rerun", "missing", "-t", "0.5", "--json")
    assert (answer.code, json.loads(answer.out)["stats"]["no_response"]) == (4, ["nosuch"])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--rerun", "ok", "-C", "role::web"), "--rerun names the hosts: it goes without a filter (-F -C -A -I -S -W)"),
        (("--rerun", "ok", "-I", "web1"), "--rerun names the hosts: it goes without a filter"),
        (
            ("--rerun", "all"),
            "--rerun takes failed, missing, ok, not-ok, or one of them and a request id as in failed:1f2e3d4c; not 'all'",
        ),
        (("--rerun", "ok:ffff0000"), "no run ffff0000 is kept: the latest are"),
    ],
)
def test_what_cannot_be_meant_is_told(desk, words, says):
    desk.mco("rpc", "rpcutil", "ping", "-I", "web1")
    answer = desk.mco("rpc", "rpcutil", "ping", *words)
    assert (answer.code, answer.out) == (1, "")
    assert says in answer.err
