"""What goes into which package: -common for all, -agent for hosts, -client for operators; pure but for reading nothing."""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ...ddl.model import Metadata
from ...errors import UsageError
from .source import Source, SourceFile

PARTS = ("common", "agent", "client")
_WHAT = {
    "common": "what hosts and operators both need",
    "agent": "the code that runs on hosts",
    "client": "commands and summaries for operators",
}
VERSION = re.compile(r"[0-9][A-Za-z0-9.+~]{0,63}", re.ASCII)
REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~]{0,31}", re.ASCII)
PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.\-]{1,99}", re.ASCII)
_DEPENDENCY = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9+.\-_]{0,99})(?:\s*\(?\s*(?P<how><<|<=|=|>=|>>|<|>)\s*(?P<version>[A-Za-z0-9.+~:\-]{1,64})\s*\)?)?",
    re.ASCII,
)
_SCRIPT = re.compile(r"#!(?P<program>/[A-Za-z0-9_./+\-]{1,200})", re.ASCII)
_EVERYWHERE = frozenset({"ddl.yaml", "ddl.json", "README.md"})
_OF_CLIENTS = frozenset({"application.py", "tui.py"})


@dataclass(frozen=True, slots=True)
class Dependency:
    """Another package. how and version: `>=` and what, both empty for any."""

    name: str
    how: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """What a package runs when it is installed. program: the interpreter. body: all lines below the first."""

    program: str
    body: str


@dataclass(frozen=True, slots=True)
class Part:
    """One package. files: by their path below a libdir. what: said of it."""

    word: str
    name: str
    files: Mapping[str, SourceFile]
    what: str

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the plugin's own that these files lie in, below a libdir: never a kind's (`agents`), which all share."""
        found = {str(above) for file in self.files for above in PurePosixPath(file).parents}
        return tuple(sorted(folder for folder in found if "/" in folder))


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that is packed of one plugin, or of a collection. time: seconds since the epoch that every file gets.

    name: in packages' names, `_` as `-`. mcname: of the package that these need, and what their names begin with. folder: the libdir.
    """

    name: str
    mcname: str
    metadata: Metadata
    version: str
    revision: str
    vendor: str
    folder: str
    parts: tuple[Part, ...]
    time: int
    mcversion: str = ""
    dependencies: tuple[Dependency, ...] = ()
    preinstall: Script | None = None
    postinstall: Script | None = None

    @property
    def scripted(self) -> str:
        """The word of the part that runs the scripts: that of hosts where there is one."""
        words = [part.word for part in self.parts]
        return "agent" if "agent" in words else words[-1]

    @property
    def summary(self) -> str:
        """The description on one line."""
        return " ".join(self.metadata.description.split())[:200] or self.name


def split(sources: Iterable[Source]) -> dict[str, dict[str, SourceFile]]:
    """The files of each of PARTS that has any, by their path below a libdir."""
    found: dict[str, dict[str, SourceFile]] = {part: {} for part in PARTS}
    for source in sources:
        for part, files in _split(source).items():
            found[part] |= {f"{source.kind}/{source.name}/{name}": source.files[name] for name in files}
    return {part: dict(sorted(files.items())) for part, files in found.items() if files}


def _split(source: Source) -> dict[str, list[str]]:
    if source.kind == "agents":
        return _agent(source)
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    home = {"validators": "common", "aggregates": "client", "discovery": "client", "facts": "agent"}.get(source.kind)
    for name in source.files:
        parts[home or ("common" if name in _EVERYWHERE else "agent")].append(name)
    return parts


def _agent(source: Source) -> dict[str, list[str]]:
    """An agent's: what its commands import of its folder goes where the commands go, and to both sides where its code does too.

    Both sides load validators; hosts data plugins, and clients aggregates.
    """
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    folders = {name: name.split("/")[0] for name in source.files if name.endswith(".py")}
    on_hosts = _imported(source, [name for name, top in folders.items() if name == "agent.py" or top in ("data", "validators")])
    by_clients = _imported(
        source, [name for name, top in folders.items() if name in _OF_CLIENTS or top in ("aggregates", "validators")]
    )
    for name in source.files:
        words = name.split("/")
        if name in _EVERYWHERE or words[0] == "validators" or (words[0] == "data" and words[-1] in _EVERYWHERE):
            part = "common"
        elif words[0] == "aggregates" or name in _OF_CLIENTS:
            part = "client"
        elif name in by_clients:
            part = "common" if name in on_hosts else "client"
        else:
            part = "agent"
        parts[part].append(name)
    return parts


def _imported(source: Source, files: Sequence[str]) -> set[str]:
    """The files of its folder that these import by a leading dot, and what those do."""
    found: set[str] = set()
    waiting = list(files)
    while waiting:
        name = waiting.pop()
        try:
            tree = ast.parse(source.text(name) or "")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            base = name.split("/")[: -node.level]
            stem = [*base, *(node.module.split(".") if node.module else [])]
            wanted = ["/".join(stem), *("/".join([*stem, alias.name]) for alias in node.names)]
            for place in [f"{path}{ending}" for path in wanted for ending in (".py", "/__init__.py")]:
                if place in source.files and place not in found:
                    found.add(place)
                    waiting.append(place)
    return found


def parts_of(sources: Sequence[Source], prefix: str) -> tuple[Part, ...]:
    """The packages. prefix: what their names begin with."""
    return tuple(Part(word, f"{prefix}-{word}", files, _WHAT[word]) for word, files in split(sources).items())


def dependencies_of(words: Sequence[str]) -> tuple[Dependency, ...]:
    """Of the words of --dependency: `foo`, `foo (>= 1.2)`, `foo>=1.2`; several by commas or, as they always were, by spaces."""
    found = []
    for word in words:
        pieces = word.split(",") if any(sign in word for sign in ",<>=") else word.split()
        for piece in filter(None, map(str.strip, pieces)):
            match = _DEPENDENCY.fullmatch(piece)
            if match is None:
                raise UsageError(f"--dependency {piece[:100]!r}: write a package, or one with its version as 'foo (>= 1.2)'")
            how = {"<": "<<", ">": ">>"}.get(match["how"] or "", match["how"] or "")
            found.append(Dependency(match["name"], how, match["version"] or ""))
    return tuple(dict.fromkeys(found))


def script_of(text: str, option: str) -> Script:
    """A script that a package runs: its first line names the program; words without one are the shell's. Raises UsageError."""
    if any(not (sign.isprintable() or sign in "\n\t") for sign in text):
        raise UsageError(f"{option}: a script is text, without control characters")
    if not text.startswith("#!"):
        return Script("/bin/sh", text.rstrip("\n") + "\n")
    first, _, body = text.partition("\n")
    match = _SCRIPT.fullmatch(first.rstrip().removesuffix(" -e"))
    if match is None:
        raise UsageError(f"{option}: {first[:100]!r}: the first line names one program by its path, as #!/bin/sh")
    return Script(match["program"], ("set -e\n" if first.rstrip().endswith(" -e") else "") + body.rstrip("\n") + "\n")


def file_mode(file: SourceFile) -> int:
    """0755 for a program, else 0644, whatever it was in the author's folder."""
    return 0o755 if file.is_program else 0o644
