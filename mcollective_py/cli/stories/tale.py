"""A tale told: each command printed before what it really prints, and held against what was to come."""

import re
import subprocess
from collections.abc import Callable, Sequence

from ...errors import MCollectiveError
from ..inert import inert
from .story import Step


class NotAsTold(MCollectiveError):
    """A command of a story that did not end as the tale says; the rest was not played."""

    def __init__(self, step: Step, what: str) -> None:
        super().__init__(f"the story ends here: `{step.command}` {what}")
        self.step = step


def tell(steps: Sequence[Step], run: Callable[[Step], tuple[str, int]], say: Callable[[str], None], bold: Callable[[str], str]) -> None:
    """Play the steps. run: gives what a command prints, and its exit code. Raises NotAsTold."""
    for step in steps:
        prompt = f"{step.host}# " if step.host else "$ "
        say(f"\n{bold('# ' + step.remark)}\n{bold(prompt + step.command)}")
        try:
            came, code = run(step)
        except subprocess.TimeoutExpired as error:
            raise NotAsTold(step, f"has not ended after {error.timeout:g} s") from error
        if came.strip():
            say(inert(came.strip("\n"), keep_lines=True))
        if code != step.code:
            raise NotAsTold(step, f"ended with {code}, and not with {step.code}")
        for wanted in step.shows:
            if not re.search(wanted, came, re.MULTILINE):
                raise NotAsTold(step, f"does not show {wanted!r}")
