from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness

HARNESS = AgentHarness(Path(__file__).parents[1])


@pytest.mark.parametrize("body", ["hello", 1.0, 5, None, True, ["a", {"b": 2.5}], ""])
def test_the_body_comes_back_with_value_and_type_unchanged(body):
    answer = HARNESS.send(body)
    assert (answer, type(answer)) == (body, type(body))


def test_it_has_two_seconds():
    assert HARNESS.agent.timeout(None) == 2.0
