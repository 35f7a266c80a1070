import pytest

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems):
    assert agent_problems == []


@pytest.mark.parametrize("body", ["hello", 1.0, 5, None, True, ["a", {"b": 2.5}], ""])
def test_the_body_comes_back_with_value_and_type_unchanged(agent, body):
    answer = agent.send(body)
    assert (answer, type(answer)) == (body, type(body))


def test_it_has_two_seconds(agent):
    assert agent.agent.timeout(None) == 2.0
