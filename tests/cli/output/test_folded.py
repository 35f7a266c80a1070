from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.folded import Folded
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats


def test_results_are_shown_when_all_are_in_and_equal_ones_once():
    folded = Folded(None, Style())
    for number in (10, 9, 8):
        assert folded.result(RPCResult(f"web{number:02}", "a", "b", 0, "OK", {"c": 1})) == ""
    assert folded.end(Ending(RPCStats())) == "web[08-10] (3)\n   c: 1\n\n"
