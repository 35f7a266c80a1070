from mcollective_py.cli.output.base import Ending
from mcollective_py.cli.output.senders import Senders
from mcollective_py.cli.render import Style
from mcollective_py.client.results import RPCResult, RPCStats


def test_a_name_a_line_and_nothing_else():
    senders = Senders(None, Style(verbose=True))
    assert senders.result(RPCResult("web1", "a", "b", 0, "OK", {"c": 1})) == "web1\n"
    assert senders.end(Ending(RPCStats(no_response=("web2",)))) == ""
