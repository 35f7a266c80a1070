"""Aggregates by name: those of the libdirs first, then those that come with this package, each imported when first asked for."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from ...errors import PluginError
from ...plugins.finder import find
from ...plugins.folder import load_plugin
from ...plugins.modules import class_name
from .base import AggregateFunction

# Name -> the module of this folder.
OURS = (
    "average",
    "boolean_summary",
    "chart",
    "distinct",
    "histogram",
    "nagios_states",
    "nettest_mma",
    "percentiles",
    "process_summary",
    "stddev",
    "sum",
    "summary",
    "top",
)


def aggregate_class(name: str, libdirs: Sequence[Path]) -> type[AggregateFunction]:
    """The class of an aggregate. Raises PluginError that says which there are."""
    folders = find("aggregates", libdirs)
    if name in folders:
        return cast(type[AggregateFunction], load_plugin("aggregates", name, folders[name]))
    if name in OURS:
        found: Any = getattr(import_module(f".{name}", __package__), class_name(name))
        return cast(type[AggregateFunction], found)
    from difflib import get_close_matches

    near = get_close_matches(name, [*folders, *OURS], 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted({*folders, *OURS}))}"
    raise PluginError(name, f"there is no such aggregate: {hint}")
