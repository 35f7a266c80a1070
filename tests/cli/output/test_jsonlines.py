import json

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.jsonlines import JSONLines
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats


def test_each_result_is_a_line_at_once_and_the_last_line_is_that_of_the_sums():
    lines = JSONLines(None, Style(is_terminal=True))
    text = lines.result(RPCResult("web1", "disk", "status", 0, "OK", {"text": "a\nb\u2028c"}))
    assert text.count("\n") == 1 == len(text.splitlines())
    assert json.loads(text) == {
        "type": "reply", "sender": "web1", "agent": "disk", "action": "status", "statuscode": 0, "statusmsg": "OK", "refusal": None,
        "data": {"text": "a\nb\u2028c"}, "time_ms": 0.0,
    }  # fmt: skip
    last = json.loads(lines.end(Ending(RPCStats(request_id="ab", responses=1))))
    assert (last["type"], last["request_id"], last["interrupted"], last["stats"]["responses"]) == ("stats", "ab", False, 1)
    assert set(last) == {"type", "request_id", "agent", "action", "interrupted", "summaries", "stats"}
