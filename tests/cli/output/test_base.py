from mcollective_py.cli.output.base import failures_first, text_of
from mcollective_py.client.results import RPCResult


def test_failures_come_first_then_names():
    results = [RPCResult(name, "a", "b", code, "", {}) for name, code in (("b", 0), ("a", 0), ("d", 1), ("c", 5))]
    assert [one.sender for one in failures_first(results)] == ["c", "d", "a", "b"]


def test_every_line_is_ended():
    assert (text_of(["a", "", "b"]), text_of([])) == ("a\n\nb\n", "")
