"""Which program of an agent's folder answers which action, where it is not Python."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..agent.external import ExternalAction, ExternalAgent, external_class
from ..ddl.model import DDL
from ..errors import PluginError

# What lies beside a program under the same name and is none.
_NO_PROGRAMS = frozenset({".py", ".pyc", ".yaml", ".yml", ".json", ".ddl", ".md", ".txt"})
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,99}", re.ASCII)
_MAX_DDL = 1024 * 1024


def external_actions(name: str, folder: Path, ddl: DDL, *, has_code: bool) -> dict[str, ExternalAction]:
    """The actions that programs answer: those with `implemented_by` in the DDL, and where there is no agent.py all the others by the
    program `agent`. has_code: there is one. Raises PluginError for a program that is not there or cannot be run."""
    main = None if has_code else _one(name, folder, ("agent", name), "program")
    found: dict[str, ExternalAction] = {}
    for action in ddl.actions.values():
        program = main if action.implemented_by is None else _script(name, folder, action.implemented_by)
        if program is None and not has_code:
            what = f"there is no agent.py in its folder, no program `agent`, and {action.name} has no implemented_by"
            raise PluginError(name, what)
        if program is not None:
            secret = frozenset(wanted.name for wanted in action.inputs.values() if wanted.sensitive)
            found[action.name] = ExternalAction(program, ddl.timeout(action.name), secret)
    return found


def external_agent(name: str, folder: Path) -> type[ExternalAgent]:
    """The class of an agent without agent.py, with its activation check: a program `activate`, or the question of Choria where the
    ddl.json says that it is one of its external agents."""
    activation = _one(name, folder, ("activate",), "activation check")
    if activation is None and _is_of_choria(folder):
        return external_class(name, _one(name, folder, ("agent", name), "program"), asks_choria=True)
    return external_class(name, activation)


def _named(folder: Path, stems: tuple[str, ...]) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [entry for entry in entries if entry.stem in stems and entry.suffix not in _NO_PROGRAMS and entry.is_file()]


def _one(name: str, folder: Path, stems: tuple[str, ...], what: str) -> Path | None:
    there = _named(folder, stems)
    if len(there) > 1:
        raise PluginError(name, f"which is the {what}? There are {', '.join(path.name for path in there)}")
    return _runnable(name, there[0]) if there else None


def _script(name: str, folder: Path, file: str) -> Path:
    if not _PROGRAM.fullmatch(file):
        raise PluginError(name, f"implemented_by: {file[:100]!r} is no file name of its folder")
    if not (folder / file).is_file():
        raise PluginError(name, f"implemented_by: there is no {file} in its folder")
    return _runnable(name, folder / file)


def _runnable(name: str, path: Path) -> Path:
    if not os.access(path, os.X_OK):
        raise PluginError(name, f"{path.name} is not executable: chmod +x {path}")
    return path.absolute()


def _is_of_choria(folder: Path) -> bool:
    try:
        with (folder / "ddl.json").open("rb") as file:
            value = json.loads(file.read(_MAX_DDL))
    except (OSError, ValueError, RecursionError):
        return False
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    return isinstance(metadata, Mapping) and metadata.get("provider") == "external"
