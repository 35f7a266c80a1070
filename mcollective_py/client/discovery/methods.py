"""Discovery methods by name: those of the libdirs, then those that come with this package, each imported when first asked for."""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from ...config import Config
from ...errors import FilterError, MCollectiveError, UsageError
from ...filter import Filter
from . import mc
from .base import CAPABILITIES, DiscoveryMethod, MakesMethod
from .siteplugins import capabilities_in, site_methods, site_plugin

# Name -> its class, in the module of that name.
OURS = {
    "flatfile": "Flatfile",
    "stdin": "Stdin",
    "puppetdb": "PuppetDB",
    "inventory": "Inventory",
    "external": "External",
}
_OPTIONS = {"facts": "-F", "classes": "-C", "agents": "-A", "identity": "-I", "compound": "-S (and ! before -F and -C)"}


def discovery_method(name: str, options: Sequence[str], config: Config) -> DiscoveryMethod:
    """A method other than mc, made with its options. Raises UsageError that says which there are, PluginError for a broken one."""
    if name in OURS:
        return cast(MakesMethod, _own(name))(tuple(options), config)
    folders = site_methods(config.paths("libdir"))
    if name in folders:
        return site_plugin(name, folders[name], options, config)
    from difflib import get_close_matches

    known = sorted({mc.METHOD, *OURS, *folders})
    near = get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise UsageError(f"there is no discovery method {name!r}: {hint}")


def check_capabilities(method: DiscoveryMethod, filter: Filter, libdirs: Sequence[Path]) -> None:
    """Raises FilterError, which says what can, for a part of the filter that the method cannot apply."""
    for part in used(filter):
        if part not in method.capabilities:
            able = ", ".join(name for name, capabilities in all_capabilities(libdirs).items() if part in capabilities)
            raise FilterError(f"the discovery method {method.name} cannot apply {_OPTIONS[part]}: {able} can (--dm)")


def used(filter: Filter) -> list[str]:
    """The parts of a filter that say something, by the names of CAPABILITIES."""
    values = (filter.facts, filter.classes, filter.agents, filter.identities, filter.compound)
    return [name for name, value in zip(CAPABILITIES, values, strict=True) if value]


def all_capabilities(libdirs: Sequence[Path]) -> dict[str, frozenset[str]]:
    """What each method that there is can apply of a filter; a broken one is left out."""
    found: dict[str, frozenset[str]] = {mc.METHOD: frozenset(CAPABILITIES)}
    found |= {name: _own(name).capabilities for name in OURS}
    for name, folder in site_methods(libdirs).items():
        try:
            found.setdefault(name, capabilities_in(folder))
        except MCollectiveError:
            continue
    return found


def _own(name: str) -> Any:
    return getattr(import_module(f".{name}", __package__), OURS[name])
