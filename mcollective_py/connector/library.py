"""stomp.py, imported without what the import would cost: no look-up of this host's name, no websocket library.

stomp.py is used below our own transport only: its frames, its protocols, its listeners. Connections, TLS, heartbeats and reconnects
are ours, see stream.py, link.py and stomp.py.
"""

import importlib
import logging
import os
import sys
import types
from typing import Any

_SKIP = "STOMP_SKIP_HOSTNAME_SCAN"


def _import_stomp() -> None:
    """Import stomp.py once.

    Its package imports a websocket adapter that nobody here uses: 3.1 MB and 13 ms. So `websocket` is a stand-in meanwhile, which
    fetches the real one when the adapter first asks it for something, and everyone else finds the real one as ever.
    """
    stand_in = types.ModuleType("websocket")
    stand_in.__getattr__ = _real_websocket  # type: ignore[method-assign]  # PEP 562
    has_stand_in = sys.modules.setdefault("websocket", stand_in) is stand_in
    before = os.environ.get(_SKIP)
    os.environ[_SKIP] = "1"  # else the import asks DNS for this host's name: 5 s with a dead resolver
    try:
        importlib.import_module("stomp.transport")
    finally:
        if has_stand_in:
            del sys.modules["websocket"]
        if before is None:
            del os.environ[_SKIP]


def _silence() -> None:
    """Keep frames out of the log: at DEBUG it writes them all, the CONNECT with its password and the bodies too."""
    logging.getLogger("stomp.py").setLevel(logging.WARNING)


def _real_websocket(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)  # the import system's own questions
    return getattr(importlib.import_module("websocket"), name)


if "stomp" not in sys.modules:
    _import_stomp()
_silence()

from stomp.protocol import Protocol10, Protocol11  # noqa: E402  # only now cheap
from stomp.transport import BaseTransport  # noqa: E402

__all__ = ["BaseTransport", "Protocol10", "Protocol11"]
