"""A plugin loaded as a host or a client loads it, in a process of its own: `python -m ...loadcheck KIND PATH LIBDIR...`.

That prints what is wrong as a JSON list of texts; code of the plugin runs there and nowhere else.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ...errors import MCollectiveError, PluginError
from .finding import Finding, found

_SECONDS = 30.0
_MARK = "\x1emcollective_py\x1e"  # whatever a plugin prints stands before it
_MAX_OUTPUT = 1_000_000


def check_loading(kind: str, path: Path, libdirs: Sequence[Path], seconds: float = _SECONDS) -> list[Finding]:
    """What a child process says that loads it; seconds: how long that may take."""
    words = [sys.executable, "-P", "-m", __name__, kind, str(path), *map(str, libdirs)]
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, cwd="/",
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    try:
        output = process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        return [Finding("", None, f"loading it took longer than {seconds:g} s")]
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)  # and whatever it started
        except ProcessLookupError:
            pass
        process.wait()
    said = output[-_MAX_OUTPUT:].decode("utf-8", "replace").rpartition(_MARK)
    if not said[1]:
        return [Finding("", None, f"the process that loaded it ended with {process.returncode} and said nothing")]
    return [found(text) for text in json.loads(said[2])]


def problems(kind: str, path: Path, libdirs: Sequence[Path]) -> list[str]:
    """What is wrong, here and now: the plugin's code runs in this process."""
    try:
        return _problems(kind, path, libdirs)
    except PluginError as error:
        return [error.reason]
    except MCollectiveError as error:
        return [str(error)]


def _problems(kind: str, path: Path, libdirs: Sequence[Path]) -> list[str]:
    from ...plugins.folder import load_plugin

    name = path.name
    if kind == "agents":
        from ...plugins.loader import load_agent

        load_agent(path, libdirs=libdirs)
    elif kind == "data":
        from ...node.view import DataSource
        from ...plugins.sitedata import load_one

        load_one(DataSource(name, path, {}, tuple(libdirs)), only_owned=False)
    elif kind == "validators":
        from ...plugins.sitevalidators import load_validator

        load_validator(name, path, only_owned=False)
    elif kind == "aggregates":
        from ...client.aggregate.base import AggregateFunction

        cls = load_plugin(kind, name, path, False)
        if not issubclass(cls, AggregateFunction):
            return [f"aggregate.py: the class {cls.__name__} does not inherit AggregateFunction of mcollective_py.client.aggregate"]
    elif kind == "facts":
        from ...plugins.loader import load_facts_source

        load_facts_source(name, path, {}, only_owned=False)
    else:
        cls = load_plugin(kind, name, path, False)
        if not callable(getattr(cls, "discover", None)):
            return [f"discovery.py: the class {cls.__name__} has no discover"]
    return []


def main(words: Sequence[str]) -> None:
    """See above."""
    kind, path, *libdirs = words
    said = problems(kind, Path(path), [Path(one) for one in libdirs])
    print(f"{_MARK}{json.dumps(said)}", flush=True)
    os._exit(0)  # threads of the plugin's keep nobody waiting


if __name__ == "__main__":
    main(sys.argv[1:])
