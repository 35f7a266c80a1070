import json

import pytest

from mcollective_py.client.results import Refusal, RPCResult, RPCStats, exitcode
from mcollective_py.message import Reply

TWO = ("web1", "web2")


@pytest.mark.parametrize(
    ("stats", "code", "strict"),
    [
        (RPCStats(discovered=TWO, did_discovery=True, responses=2, ok=2), 0, 0),
        (RPCStats(discovered=TWO, did_discovery=True, responses=2, ok=2, silent_known=("web3",)), 0, 5),
        (RPCStats(discovered=TWO, responses=2, ok=2), 0, 0),
        (RPCStats(did_discovery=True), 1, 1),
        (RPCStats(discovered=TWO, did_discovery=True, responses=2, ok=1, failed=1), 2, 2),
        (RPCStats(discovered=TWO, did_discovery=True, no_response=TWO), 3, 3),
        (RPCStats(discovered=TWO, no_response=TWO), 4, 4),
        (RPCStats(discovered=TWO, responses=1, ok=1, no_response=("web2",)), 0, 5),
        (RPCStats(discovered=TWO, responses=1, failed=1, no_response=("web2",)), 2, 2),
        (RPCStats(discovered=TWO, responses=2, failed=2, denied=2), 2, 77),
        (RPCStats(discovered=TWO, responses=2, ok=1, failed=1, denied=1), 2, 2),
        (RPCStats(discovered=TWO, responses=1, ok=1, unverified=1), 2, 2),
        (RPCStats(did_discovery=True, unverified=1), 2, 2),
        (RPCStats(discovered=TWO, responses=2, ok=2, refusals=(Refusal("web3", "clockskew", "fast"),)), 2, 2),
    ],
)
def test_the_exit_code_says_how_it_went(stats, code, strict):
    assert (exitcode(stats), exitcode(stats, strict=True)) == (code, strict)


def test_a_result_is_a_mapping_of_its_outputs():
    result = RPCResult.from_reply(Reply("a" * 32, "d", "web1", "service", "status", {"status": "running"}, 1.0), 0.25)
    assert (result.sender, result["status"], dict(result), result.latency) == ("web1", "running", {"status": "running"}, 0.25)
    assert result.is_ok


def test_the_value_of_a_plain_reply_stands_under_body():
    assert dict(RPCResult.from_reply(Reply("a" * 32, "d", "web1", "echo", None, 2.5, 1.0))) == {"body": 2.5}


def test_a_reply_that_does_not_name_its_action_is_of_the_one_that_was_called():
    result = RPCResult.from_reply(Reply("a" * 32, "", "web1", "service", None, {"status": "running"}, 1.0), 0.25, "status")
    assert (result.action, result["status"]) == ("status", "running")
    assert RPCResult.from_reply(Reply("a" * 32, "", "web1", "service", "status", {}, 1.0), 0.25, "stop").action == "status"


@pytest.mark.parametrize("fields", [{"statuscode": 1}, {"refusal": "denied"}])
def test_a_failure_and_a_refusal_are_not_ok(fields):
    assert not RPCResult.from_reply(Reply("a" * 32, "d", "web1", "service", "status", {}, 1.0, **fields)).is_ok


def test_the_statistics_are_plain_values_for_json():
    stats = RPCStats(discovered=TWO, refusals=(Refusal("web3", "busy", "full"),), discovery_time=0.5, agent_time=0.25)
    value = json.loads(json.dumps(stats.to_dict()))
    assert value["discovered"] == ["web1", "web2"]
    assert value["refusals"] == [{"sender": "web3", "refusal": "busy", "statusmsg": "full"}]
    assert value["total_time"] == 0.75


@pytest.mark.parametrize(
    ("stats", "code", "strict"),
    [
        (RPCStats(did_discovery=True, responses=2, ok=2), 0, 0),
        (RPCStats(did_discovery=True), 1, 1),
        (RPCStats(did_discovery=True, silent_known=TWO), 1, 1),
        (RPCStats(discovered=TWO, no_response=TWO), 4, 4),
        (RPCStats(discovered=TWO, responses=1, ok=1, no_response=("web2",)), 0, 5),
        (RPCStats(did_discovery=True, responses=1, ok=1, silent_known=("web2",)), 0, 5),
        (RPCStats(did_discovery=True, responses=1, ok=1, unverified=1, silent_known=("web2",)), 2, 2),
        (RPCStats(did_discovery=True, responses=1, failed=1, refusals=(Refusal("web3", "busy", "full"),)), 2, 2),
    ],
)
def test_the_exit_code_of_a_discovery_says_how_it_went(stats, code, strict):
    assert (exitcode(stats), exitcode(stats, strict=True)) == (code, strict)


def test_an_output_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(KeyError, match="no output 'statsu' from web1; it has status"):
        RPCResult("web1", "service", "status", 0, "OK", {"status": "up"})["statsu"]
    failed = RPCResult("web1", "service", "status", 1, "no such service", {})
    with pytest.raises(KeyError, match="it has none: no such service"):
        failed["status"]
    assert failed.get("status") is None and "status" not in failed
