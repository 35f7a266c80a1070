"""The log handlers of the standard library, without pickle: 0.5 MB for a handler that sends to a socket, which nobody has here."""

import importlib
import sys
import types
from typing import Any


def _real_pickle(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)  # the import system's own questions
    # Nothing of ours asks; a plugin that uses a SocketHandler finds what the library has.
    return getattr(importlib.import_module("pickle"), name)  # nosec B403


def _import_handlers() -> None:
    """Import logging.handlers once, with a stand-in for pickle that fetches the real one when it is first asked for something."""
    stand_in = types.ModuleType("pickle")
    stand_in.__getattr__ = _real_pickle  # type: ignore[method-assign]  # PEP 562
    has_stand_in = sys.modules.setdefault("pickle", stand_in) is stand_in
    try:
        importlib.import_module("logging.handlers")
    finally:
        if has_stand_in:
            del sys.modules["pickle"]


if "logging.handlers" not in sys.modules:
    _import_handlers()

from logging.handlers import RotatingFileHandler, SysLogHandler  # noqa: E402  # only now cheap

__all__ = ["RotatingFileHandler", "SysLogHandler"]
