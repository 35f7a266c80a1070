"""Requests and replies <-> the plain values that are signed (mcpy/1 payloads).

Every key is required but a request's `obo` and a reply's `refusal`, and no other is allowed: what a reader does not know may change the
meaning. A request that travels encrypted says so inside (`want.enc`), and has `epk`.
"""

from collections.abc import Callable, Mapping
from sys import intern
from typing import Any

from .. import names
from ..errors import FilterError, Malformed
from ..filter import Filter
from ..message import Reply, Request

VERSION = 1
MAX_TARGETS = 1000  # names in one directed request; senders do well to stay at 200
_MAX_MILLISECONDS = 2**48  # the year 10889
_MAX_TTL = 2**31
# Signed replies from all, encrypted where the request is: whoever reads a payload knows which, so that nobody makes one of the other.
_WANT: dict[str, Any] = {"sign": True, "enc": "no", "all": True}
_WANT_SECRET = _WANT | {"enc": "must"}

_REQUEST_KEYS = frozenset(
    ("v", "id", "caller", "sender", "collective", "agent", "action", "data", "filter", "to", "iat", "ttl", "reply", "want")
)
_OBO = frozenset(("obo",))
_EPK = frozenset(("epk",))
_REPLY_KEYS = frozenset(("v", "rid", "rh", "node", "agent", "action", "iat", "seq", "last", "code", "msg", "data"))
_REFUSAL = frozenset(("refusal",))


def request_to_wire(request: Request) -> dict[str, Any]:
    """The payload of a request. `caller` is who signs it; `obo`, where there is one, on whose behalf."""
    fields = {
        "v": VERSION,
        "id": request.id,
        "caller": request.delegate or request.caller,
        "sender": request.sender,
        "collective": request.collective,
        "agent": request.agent,
        "action": request.action,
        "data": request.body,
        "filter": request.filter.to_wire(),
        "to": None if request.targets is None else list(request.targets),
        "iat": round(request.time * 1000),
        "ttl": request.ttl,
        "reply": request.reply_to,
        "want": _WANT_SECRET if request.is_secret else _WANT,
    }
    if request.is_secret:
        fields["epk"] = request.reply_key
    return fields | {"obo": request.caller} if request.delegate else fields


def request_from_wire(value: object, *, digest: str, is_secret: bool = False) -> Request:
    """The request that a payload says. Raises Malformed, naming the field; whether it is fresh is not judged here.

    is_secret: it came encrypted, as it must say itself, with the key that replies to it are encrypted with.
    """
    fields = _fields(value, _REQUEST_KEYS | _EPK if is_secret else _REQUEST_KEYS, _OBO)
    action, body, targets, reply_to, want = (fields[key] for key in ("action", "data", "to", "reply", "want"))
    _check("id", fields["id"], names.is_request_id)
    _check("caller", fields["caller"], names.is_caller)
    if is_delegated := "obo" in fields:
        _check("obo", fields["obo"], names.is_caller)
    _check("sender", fields["sender"], names.is_identity)
    _check("collective", fields["collective"], names.is_collective)
    _check("agent", fields["agent"], names.is_agent)
    if action is not None:
        _check("action", action, names.is_action)
        _check("data", body, _is_object)
    if reply_to is not None:
        _check("reply", reply_to, names.is_reply_destination)
    if targets is not None:
        _check("to", targets, _is_target_list)
    wanted = _WANT_SECRET if is_secret else _WANT
    if not (isinstance(want, dict) and want == wanted and want["sign"] is True and want["all"] is True):
        raise Malformed("the field want asks for what this version does not have")
    if is_secret:
        _check("epk", fields["epk"], _is_digest)  # 32 bytes in hex
        if targets is None:
            raise Malformed("an encrypted request that names nobody in the field to")
    try:
        filter = Filter.from_wire(fields["filter"])
    except FilterError as error:
        raise Malformed(f"the field filter: {error}") from None
    # What is remembered of a request for minutes has its id alone to itself: names come again.
    return Request(
        id=fields["id"],
        caller=intern(fields["obo" if is_delegated else "caller"]),
        sender=fields["sender"],
        collective=fields["collective"],
        agent=intern(fields["agent"]),
        action=None if action is None else intern(action),
        body=body,
        filter=filter,
        time=_whole(fields, "iat", 1, _MAX_MILLISECONDS) / 1000,
        ttl=_whole(fields, "ttl", 1, _MAX_TTL),
        reply_to=reply_to,
        targets=None if targets is None else tuple(targets),
        digest=digest,
        delegate=fields["caller"] if is_delegated else "",
        is_secret=is_secret,
        reply_key=fields["epk"] if is_secret else "",
    )


def reply_to_wire(reply: Reply, request: Request) -> dict[str, Any]:
    """The payload of a reply, bound to the request that it answers."""
    fields = {
        "v": VERSION,
        "rid": request.id,
        "rh": request.digest,
        "node": reply.sender,
        "agent": reply.agent,
        "action": reply.action,
        "iat": round(reply.time * 1000),
        "seq": reply.seq,
        "last": reply.last,
        "code": reply.statuscode,
        "msg": reply.statusmsg,
        "data": reply.body,
    }
    return fields if reply.refusal is None else fields | {"refusal": reply.refusal}


def reply_from_wire(value: object) -> Reply:
    """The reply that a payload says. Raises Malformed, naming the field."""
    fields = _fields(value, _REPLY_KEYS, _REFUSAL)
    action, last, refusal = fields["action"], fields["last"], fields.get("refusal")
    _check("rid", fields["rid"], names.is_request_id)
    _check("rh", fields["rh"], _is_digest)
    _check("node", fields["node"], names.is_identity)
    _check("agent", fields["agent"], names.is_agent)
    if action is not None:
        _check("action", action, names.is_action)
    _check("msg", fields["msg"], _is_text)
    if "refusal" in fields:
        _check("refusal", refusal, names.is_agent)  # a plain lower-case word
    seq = _whole(fields, "seq", 0, 100_000)
    if last is not True and last is not False:
        raise Malformed("the field last is not true or false")
    if seq or not last:
        _check("data", fields["data"], _is_text)
    return Reply(
        request_id=fields["rid"],
        request_digest=fields["rh"],
        sender=fields["node"],
        agent=fields["agent"],
        action=action,
        body=fields["data"],
        time=_whole(fields, "iat", 1, _MAX_MILLISECONDS) / 1000,
        statuscode=_whole(fields, "code", 0, 2**31),
        statusmsg=fields["msg"],
        refusal=refusal,
        seq=seq,
        last=last,
    )


def _fields(value: object, required: frozenset[str], optional: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Malformed("a payload that is no object")
    if value.keys() != required:
        if missing := required - value.keys():
            raise Malformed(f"a payload without the field {min(missing)}")
        if unknown := value.keys() - required - optional:
            raise Malformed(f"a payload with the unknown field {min(unknown)[:40]!r}")
    # The type too: true equals 1, and so does 1.0.
    if type(value["v"]) is not int or value["v"] != VERSION:
        raise Malformed("a payload of another version")
    return value


def _check(name: str, value: object, is_right: Callable[[object], bool]) -> None:
    if not is_right(value):
        raise Malformed(f"the field {name} does not have its form")


def _whole(fields: Mapping[str, Any], name: str, least: int, limit: int) -> int:
    value = fields[name]
    if type(value) is not int or not least <= value < limit:
        raise Malformed(f"the field {name} is no whole number in its range")
    return value


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and not set(value) - set("0123456789abcdef")


def _is_target_list(value: object) -> bool:
    """Nobody in particular is not everybody: an empty list is refused, `null` is a broadcast."""
    return (
        isinstance(value, list)
        and 1 <= len(value) <= MAX_TARGETS
        and all(names.is_identity(name) for name in value)
        and len(set(value)) == len(value)
    )
