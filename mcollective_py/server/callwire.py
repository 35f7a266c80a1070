"""Calls and outcomes as bytes, and the frames that carry them between the daemon, the fork server and its children."""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Malformed
from ..filter import Filter
from ..message import Request
from ..node.view import DataSource, NodeView
from ..wire.strictjson import JSONLimits, dumps, loads
from .call import Call, Outcome
from .callvalues import MAX_DEPTH, from_json, to_json
from .childdata import ChildData, agent_data

# kind, number of the call, seconds (a call's timeout, an outcome's duration), bytes that follow
_HEAD = struct.Struct("!cIdI")
_MAX_FRAME = 64 << 20  # facts are the largest thing sent; the largest real ones seen have 2 MB

# Larger and deeper than what the wire allows, since a request's or reply's body stands inside, marked.
_CALL = JSONLimits(size=8 << 20, depth=MAX_DEPTH, string=4 << 20)
_OUTCOME = JSONLimits(size=16 << 20, depth=MAX_DEPTH, string=16 << 20)
MAX_OUTCOME = _OUTCOME.size

VIEW, CALL = b"v", b"c"  # to the fork server, or to a reader
# To the fork server: READER, with a descriptor, has it fork a reader (reader.py) that has the descriptor for its socket; END ends one.
READER, END = b"R", b"x"
# From it: BEGUN holds the pid, FAILED what became of the call, as the end of a sentence, LINE a line of output, or of its own where the
# number is 0.
READY, BEGUN, OUTCOME, FAILED, ENDED, LINE = b"r", b"b", b"o", b"f", b"e", b"l"
# WARMING, WARM: before and after it loads the code of the agent in this folder. STALE: it holds code that is not what is on disk.
WARMING, WARM, STALE = b"w", b"W", b"s"


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of the pair; number: the call it is about, 0 for none."""

    kind: bytes
    number: int = 0
    seconds: float = 0.0
    payload: bytes = b""

    def to_bytes(self) -> bytes:
        """Head and payload."""
        return _HEAD.pack(self.kind, self.number, self.seconds, len(self.payload)) + self.payload


class Frames:
    """Puts received bytes together to frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now. Raises Malformed for one larger than any we send."""
        self._buffer += data
        while len(self._buffer) >= _HEAD.size:
            kind, number, seconds, length = _HEAD.unpack_from(self._buffer)
            if length > _MAX_FRAME:
                raise Malformed(f"a frame of {length} bytes")
            end = _HEAD.size + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEAD.size : end])
            del self._buffer[:end]
            yield Frame(kind, number, seconds, payload)


def encode_view(view: NodeView) -> bytes:
    """A view, with what childdata.py makes its data function of. Facts are our own: a date among them becomes text and no error."""
    content = {
        "identity": view.identity,
        "collectives": view.collectives,
        "main_collective": view.main_collective,
        "agents": sorted(view.agents),
        "classes": None if view.classes is None else sorted(view.classes),
        "facts": view.facts,
        "data_plugins": view.data_plugins,
        "data_sources": [_source(source) for source in view.data_sources],
        "agent_data": agent_data(view),
        "brokers": view.brokers,
    }
    return json.dumps(content, default=_plain, skipkeys=True).encode()


def decode_view(payload: bytes) -> NodeView:
    """What encode_view made."""
    content: dict[str, Any] = json.loads(payload)
    classes = content["classes"]
    sources = tuple(
        DataSource(name, Path(folder), config, tuple(map(Path, libdirs))) for name, folder, config, libdirs in content["data_sources"]
    )
    data = ChildData(sources, content["agent_data"])
    data.view = NodeView(
        identity=content["identity"],
        collectives=tuple(content["collectives"]),
        main_collective=content["main_collective"],
        agents=frozenset(content["agents"]),
        classes=None if classes is None else frozenset(classes),
        facts=content["facts"],
        data_plugins=tuple(content["data_plugins"]),
        data=data,
        data_sources=sources,
        brokers=tuple(content["brokers"]),
    )
    return data.view


def _source(source: DataSource) -> list[Any]:
    return [source.name, str(source.folder), dict(source.config), [str(libdir) for libdir in source.libdirs]]


def encode_call(call: Call) -> bytes:
    """A call without its view. Raises UnsendableValue where its inputs are no plain values."""
    request = call.request
    content = {
        "request": {
            "id": request.id,
            "caller": request.caller,
            "sender": request.sender,
            "collective": request.collective,
            "agent": request.agent,
            "action": request.action,
            "body": to_json(request.body),
            "filter": request.filter.to_wire(),
            "time": request.time,
            "ttl": request.ttl,
            "reply_to": request.reply_to,
            "targets": request.targets,
            "digest": request.digest,
            "wants_reply": request.wants_reply,
        },
        "folder": str(call.folder),
        "timeout": call.timeout,
        "only_reads": call.only_reads,
        "config": dict(call.config),
        "defaults": None if call.defaults is None else to_json(dict(call.defaults)),
    }
    return dumps(content, _CALL).encode()


def decode_call(payload: bytes, view: NodeView) -> Call:
    """What encode_call made, with the view it goes with."""
    content: dict[str, Any] = loads(payload, _CALL)
    fields = content.pop("request")
    targets, body = fields.pop("targets"), from_json(fields.pop("body"))
    filter, defaults = Filter.from_wire(fields.pop("filter")), content.pop("defaults")
    request = Request(filter=filter, targets=None if targets is None else tuple(targets), body=body, **fields)
    return Call(
        request=request,
        view=view,
        folder=Path(content.pop("folder")),
        defaults=None if defaults is None else from_json(defaults),
        **content,
    )


def encode_outcome(outcome: Outcome) -> bytes:
    """An outcome. Raises UnsendableValue naming the place of what cannot be sent."""
    content = {
        "statuscode": outcome.statuscode,
        "statusmsg": outcome.statusmsg,
        "body": to_json(outcome.body),
        "refusal": outcome.refusal,
        "historic": outcome.historic,
    }
    return dumps(content, _OUTCOME).encode()


def decode_outcome(payload: bytes, seconds: float) -> Outcome:
    """What a child sent, which is not trusted to be an outcome. Raises Malformed."""
    content = loads(payload, _OUTCOME)
    if not isinstance(content, dict) or set(content) != {"statuscode", "statusmsg", "body", "refusal", "historic"}:
        raise Malformed("a child's result has other keys than an outcome")
    status = content["statuscode"], content["statusmsg"]
    refusal, historic = content["refusal"], content["historic"]
    is_status = _is_status(status) and (historic is None or (isinstance(historic, list) and _is_status(tuple(historic))))
    if not is_status or not (refusal is None or isinstance(refusal, str)):
        raise Malformed("a child's result has values of other types than an outcome")
    return Outcome(*status, from_json(content["body"]), refusal, seconds, None if historic is None else (historic[0], historic[1]))


def _is_status(pair: tuple[Any, ...]) -> bool:
    return len(pair) == 2 and type(pair[0]) is int and isinstance(pair[1], str)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):  # a read-only view of facts, which json does not know
        return dict(value)
    return sorted(value) if isinstance(value, (set, frozenset)) else str(value)
