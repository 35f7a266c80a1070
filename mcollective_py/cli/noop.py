"""--noop: the input `noop` for actions that can say what they would do, and an error for all others; never a real run instead."""

import argparse
from collections.abc import Mapping
from typing import Any

from ..ddl.model import DDL
from ..errors import UsageError


def with_noop(ddl: DDL, action: str, inputs: Mapping[str, Any], options: argparse.Namespace) -> Mapping[str, Any]:
    """The inputs, with noop among them where --noop was given. Raises UsageError where the action does not support it."""
    declared = ddl.actions.get(action)
    if not getattr(options, "noop", False) or declared is None:
        return inputs
    if "noop" not in declared.inputs or declared.inputs["noop"].type != "boolean":
        able = (
            ", ".join(sorted(name for name, other in ddl.actions.items() if "noop" in other.inputs))
            or "none of this agent's actions can"
        )
        raise UsageError(f"{ddl.metadata.name} {action} cannot say what it would do: --noop is for {able}; nothing was sent")
    if inputs.get("noop") is False:
        raise UsageError("--noop and noop=false say different things: leave one of them out")
    return {**inputs, "noop": True}
