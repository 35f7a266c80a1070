"""`mco plugin list [KIND]`: every plugin with its version and where it comes from, in use or why not."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ...config import Config
from ...errors import UsageError
from ...plugins.finder import find
from ...plugins.loader import not_wanted
from ...shipped import shipped_libdir
from ..inert import inert
from ..session import print_json
from .pages import TITLES, entries, refused_of

_FOLDERS = {
    "agent": "agents",
    "data": "data",
    "aggregate": "aggregates",
    "validator": "validators",
    "discovery": "discovery",
    "facts": "facts",
}
_CHOSEN = {"connector": "connector", "security": "securityprovider", "facts": "factsource"}  # one of the kind is in use


@dataclass(frozen=True, slots=True)
class Row:
    """One plugin. libdir: where it comes from, None for this program itself. unused: why it is not used, None where it is."""

    kind: str
    name: str
    version: str | None
    libdir: str | None
    unused: str | None


def list_plugins(kind: str | None, config: Config, options: argparse.Namespace) -> int:
    """Print them. kind: one of TITLES, None for all."""
    if kind is not None and kind not in TITLES:
        raise UsageError(f"{inert(kind)!r} is no kind of plugin: there are {', '.join(TITLES)}")
    kinds = (kind,) if kind else tuple(one for one in TITLES if one != "application")
    rows = [row for one in kinds for row in _rows(one, config)]
    refused = [problem for one in kinds for problem in refused_of(one, config)]
    if options.json:
        print_json({"plugins": [asdict(row) for row in rows], "refused": refused})
        return 0
    cells = [("KIND", "NAME", "VERSION", "FROM", "STATE")]
    cells += [(row.kind, row.name, row.version or "-", row.libdir or "mcollective_py", row.unused or "in use") for row in rows]
    widths = [max(len(inert(line[column])) for line in cells) for column in range(4)]
    for line in cells:
        shown = [inert(cell) for cell in line]
        print("  ".join([*(f"{cell:<{width}}" for cell, width in zip(shown, widths, strict=False)), shown[-1]]))
    for problem in refused:
        print(f"not used: {inert(problem)}")
    return 0


def _rows(kind: str, config: Config) -> list[Row]:
    rows = []
    libdirs = [*config.paths("libdir"), shipped_libdir()]
    for entry in entries(kind, config):
        place = Path(entry.place) if entry.place else None
        unused = f"broken: {entry.broken}" if entry.broken is not None else _unused(kind, entry.name, place, config)
        rows.append(Row(kind, entry.name, entry.version, _libdir(place, libdirs), unused))
        rows += [Row(kind, entry.name, None, str(libdir), f"hidden by {_libdir(place, libdirs) or 'mcollective_py'}")
                 for libdir in _hidden(kind, entry.name, place, libdirs)]  # fmt: skip
    return rows


def _unused(kind: str, name: str, place: Path | None, config: Config) -> str | None:
    if kind == "agent" and place is not None:
        if not place.is_dir():
            return "for calls alone: a DDL of Ruby or Choria"
        return not_wanted(name, config.plugin(name), config.text("activate_agents"))
    if kind in _CHOSEN and (chosen := config.text(_CHOSEN[kind])) != name:
        return f"{_CHOSEN[kind]} is {chosen}"
    return None


def _libdir(place: Path | None, libdirs: Sequence[Path]) -> str | None:
    if place is None:
        return None
    return next((str(libdir) for libdir in libdirs if place.is_relative_to(libdir)), str(place.parent))


def _hidden(kind: str, name: str, place: Path | None, libdirs: Sequence[Path]) -> list[Path]:
    """The libdirs that have one of this name too."""
    if kind not in _FOLDERS:
        return []
    hidden = []
    for libdir in dict.fromkeys(libdirs):
        found = find(_FOLDERS[kind], [libdir]).get(name)
        if found is not None and found.is_relative_to(libdir) and found != place:
            hidden.append(libdir)
    return hidden
