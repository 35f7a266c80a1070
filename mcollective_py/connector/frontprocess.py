"""The front: a process without root's rights that has the connection to the broker, and reads what comes off the network.

The daemon starts it (front.py) as the user of `plugin.front.user`. It gets what it needs over its socket: the brokers, the bytes of the
TLS files, which it keeps in memory. It opens no file of the host's but Python's own code and what names are resolved by. What it
hands up is checked by the daemon as if it came off the network, signature and all. It ends with the daemon's end of the socket.
"""

# ruff: noqa: F401
import encodings.idna  # what is loaded when it is used elsewhere: here nothing may be where root alone can read
import logging
import os
import socket
import ssl
import sys
import threading
from collections import deque
from collections.abc import Mapping
from typing import Any

from ..config import Config
from ..errors import ConnectorClosed, ConnectorError
from . import activemq, rabbitmq
from .factory import broker_targets
from .framing import MAX_BODY
from .frontwire import (
    ASK,
    CLOSE,
    CREDIT,
    FILES,
    PUBLISH,
    SETUP,
    SUBSCRIBE,
    TAKEN,
    UNSUBSCRIBE,
    WELL,
    Frame,
    Frames,
    State,
    brokers_of,
    delivery_frame,
    line_frame,
    read_destination,
    read_publication,
)
from .pool import Broker, TLSFiles, read_options
from .privileges import Account, confine
from .stomp import Standing, StompConnector

_SETUP = 16 << 20  # bytes of certificates and lists
_LOOK = 5.0  # seconds after which counts are told that nothing announces


class Front:
    """One connector, and the socket to the daemon. `run` returns when the daemon is gone or says so."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._sending = threading.Lock()
        self._credit = threading.Semaphore(CREDIT)
        self._memory = _MemoryFiles()
        self._connector: StompConnector | None = None
        self._handed: deque[int] = deque()  # numbers of publications that the connector has
        self._seen = self._sent = 0
        self._telling, self._told = threading.Lock(), State()

    def run(self) -> None:
        """Do what the daemon says."""
        frames = Frames(MAX_BODY, _SETUP)
        while data := self._control.recv(1 << 18):
            for frame in frames.feed(data):
                if frame.kind == CLOSE:
                    if self._connector is not None:
                        self._connector.close()
                    return
                self._do(frame)

    def _do(self, frame: Frame) -> None:
        if frame.kind == ASK:
            self.send(Frame(WELL))
        elif frame.kind == SETUP:
            self._set_up(frame.words)
        elif frame.kind == FILES:
            self._memory.pool(brokers_of(frame.words))
        elif frame.kind == TAKEN:
            self._credit.release(frame.number)
        elif self._connector is not None and frame.kind == PUBLISH:
            try:
                self._connector.publish([read_publication(frame)])
            except ConnectorError as error:
                logging.getLogger(__name__).warning("a message is lost: %s", error)
            self._handed.append(frame.number)
            self._tell(self._connector)
        elif self._connector is not None and frame.kind in (SUBSCRIBE, UNSUBSCRIBE):
            change = self._connector.subscribe if frame.kind == SUBSCRIBE else self._connector.unsubscribe
            change([read_destination(words) for words in frame.words])
            self._seen += 1
            self._tell(self._connector)

    def _set_up(self, words: Mapping[str, Any]) -> None:
        logging.getLogger("mcollective_py").setLevel(words["log_level"])
        config = Config.from_text(words["settings"])
        family = config.word("connector")
        connector = StompConnector(
            self._memory.pool(brokers_of(words)),
            words["identity"],
            is_daemon=True,
            targets=broker_targets(config),
            options=read_options(config, family),
        )
        for work in (self._connect, self._deliver, self._watch):
            threading.Thread(target=work, args=(connector,), name=work.__name__.strip("_"), daemon=True).start()
        self._connector = connector

    def send(self, frame: Frame) -> None:
        """Say something to the daemon; where it is gone, this process is about to end."""
        try:
            with self._sending:
                self._control.sendall(frame.to_bytes())
        except OSError:
            os._exit(1)

    # --- threads --------------------------------------------------------------------------------------------------------

    def _connect(self, connector: StompConnector) -> None:
        try:
            connector.connect(None)
        except ConnectorClosed:
            pass

    def _deliver(self, connector: StompConnector) -> None:
        """Hand up what comes, as fast as the daemon reads it: what is too much for it is dropped here."""
        try:
            while True:
                self._credit.acquire()
                if (delivery := connector.receive()) is not None:
                    self.send(delivery_frame(delivery))
        except ConnectorClosed:
            pass

    def _watch(self, connector: StompConnector) -> None:
        known: Standing | None = None
        while True:
            known = connector.standing(known, _LOOK)
            self._tell(connector)

    def _tell(self, connector: StompConnector) -> None:
        """Tell how it fares where that has changed."""
        with self._telling:
            seen, handed = self._seen, len(self._handed)  # before what they are compared with
            standing = connector.standing()
            for _ in range(handed - standing.unsent):
                self._sent = self._handed.popleft()
            state = State(standing.peer, standing.dropped, standing.reconnects, standing.is_subscribed, seen, self._sent)
            if state != self._told:
                self._told = state
                self.send(state.to_frame())


class _MemoryFiles:
    """TLS files as memory of this process: what the library wants as paths, without a file on a disk."""

    def __init__(self) -> None:
        self._descriptors: dict[tuple[int, str], int] = {}

    def pool(self, brokers: list[Mapping[str, Any]]) -> list[Broker]:
        """The brokers; the files of those that are known already are written anew in their places."""
        return [self._broker(number, dict(words)) for number, words in enumerate(brokers)]

    def _broker(self, number: int, words: dict[str, Any]) -> Broker:
        tls = words.pop("tls")
        if tls is not None:
            ca = tuple(self._path(number, f"ca{place}", text) for place, text in enumerate(tls.pop("ca")))
            files = {name: None if tls[name] is None else self._path(number, name, tls[name]) for name in ("cert", "key", "crl")}
            tls = TLSFiles(**(tls | files), ca=ca)
        return Broker(**words, tls=tls)

    def _path(self, number: int, name: str, text: str) -> str:
        descriptor = self._descriptors.get((number, name))
        if descriptor is None:
            descriptor = self._descriptors[number, name] = os.memfd_create(name)
        content = text.encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, content, 0)
        return f"/proc/self/fd/{descriptor}"


class _ToDaemon(logging.Handler):
    """The daemon has the log."""

    def __init__(self, front: Front) -> None:
        super().__init__()
        self._front = front

    def emit(self, record: logging.LogRecord) -> None:
        """Send a line."""
        self._front.send(line_frame(record.levelno, record.getMessage()))


def main(arguments: list[str]) -> None:
    """Serve the daemon. arguments: the descriptor of the socket to it, and the account to become before anything is read from it."""
    number, user, uid, gid, switches = arguments
    confine(Account(user, int(uid), int(gid), switches == "1"))
    control = socket.socket(fileno=int(number))
    control.set_inheritable(False)
    front = Front(control)
    front.send(Frame(WELL))
    logging.basicConfig(level=logging.WARNING, handlers=[_ToDaemon(front)])
    front.run()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
