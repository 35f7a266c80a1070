"""The checks of a host: which files of NRPE are read, and what each `command[...]` in them means."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from .commandline import Refused, arity, split_line
from .nrpeconfig import Directive, is_name, parse_config, seconds_of

NRPE_CFG = "/etc/nagios/nrpe.cfg"
CONF_DIR = "/etc/nagios/nrpe.d"
MAX_FILES = 1000
_MAX_BYTES = 1024 * 1024  # of one file
_MAX_DEPTH = 16  # folders within include_dir, and files that include one another


@dataclass(frozen=True, slots=True)
class Check:
    """One that can be run. words: the program and its words, with `$ARGn$` in them. place: file and line."""

    name: str
    words: tuple[str, ...]
    place: str
    timeout: float | None = None

    @property
    def arguments(self) -> int:
        """How many arguments it takes."""
        return arity(self.words)


@dataclass(slots=True)
class Checks:
    """All of a host. refused: why a command cannot be run, by its name. problems: files that were not read, with the reason."""

    found: dict[str, Check] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def load_checks(settings: Mapping[str, str], trusted: int | None = None) -> Checks:
    """The checks that the settings lead to; a name that comes twice means the last one.

    settings: those of `plugin.nrpe.*`. trusted: the user whom the checks run as, who may own the files too; None for root alone.
    """
    reading = _Reading(trusted)
    folder = settings.get("conf_dir", CONF_DIR)
    if pattern := settings.get("conf_file"):
        if "/" in pattern:
            reading.read(pattern if pattern.startswith("/") else f"{folder}/{pattern}", is_wanted=True)
        else:
            reading.read_folder(folder, pattern, is_wanted=True)
    elif path := settings.get("conf_path"):
        for one in path.split(":"):
            reading.read_folder(one, "*.cfg", is_wanted=True)
    else:
        if "conf_dir" not in settings:
            reading.read(settings.get("nrpe_cfg", NRPE_CFG), is_wanted="nrpe_cfg" in settings)
        reading.read_folder(folder, "*.cfg", is_wanted="conf_dir" in settings)
    return reading.checks()


class _Reading:
    def __init__(self, trusted: int | None) -> None:
        self._trusted = trusted
        self._seen: set[str] = set()
        self._commands: dict[str, tuple[Directive, str]] = {}
        self._timeout: float | None = None
        self._prefix: tuple[str, str] | None = None
        self._problems: list[str] = []

    def read(self, file: str, depth: int = 0, *, is_wanted: bool = False) -> None:
        """One file and what it includes. is_wanted: it is a fault where it is missing."""
        from mcollective_py.agent.ownedfile import read_owned

        real = os.path.realpath(file)
        if real in self._seen:
            return
        if len(self._seen) >= MAX_FILES or depth > _MAX_DEPTH:
            self._problem(f"{file} is not read: more than {MAX_FILES} files, or {_MAX_DEPTH} that include one another")
            return
        self._seen.add(real)
        try:
            text = read_owned(file, _MAX_BYTES, self._trusted).decode("utf-8", "replace")
        except FileNotFoundError:
            if is_wanted:
                self._problem(f"there is no file {file}")
            return
        except OSError as error:
            self._problem(str(error))
            return
        for line in parse_config(text):
            place = f"{file}:{line.number}"
            if line.kind == "command":
                self._commands[line.name] = (line, place)
            elif line.kind == "include":
                self.read(line.value, depth + 1, is_wanted=True)
            elif line.kind == "include_dir":
                self.read_folder(line.value, "*.cfg", depth + 1, is_wanted=True, is_deep=True)
            elif line.kind == "command_timeout":
                self._timeout = seconds_of(line.value)
            else:
                self._prefix = (line.value, place)

    def read_folder(self, folder: str, pattern: str, depth: int = 0, *, is_wanted: bool = False, is_deep: bool = False) -> None:
        """The files of a folder that fit the pattern, by name; is_deep: and of the folders in it, as include_dir has it."""
        if depth > _MAX_DEPTH:
            self._problem(f"{folder} is not read: more than {_MAX_DEPTH} folders deep")
            return
        try:
            paths = sorted(Path(folder).iterdir())
        except FileNotFoundError:
            if is_wanted:
                self._problem(f"there is no folder {folder}")
            return
        except OSError as error:
            self._problem(f"{folder} cannot be read: {error.strerror}")
            return
        for path in paths:
            if is_deep and path.is_dir():
                self.read_folder(str(path), pattern, depth + 1, is_deep=True)
            elif fnmatchcase(path.name, pattern) and not path.name.startswith("."):
                self.read(str(path), depth)

    def checks(self) -> Checks:
        """What was read, each line judged by itself."""
        made = Checks(problems=self._problems)
        prefix: list[str] = []
        if self._prefix is not None:
            try:
                prefix = split_line(self._prefix[0])
            except Refused as error:
                made.refused = dict.fromkeys(self._commands, f"{self._prefix[1]}: command_prefix: {error}")
                return made
        for name, (line, place) in sorted(self._commands.items()):
            try:
                if not is_name(name):
                    raise Refused("its name has other signs than letters, digits, _ and -, or more than 50")
                made.found[name] = Check(name, (*prefix, *split_line(line.value)), place, self._timeout)
            except Refused as error:
                made.refused[name] = f"{place}: {error}"
        return made

    def _problem(self, text: str) -> None:
        self._problems.append(text)
