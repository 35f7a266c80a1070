"""From a fork to the program: session, limits, account, folder, signals; run in a supervisor's child, which has one thread."""

import os
import resource
import signal
from typing import NoReturn

from .spec import Spec

_PR_SET_PDEATHSIG = 1  # prctl(2)


def launch(spec: Spec, words: list[str], files: tuple[int, int, int], trouble: int) -> NoReturn:
    """Become the program. files: its stdin, stdout and stderr. trouble: written with the reason where that cannot be; else closed."""
    try:
        os.setsid()
        for number, descriptor in enumerate(files):
            os.dup2(descriptor, number)
        os.umask(spec.umask)
        _set_limits(spec)
        _become(spec)
        _end_with_parent()
        for signal_number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            if signal.getsignal(signal_number) is not signal.SIG_DFL:
                signal.signal(signal_number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        try:
            os.chdir(spec.cwd)
        except OSError as error:
            raise OSError(f"cannot start in {spec.cwd}: {error.strerror}") from error
        os.environ.clear()
        try:
            os.execvpe(words[0], words, spec.environment)  # noqa: S606 - words, and no shell but the one that is asked for
        except OSError as error:
            raise OSError(f"cannot run {words[0]}: {error.strerror}") from error
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent says it, and no copy of the parent goes on
        os.write(trouble, (str(error) or type(error).__name__).encode("utf-8", "replace")[:4000])
    finally:
        os._exit(127)


def _set_limits(spec: Spec) -> None:
    # What bounds an action of the daemon is not for what an operator starts: back to what the host allows.
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU):
        _set_limit(kind, None)
    for kind, value, beyond in ((resource.RLIMIT_AS, spec.memory, 0), (resource.RLIMIT_CPU, spec.cpu, 2)):
        if value is not None:
            _set_limit(kind, value, beyond)


def _set_limit(kind: int, value: int | None, beyond: int = 0) -> None:
    """Soft and hard limit, so that it cannot be lifted again; None: as high as it may be. beyond: how much the hard one has more."""
    hard = resource.getrlimit(kind)[1]
    if value is None:
        resource.setrlimit(kind, (hard, hard))
        return
    most = value + beyond
    ceiling = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (min(value, ceiling), ceiling))


def _become(spec: Spec) -> None:
    if spec.groups is None:
        return
    os.setgroups(spec.groups)
    os.setresgid(spec.gid, spec.gid, spec.gid)
    os.setresuid(spec.uid, spec.uid, spec.uid)
    if os.getresuid() != (spec.uid,) * 3 or os.getresgid() != (spec.gid,) * 3:
        raise PermissionError("could not become the user that was asked for")


def _end_with_parent() -> None:
    """A supervisor that is killed takes its command along: nobody would be left to tell how it ended."""
    import ctypes

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
