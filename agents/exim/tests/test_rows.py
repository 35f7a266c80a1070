"""Tables of all hosts as one, and what `mco rpc` shows of the agent's actions."""

from pathlib import Path

from agents.exim.addresses import is_blockable
from agents.exim.aggregates.exim_rows.aggregate import EximRows
from mcollective_py.ddl.load import ddl_from_yaml

FOLDER = Path(__file__).parents[1]


def test_rows_of_one_name_are_added_up_and_shown_as_ages_and_sizes():
    rows = EximRows("domains", None, {"name": "domain", "sum": ["volume"], "most": ["oldest"], "ages": ["oldest"], "sizes": ["volume"]})
    rows.process_result([{"domain": "example.com", "volume": 2048, "oldest": 90_000}, {"domain": "a.test", "volume": 7}], None)
    rows.process_result([{"domain": "example.com", "volume": 1024, "oldest": 60}, "nonsense", {"domain": 5}], None)
    found = rows.summarize()
    assert found.lines == ("volume  oldest  domain", "  3.0K     25h  example.com", "     7      0m  a.test")
    assert found.data[0] == {"domain": "example.com", "volume": 3072, "oldest": 90_000}


def test_no_action_keeps_from_mco_rpc_why_it_failed():
    actions = ddl_from_yaml((FOLDER / "ddl.yaml").read_text(), "exim").actions
    assert [name for name, one in actions.items() if one.display == "ok"] == []


def test_what_can_be_blocked():
    assert all(map(is_blockable, ("bob@example.org", "@example.org", "*@example.org", "mallory", "j.doe")))
    assert not any(map(is_blockable, ("", "a b", "-x", "#x", "a@", "a:b@c", "a@b\n", '"a"@b')))
