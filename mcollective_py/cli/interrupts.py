"""Ctrl-C: the first ends the wait and shows what there is, the second leaves at once."""

import os
import signal
import sys
from types import FrameType

_SHOW_CURSOR = b"\x1b[?25h\n"  # a bar that is cut off in its drawing has hidden it


class Interrupts:
    """The signals that end a command: Ctrl-C, and TERM and HUP from outside, which are as good.

    The first is a KeyboardInterrupt in the main thread. Whatever that one is doing by then (discovering, connecting, sending, closing)
    may take a moment: any further one ends the process where it stands, as a signal would.
    """

    def __init__(self) -> None:
        self._told: list[int] = []
        self._is_armed = False

    def listen(self) -> None:
        """Hear TERM and HUP from now on, unless they are ignored: nohup means it."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._hear)

    def arm(self) -> None:
        """From now on a second signal leaves at once; for commands that leave nothing behind but an open connection."""
        self._is_armed = True
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._hear)

    def exitcode(self, interrupted: int) -> int:
        """That of a command which was interrupted: interrupted (130) by Ctrl-C, 128 and its number by another signal."""
        return interrupted if not self._told or self._told[0] == signal.SIGINT else 128 + self._told[0]

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._told.append(number)
        if self._is_armed and len(self._told) > 1:
            if sys.stderr is not None and sys.stderr.isatty():
                os.write(sys.stderr.fileno(), _SHOW_CURSOR)
            os._exit(128 + number)
        raise KeyboardInterrupt
