"""Which commands there are: a scan of folders that imports none of them, and the loading of the one that is wanted."""

# pathlib would cost `mco --help` 4 ms
# ruff: noqa: PTH100, PTH112, PTH113, PTH117, PTH118, PTH120, PTH208

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .application import Application

# As an application's class body has it; read from the text, so that a list of commands need not import any of them.
_DESCRIPTION = re.compile(r'^    description = "([^"\n]*)"$', re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_LIBDIR = re.compile(r"^[ \t]*libdir[ \t]*=(.*)$", re.MULTILINE)
_OWN = os.path.join(os.path.dirname(__file__), "applications")


def application_files(config: str | None = None) -> dict[str, str]:
    """Name -> file of every command: our own first, then those of the libdirs that the configuration names, then the shipped."""
    found = _files(_OWN)
    for libdir in libdirs(config):
        found = _files(os.path.join(libdir, "applications")) | _agents(os.path.join(libdir, "agents")) | found
    return found


def own_file(name: str) -> str | None:
    """The file of one of our own commands: it is found without reading any configuration."""
    return _files(_OWN).get(name)


def description_of(file: str) -> str:
    """The one line that a command says of itself; empty where it cannot be read."""
    try:
        with open(file, encoding="utf-8") as text:
            found = _DESCRIPTION.search(text.read(65536))
    except (OSError, ValueError):
        return ""
    return found[1] if found else ""


def load_application(name: str, file: str) -> "Application":
    """The command of a file. Raises PluginError for one that cannot be loaded."""
    from pathlib import Path

    from ..errors import PluginError
    from .application import Application

    if file == own_file(name):
        from importlib import import_module

        module = import_module(f".applications.{name}", __package__)
        cls = getattr(module, "".join(part.capitalize() for part in name.split("_")))
    else:
        from ..plugins.modules import load_class, load_module

        path = Path(file)
        if path.name == "application.py":
            cls = load_class(name, path.parent, "application")
        else:
            loaded = load_module(name, path.parent, name)
            cls = getattr(loaded, "".join(part.capitalize() for part in name.split("_")), None)
    if not (isinstance(cls, type) and issubclass(cls, Application)):
        raise PluginError(name, f"{file} has no Application of that name")
    return cls()


def make_path_safe(entries: Sequence[str], environment: dict[str, str] | os._Environ[str], cwd: str, home: str) -> list[str]:
    """sys.path without what a working directory or PYTHON* variables could slip in; home, where this package lies, stays."""
    given = {os.path.abspath(entry) for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry}
    return [entry for entry in entries if entry == home or (entry and os.path.isabs(entry) and entry != cwd and entry not in given)]


def libdirs(config: str | None) -> list[str]:
    """The shipped folder, then the libdirs from the last to the first: who comes later is the one that wins.

    Only the libdir lines of the configuration are read, so that the list of commands is quick and a broken file cannot hide it.
    """
    package = os.path.dirname(os.path.dirname(__file__))
    shipped = os.path.join(package, "shipped")
    found = [shipped if os.path.isdir(os.path.join(shipped, "agents")) else os.path.dirname(package)]
    home = os.environ.get("HOME", "")
    listed = [word.strip() for line in _LIBDIR.findall(config_text(config)) for word in line.split(":")]
    expanded = [f"{home}{word[1:]}" if word.startswith("~/") else word for word in listed]
    return found + [word for word in reversed(expanded) if word.startswith("/")]


def config_text(config: str | None) -> str:
    """The text of the client's configuration file, the one named or else the first of the usual; empty where there is none to read."""
    home = os.environ.get("HOME", "")
    usual = [f"{home}/.mcollective"] if home.startswith("/") else []
    usual += ["/etc/puppetlabs/mcollective/client.cfg", "/etc/mcollective/client.cfg"]
    for file in [config] if config else usual:
        try:
            with open(file, encoding="utf-8", errors="replace") as text:
                return text.read(1_000_000)
        except FileNotFoundError:
            continue
        except OSError:
            break
    return ""


def _files(folder: str) -> dict[str, str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return {}
    return {name[:-3]: os.path.join(folder, name) for name in names if name.endswith(".py") and _NAME.fullmatch(name[:-3])}


def _agents(folder: str) -> dict[str, str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return {}
    files = {name: os.path.join(folder, name, "application.py") for name in names if _NAME.fullmatch(name)}
    return {name: file for name, file in files.items() if os.path.isfile(file)}
