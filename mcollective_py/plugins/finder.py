"""Plugin folders: of each libdir in its order, then of the shipped one; the first of a name wins.

Clients also find the DDL files of Ruby's and Choria's libdirs, and nothing else of them: no code of theirs is ever loaded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import PluginError
from ..names import is_agent
from ..shipped import shipped_libdir

# A folder each, with a file that makes it one of the kind.
KINDS = {
    "agents": ("agent.py", "ddl.yaml", "ddl.json", "application.py"),
    "facts": ("source.py",),
    "data": ("data.py", "ddl.yaml"),
    "validators": ("validator.py",),
    "aggregates": ("aggregate.py",),
    "discovery": ("discovery.py",),
}
_CARRIED = frozenset({"data", "validators", "aggregates"})  # that an agent's folder may hold as well: agents/NAME/data/NAME/

# Where a libdir of Ruby or Choria has the DDLs of a kind, and how their files' names end; the first of a name wins.
_RUBY_FILES = {
    "agent": (("mcollective/agent", "agent"), (".ddl", ".json")),
    "data": (("mcollective/data", "data"), ("_data.ddl",)),
}
# Ours has all that Ruby's has, and says which of its actions only read.
_OURS_ALONE = frozenset({"rpcutil", "discovery"})
_SAYS_WHAT = ("agent.py", "ddl.yaml", "ddl.json")  # what tells how an agent is called; an application alone does not


@dataclass(frozen=True, slots=True)
class Survey:
    """What the libdirs hold of one kind: found by name, and what cannot be a plugin, each with the reason."""

    found: dict[str, Path] = field(default_factory=dict)
    refused: list[PluginError] = field(default_factory=list)


def find(kind: str, libdirs: Sequence[Path]) -> dict[str, Path]:
    """The folders of a kind (`agents`, `data`, ...: KINDS) by name. The shipped libdir is always the last one."""
    return survey(kind, libdirs).found


def survey(kind: str, libdirs: Sequence[Path]) -> Survey:
    """As find, and what was refused: names that are none, links out of their libdir, folders that cannot be read."""
    if kind not in KINDS:
        raise ValueError(f"there is no kind of plugin {kind!r}")
    result = Survey()
    for libdir in dict.fromkeys([*libdirs, shipped_libdir()]):
        _survey_libdir(kind, libdir, result)
    return result


def survey_ddls(libdirs: Sequence[Path]) -> Survey:
    """Where a client reads an agent's DDL: a folder of ours, or the .ddl or .json file of a Ruby or Choria libdir.

    A folder with nothing but an application has none, so a file found later is taken for it.
    """
    result, applications = Survey(), Survey()
    for libdir in dict.fromkeys([*libdirs, shipped_libdir()]):
        here = Survey(dict(result.found))
        _survey_libdir("agents", libdir, here)
        result.refused.extend(here.refused)
        for name, path in here.found.items():
            home = result if any((path / file).exists() for file in _SAYS_WHAT) or name in result.found else applications
            home.found.setdefault(name, path)
        _survey_files("agent", libdir, result)
    for name, path in applications.found.items():
        result.found.setdefault(name, path)
    return result


def survey_data_ddls(libdirs: Sequence[Path]) -> Survey:
    """Where a client reads a data plugin's DDL: a folder of ours, or the .ddl file of a Ruby libdir; by the plugin's name."""
    result = Survey()
    for libdir in dict.fromkeys([*libdirs, shipped_libdir()]):
        _survey_libdir("data", libdir, result)
        _survey_files("data", libdir, result)
    return result


def is_inside(path: Path, libdir: Path) -> bool:
    """True where path, links followed, stays in the libdir; a link that leads nowhere or to itself does not."""
    try:
        return path.resolve(strict=True).is_relative_to(libdir.resolve())
    except (OSError, RuntimeError):  # RuntimeError: Python 3.11's word for a link that leads to itself
        return False


def _survey_libdir(kind: str, libdir: Path, result: Survey) -> None:
    here: dict[str, Path] = {}
    found = list(_candidates(libdir / kind, KINDS[kind], result))
    if kind in _CARRIED:  # of one libdir: its own first, then its agents'
        for entry in _entries(libdir / "agents", result):
            found += _candidates(entry / kind, KINDS[kind], result)
    for name, path in found:
        if name in here or name in result.found:
            continue
        if not is_agent(name):
            result.refused.append(PluginError(name[:64], f"{path}: a plugin's name is lower case letters, digits and _"))
        elif not is_inside(path, libdir):
            result.refused.append(PluginError(name, f"{path}: is a link that leads out of {libdir}"))
        else:
            here[name] = path
    result.found.update(here)


def _survey_files(kind: str, libdir: Path, result: Survey) -> None:
    folders, endings = _RUBY_FILES[kind]
    for folder in folders:
        entries = _entries(libdir / folder, result)
        for path, ending in ((path, ending) for ending in endings for path in entries if path.name.endswith(ending)):
            name = path.name.removesuffix(ending)
            if name in result.found or name in _OURS_ALONE:
                continue
            if not is_agent(name):
                result.refused.append(PluginError(name[:64], f"{path}: a plugin's name is lower case letters, digits and _"))
            elif not is_inside(path, libdir):
                result.refused.append(PluginError(name, f"{path}: is a link that leads out of {libdir}"))
            else:
                result.found[name] = path


def _candidates(folder: Path, files: tuple[str, ...], result: Survey) -> Iterator[tuple[str, Path]]:
    for path in _entries(folder, result):
        if path.is_dir() and any((path / name).exists() for name in files):
            yield path.name, path


def _entries(folder: Path, result: Survey) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        result.refused.append(PluginError(folder.name, f"{folder}: {error.strerror}"))
        return []
    return [entry for entry in entries if not entry.name.startswith((".", "__"))]
