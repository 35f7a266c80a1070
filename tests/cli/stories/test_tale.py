import subprocess

import pytest

from mcollective_py.cli.stories.story import Step
from mcollective_py.cli.stories.tale import NotAsTold, tell


def told(steps: list[Step], *came: tuple[str, int]) -> str:
    said: list[str] = []
    answers = iter(came)
    tell(steps, lambda _step: next(answers), said.append, lambda text: f"*{text}*")
    return "\n".join(said)


def test_a_command_stands_before_its_output_with_the_reason_above() -> None:
    steps = [Step("Who?", "mco find", (r"^web1$",)), Step("Look.", "uptime", host="web1"), Step("No.", "mco ping", code=2)]
    assert told(steps, ("web1\n", 0), ("\n", 0), ("denied\x1b[1m\n", 2)) == (
        "\n*# Who?*\n*$ mco find*\nweb1\n\n*# Look.*\n*web1# uptime*\n\n*# No.*\n*$ mco ping*\ndenied\\x1b[1m"
    )


@pytest.mark.parametrize(
    ("step", "came", "why"),
    [
        (Step("", "mco find"), ("", 1), "`mco find` ended with 1, and not with 0"),
        (Step("", "mco find", code=2), ("", 0), "`mco find` ended with 0, and not with 2"),
        (Step("", "mco find", (r"^web1$",)), ("web11\n", 0), "`mco find` does not show '^web1$'"),
    ],
)
def test_the_tale_ends_with_the_command_that_went_another_way(step: Step, came: tuple[str, int], why: str) -> None:
    with pytest.raises(NotAsTold) as ended:
        told([step, Step("never", "never")], came)
    assert str(ended.value) == f"the story ends here: {why}"
    assert ended.value.exitcode == 1


def test_a_command_that_does_not_end_ends_the_tale() -> None:
    def run(step: Step) -> tuple[str, int]:
        raise subprocess.TimeoutExpired(step.command, 180)

    with pytest.raises(NotAsTold, match="`mco find` has not ended after 180 s"):
        tell([Step("", "mco find")], run, lambda _text: None, str)
