import pytest

from mcollective_py.agent import InvalidRPCData, RPCAborted, RPCReply, RPCRequest
from mcollective_py.filter import Filter
from mcollective_py.message import Request


def a_request(body, action="status"):
    return RPCRequest(
        Request("0" * 32, "cert=alice", "desk.example.net", "mcollective", "service", action, body, Filter(), time=1.5, ttl=60)
    )


def test_a_request_is_a_mapping_of_its_inputs():
    request = a_request({"service": "exim4"})
    assert (request["service"], request.get("noop", False), dict(request)) == ("exim4", False, {"service": "exim4"})
    with pytest.raises(KeyError):
        request["absent"]


def test_a_number_of_a_request_has_bounds():
    request = a_request({"count": 20, "wait": float("nan")})
    assert (request.between("count", 1, 20, 5), request.between("limit", 1, 20, 5)) == (20.0, 5.0)
    for name in ("count", "wait"):
        with pytest.raises(InvalidRPCData, match=rf"^{name} must be from 0\.5 to 19$"):
            request.between(name, 0.5, 19, 5)


def test_a_request_says_who_asks_for_what():
    request = a_request({})
    assert (request.caller, request.sender, request.agent, request.action, request.time, request.ttl) == (
        "cert=alice",
        "desk.example.net",
        "service",
        "status",
        1.5,
        60,
    )


def test_a_reply_begins_with_its_defaults_and_leaves_them_as_they_were():
    defaults = {"status": "unknown"}
    reply = RPCReply(defaults)
    reply["status"] = "running"
    reply["pid"] = 5
    del reply["pid"]
    assert (dict(reply), len(reply), defaults) == ({"status": "running"}, 1, {"status": "unknown"})
    assert (reply.statuscode, reply.statusmsg) == (0, "OK")


def test_fail_notes_the_failure_and_carries_on():
    reply = RPCReply()
    reply.fail("no such service", 4)
    assert (reply.statuscode, reply.statusmsg) == (4, "no such service")


def test_abort_ends_the_action():
    with pytest.raises(RPCAborted, match="no such service"):
        RPCReply().abort("no such service")


@pytest.mark.parametrize(("code", "status"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (99, 5), (0, 5), (-1, 5)])
def test_abort_has_the_codes_of_rubys_hard_failure(code, status):
    with pytest.raises(RPCAborted) as aborted:
        RPCReply().abort("no", code)
    assert aborted.value.statuscode == status
    assert RPCAborted("no").statuscode == 1


def test_fail_keeps_any_code():
    reply = RPCReply()
    reply.fail("no", 99)
    assert reply.statuscode == 99
