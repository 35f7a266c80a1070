"""A plugin folder as a package of its own, under a private name: `from .systemctl import x` works, sys.path stays as it is."""

import importlib
import sys
from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from ..errors import PluginError
from ..names import is_agent


def carrier_of(folder: Path) -> Path | None:
    """The agent's folder that carries a plugin folder (`agents/NAME/data/NAME`), None for one that stands by itself."""
    carrier = folder.absolute().parent.parent
    is_carried = folder.absolute().parent.name in ("data", "validators", "aggregates") and carrier.parent.name == "agents"
    return carrier if is_carried and any((carrier / file).is_file() for file in ("agent.py", "ddl.yaml")) else None


def package_of(name: str, folder: Path) -> str:
    """The private name that a plugin folder's modules have in sys.modules, in front of their own."""
    return f"_mcollective_plugin_{name}_{sha256(str(folder.absolute()).encode()).hexdigest()[:12]}"


def load_module(name: str, folder: Path, module: str) -> ModuleType:
    """The module of a plugin folder, read anew at each call. Raises PluginError with reason, file and line for a broken one.

    Two folders of one name stand side by side; what an older load left running keeps its own modules. A plugin that an agent's folder
    carries may import the agent's files, as `from ...systemctl import x`.
    """
    carrier = carrier_of(folder)
    home = carrier or folder
    place = "" if carrier is None else f"{folder.parent.name}.{folder.name}."
    package = package_of(name, folder)
    for loaded in [key for key in sys.modules if key == package or key.startswith(f"{package}.")]:
        del sys.modules[loaded]
    parent = ModuleType(package, f"The plugin folder {home}.")
    parent.__path__ = [str(home)]
    sys.modules[package] = parent
    importlib.invalidate_caches()
    try:
        return importlib.import_module(f"{package}.{place}{module}")
    except (Exception, SystemExit) as error:  # a plugin's load may raise anything, sys.exit() too
        raise PluginError(name, _reason(error, home, f"{module}.py")) from error


def class_name(name: str) -> str:
    """What the class in a folder is called: `service` has Service, `exim_queue` has EximQueue."""
    return "".join(part.capitalize() for part in name.split("_"))


def load_class(name: str, folder: Path, module: str) -> type:
    """The class of a plugin folder that carries its name. Raises PluginError."""
    if not is_agent(name):
        raise PluginError(name, "a plugin's folder is named in lower case letters, digits and _, as the class in it is found by that")
    loaded = load_module(name, folder, module)
    wanted = class_name(name)
    found = vars(loaded).get(wanted)
    if not isinstance(found, type):
        own = sorted(key for key, value in vars(loaded).items() if isinstance(value, type) and value.__module__ == loaded.__name__)
        there = f", there is {', '.join(own)}" if own else ""
        raise PluginError(name, f"{module}.py has no class {wanted}{there}")
    return found


def _reason(error: BaseException, folder: Path, file: str) -> str:
    words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno}: {type(error).__name__}: {error.msg}"
    lines = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(folder.absolute())]
    return f"{Path(lines[-1].filename).name}:{lines[-1].lineno}: {words}" if lines else f"{file}: {words}"
