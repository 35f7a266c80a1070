"""What hosts would refuse of options and patterns, each with the same words: said once, before anybody is asked."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.errors import InvalidRPCData, UsageError


def check_options(given: Mapping[str, Any]) -> None:
    """Raises UsageError for names of columns and for times that are none."""
    if "columns" in given:
        from .fields import columns_of

        try:
            columns_of(given["columns"])
        except InvalidRPCData as error:
            raise UsageError(f"--columns: {error}") from error
    for name in ("since", "until"):
        if name in given:
            from .logs import moment_of

            try:
                moment_of(given[name], 1e9)  # whenever now is
            except ValueError as error:
                raise UsageError(f"--{name} is a time, as 2h or '2026-11-23 16:00': {given[name][:40]!r} is none") from error


def check_pattern(text: str) -> None:
    """Raises UsageError for a pattern that cannot be searched for."""
    from mcollective_py.agent.pattern import Pattern

    try:
        Pattern(text)
    except InvalidRPCData as error:
        raise UsageError(str(error)) from error
