"""Agents' code that the fork server has loaded already, so that a child starts with it: 20 to 40 ms less for each call.

A child uses its copy where nothing in the agent's folder has changed since, down to ctime, owner and mode; else it loads the folder
anew, as if there were none. What a child changes in it goes with the child. Only modules of the agent's own folder, of Python and of
this package are kept: another package's file may be upgraded at any moment, and no stamp here would tell.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from ..errors import Malformed, PluginError
from ..plugins.loader import LoadedAgent, load_code
from ..plugins.modules import package_of
from ..plugins.stamp import stamp_of
from ..wire.strictjson import JSONLimits, loads
from .call import Call, Outcome

# The rest is what reads a DDL, and what comes with it.
_OURS = re.compile(r"mcollective_py|_?yaml|cython_runtime|_cython_[0-9_]+", re.ASCII)
_MODULE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}(?:\.[A-Za-z_][A-Za-z0-9_]{0,99}){0,9}", re.ASCII)
_MOST_MODULES = 400  # of one agent; the largest of ours loads 60
_NEWS = JSONLimits(size=64 << 10, depth=3, string=4096)


@dataclass(slots=True)
class _Copy:
    stamp: bytes
    agent: LoadedAgent
    modules: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class News:
    """What a child tells at its end: the folder of its agent, the modules that it had to load, and whether the copy was a stale one."""

    folder: Path
    modules: tuple[str, ...] = ()
    is_stale: bool = False

    def to_bytes(self) -> bytes:
        """As JSON."""
        return json.dumps({"folder": str(self.folder), "modules": self.modules, "is_stale": self.is_stale}).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "News | None":
        """What to_bytes made; None for anything else, as a child's pipe may bring anything."""
        try:
            content = loads(data, _NEWS)
            folder, modules, is_stale = content["folder"], content["modules"], content["is_stale"]
        except (Malformed, KeyError, TypeError):
            return None
        if not (isinstance(folder, str) and folder.startswith("/") and isinstance(modules, list) and isinstance(is_stale, bool)):
            return None
        return cls(Path(folder), tuple(wanted(Path(folder), modules)), is_stale)


class WarmCode:
    """The copies by folder. The fork server has one and calls `load`; its children ask the one that they were forked with."""

    def __init__(self) -> None:
        self._copies: dict[Path, _Copy] = {}
        self._asked: Path | None = None
        self._is_stale = False

    def agent(self, folder: Path) -> LoadedAgent | None:
        """In a child: the agent of a folder, None where there is no copy, or none of what is there now."""
        self._asked = folder
        copy = self._copies.get(folder)
        if copy is None:
            return None
        try:
            self._is_stale = stamp_of(folder) != copy.stamp
        except OSError:
            self._is_stale = True
        return None if self._is_stale else copy.agent

    def news(self, modules_before: Set[str]) -> News | None:
        """In a child, at its end: what the fork server may learn of it. modules_before: those that it started with."""
        if self._asked is None:
            return None
        modules = () if self._is_stale else wanted(self._asked, [name for name in sys.modules if name not in modules_before])
        return News(self._asked, tuple(modules), self._is_stale) if modules or self._is_stale else None

    def lacks(self, folder: Path, modules: Iterable[str]) -> list[str]:
        """Those of a child's modules that a copy may hold and this one does not, in their order."""
        copy = self._copies.get(folder)
        held = copy.modules if copy is not None else frozenset()
        return [name for name in wanted(folder, modules) if name not in held]

    def load(self, folder: Path, modules: Iterable[str]) -> list[str]:
        """Make a copy of a folder's code with these modules, or add them to it; those that are in it now.

        Raises PluginError for what cannot be kept: a broken agent, one that brings packages of others with it, a folder that changed
        meanwhile. An agent's code runs here, and may do anything.
        """
        copy = self._copies.get(folder)
        before, stamp = set(sys.modules), self._stamp(folder)
        writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # which would change the folder
        try:
            if copy is None:
                copy = _Copy(stamp, load_code(folder, only_owned=os.geteuid() == 0))
            for name in modules:
                try:
                    import_module(name)
                except ImportError:  # some name of its own making in a child, perhaps; it stays cold
                    continue
        finally:
            sys.dont_write_bytecode = writes_bytecode
        foreign = [name for name in sys.modules if name not in before and not _is_kept(name, package_of(folder.name, folder))]
        if foreign:
            raise PluginError(folder.name, f"it imports {foreign[0]} as it is loaded: import packages of others where they are used")
        if not stamp == copy.stamp == self._stamp(folder):
            raise PluginError(folder.name, "its folder has just changed")
        copy.modules |= {name for name in sys.modules if name not in before}.union(wanted(folder, modules))
        self._copies[folder] = copy
        return sorted(copy.modules)

    def _stamp(self, folder: Path) -> bytes:
        try:
            return stamp_of(folder)
        except OSError as error:
            raise PluginError(folder.name, str(error)) from error


def wanted(folder: Path, modules: Iterable[str]) -> list[str]:
    """Those of a child's modules that a copy of a folder may hold: what a child says is judged, not believed."""
    package = package_of(folder.name, folder)
    names = (name for name in modules if isinstance(name, str) and _MODULE.fullmatch(name) and _is_kept(name, package))
    return [name for _, name in zip(range(_MOST_MODULES), names, strict=False)]


def _is_kept(name: str, package: str) -> bool:
    top = name.partition(".")[0]
    return top == package or top in sys.stdlib_module_names or _OURS.fullmatch(top) is not None


Perform = Callable[[Call, WarmCode], Outcome]
