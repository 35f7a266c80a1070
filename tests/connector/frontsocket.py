"""A front that the test is: the daemon's end is a FrontConnector, and ours says whatever it likes."""

import socket
import subprocess
import sys
from queue import Queue

from mcollective_py.connector.framing import MAX_BODY
from mcollective_py.connector.front import FrontConnector
from mcollective_py.connector.frontwire import SETUP, WELL, Frame, Frames
from mcollective_py.connector.pool import Broker


class PlayedFront:
    """One front's end of the socket, as it was started. The process that is waited for ends with `end`."""

    def __init__(self, theirs: socket.socket) -> None:
        self.socket = theirs.dup()
        self.socket.settimeout(20)
        self.process = subprocess.Popen(
            [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._frames, self._got = Frames(MAX_BODY, 16 << 20), list[Frame]()

    def begin(self) -> Frame:
        """Take the setup, and say that we are well."""
        setup = self.next()
        assert setup.kind == SETUP
        self.say(Frame(WELL))
        return setup

    def say(self, *frames: Frame) -> None:
        self.socket.sendall(b"".join(frame.to_bytes() for frame in frames))

    def next(self) -> Frame:
        while not self._got:
            data = self.socket.recv(65536)
            assert data, "the daemon closed its end"
            self._got += self._frames.feed(data)
        return self._got.pop(0)

    def is_dropped(self) -> bool:
        """Whether the daemon lets go of this front; what it says meanwhile is thrown away."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass
        return True

    def end(self) -> None:
        self.socket.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(20)


class Played:
    """A connector, and the fronts that it has started so far, in their order."""

    def __init__(self) -> None:
        self._fronts: Queue[PlayedFront] = Queue()
        self._all: list[PlayedFront] = []
        self.connector = FrontConnector(self._start, {"identity": "web1"}, [Broker("mq.example.com", user="u", password="p")])

    def _start(self, theirs: socket.socket) -> "subprocess.Popen[bytes]":
        front = PlayedFront(theirs)
        self._all.append(front)
        self._fronts.put(front)
        return front.process

    def front(self) -> PlayedFront:
        """The next that was started."""
        return self._fronts.get(timeout=20)

    def close(self) -> None:
        self.connector._is_closing = True  # nobody answers it any more
        for front in self._all:
            front.end()
        self.connector.close()
