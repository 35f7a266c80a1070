from pathlib import Path

import pytest

from mcollective_py.testing import AgentHarness

HARNESS = AgentHarness(Path(__file__).parents[1])


def test_ping_is_answered_with_pong():
    assert HARNESS.send("ping") == "pong"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("PING", "Unknown Request: PING"),
        (None, "Unknown Request: None"),
        ({"a": 1}, "Unknown Request: {'a': 1}"),
        ("x" * 10_000, "Unknown Request: " + "x" * 100),
    ],
)
def test_anything_else_is_unknown_and_quoted_in_short(body, answer):
    assert HARNESS.send(body) == answer


def test_bytes_that_say_ping_are_a_ping():
    assert HARNESS.send(b"ping") == "pong"


def test_it_only_reads():
    assert HARNESS.agent.only_reads(None)
