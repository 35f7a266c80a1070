import json

from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.jsondocument import JSONDocument, call_document
from mcollective_py.cli.render import Style, json_text
from mcollective_py.client.aggregate.summaries import Summary
from mcollective_py.client.results import RPCResult, RPCStats

GOOD, BAD = RPCResult("web1", "disk", "status", 0, "OK", {"free": 1}), RPCResult("web2", "disk", "status", 1, "no", {})
ENDING = Ending(RPCStats(request_id="ab", agent="disk", action="status"), (Summary("Free", "sum", "free", ("1",), 1),), True)


def test_a_document_has_the_results_failures_first_the_summaries_and_the_sums():
    document = call_document([GOOD, BAD], ENDING)
    assert list(document) == ["request_id", "agent", "action", "interrupted", "replies", "summaries", "stats"]
    assert (document["request_id"], document["interrupted"]) == ("ab", True)
    assert [reply["sender"] for reply in document["replies"]] == ["web2", "web1"]
    assert document["summaries"][0] | {"lines": []} == {
        "title": "Free", "function": "sum", "output": "free", "lines": [], "data": 1, "failure": None
    }  # fmt: skip


def test_it_is_one_line_for_a_program_and_laid_out_for_a_person():
    for is_terminal, lines in ((False, 1), (True, 70)):
        made = JSONDocument(None, Style(is_terminal=is_terminal))
        assert made.result(GOOD) == ""
        text = made.end(ENDING)
        assert text.endswith("}\n")
        assert (text.count("\n") == 1) if lines == 1 else text.count("\n") > 30
        assert json.loads(text)["replies"][0]["data"] == {"free": 1}


def test_what_hosts_say_changes_nothing_around_it():
    odd = RPCResult("web3", "disk", "status", 0, "OK", {"text": 'line\n"replies": []\n', "list": [], "more": [{"a": []}]})
    for is_terminal in (False, True):
        made = JSONDocument(None, Style(is_terminal=is_terminal))
        for result in (odd, BAD, GOOD):
            made.result(result)
        assert made.end(ENDING) == json_text(call_document([odd, BAD, GOOD], ENDING), indent=is_terminal) + "\n"


def test_a_document_without_results():
    for is_terminal in (False, True):
        assert JSONDocument(None, Style(is_terminal=is_terminal)).end(ENDING) == (
            json_text(call_document([], ENDING), indent=is_terminal) + "\n"
        )
