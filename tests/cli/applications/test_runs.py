import json

from mcollective_py.cli.applications.runs import list_lines, run_lines
from mcollective_py.client.runs import Run

STOPPED = "stopped after batch 1 of 2: 1 of 2 hosts failed, more than --max-fail 0; 1 host was not asked"
RUN = Run(
    "1f2e3d4c" + "0" * 24, "service", "restart", 0.0, "x", ("web1",), ("web2",), ("db1", "db2"), ("db3",), STOPPED, is_interrupted=False
)
PLAIN = Run("ab" * 16, "echo", None, 0.0, "x", ("web1",), is_interrupted=True)


def test_calls_are_a_table():
    heading, first, second = list_lines([RUN, PLAIN])
    assert heading.split() == ["ID", "WHEN", "CALL", "OK", "FAILED", "MISSING", "NOT", "ASKED"]
    assert [*first.split()[:1], *first.split()[3:]] == ["1f2e3d4c", "service", "restart", "1", "1", "2", "1", "stopped"]
    assert [*second.split()[:1], *second.split()[3:]] == ["abababab", "echo", "(message)", "1", "0", "0", "0", "interrupted"]
    assert first.index("service") == heading.index("CALL")


def test_one_call_is_its_hosts_by_outcome_and_what_to_do_next():
    lines = run_lines(RUN, 80)
    assert lines[0].startswith("service restart, 19")
    assert lines[0].endswith(", request 1f2e3d4c000000000000000000000000")
    assert lines[1:] == [
        f"the roll-out {STOPPED}",
        *("", "ok (1):", "   web1"),
        *("", "failed (1):", "   web2"),
        *("", "missing (2):", "   db1                            db2"),
        *("", "not asked (1):", "   db3"),
        *("", "again for these: mco rpc service restart ... --rerun failed:1f2e3d4c, or missing:1f2e3d4c, or not-ok:1f2e3d4c"),
    ]
    assert run_lines(PLAIN, 80)[1] == "interrupted: hosts that are missing may have been at work on it"


def test_the_last_call_is_listed_and_shown(desk):
    document = json.loads(desk.mco("rpc", "rpcutil", "ping", "-I", "web1", "--json").out)
    request_id = document["request_id"]
    (listed,) = json.loads(desk.mco("runs", "--json", "-n", "1").out)["runs"]
    assert (listed["request_id"], listed["agent"], listed["action"], listed["ok"]) == (request_id, "rpcutil", "ping", ["web1"])
    assert json.loads(desk.mco("runs", "--json", "last").out) == listed
    assert desk.mco("runs").lines[1].split()[0] == request_id[:8]
    assert "ok (1):" in desk.mco("runs", request_id[:6]).lines


def test_a_call_that_is_not_kept_is_an_error(desk):
    answer = desk.mco("runs", "ffff0000")
    assert (answer.code, answer.out) == (1, "")
    assert "no run ffff0000 is kept" in answer.err


def test_none_is_no_error(desk, tmp_path):
    answer = desk.mco("runs", XDG_CACHE_HOME=str(tmp_path))
    assert (answer.code, answer.out, answer.err) == (0, "", "no calls are kept yet: each `mco rpc` is\n")
