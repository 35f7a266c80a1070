"""`mco console`: an interactive prompt, or a script of its lines from a pipe."""

import argparse
import gc
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

from ..application import Application
from ..main import INTERRUPTED, extra_config

if TYPE_CHECKING:
    from ..console.session import Session

_LONG_LIFE = (50_000, 20, 100)  # of the collector: a prompt that stands for days keeps no garbage of a thousand commands


class Console(Application):
    """Reads lines and runs them over one connection, with a filter that stays."""

    description = "A prompt for one command after the other: one connection, a filter that stays, completion"
    usage = ""
    sections = ()

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("-c", "--config", metavar="FILE", help="read this configuration file")

    def run(self, options: argparse.Namespace) -> int:
        from ...config import Config
        from ..console.session import Session

        file = options.config or extra_config()
        Config.find("client", file)  # nothing here works with one that cannot be used
        session = Session(file, strict=options.strict)
        gc.freeze()
        gc.set_threshold(*_LONG_LIFE)
        for number in (signal.SIGTERM, signal.SIGHUP):  # they end the console, where Ctrl-C ends a wait
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _leave)
        try:
            return _talk(session) if sys.stdin.isatty() else _read(session)
        finally:
            session.close()


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _read(session: "Session") -> int:
    """Run the lines of a pipe or a file; the worst exit code of all. Ctrl-C ends it: what follows may rest on what did not end."""
    for number, line in enumerate(sys.stdin, 1):
        session.place = f"mco console: line {number}: "
        code = session.run(line)
        sys.stdout.flush()
        if session.is_over or code == INTERRUPTED:
            break
    return session.worst


def _talk(session: "Session") -> int:
    """Run lines until Ctrl-D or quit. What went wrong was seen, so the exit code is 0."""
    import readline

    from ..console.completing import Completer, Line
    from ..console.history import History

    history = History.of_user(readline)
    history.load()
    readline.set_completer(Completer(session.machine, Line()))
    readline.set_completer_delims(" \t\n")
    readline.parse_and_bind("tab: complete")
    while not session.is_over:
        try:
            line = input(session.prompt)
            kept = session.kept_line(line)
            if kept is not None:
                history.add(kept)
                history.save()  # now: whatever ends this session, the lines are there
            session.run(line)
        except KeyboardInterrupt:
            print()  # the line is given up
        except EOFError:
            print()
            break
    return 0
