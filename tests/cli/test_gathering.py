from mcollective_py.cli.applications.rpc import Rpc
from mcollective_py.cli.gathering import gather
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.cli.session import open_client, rpc_client


def gathered(desk, action, *words, inputs=None):
    """What came of an action of rpcutil, and the hosts whose good results were taken."""
    options = parse(parser_for("rpc", Rpc()), ["-c", str(desk.config), *words, "rpcutil", action])
    taken = []
    rpc = rpc_client(open_client(options), "rpcutil", options)
    return gather(rpc, action, options, lambda result: taken.append(result.sender), inputs), sorted(taken)


def test_good_results_are_taken_and_the_figures_kept(desk):
    found, taken = gathered(desk, "ping")
    assert taken == ["db1", "web1", "web2"]
    assert (sorted(found.audience.nodes), found.stats.ok, [*found.bad], found.wait.exitcode(0)) == (taken, 3, [], 0)


def test_a_filter_says_whom_it_is_for_and_inputs_go_along(desk, capsys):
    found, taken = gathered(desk, "get_fact", "-F", "country=de", inputs={"fact": "cores"})
    assert (taken, found.stats.ok) == (["web2"], 1)
    found.tell()
    assert capsys.readouterr().err == ""


def test_what_went_wrong_is_kept_apart_and_told_by_host(desk, capsys):
    found, taken = gathered(desk, "find_request", "-F", "cores=4", inputs={"request": "0" * 32})  # not allowed to this operator
    assert (taken, sorted(result.sender for result in found.bad)) == ([], ["web1", "web2"])
    found.tell()
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.index("web1: ") < told.err.index("web2: ")


def test_who_did_not_answer_is_named(desk, capsys):
    found, taken = gathered(desk, "ping", "-I", "web1", "-I", "nosuch", "-t", "1")
    assert taken == ["web1"]
    found.tell()
    assert "No response from:\n\n   nosuch\n" in capsys.readouterr().err
