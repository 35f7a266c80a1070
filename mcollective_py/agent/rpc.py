"""RPCRequest and RPCReply: what an action is given and what it fills in."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, NoReturn

from ..errors import InvalidRPCData, RPCAborted
from ..message import Request


class RPCRequest(Mapping[str, Any]):
    """The validated inputs of a call, and who asks: `request["service"]`, `request.get("noop", False)`.

    id, caller, sender, collective, agent, action: text. time: seconds since the epoch. ttl: seconds.
    delegate: who signed on the caller's behalf, else empty; certificate and extensions: of who signed (see message.Request). They are
    known in the daemon alone.
    noop: True where the caller wants to be told what would be done, and nothing done; only for actions whose DDL says supports_noop.
    """

    def __init__(self, request: Request) -> None:
        self.data: Mapping[str, Any] = request.body
        self.id, self.caller, self.sender, self.collective = request.id, request.caller, request.sender, request.collective
        self.agent, self.action, self.time, self.ttl = request.agent, request.action or "", request.time, request.ttl
        self.delegate, self.certificate, self.extensions = request.delegate, request.certificate, request.extensions
        self.noop = self.data.get("noop") is True

    def between(self, name: str, least: float, most: float, otherwise: float) -> float:
        """A number among the inputs, both bounds included; otherwise where it was not given. Raises InvalidRPCData for one outside."""
        value = self.data.get(name, otherwise)
        if not least <= value <= most:
            raise InvalidRPCData(f"{name} must be from {least:g} to {most:g}")
        return float(value)

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


class RPCReply(MutableMapping[str, Any]):
    """The outputs of a call, filled with the DDL's defaults before the action runs: `reply["status"] = "running"`."""

    def __init__(self, defaults: Mapping[str, Any] | None = None) -> None:
        self.data: dict[str, Any] = dict(defaults or {})
        self.statuscode, self.statusmsg = 0, "OK"

    def fail(self, message: str, code: int = 1) -> None:
        """Say that the action failed and carry on; code 1 aborted, 3 missing data, 4 invalid data, 5 other, or one of your own."""
        self.statuscode, self.statusmsg = code, message

    def abort(self, message: str, code: int = 1) -> NoReturn:
        """Say that the action failed and end it here; outputs set so far are kept. Ruby's `fail!`: a code beyond 1 to 4 becomes 5."""
        raise RPCAborted(message, code if code in (1, 2, 3, 4) else 5)

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.data[name] = value

    def __delitem__(self, name: str) -> None:
        del self.data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)
