from pathlib import Path

from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call, Outcome


def test_a_call_knows_its_action_by_its_request() -> None:
    request = Request("1" * 32, "cert=a.mcollective", "ops", "mcollective", "rpcutil", "ping", {}, Filter(), 0.0, 60)
    call = Call(request, Path("/agents/rpcutil"), NodeView("web1"), timeout=5.0, only_reads=True)
    assert call.action == "ping"


def test_an_outcome_is_good_and_empty_unless_it_says_otherwise() -> None:
    outcome = Outcome()
    assert (outcome.statuscode, outcome.statusmsg, outcome.body, outcome.refusal) == (0, "OK", None, None)
