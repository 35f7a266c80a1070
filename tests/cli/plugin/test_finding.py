import pytest

from mcollective_py.cli.plugin.finding import Finding, found


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("ddl.yaml:14: actions[0].impakt: unknown key", Finding("ddl.yaml", 14, "actions[0].impakt: unknown key")),
        ("agent.py: it has no class", Finding("agent.py", None, "it has no class")),
        ("it takes too long: 30 s", Finding("", None, "it takes too long: 30 s")),
    ],
)
def test_a_reason_is_taken_apart_by_its_place(reason, expected):
    assert found(reason) == expected


def test_what_is_no_error_is_a_warning():
    assert [found("x").severity, found("x", is_error=False).severity] == ["error", "warning"]
