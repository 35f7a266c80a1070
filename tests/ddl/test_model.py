import pytest

from mcollective_py.ddl.model import DDL, ActionDDL, Metadata

DOCUMENTED = Metadata("service", "", "", "", "", "", 60.0)


def test_an_action_has_its_own_timeout_or_that_of_the_agent():
    ddl = DDL(DOCUMENTED, {"status": ActionDDL("status", "", timeout=5.0), "start": ActionDDL("start", "")})
    assert [ddl.timeout(action) for action in ("status", "start", "unknown")] == [5.0, 60.0, 60.0]


@pytest.mark.parametrize(("impact", "only_reads"), [("read", True), ("change", False), ("destructive", False)])
def test_only_the_impact_read_only_reads(impact, only_reads):
    assert ActionDDL("x", "", impact=impact).only_reads is only_reads


def test_an_action_that_says_nothing_is_taken_to_change_something():
    assert ActionDDL("x", "").only_reads is False
