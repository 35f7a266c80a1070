"""The flat hash that psk, ssl and aes_security share: its keys are symbols, the serialised body is a string in it.

    request   body senderid requestid filter collective agent callerid ttl msgtime, then the plugin's own keys
    reply     senderid requestid senderagent msgtime body, then the plugin's own keys

None of these plugins signs the envelope, so nothing here vouches for it; what is read has the right form, and that is all. An RPC
body is `{agent, action, caller, data}` going and `{statuscode, statusmsg, data}` coming, every other value is a plain message. A
refusal of a plain message is `{statuscode, statusmsg, refused, refusal}` under another request id, which Ruby's clients leave alone.
Symbols end here, but in the values of inputs and outputs, which go through untouched.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from .. import names
from ..errors import FilterError, Malformed, NotSigned, OtherAgent, ReplyTooLarge, UsageError
from ..message import Reply, Request
from ..wire.rubylimits import REPLY, RubyLimits
from ..wire.symbol import Symbol
from .base import Unverified
from .rubyfilter import as_text, filter_from_ruby, filter_to_ruby

_KNOWN = frozenset(
    ("body", "senderid", "requestid", "filter", "collective", "agent", "callerid", "ttl", "msgtime", "senderagent")
) | frozenset(("hash", "sslkey", "sslpubkey"))
_REQUESTS_OWN = frozenset(("filter", "callerid", "agent"))
# What messages of the field begin with, so that the log can say who is there.
_SPEAKERS = ((b"\x04\x08", "Marshal"), (b"---", "YAML"))
_MCPY = b'{"p":"mcpy/'
_MAX_TIME = 2.0**38  # seconds; the year 10680
_MAX_TTL = 2**31
_ANY_SIZE = replace(REPLY, size=2**62)  # measured afterwards: ReplyTooLarge says more than UnsendableValue

_AGENT, _ACTION, _CALLER, _DATA = Symbol("agent"), Symbol("action"), Symbol("caller"), Symbol("data")
_PROCESS_RESULTS = Symbol("process_results")
_STATUSCODE, _STATUSMSG = Symbol("statuscode"), Symbol("statusmsg")
_REFUSED, _REFUSAL = Symbol("refused"), Symbol("refusal")


class Serializer(Protocol):
    """Bytes <-> plain values: wire.marshal or wire.rubyyaml. Nothing on the wire says which, so both ends are set alike."""

    def loads(self, data: bytes, limits: RubyLimits = ...) -> Any: ...

    def dumps(self, value: Any, limits: RubyLimits = ...) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope read; nobody has vouched for any of it. body: the bytes of `:body` as received, which a proof is over."""

    fields: Mapping[str, Any]
    body: bytes

    def string(self, key: str) -> bytes | None:
        """The bytes of a string, of either kind; None where there is none."""
        return _bytes(self.fields.get(key))

    @property
    def proof(self) -> bytes:
        """What `:hash` says; empty where there is none."""
        return self.string("hash") or b""

    @property
    def caller(self) -> str:
        """Who is said to ask. Raises NotSigned where nobody is."""
        text = as_text(self.fields.get("callerid"))
        if text is None:
            raise NotSigned("a request without a caller")
        return text


# --- reading ----------------------------------------------------------------------------------------------------------


def read(payload: bytes, serializer: Serializer, limits: RubyLimits, plugin: str) -> Unverified:
    """An envelope, taken apart. Raises Malformed, also for one whose keys are strings: no Ruby node knows those.

    limits: those of an envelope (RubyLimits.of_envelope), whose body is read by wider ones once its proof is known to be good.
    plugin: the security plugin that asks, for the words about a message of another.
    """
    try:
        found = _read(payload, serializer, limits)
    except Malformed as error:
        if payload.startswith(_MCPY):
            raise Malformed(f"this is mcpy/1 (securityprovider = x509), only {plugin} is spoken here") from None
        who = next((name for start, name in _SPEAKERS if payload.startswith(start)), None)
        raise Malformed(f"{error} (it begins as {who})") if who else error from None
    return Unverified("request" if _REQUESTS_OWN & found.fields.keys() else "reply", found)


def _read(payload: bytes, serializer: Serializer, limits: RubyLimits) -> Envelope:
    if len(payload) > limits.size:
        raise Malformed(f"a message of {len(payload)} bytes, the limit is {limits.size}")
    fields = serializer.loads(payload, limits)
    if type(fields) is not dict:
        raise Malformed("a message that is no hash")
    for key in fields:
        if key in _KNOWN and type(key) is not Symbol:
            raise Malformed(f"a message whose key {key} is a string, not a symbol")
    body = _bytes(fields.get("body"))
    if body is None:
        raise Malformed("a message without a body")
    return Envelope(fields, body)


def envelope_of(unverified: Unverified, kind: str) -> Envelope:
    """The envelope of a message of this kind. Raises Malformed for one of the other kind."""
    found = unverified.content
    if not isinstance(found, Envelope) or unverified.kind != kind:
        raise Malformed(f"a message that is no {kind} comes where a {kind} is expected")
    return found


def request_from_ruby(envelope: Envelope, body: Any, *, time: object, ttl: object, proof: bytes = b"") -> Request:
    """The request that an envelope and its body say, whoever wrote them. time, ttl: as the plugin found them. proof: the caller's
    signature, where it covers the time.

    Raises Malformed, naming the field; OtherAgent where body and envelope name different agents.
    """
    fields = envelope.fields
    agent = _named(fields, "agent", names.is_agent)
    action, inputs, wants_reply = _call_from_ruby(body, agent)
    if type(time) not in (int, float) or not 1 <= time < _MAX_TIME:  # type: ignore[operator]  # of a number now
        raise Malformed("the field msgtime is no time")
    if type(ttl) is not int or not 1 <= ttl < _MAX_TTL:
        raise Malformed("the field ttl is no whole number in its range")
    try:
        filter = filter_from_ruby(fields.get("filter"))
    except FilterError as error:
        raise Malformed(f"the field filter: {error}") from None
    return Request(
        id=_named(fields, "requestid", names.is_request_id),
        caller=_named(fields, "callerid", names.is_caller),
        sender=_named(fields, "senderid", names.is_identity),
        collective=_named(fields, "collective", names.is_collective),
        agent=agent,
        action=action,
        body=inputs,
        filter=filter,
        time=float(time),  # type: ignore[arg-type]  # as above
        ttl=ttl,
        wants_reply=wants_reply,
        proof=hashlib.sha256(proof).hexdigest() if proof else "",
    )


def reply_from_ruby(envelope: Envelope, body: Any) -> Reply:
    """The reply that an envelope and its body say, whoever wrote them. Its action is not on this wire. Raises Malformed."""
    fields = envelope.fields
    time = fields.get("msgtime")
    request_id, refusal = _named(fields, "requestid", names.is_request_id), None
    statuscode, statusmsg = 0, "OK"
    if type(body) is dict and "statuscode" in body:
        statuscode, statusmsg = body["statuscode"], _message(body.get("statusmsg"))
        if type(statuscode) is not int or not -_MAX_TTL < statuscode < _MAX_TTL:
            raise Malformed("the statuscode is no whole number")
        if "refused" in body and (refused := as_text(body["refused"])) and request_id == _id_beside(refused):
            request_id, word = refused, as_text(body.get("refusal"))
            refusal = word if names.is_agent(word) else None
        body = _plain_keys(body.get("data"))
    return Reply(
        request_id,
        "",
        _named(fields, "senderid", names.is_identity),
        _named(fields, "senderagent", names.is_agent),
        None,
        body,
        float(time) if type(time) in (int, float) else 0.0,  # type: ignore[arg-type]  # nobody acts on it
        statuscode,
        statusmsg,
        refusal,
    )


def _id_beside(request_id: str) -> str:
    """The request id under which a refusal of a plain message travels.

    To Ruby's clients whatever comes under a request's own id is an answer: each host that sends one to a discovery is found.
    """
    return hashlib.sha256(request_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _call_from_ruby(body: Any, agent: str) -> tuple[str | None, Any, bool]:
    """Action, inputs and whether a reply is wanted; action None for a plain message, "" for a call whose action is no name."""
    if type(body) is not dict or not ("action" in body or ("agent" in body and "data" in body)):
        return None, body, True
    if as_text(body.get("agent")) != agent:
        raise OtherAgent(f"a body for another agent than {agent}, to which it was sent")
    # No DDL knows the empty name: the caller is told so, as by a Ruby node, which finds no symbol in its DDL either.
    text = as_text(body.get("action"))
    action = text if text is not None and names.is_action(text) else ""
    data = body.get("data")
    if type(data) is not dict:
        return action, None, False  # nothing that could be called, and no answer from a Ruby node either
    inputs = _plain_keys(data)
    wanted = inputs.pop("process_results", True)
    return action, inputs, wanted is not None and wanted is not False  # to Ruby everything else is true, 0 too


def _plain_keys(data: Any) -> dict[str, Any]:
    """Inputs or outputs by plain words; a reply without any has none."""
    if data is None:
        return {}
    if type(data) is not dict:
        raise Malformed("the data are no hash")
    return {(str(key) if isinstance(key, str) else _odd_key(key)): value for key, value in data.items()}


def _odd_key(key: object) -> str:
    text = str(key) if type(key) in (int, float) else as_text(key)
    if text is None:
        raise Malformed("the data have a key that is no text")
    return text


def _message(value: object) -> str:
    """A statusmsg as text, whatever an agent gave for one."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value) if isinstance(value, (str, int, float)) else "(no text)"


def _named(fields: Mapping[str, Any], key: str, is_right: Callable[[object], bool]) -> str:
    text = as_text(fields.get(key))
    if text is None or not is_right(text):
        raise Malformed(f"the field {key} does not have its form")
    return text


def _bytes(value: object) -> bytes | None:
    if type(value) is bytes:
        return value
    return value.encode("utf-8", "surrogatepass") if type(value) is str else None


# --- writing ----------------------------------------------------------------------------------------------------------


def request_to_ruby(request: Request, body: bytes) -> dict[str, Any]:
    """The envelope of a request round its serialised body, without the plugin's own keys.

    Raises UsageError for a request that no node would take.
    """
    fields = _symbols(
        body=body,
        senderid=request.sender,
        requestid=request.id,
        filter=filter_to_ruby(request.filter),
        collective=request.collective,
        agent=request.agent,
        callerid=request.caller,
        ttl=request.ttl,
        msgtime=int(request.time),
    )
    try:
        request_from_ruby(Envelope(fields, body), None, time=fields["msgtime"], ttl=request.ttl)
    except Malformed as error:
        raise UsageError(f"a request that no node would take: {error}") from error
    return fields


def call_to_ruby(request: Request) -> Any:
    """The body of a request: the call of an action, or the plain message as it is. Raises UsageError for inputs without names."""
    if request.action is None:
        return request.body
    if not isinstance(request.body, Mapping) or not all(isinstance(key, str) for key in request.body):
        raise UsageError(f"the inputs of {request.agent} {request.action} are a mapping of names to values")
    data = {Symbol(key): value for key, value in request.body.items()}
    data[_PROCESS_RESULTS] = request.wants_reply and request.reply_to is not None
    return {_AGENT: request.agent, _ACTION: request.action, _CALLER: request.caller, _DATA: data}


def seal_reply(
    reply: Reply, request: Request, serializer: Serializer, close: Callable[[dict[str, Any], bytes], None]
) -> tuple[bytes, ...]:
    """The one payload of a reply. close: adds the plugin's own keys to an envelope round these body bytes.

    A plain message that was refused is answered beside its request id. Raises UnsendableValue, ReplyTooLarge.
    """
    request_id = request.id
    if request.action is None and (reply.statuscode != 0 or reply.refusal is not None):
        request_id = _id_beside(request.id)
        content: Any = {_STATUSCODE: reply.statuscode, _STATUSMSG: reply.statusmsg, _REFUSED: request.id, _REFUSAL: reply.refusal}
    elif request.action is None:
        content = reply.body
    else:
        code, message = reply.historic or (reply.statuscode, reply.statusmsg)
        data = {Symbol(key) if isinstance(key, str) else key: value for key, value in reply.data.items()}
        content = {_STATUSCODE: code, _STATUSMSG: message, _DATA: data}
    body = serializer.dumps(content, _ANY_SIZE)
    if len(body) > REPLY.size:
        raise ReplyTooLarge(len(body), REPLY.size)
    fields = _symbols(senderid=reply.sender, requestid=request_id, senderagent=reply.agent, msgtime=int(reply.time), body=body)
    close(fields, body)
    payload = serializer.dumps(fields, _ANY_SIZE)
    if len(payload) > REPLY.size:
        raise ReplyTooLarge(len(payload), REPLY.size)
    return (payload,)


def _symbols(**fields: Any) -> dict[str, Any]:
    return {Symbol(key): value for key, value in fields.items()}
