import pytest

pytest_plugins = ["mcollective_py.testing.pytest_plugin"]


def test_the_folder_is_as_hosts_and_operators_expect(agent_problems):
    assert agent_problems == []


def test_ping_is_answered_with_pong(agent):
    assert agent.send("ping") == "pong"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("PING", "Unknown Request: PING"),
        (None, "Unknown Request: None"),
        ({"a": 1}, "Unknown Request: {'a': 1}"),
        ("x" * 10_000, "Unknown Request: " + "x" * 100),
    ],
)
def test_anything_else_is_unknown_and_quoted_in_short(agent, body, answer):
    assert agent.send(body) == answer


def test_bytes_that_say_ping_are_a_ping(agent):
    assert agent.send(b"ping") == "pong"


def test_it_only_reads(agent):
    assert agent.agent.only_reads(None)
