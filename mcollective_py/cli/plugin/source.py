"""The folder of one plugin as files in memory: read whole, bounded, and refused by name where something in it is no plain file."""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import UsageError
from ...names import is_agent
from ...plugins.finder import KINDS
from ...regularfile import UnusableFile, read_regular
from ...text import one_line

MAX_FILE = 16 * 1024 * 1024  # bytes
MAX_FOLDER = 64 * 1024 * 1024  # bytes of all files
MAX_ENTRIES = 2_000
MAX_DEPTH = 8
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+\-]{0,99}", re.ASCII)

# What is nobody's plugin: caches, versions, editors' copies; and tests, which stay where the plugin is made.
_LEFT_OUT = frozenset({"__pycache__", "tests"})
_LEFT_OUT_ENDINGS = ("~", ".pyc", ".orig", ".rej", ".swp")

ONE = {
    "agents": "agent",
    "data": "data",
    "validators": "validator",
    "aggregates": "aggregate",
    "discovery": "discovery",
    "facts": "facts",
}
"""The folder of a kind, and the word for one of it."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file. is_program: it may be run."""

    content: bytes
    is_program: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One plugin. kind: its folder in a libdir (`agents`). files: by their path in it (`data/x/data.py`), sorted."""

    kind: str
    name: str
    path: Path
    files: Mapping[str, SourceFile] = field(default_factory=dict)

    @property
    def one(self) -> str:
        """`agent`, `data`, ..."""
        return ONE[self.kind]

    def text(self, name: str) -> str | None:
        """A file's text, None where it is not there or no UTF-8."""
        try:
            return self.files[name].content.decode("utf-8") if name in self.files else None
        except UnicodeDecodeError:
            return None


def read_sources(path: Path) -> list[Source]:
    """The plugin in a folder, or all of a folder that holds `agents/NAME`, `data/NAME`, ... as a libdir does.

    Raises UsageError that names what is no plugin, or what in it cannot be one's file.
    """
    path = _folder(path)
    kind = _kind_of(path)
    if kind is not None:
        return [read_source(path, kind)]
    found = [member for kind in KINDS for member in _members(path / kind, kind)]
    if found:
        return [read_source(member, member.parent.name) for member in found]
    raise UsageError(f"{_shown(path)}: {_no_plugin(path)}")


def read_source(path: Path, kind: str) -> Source:
    """The plugin of one folder. Raises UsageError."""
    if not is_agent(path.name):
        raise UsageError(f"{_shown(path)}: a plugin's folder is called as the plugin is: lower case letters, digits and _, at most 64")
    files: dict[str, SourceFile] = {}
    size = 0
    for number, (name, file) in enumerate(_walk(path)):
        if number >= MAX_ENTRIES:
            raise UsageError(f"{_shown(path)}: more than {MAX_ENTRIES} files: this is more than a plugin")
        files[name] = _read(file, path)
        size += len(files[name].content)
        if size > MAX_FOLDER:
            raise UsageError(f"{_shown(path)}: its files have more than {MAX_FOLDER // 1024 // 1024} MiB: this is more than a plugin")
    return Source(kind, path.name, path, dict(sorted(files.items())))


def _folder(path: Path) -> Path:
    try:
        if not path.exists():
            raise UsageError(f"{_shown(path)}: there is no such folder")
        if not path.is_dir():
            raise UsageError(f"{_shown(path)}: this is no folder: name the plugin's folder, as agents/NAME")
        return path.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as error:  # ValueError: a NUL in it
        raise UsageError(f"{_shown(path)}: cannot be looked at: {getattr(error, 'strerror', None) or error}") from error


def _kind_of(path: Path) -> str | None:
    """By the folder above where that is a kind's, else by the file that makes it one."""
    there = {name for names in KINDS.values() for name in names if os.path.lexists(path / name)}
    above = path.parent.name
    if above in KINDS and there & set(KINDS[above]):
        return above
    for kind, (code, *_) in KINDS.items():
        if code in there:
            return kind
    if "ddl.json" in there:
        return "agents"
    if "ddl.yaml" in there:
        return _kind_by_ddl(path / "ddl.yaml")
    return "agents" if "application.py" in there else None


def _kind_by_ddl(file: Path) -> str:
    try:
        text = read_regular(str(file), MAX_FILE)[0].decode("utf-8", "replace")
    except OSError:
        return "agents"
    keys = re.findall(r"^(dataquery|capabilities|actions):", text, re.MULTILINE)
    return {"dataquery": "data", "capabilities": "discovery"}.get(keys[0] if keys else "", "agents")


def _members(folder: Path, kind: str) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise UsageError(f"{_shown(folder)} cannot be read: {error.strerror}") from error
    return [entry for entry in entries if entry.is_dir() and any(os.path.lexists(entry / name) for name in KINDS[kind])]


def _no_plugin(path: Path) -> str:
    for folder in ("agent", "mcollective/agent", "data"):
        ruby = next((path / folder).glob("*.ddl"), None) if (path / folder).is_dir() else None
        if ruby is not None:
            return f"a plugin of Ruby: `mco plugin convert {folder}/{ruby.name}` makes its ddl.yaml; its code is to be written anew"
    files = ", ".join(names[0] for names in KINDS.values())
    return f"no plugin is here: one has {files} or a ddl.yaml, and a collection of them {', '.join(f'{kind}/NAME' for kind in KINDS)}"


def _walk(top: Path) -> Iterator[tuple[str, Path]]:
    """Path in the plugin and place of each of its files."""
    waiting = [(top, "", 0)]
    while waiting:
        folder, prefix, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise UsageError(f"{_shown(folder)} cannot be read: {error.strerror}") from error
        for entry in entries:
            place = folder / entry.name
            if entry.name.startswith(".") or entry.name in _LEFT_OUT or entry.name.endswith(_LEFT_OUT_ENDINGS):
                continue
            if not NAME.fullmatch(entry.name):
                raise UsageError(f"{_shown(place)}: a plugin's files have names of letters, digits and _ . + -, at most 100")
            if entry.is_dir(follow_symlinks=False):
                if depth >= MAX_DEPTH:
                    raise UsageError(f"{_shown(place)}: folders in folders, deeper than {MAX_DEPTH}")
                waiting.append((place, f"{prefix}{entry.name}/", depth + 1))
            else:
                yield f"{prefix}{entry.name}", place


def _read(file: Path, top: Path) -> SourceFile:
    target = file
    if file.is_symlink():
        try:
            target = file.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise UsageError(f"{_shown(file)} is a link that leads nowhere") from error
        if not target.is_relative_to(top):
            raise UsageError(f"{_shown(file)} is a link that leads out of {_shown(top)}: put a copy there")
        if target.is_dir():
            raise UsageError(f"{_shown(file)} is a link to a folder: put a copy there")
    modes: list[int] = []
    try:
        content, _ = read_regular(str(target), MAX_FILE, follows_links=False, judge=lambda status: modes.append(status.st_mode))
    except UnusableFile as error:
        raise UsageError(f"{_shown(file)} {error.strerror}") from error
    except OSError as error:
        raise UsageError(f"{_shown(file)} cannot be read: {error.strerror}") from error
    return SourceFile(content, bool(modes[0] & stat.S_IXUSR))


def _shown(path: Path) -> str:
    return one_line(str(path))
