"""The embedded broker in a thread of this process, for tests and small tools; `mco broker` is the one for every day."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from ..errors import ConnectorError
from .server import Broker
from .settings import BrokerSettings

_START_S = 30.0


class ThreadedBroker:
    """`with ThreadedBroker() as broker:` listens on loopback, on a free port: broker.host, broker.port.

    settings: those of any Broker; without them everybody may do everything, and only from this machine.
    """

    def __init__(self, settings: BrokerSettings | None = None) -> None:
        self.settings = settings or BrokerSettings(port=0)
        self.host, self.port = self.settings.host, 0
        self._listens = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="broker", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listens.wait(_START_S):
            raise ConnectorError("the broker did not start")
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._loop is not None and self._over is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001  whoever starts it is told
            self._failure = error
        finally:
            self._listens.set()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        broker = Broker(self.settings)
        await broker.start()
        self.port = broker.port
        self._listens.set()
        await self._over.wait()
        await broker.stop(0.5)
