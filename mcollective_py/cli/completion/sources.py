"""What there is on this machine that a command line can name: read from folders and small files, without loading any of it."""

# pathlib would cost a TAB key 5 ms
# ruff: noqa: PTH100, PTH110, PTH112, PTH118, PTH119, PTH120, PTH122

import json
import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ...privatefile import cache_folder, read_private
from ..commands import application_files, config_text, description_of, libdirs
from .cached import Cached, stamp_of
from .candidates import Candidate, Input
from .declared import Declared

if TYPE_CHECKING:
    from ...ddl.model import Input as DDLInput

MAX_HOSTS = 20_000
_MAX_FILES = 64  # of hosts that answered; the latest ones
_MAX_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,254}", re.ASCII)  # as in names.py: none is taken for an option
_COLLECTIVES = re.compile(r"^[ \t]*collectives[ \t]*=(.*)$", re.MULTILINE)
_SAYS_WHAT = ("ddl.yaml", "ddl.json", "agent.py")
_RUBY = (("mcollective/agent", "agent"), (".ddl", ".json"))


class Machine:
    """The sources of candidates.py, for the configuration file of -c, or the usual ones."""

    def __init__(self, config: str | None = None) -> None:
        self._config = config
        self._files: dict[str, str] | None = None

    def commands(self) -> Iterator[Candidate]:
        for name, file in self._applications().items():
            yield Candidate(name, description_of(file))

    def declared(self, command: str) -> Declared | None:
        file = self._applications().get(command)
        if file is None:
            return None
        own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        # All of cli/, since a command's options may stand in several of its files; and what lies beside the command.
        folders = [own, *(entry.path for entry in _entries(own) if entry.is_dir()), os.path.dirname(file)]
        sources = [entry.path for folder in dict.fromkeys(folders) for entry in _python(folder)]

        def find() -> Declared:
            from ..commands import load_application
            from ..options import parser_for

            application = load_application(command, file)
            return Declared.of_parser(parser_for(command, application), application.actions)

        kept = Cached.of_user("commands")
        stamp = [_digest(stamp_of(file, *sources))]
        try:
            return Declared.from_plain(kept.get(f"{command} {file}", stamp, find))
        except (TypeError, ValueError):
            return None

    def named(self, kind: str) -> Iterable[Candidate]:
        if kind == "agents":
            return (Candidate(name) for name in sorted(self.agents()))
        if kind == "commands":
            return self.commands()
        names = {"hosts": self._hosts, "collectives": self._collectives, "methods": self._methods, "data": self._data}[kind]()
        return (Candidate(name) for name in names)

    def actions(self, agent: str) -> Iterator[Candidate]:
        for name, (description, _) in self._ddl(agent).items():
            yield Candidate(name, description)

    def inputs(self, agent: str, action: str) -> Iterator[Input]:
        _, inputs = self._ddl(agent).get(action, ("", []))
        for name, description, choices in inputs:
            yield Input(name, description, tuple(choices))

    def agents(self) -> dict[str, str]:
        """Every agent that can be called, with the folder or file that says how; the first libdir of a name wins."""
        found: dict[str, str] = {}
        for libdir in reversed(libdirs(self._config)):
            for entry in _entries(os.path.join(libdir, "agents")):
                if _NAME.fullmatch(entry.name) and any(os.path.exists(os.path.join(entry.path, name)) for name in _SAYS_WHAT):
                    found.setdefault(entry.name, entry.path)
            for folder in _RUBY[0]:
                for entry in _entries(os.path.join(libdir, folder)):
                    name, ending = os.path.splitext(entry.name)
                    if ending in _RUBY[1] and _NAME.fullmatch(name):
                        found.setdefault(name, entry.path)
        return found

    def described_agents(self) -> Iterator[Candidate]:
        """The agents, each with what its DDL says it is for."""
        for name, place in self.agents().items():
            yield Candidate(name, self._kept_ddl(place)[0])

    def _applications(self) -> dict[str, str]:
        if self._files is None:
            self._files = application_files(self._config)
        return self._files

    def _ddl(self, agent: str) -> "dict[str, _Action]":
        place = self.agents().get(agent)
        return self._kept_ddl(place)[1] if place else {}

    def _kept_ddl(self, place: str) -> "tuple[str, dict[str, _Action]]":
        """What a DDL says: the agent's description, and its actions; out of the cache where the file is as it was."""
        stamp = stamp_of(*(os.path.join(place, name) for name in _SAYS_WHAT)) if os.path.isdir(place) else stamp_of(place)
        try:
            description, actions = Cached.of_user("ddls").get(place, stamp, lambda: _read_ddl(place))
        except (TypeError, ValueError):
            return "", {}
        return description, actions

    def _hosts(self) -> list[str]:
        """Hosts that have answered discoveries of this user: client/known.py keeps them."""
        folder, hosts = os.path.join(cache_folder(), "known"), set[str]()
        files = [entry for entry in _entries(folder) if entry.name.endswith(".json") and not entry.name.startswith(".")]
        for entry in sorted(files, key=_changed, reverse=True)[:_MAX_FILES]:
            try:
                value = json.loads(read_private(entry.path, _MAX_BYTES))
                hosts |= {name for name in value["hosts"] if _HOST.fullmatch(name)}
            except (OSError, ValueError, KeyError, TypeError, RecursionError):
                continue
            if len(hosts) > MAX_HOSTS:
                break
        return sorted(hosts)[:MAX_HOSTS]

    def _collectives(self) -> list[str]:
        found = _COLLECTIVES.findall(config_text(self._config))
        return [name for name in re.split(r"[,\s]+", found[-1] if found else "mcollective") if name]

    def _methods(self) -> list[str]:
        here = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        folders = [entry.path for libdir in libdirs(self._config) for entry in _entries(os.path.join(libdir, "discovery"))]
        own = [entry.path[:-3] for entry in _python(os.path.join(here, "client", "discovery"))]
        return sorted({os.path.basename(path) for path in (*folders, *own)} - {"base", "__init__"})

    def _data(self) -> list[str]:
        found = {"agent", "collective", "fact", "fstat"}
        for libdir in libdirs(self._config):
            found |= {entry.name for entry in _entries(os.path.join(libdir, "data")) if _NAME.fullmatch(entry.name)}
            for folder in ("mcollective/data", "data"):
                names = (entry.name for entry in _entries(os.path.join(libdir, folder)))
                found |= {name.removesuffix("_data.ddl") for name in names if name.endswith("_data.ddl")}
        return sorted(found)


_Action = tuple[str, list[tuple[str, str, list[str]]]]  # description; name, description and choices of each input


def _read_ddl(place: str) -> tuple[str, dict[str, _Action]]:
    from pathlib import Path

    from ...errors import MCollectiveError
    from ...plugins.ddlfiles import is_plain, read_ddl

    try:
        if is_plain(Path(place)):
            return "a plain agent, which takes any message", {}
        ddl = read_ddl(Path(place))
    except MCollectiveError:
        return "", {}
    actions: dict[str, _Action] = {}
    for name, action in ddl.actions.items():
        inputs = action.inputs.values()
        actions[name] = _first(action.description), [(input.name, _first(input.description), _choices(input)) for input in inputs]
    return _first(ddl.metadata.description), actions


def _choices(input: "DDLInput") -> list[str]:
    return ["true", "false"] if input.type == "boolean" else list(input.choices)


def _first(text: str) -> str:
    return text.strip().partition("\n")[0][:200]


def _digest(stamps: list[object]) -> str:
    from hashlib import sha256

    return sha256(json.dumps(stamps).encode()).hexdigest()[:32]


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _python(folder: str) -> list[os.DirEntry[str]]:
    return [entry for entry in _entries(folder) if entry.name.endswith(".py")]


def _changed(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0
