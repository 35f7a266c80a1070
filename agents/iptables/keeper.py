"""The process that looks after deadlines: it undoes what nobody confirmed, and ends what the kernel does not end by itself.

Started as a program: `keeper FOLDER [restore BROKER...] [--detach]`. Everything that it needs stands in the folder, so one that was
killed is followed by another that knows as much.
"""

import os
import select
import sys
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .changing import Place
    from .deadlines import Deadlines
    from .state import State

_LOOK = 20.0  # seconds: a clock that is set, or a host that slept, is noticed within
_LEAST_OFTEN = 30.0  # seconds: however often it failed
_BREATH = 0.02  # seconds between two looks
_AGAIN = 3.0  # seconds until what failed is tried again
_TOLD = 20  # lines of one look in the host's log
_RESTORER = "restorer.json"


def main() -> None:
    """Keep one folder until nothing waits in it any more."""
    from . import changing, reconciling, restoring, surroundings  # noqa: F401 - who started us is told if these are not to be had

    folder, words = sys.argv[1], [word for word in sys.argv[2:] if word != "--detach"]
    if sys.argv[-1] == "--detach":
        if os.fork():
            os._exit(0)
        os.setsid()
        _close_streams()
    _say_ready()
    _lift_limits()
    keep(folder, words[1:] if words[:1] == ["restore"] else None)


def keep(folder: str, brokers: Sequence[str] | None = None) -> None:
    """Do what is due, and wait for what will be; back when there is nothing more. brokers: make the store true again first."""
    from mcollective_py.agent import RPCError

    from .changing import Place
    from .deadlines import Deadlines
    from .keeping import PIPE, read_config, wake

    path = os.path.join(folder, PIPE)  # noqa: PTH118
    place = Place.of(read_config(folder))
    place = replace(place, settings=replace(place.settings, state_directory=folder))
    pipe, again, deadlines = None, _AGAIN, Deadlines()
    if brokers is not None:
        _say_who_restores(folder)
    while True:
        wait, has_failed = _LOOK, False
        if brokers is not None:
            if again > _AGAIN and not _is_who_restores(folder):
                brokers = None  # a newer one tries, with newer settings
            elif (has_failed := not _is_restored(place, brokers, again)) is False:
                brokers = None
        try:
            with place.store.locked():
                due = _due(place, deadlines)
                if pipe is None and due is not None and not wake(folder):
                    pipe = _pipe(path)
                if brokers is None and pipe is None:
                    return  # nothing to do, or another one does it
                if brokers is None and due is None:
                    os.unlink(path)  # noqa: PTH108  with the lock held: nobody wakes us from here on
                    return
            if pipe is not None and due is not None and due <= time.time():
                settle(place, deadlines.late(_uptime()))
            if due is not None:
                wait = min(max(due - time.time(), _BREATH), _LOOK)
        except (RPCError, OSError) as error:
            _say(f"{error}: tried again in {again:g} s")
            has_failed = True
        wait, again = (min(wait, again), min(2 * again, _LEAST_OFTEN)) if has_failed else (wait, _AGAIN)
        if pipe is None:
            time.sleep(wait)
        elif select.select([pipe], [], [], wait)[0]:
            with suppress(BlockingIOError):
                os.read(pipe, 4096)


def _is_restored(place: "Place", brokers: Sequence[str], again: float) -> bool:
    """Whether the store was made true. Where not, what nobody confirms has to go all the same: that is looked after meanwhile."""
    from mcollective_py.agent import RPCError

    try:
        restore(place, brokers)
    except (RPCError, OSError) as error:
        _say(f"{error}: tried again in {again:g} s")
        return False
    return True


def settle(place: "Place", late: Collection[str] = ()) -> None:
    """What is over goes, and what nobody confirmed in time is undone. late: ids whose time is over, whatever the clock says."""
    from .changing import settled, transact

    before = place.store.read()
    outcome = transact(place, lambda state, now: settled(_without(state, late, now), now), by="", needs_setup=False)
    left = [pending for id, pending in before.pendings.items() if id in late or pending.deadline <= time.time()]
    for pending in left:
        _say(f"{pending.what} of {pending.by} was not confirmed in time and is undone (id {pending.id})")
    if outcome.drift:
        _say(f"found changed: {'; '.join(outcome.drift)}")
    for left_out in outcome.spared[:_TOLD]:
        _say(left_out)


def restore(place: "Place", brokers: Sequence[str]) -> None:
    """Make the store true again, as after a boot: without what is over, what was never confirmed, and what must never be blocked."""
    from pathlib import Path

    from mcollective_py.agent import RPCError

    from .changing import settled, transact
    from .choosing import ready_backend
    from .reconciling import apply_file
    from .restoring import without_refused
    from .state import DOWN, State
    from .surroundings import gather

    guard = gather(place.config, brokers, (), Path(place.settings.state_directory, "brokers.json"))

    def step(state: State, now: float) -> State:
        return without_refused(settled(state, now), guard, _say)

    installed = place.store.read().installed
    if installed == "" and place.settings.setup_at_start:
        transact(
            place, lambda state, now: replace(state, installed=ready_backend(place.settings, state).name), by="", needs_setup=False
        )
    elif installed not in ("", DOWN):
        transact(place, step, by="", needs_setup=False)
    try:
        apply_file(place, guard, _say)
    except RPCError as error:  # a list with a mistake in it is not mended by reading it again
        _say(str(error))


def _without(state: "State", ids: Collection[str], now: float) -> "State":
    """The state with these changes undone, the latest first."""
    from . import pending as pendings

    for late in sorted((one for id, one in state.pendings.items() if id in ids), key=lambda one: -one.at):
        state = pendings.undo(state, late.id, now)
    return state


def _due(place: "Place", deadlines: "Deadlines") -> float | None:
    """When something is due, in seconds since the epoch; None where nothing will be."""
    from .choosing import backend_of
    from .compared import next_due
    from .state import DOWN

    state = place.store.read()
    longest = backend_of(state.installed, place.settings).longest if state.installed not in ("", DOWN) else float("inf")
    now = time.time()
    due, rest = next_due(state, longest, now), deadlines.seen(state.pendings, now, _uptime())
    return due if due is None or rest is None else min(due, now + rest)


def _uptime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _say_who_restores(folder: str) -> None:
    from mcollective_py.agent.kept import write_kept

    write_kept(os.path.join(folder, _RESTORER), os.getpid())  # noqa: PTH118


def _is_who_restores(folder: str) -> bool:
    """Whether none came after us: each reload of the daemon starts one, and where the store cannot be read they would be many."""
    from mcollective_py.agent.kept import read_kept

    return bool(read_kept(os.path.join(folder, _RESTORER)) == os.getpid())  # noqa: PTH118


def _pipe(path: str) -> int:
    """The pipe by which we are woken, held open at both ends so that it never ends."""
    with suppress(FileNotFoundError):
        os.unlink(path)  # noqa: PTH108  one that nobody reads any more
    os.mkfifo(path, 0o600)
    return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)


def _say(text: str) -> None:
    """To the host's log: nobody else hears us."""
    import syslog

    syslog.syslog(syslog.LOG_WARNING | syslog.LOG_DAEMON, f"mcollective iptables: {text}"[:1000])


def _say_ready() -> None:
    """To systemd, where it started us: `Type=notify`."""
    if not (address := os.environ.get("NOTIFY_SOCKET", "")):
        return
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, suppress(OSError):
        notify.sendto(b"READY=1", f"\0{address[1:]}" if address.startswith("@") else address)


def _lift_limits() -> None:
    """Those of an action are not those of what it leaves running."""
    import resource

    for kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU):
        with suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (hard, hard))


def _close_streams() -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
