"""`mco request status` as its user runs it, on the real small site."""

import json
import re


def test_the_last_call_is_told_by_the_hosts_that_it_had(desk):
    assert desk.mco("rpc", "rpcutil", "ping", "-I", "web1", "-I", "db1").code == 0
    answer = desk.mco("request", "status", "last")
    assert (answer.code, answer.err) == (0, "")
    assert re.fullmatch(r"request [0-9a-f]{32}: rpcutil ping, .*", answer.lines[0])
    assert answer.lines[1] == "ok on 2 hosts"
    assert answer.lines[2].split() == ["db1", "web1"]


def test_a_denied_one_is_refused_at_the_policy_on_the_hosts_that_denied_it(desk):
    desk.mco("rpc", "rpcutil", "find_request", f"request={'0' * 32}", "-I", "web1")
    told = desk.mco("request", "status", "last")
    assert told.code == 2
    assert (
        told.lines[1] == "refused on 1 host"
        and "at the stage policy: cert=demo.mcollective may not call rpcutil find_request" in told.out
    )


def test_an_id_that_nobody_has_seen_is_no_success(desk):
    answer = desk.mco("request", "status", "0" * 32, "-I", "web1")
    assert (answer.code, answer.lines) == (2, ["request " + "0" * 32, "not seen on 1 host", "   web1"])


def test_only_who_is_allowed_asks_after_the_requests_of_others(desk):
    answer = desk.mco("request", "status", "0" * 32, "-I", "web1", "--any-caller")
    assert answer.code == 2 and "may not call rpcutil find_request" in answer.err


def test_json_is_one_document(desk):
    answer = desk.mco("request", "status", "0" * 32, "-I", "web1", "--json")
    document = json.loads(answer.out)
    assert (document["request"], document["interrupted"]) == ("0" * 32, False)
    (host,) = document["hosts"]
    assert (host["host"], host["state"]) == ("web1", "not seen") and host["since"] > 1.6e9


def test_what_is_no_id_and_no_call_is_said_before_anybody_is_asked(desk):
    answer = desk.mco("request", "status", "xyz")
    assert answer.code == 1 and "is no request id" in answer.err
