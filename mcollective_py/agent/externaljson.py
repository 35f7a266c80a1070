"""What an agent of another language is told, and what its answer means: JSON documents of the historic shapes; pure.

The request is the sum of two historic ones: of Ruby's `implemented_by` scripts and of Choria's external agents. The answer may be that
of either: a mapping of outputs, or Choria's envelope of statuscode, statusmsg and data.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import Malformed
from ..names import is_action
from ..wire import strictjson
from ..wire.plainjson import plain_json
from .rpc import RPCRequest

REQUEST = "io.choria.mcorpc.external.v1.rpc_request"
ACTIVATION = "io.choria.mcorpc.external.v1.activation_request"
_SCHEMAS = "https://choria.io/schemas/mcorpc/external/v1/"

_ENVELOPE = frozenset({"statuscode", "statusmsg", "data", "protocol", "$schema", "disableresponse"})
_MAX_MESSAGE = 4096  # characters
_MAX_VARIABLE = 64 * 1024  # bytes; the kernel takes 128 KiB for one
_MAX_VARIABLES = 256 * 1024  # bytes of all inputs together
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ExternalAnswer:
    """What a program answered: status code and message as an RPC reply has them, and the outputs."""

    statuscode: int = 0
    statusmsg: str = "OK"
    data: Mapping[str, Any] = field(default_factory=dict)


def request_document(request: RPCRequest) -> dict[str, Any]:
    """The request under Choria's names and under Ruby's (uniqid, sender)."""
    return {
        "$schema": f"{_SCHEMAS}rpc_request.json",
        "protocol": REQUEST,
        "agent": request.agent,
        "action": request.action,
        "requestid": request.id,
        "uniqid": request.id,
        "senderid": request.sender,
        "sender": request.sender,
        "callerid": request.caller,
        "collective": request.collective,
        "ttl": int(request.ttl),
        "msgtime": int(request.time),
        "data": plain_json(dict(request)),
    }


def activation_document(agent: str) -> dict[str, Any]:
    """The question of Choria's activation check."""
    return {"$schema": f"{_SCHEMAS}activation_request.json", "protocol": ACTIVATION, "agent": agent}


def input_variables(inputs: Mapping[str, Any], secret: frozenset[str] = frozenset()) -> dict[str, str]:
    """MCOLLECTIVE_INPUT_NAME for each input, so that a shell script needs no JSON: texts as they are, the rest as JSON has it.

    secret: inputs that stay out, as do those left unset and what no environment can hold: they stand in the request alone.
    """
    found: dict[str, str] = {}
    room = _MAX_VARIABLES
    for name, value in inputs.items():
        if value is None or name in secret or not is_action(name):
            continue
        plain = plain_json(value)
        text = plain if isinstance(plain, str) else strictjson.dumps(plain)
        size = len(text.encode("utf-8", "surrogateescape"))
        if "\0" in text or size > min(_MAX_VARIABLE, room):
            continue
        found[f"MCOLLECTIVE_INPUT_{name}"] = text
        room -= size
    return found


def settings_text(settings: Mapping[str, str]) -> str:
    """The agent's settings as a file of `key = value` lines, as Choria hands them over."""
    return "".join(f"{key} = {_CONTROL.sub(' ', value)}\n" for key, value in sorted(settings.items()))


def read_answer(text: bytes, exitcode: int, stderr: str, name: str) -> ExternalAnswer:
    """What an answer and the end of the program mean. text: the answer, empty for no outputs. exitcode: 0 well, 1 to 5 the status code,
    all else 5 (minus a signal's number where one ended it). stderr: the message of a failure. name: of the program."""
    try:
        data, statuscode, statusmsg = _outputs(text)
    except Malformed as error:
        problem = f"{name} gave an answer that cannot be read: {error}"
        return ExternalAnswer(5, problem if exitcode == 0 else f"{_failure(exitcode, stderr, name)} ({problem})")
    if exitcode != 0 and statuscode in (0, None):
        return ExternalAnswer(exitcode if 1 <= exitcode <= 5 else 5, statusmsg or _failure(exitcode, stderr, name), data)
    code = statuscode or 0
    return ExternalAnswer(code, statusmsg or ("OK" if code == 0 else _message(stderr) or f"{name} says status {code}"), data)


def wants_activation(text: bytes) -> bool:
    """What a program said to Choria's activation check. Raises Malformed for what is no answer to it."""
    value = strictjson.loads(text, strictjson.REQUEST)
    if not isinstance(value, dict) or not isinstance(value.get("activate"), bool):
        raise Malformed('an activation check is answered with {"activate": true} or false')
    return bool(value["activate"])


def _outputs(text: bytes) -> tuple[dict[str, Any], int | None, str]:
    if not text.strip():
        return {}, None, ""
    value = strictjson.loads(text, strictjson.REPLY)
    if not isinstance(value, dict):
        raise Malformed("it is no mapping of outputs")
    if "statuscode" not in value or not set(value) <= _ENVELOPE:
        return value, None, ""
    code, message, data = value["statuscode"], value.get("statusmsg"), value.get("data")
    if type(code) is not int or not 0 <= code <= 5:
        raise Malformed("its statuscode is a number from 0 to 5")
    if not (message is None or isinstance(message, str)) or not (data is None or isinstance(data, dict)):
        raise Malformed("its statusmsg is text and its data a mapping")
    return data or {}, code, (message or "")[:_MAX_MESSAGE]


def _failure(exitcode: int, stderr: str, name: str) -> str:
    how = f"was ended by signal {-exitcode}" if exitcode < 0 else f"ended with {exitcode}"
    return _message(stderr) or f"{name} {how} and said nothing on stderr"


def _message(stderr: str) -> str:
    return stderr.strip()[:_MAX_MESSAGE]
