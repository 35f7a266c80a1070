"""A throw-away child loads an agent's code first, as the fork server is going to, and looks at what that did to all who share it.

An import may hang, end its process, start threads or change what other agents use. A child that does so is ended, and the agent's code
is loaded anew for each call, as it always can be.
"""

import builtins
import gc
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from ..errors import Malformed, PluginError
from ..wire.strictjson import JSONLimits, loads
from .isolation import ChildLimits, run_alone
from .warm import WarmCode, wanted

SECONDS = 5.0  # for what takes 0.1 s; beyond it the child is ended
_MOST_MEMORY = 16 << 20  # bytes that an agent's code may take in the fork server
_COUNTED = ("_frozen_importlib_external", "_NamespacePath", "_epoch")  # rises with every look for new files
_LIMITS = JSONLimits(size=64 << 10, depth=3, string=4096)


def run_trial(warm: WarmCode, folder: Path, modules: Sequence[str], limits: ChildLimits, result: int, output: int) -> NoReturn:
    """Turn a fresh fork into the child that loads an agent's code and tells how that went: see `verdict`."""
    run_alone(lambda: _try(warm, folder, modules), SECONDS, limits, result, output)


def verdict(folder: Path, data: bytes) -> list[str] | str:
    """What a trial told: the modules that can be loaded, or why none is to be."""
    try:
        content = loads(data, _LIMITS)
    except Malformed:
        return "its trial gave no verdict"
    if isinstance(content, list):
        return wanted(folder, content)
    return content if isinstance(content, str) else "its trial gave no verdict"


def _try(warm: WarmCode, folder: Path, modules: Sequence[str]) -> bytes:
    before, values, memory = process_state(), dict(_values()), _memory()
    try:
        loaded = warm.load(folder, modules)
    except PluginError as error:
        return json.dumps(error.reason[:1000]).encode()
    taken = _memory() - memory
    after = process_state()
    for what, state in before.items():
        if after[what] != state:
            return json.dumps(f"loading it changes {what}").encode()
    for place, value in values.items():
        if place != _COUNTED and _value_at(place) is not value:
            return json.dumps(f"loading it changes {place[0]}{f'.{place[1]}' if place[1] else ''}.{place[2]}").encode()
    if taken > _MOST_MEMORY:
        return json.dumps(f"loading it takes {taken >> 20} MB").encode()
    return json.dumps(loaded).encode()


def process_state() -> dict[str, object]:
    """What a process has but once, by words for it: whatever loads code next would find it changed."""
    return {
        "the number of threads": len([*Path("/proc/self/task").iterdir()]),
        "the open files": sorted(link.name for link in Path("/proc/self/fd").iterdir()),
        "the processes below it": Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii"),
        "signal handlers": [signal.getsignal(number) for number in signal.valid_signals()],
        "blocked signals": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "alarms": signal.getitimer(signal.ITIMER_PROF),
        "the current folder": str(Path("/proc/self/cwd").readlink()),
        "the umask": _umask(),
        "the environment": dict(os.environ),
        "sys.path": [*sys.path],
        "how modules are found": [*sys.meta_path, *sys.path_hooks],
        "the limit of recursion": sys.getrecursionlimit(),
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
    }


def _umask() -> str:
    with open("/proc/self/status", encoding="ascii", errors="replace") as lines:
        return next((line for line in lines if line.startswith("Umask:")), "")


def _memory() -> int:
    """Bytes of this process' own that are resident."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


_Place = tuple[str, str, str]  # module, class or empty, name


def _values() -> Iterator[tuple[_Place, object]]:
    """What the names of all loaded modules and of their classes stand for: an import that puts something else there is no guest."""
    for module_name, module in list(sys.modules.items()):
        if not isinstance(module, ModuleType):
            continue
        for name, value in list(vars(module).items()):
            yield (module_name, "", name), value
            if isinstance(value, type) and value.__module__ == module_name:
                for attribute, held in list(vars(value).items()):
                    yield (module_name, name, attribute), held


def _value_at(place: _Place) -> object:
    module, owner, name = place
    holder: object = sys.modules.get(module, builtins)
    if owner:
        holder = vars(holder).get(owner, builtins)
    return vars(holder).get(name)
