"""What a node with Ruby answers where a call is refused or fails: the status codes and words that its clients and scripts know. Pure.

Only security plugins of Ruby's wire send them; x509 has our own, which say more.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..ddl.model import DDL, Input
from ..ddl.validate import is_validator_name
from ..errors import Denied, InvalidRPCData, MissingRPCData, RPCError, UnknownAction, UnknownAgent
from ..message import Request
from .call import Outcome

_INVALID = 4
_SHELL = ("`", "$", ";", "|", "&&", ">", "<")  # in the order in which Ruby looks for them


def refusal(error: RPCError, request: Request, ddl: DDL | None) -> Outcome | None:
    """The answer to a call that was refused before it ran, with the DDL's defaults as its data; None where there is to be none.

    ddl: that of the agent asked, None where it has none. A Ruby node answers no plain message that it refuses: what
    is said to one is for our clients alone.
    """
    if isinstance(error, UnknownAgent) or (request.action is None and isinstance(error, InvalidRPCData)):
        return None
    if request.action is None:
        words = _words(error, request, ddl)
        return Outcome(error.statuscode, words[1] if words else str(error), None, error.refusal)
    declared = ddl.actions.get(request.action) if ddl else None
    data = {name: output.default for name, output in declared.outputs.items()} if declared else {}
    return Outcome(error.statuscode, str(error), data, error.refusal, historic=_words(error, request, ddl))


def fault(error: BaseException) -> tuple[int, str]:
    """What is said of an exception that an action raised and nobody foresaw: its message alone."""
    return 5, str(error) or type(error).__name__


def _words(error: RPCError, request: Request, ddl: DDL | None) -> tuple[int, str] | None:
    if isinstance(error, UnknownAction):
        return _INVALID, f"Attempted to call action {request.action} for {request.agent} but it's not declared in the DDL"
    if isinstance(error, MissingRPCData):
        return _INVALID, f"Action {error.action} needs a {error.name} argument"
    if isinstance(error, InvalidRPCData) and error.input and ddl:
        wanted = ddl.actions[request.action or ""].inputs[error.input]
        reason = error.reason if wanted.sensitive else _reason(wanted, request.body[error.input]) or error.reason
        return _INVALID, f"Cannot validate input {error.input}: {reason}"
    if isinstance(error, Denied):
        return error.statuscode, "You are not authorized to call this agent or action."
    return None


def _reason(wanted: Input, value: object) -> str | None:
    """Why Ruby's validators refuse a value that ours have refused, in their order: type, length, validation; None for our own words."""
    if wanted.type == "list":
        return f"value should be one of {', '.join(wanted.choices)}"
    if wanted.type != "string" or type(value) not in (str, bytes):
        return f"value should be a {wanted.type}"
    assert isinstance(value, str | bytes)
    if 0 < wanted.maxlength < len(value):
        return f"Input string is longer than {wanted.maxlength} character(s)"
    if wanted.validation is None:
        return None
    if not is_validator_name(wanted.validation):
        return f"value should match {wanted.validation}"
    words = _VALIDATORS.get(wanted.validation)
    return words(value) if words and isinstance(value, str) else None


def _shellsafe(value: str) -> str | None:
    found = next((text for text in _SHELL if text in value), None)
    return f"value should not have {found} in it" if found else None


_VALIDATORS: Mapping[str, Callable[[str], str | None]] = MappingProxyType(
    {
        "shellsafe": _shellsafe,
        "ipv4address": lambda value: "value should be an ipv4 address",
        "ipv6address": lambda value: "value should be an ipv6 address",
    }
)
