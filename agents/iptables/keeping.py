"""The process that looks after deadlines, started where none runs, and woken where one does.

It outlives the action and the daemon, and where systemd runs the daemon's unit too: it has a unit of its own then.
"""

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcollective_py.agent import RPCAborted, run
from mcollective_py.agent.kept import read_kept, write_kept

from .settings import Settings

PIPE, CONFIG, DETACH = "keeper.pipe", "keeper.json", "--detach"
_STARTS_WITHIN = 15.0  # seconds
_SYSTEMD_RUN = "/usr/bin/systemd-run"
# Of the folder's own parent, and with nothing of the daemon's environment.
_CODE = "import sys; sys.path.append(sys.argv.pop(1)); from {package}.keeper import main; main()"


def ensure_keeper(settings: Settings, config: Mapping[str, str], *, brokers: Sequence[str] | None = None) -> None:
    """See to it that a keeper knows of what was just decided. To be called with the store's lock held, unless it restores.

    brokers: at the daemon's start, its brokers: a new keeper makes the store true again first, without what would cut these off, and
    stays only where there is something to look after and no other one.
    Raises RPCAborted where none can be started: what waits for a deadline is not begun without one.
    """
    folder = settings.state_directory
    if not write_kept(os.path.join(folder, CONFIG), dict(config)):  # noqa: PTH118
        raise RPCAborted(f"{folder}: nothing can be kept there")
    if brokers is None and wake(folder):
        return
    code = _CODE.format(package=_own().name)
    words = [sys.executable, "-I", "-X", "utf8", "-c", code, str(_own().parent), folder]
    words += [] if brokers is None else ["restore", *brokers]
    if settings.systemd and os.geteuid() == 0 and Path("/run/systemd/system").is_dir() and Path(_SYSTEMD_RUN).exists():
        ended = run(in_unit(f"mcollective-iptables-{os.urandom(4).hex()}.service", words), timeout=_STARTS_WITHIN)
        if ended.exitcode == 0:
            return
    ended = run([*words, DETACH], timeout=_STARTS_WITHIN)
    if ended.exitcode:
        raise RPCAborted(f"what undoes a change that nobody confirms could not be started: {ended.stderr.strip()[-300:]}", 5)


def in_unit(unit: str, words: list[str]) -> list[str]:
    """The words that start a program in a unit of its own: a stop of the daemon's unit, however it kills, does not reach it.

    One that is killed is started again: it finds in the store what it has to do. They come back when it says that it is ready.
    """
    return [
        _SYSTEMD_RUN, "--quiet", "--collect", "--no-ask-password", f"--unit={unit}", "--property=Type=notify",
        "--property=Restart=on-failure",
        "--property=RestartSec=1", "--property=StartLimitIntervalSec=0", "--property=OOMScoreAdjust=-900", "--", *words,
    ]  # fmt: skip


def wake(folder: str) -> bool:
    """Tell the keeper to look again; False where there is none."""
    try:
        pipe = os.open(os.path.join(folder, PIPE), os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)  # noqa: PTH118
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return False
        raise RPCAborted(f"{folder}/{PIPE}: {error.strerror}") from error
    try:
        os.write(pipe, b"\n")
    except BlockingIOError:  # it has been told often enough
        pass
    except BrokenPipeError:
        return False
    finally:
        os.close(pipe)
    return True


def read_config(folder: str) -> dict[str, str]:
    """The settings that the last change was made with."""
    kept = read_kept(os.path.join(folder, CONFIG))  # noqa: PTH118
    return {str(name): str(value) for name, value in kept.items()} if isinstance(kept, dict) else {}


def _own() -> Path:
    return Path(__file__).absolute().parent
