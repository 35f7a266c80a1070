"""docs/exim-story.md is true: its commands print over four relays what stands there, and do by Exim's own view what it says."""

from collections.abc import Iterator

import pytest

from tests.parts.eximstory import OTHERS, PAGE, RELAYS, Step, Story, stable, steps, story_fleet

pytestmark = pytest.mark.parts

SPAM = 700  # on each relay
_STEPS = steps(PAGE.read_text())


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with story_fleet(SPAM) as fleet:
        yield Story(fleet)


def queues(story: Story, *words: str) -> list[int]:
    """How many messages exipick finds on each relay."""
    return [len(story.fleet.exim.run(host, "exipick", "-i", *words).stdout.split()) for host in RELAYS]


def everywhere(count: int) -> list[int]:
    return [count] * len(RELAYS)


def check_effect(story: Story, words: list[str], came: str) -> None:
    """What a command has done, as Exim and the mail server have it."""
    if words[2] == "freeze":
        assert queues(story, "-z") == everywhere(0 if "--noop" in words else SPAM)
        assert queues(story, "$authenticated_id eq mallory") == everywhere(SPAM)
    elif words[2] == "block":
        assert "this login is blocked here" in story.refused
        assert story.attempt("alice") == "taken"
        story.fleet.exim.exim("mx1", "-Mrm", *story.fleet.exim.run("mx1", "exipick", "-i", "$authenticated_id eq alice").stdout.split())
    elif words[2] == "retry":
        assert queues(story) == queues(story, "-z") == everywhere(SPAM)
        for host in RELAYS:
            log = story.fleet.exim.shell(host, "cat /var/log/exim4/mainlog")
            delivered = [line for line in log.split("\n") if " => " in line]
            assert len(delivered) == OTHERS, host
            assert all("s-friend@example.com" in line for line in delivered), host
    elif words[2] == "rm":
        assert queues(story) == everywhere(0)
    elif words[2] == "unblock":
        assert story.attempt() == "taken"


def test_the_page_has_the_whole_way() -> None:
    words = [step.command.split()[2] for step in _STEPS]
    assert [word for word in words if word in ("top", "freeze", "block", "show", "retry", "rm")] == [
        *("top", "top", "freeze", "freeze", "block", "show", "retry", "rm"),
    ]


def test_every_command_of_the_page_prints_and_does_what_the_page_says(story: Story) -> None:
    for step in _STEPS:
        came, code = story.run(step)
        words = step.command.split()
        assert code == (1 if "--noop" in words else 0), came
        assert stable(came) == stable(step.shown), step.command
        check_effect(story, words, came)


def test_a_page_is_read_as_commands_and_what_stands_below_them() -> None:
    assert steps("text\n```console\n$ mco exim size\nmx1: 3\n\n$ mco exim count\n```\n```python\n$ no\n```") == [
        Step("mco exim size", "mx1: 3\n\n"),
        Step("mco exim count", ""),
    ]
