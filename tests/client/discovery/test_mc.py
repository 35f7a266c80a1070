import pytest

from mcollective_py.client.collector import Collector
from mcollective_py.client.discovery.mc import collect, refusal
from mcollective_py.client.replies import Replies
from mcollective_py.client.results import Refusal, RPCStats
from mcollective_py.message import Reply


def pong(sender, **fields):
    return Reply("a" * 32, "d", sender, "discovery", None, **{"body": "pong", "time": 1.0, **fields})


def test_a_plain_pong_is_no_refusal():
    assert refusal(pong("web1")) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"refusal": "busy", "statuscode": 5, "statusmsg": "full"}, Refusal("web1", "busy", "full")),
        ({"statuscode": 1, "statusmsg": "broken"}, Refusal("web1", "error", "broken")),
        ({"body": "ping"}, Refusal("web1", "error", "OK")),
        ({"body": ["pong"]}, Refusal("web1", "error", "OK")),
    ],
)
def test_anything_else_is_a_refusal(fields, expected):
    assert refusal(pong("web1", **fields)) == expected


def test_collecting_sorts_who_is_there_from_who_refused():
    collector = Collector("discovery", started=0.0, window=0.0)
    collector.sent("d")
    replies = Replies(collector, RPCStats(), pump=lambda timeout: None, monotonic=lambda: 2.0)
    collector.published(2.0)
    for reply in (pong("web2"), pong("web1"), pong("web3", refusal="clockskew", statusmsg="fast")):
        replies.deliver(reply)
    found = collect(replies)
    assert (found.nodes, found.seconds, found.is_complete) == (("web1", "web2"), 2.0, True)
    assert found.refusals == (Refusal("web3", "clockskew", "fast"),)
