"""A TCP proxy on loopback that can fall silent or cut, for the faults of a network that no local broker shows by itself."""

import selectors
import socket
import threading
from types import TracebackType


class Proxy:
    """Forwards a free loopback port to another, in one thread. `with Proxy(port) as proxy:` connect to proxy.port.

    silence(): bytes go nowhere, both ways, and nothing is closed (a dropped route), for the connections open now and for new ones.
    silence_present(): only those open now are lost. cut(): those open now are closed. refuse(): all are closed, new ones refused.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._peers: dict[socket.socket, socket.socket] = {}
        self._lost: set[socket.socket] = set()
        self._is_silent = False
        self._wake, self._woken = socket.socketpair()
        self._orders: list[str] = []
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> "Proxy":
        for ready in (self._listener, self._woken):
            self._selector.register(ready, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._order("end")
        self._thread.join(5)

    def silence(self) -> None:
        self._order("silence")

    def silence_present(self) -> None:
        self._order("silence present")

    def cut(self) -> None:
        self._order("cut")

    def refuse(self) -> None:
        self._order("refuse")

    def _order(self, order: str) -> None:
        with self._lock:
            self._orders.append(order)
        self._wake.send(b"!")

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                ready = key.fileobj
                assert isinstance(ready, socket.socket)
                if ready is self._woken:
                    self._woken.recv(100)
                    if self._obey():
                        return
                elif ready is self._listener:
                    self._accept()
                elif ready in self._peers:
                    self._forward(ready)

    def _obey(self) -> bool:
        with self._lock:
            orders, self._orders = self._orders, []
        for order in orders:
            if order.startswith("silence"):
                self._is_silent = order == "silence"
                self._lost.update(self._peers)
                for lost in self._lost:
                    self._forget(lost)
            else:
                for open_one in list(self._peers):
                    self._close(open_one)
                if order == "cut":
                    continue
                if self._listener.fileno() >= 0:
                    self._selector.unregister(self._listener)
                    self._listener.close()
                if order == "end":
                    self._selector.close()
                    return True
        return False

    def _accept(self) -> None:
        near, _ = self._listener.accept()
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=2)
        except OSError:
            near.close()
            return
        self._peers[near], self._peers[far] = far, near
        if self._is_silent:
            self._lost.update((near, far))
            return
        for one in (near, far):
            self._selector.register(one, selectors.EVENT_READ)

    def _forward(self, source: socket.socket) -> None:
        try:
            data = source.recv(65536)
            if data:
                self._peers[source].sendall(data)
                return
        except OSError:
            pass
        self._close(source)

    def _close(self, one: socket.socket) -> None:
        for end in (one, self._peers.pop(one, one)):
            self._peers.pop(end, None)
            self._lost.discard(end)
            if end.fileno() >= 0:
                self._forget(end)
                end.close()

    def _forget(self, one: socket.socket) -> None:
        if one in self._selector.get_map():
            self._selector.unregister(one)
