"""Options that Ruby's `mco` takes on every command and that mean nothing to one that calls no action.

They are taken all the same, out of sight, so that an MCOLLECTIVE_EXTRA_OPTS that has served for years goes on serving.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from ...errors import UsageError

# Spellings, whether there is a value, and what is said; nothing where leaving it out changes nothing that anybody would miss.
_OF_CALLS = (
    (("-1", "--one"), False, "every host is meant"),
    (("--limit", "--ln", "--limit-nodes"), True, "every host is meant"),
    (("--limit-seed",), True, ""),
    (("--batch",), True, ""),
    (("--batch-sleep", "--batch-sleep-time"), True, ""),
    (("--reply-to", "--rt"), True, None),
)
_OF_OUTPUT = ((("--sort",), False, ""), (("--display",), True, ""))


def add_historic(parser: argparse.ArgumentParser, *, has_calls: bool, has_output: bool) -> None:
    """Add those of the two sections that the command has not."""
    if not has_output:  # a report on many hosts draws a bar, too
        names = ("--np", "--no-progress")
        parser.add_argument(*names, dest="no_progress", action="store_true", default=False, help=argparse.SUPPRESS)
    for names, has_value, said in (*(() if has_calls else _OF_CALLS), *(() if has_output else _OF_OUTPUT)):
        parser.add_argument(
            *names,
            action=_Idle,
            dest="idle",
            nargs=None if has_value else 0,
            const=said,
            default=argparse.SUPPRESS,
            help=argparse.SUPPRESS,
        )


class _Idle(argparse.Action):
    """const: what is said of it; None where it cannot be passed over."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option: str | None = None,
    ) -> None:
        command = parser.prog
        if self.const is None:
            raise UsageError(f"{option} is for actions: `{command}` shows the answers itself")
        if self.const and not getattr(namespace, "quiet", False):
            print(f"{command}: {option} has no effect: {self.const}", file=sys.stderr)
