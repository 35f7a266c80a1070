"""What ssl and aes_security sign (or encrypt) of a request: the message with its ttl and time, so that nobody can prolong them.

A hash `{PLUGIN_msg, PLUGIN_ttl, PLUGIN_msgtime}`, its keys symbols; PLUGIN is `ssl` or `aes`.
"""

from collections.abc import Mapping
from typing import Any

from ..errors import Malformed, NotSigned
from ..message import Request
from ..wire.symbol import Symbol
from .rubyenvelope import call_to_ruby

_MISSING = object()


def timed(request: Request, plugin: str) -> dict[str, Any]:
    """The body of a request with its ttl and time. plugin: `ssl` or `aes`. Raises UsageError."""
    message = call_to_ruby(request)
    return {Symbol(f"{plugin}_msg"): message, Symbol(f"{plugin}_ttl"): request.ttl, Symbol(f"{plugin}_msgtime"): int(request.time)}


def message_and_times(signed: Any, fields: Mapping[str, Any], plugin: str, *, enforces_ttl: bool) -> tuple[Any, object, object]:
    """The message proper out of a signed part, and the time and ttl that count: the signed ones, where there are any.

    fields: the envelope's. With enforces_ttl raises Malformed where the signed part lacks one of them, NotSigned where the envelope
    says another.
    """
    outer = {"msgtime": fields.get("msgtime", _MISSING), "ttl": fields.get("ttl", _MISSING)}
    inner = {name: _by_symbol(signed, Symbol(f"{plugin}_{name}")) for name in ("ttl", "msgtime", "msg")}
    if enforces_ttl:
        for name, what in (("ttl", "ttl"), ("msgtime", "time")):
            if inner[name] is _MISSING:
                raise Malformed(f"the signed part has no {what} (plugin.{plugin}.enforce_ttl)")
            if type(inner[name]) is not type(outer[name]) or inner[name] != outer[name]:
                raise NotSigned(f"the {what} of the envelope is not the signed one (plugin.{plugin}.enforce_ttl)")
        if inner["msg"] is _MISSING:
            raise Malformed("the signed part has no message")
    time, ttl = (outer[name] if inner[name] is _MISSING else inner[name] for name in ("msgtime", "ttl"))
    return (signed if inner["msg"] is _MISSING else inner["msg"]), time, ttl


def _by_symbol(signed: Any, name: Symbol) -> Any:
    """What a hash has by a symbol; what it has by a string of this name Ruby's nodes do not see."""
    if type(signed) is not dict or name not in signed:
        return _MISSING
    return signed[name] if any(type(key) is Symbol and key == name for key in signed) else _MISSING
