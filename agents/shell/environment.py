"""The environment of a command: that of a login of its user, as far as anybody can rely on it, and what the caller adds; pure."""

import re
from collections.abc import Mapping
from typing import Any

from mcollective_py.agent import InvalidRPCData

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_MOST = 100
_MOST_TEXT = 64 * 1024  # characters, names and values together


def environment_of(user: str, home: str, shell: str, path: str, added: Mapping[str, Any] | None) -> dict[str, str]:
    """All variables of a command. Raises InvalidRPCData for added ones that are no variables; it never quotes a value."""
    own = {"PATH": path, "LANG": "C.UTF-8", "HOME": home, "USER": user, "LOGNAME": user, "SHELL": shell}
    for name, value in (added or {}).items():
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise InvalidRPCData("env: a variable's name has letters, digits and _, and begins with none of the digits")
        if not isinstance(value, str) or "\0" in value:
            raise InvalidRPCData(f"env: the variable {name} must be a text without NUL")
    if added and (len(added) > _MOST or sum(len(name) + len(value) for name, value in added.items()) > _MOST_TEXT):
        raise InvalidRPCData(f"env: at most {_MOST} variables of {_MOST_TEXT} characters together")
    return own | dict(added or {})
