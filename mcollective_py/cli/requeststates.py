"""What hosts say became of a request, in lines: the worst first, and hosts of which there is no more to say in one line. Pure."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from .inert import inert
from .render import name_columns

NOT_SEEN = "not seen"
OK = "ok"
_ORDER = ("unknown outcome", "failed", "running", "refused", "forgotten", NOT_SEEN, OK)
_MEANS = {
    "unknown outcome": "it had begun, and the daemon or its host died before it could say how it ended: look before you send it again",
    "forgotten": "it came, and how it ended is remembered no more",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What one host says of one request. said: the outputs of `rpcutil request_status`. caller: whose it was, where that was asked."""

    host: str
    said: Mapping[str, Any]
    caller: str = ""

    @property
    def state(self) -> str:
        """One of those above; a host may say anything."""
        return _text(self.said.get("state")) or "?"

    def to_dict(self) -> dict[str, Any]:
        """As it stands in a JSON document, without what is not known."""
        known = {name: value for name, value in self.said.items() if value is not None}
        return {"host": self.host, **({"caller": self.caller} if self.caller else {}), **known}


def told_by(host: str, data: Mapping[str, Any], *, of_any_caller: bool) -> list[Told]:
    """The outputs of request_status, or of find_request: there whoever sent a request with the id has a row."""
    if not of_any_caller:
        return [Told(host, data)]
    requests = data.get("requests")
    rows = [row for row in requests if isinstance(row, Mapping)] if isinstance(requests, Sequence) else []
    since = {"since": data.get("since")}
    return [Told(host, {**row, **since}, _text(row.get("caller"))) for row in rows] or [Told(host, {"state": NOT_SEEN, **since})]


def lines(found: Iterable[Told], started: float | None, width: int = 80) -> list[str]:
    """A block for each state. started: when the request was sent, where that is known; seconds since the epoch."""
    by_state: dict[str, list[Told]] = {}
    for each in sorted(found, key=lambda told: (told.host, told.caller)):
        by_state.setdefault(each.state, []).append(each)
    shown: list[str] = []
    for state in sorted(by_state, key=lambda state: _ORDER.index(state) if state in _ORDER else -1):
        told = by_state[state]
        shown.append(f"{inert(state)} on {len(told)} {'host' if len(told) == 1 else 'hosts'}" + _colon(_MEANS.get(state, "")))
        detailed = [(each, detail) for each in told if (detail := _detail(each, started))]
        shown += [f"   {inert(each.host)}: {detail}" for each, detail in detailed]
        brief = {each.host for each in told} - {each.host for each, _ in detailed}
        shown += name_columns(sorted(brief), width)
    return shown


def exitcode(found: Sequence[Told]) -> int:
    """0 where each host that has seen it says ok, and one does; else 2."""
    states = {each.state for each in found} - {NOT_SEEN}
    return 0 if states == {OK} else 2


def _detail(told: Told, started: float | None) -> str:
    said, state = told.said, told.state
    parts = [f"sent by {inert(told.caller)}"] if told.caller else []
    if state == NOT_SEEN:
        since = said.get("since")
        if started is not None and _is_number(since) and since > started:
            parts.append(f"but it knows of nothing before {_moment(since)}")
        return ", ".join(parts)
    if state == "failed" and _is_number(said.get("code")):
        parts.append(f"status code {said['code']}")
    if state == "refused":
        parts.append(f"at the stage {inert(_text(said.get('stage')))}")
    if state != OK and _is_number(said.get("begun")):
        parts.append(f"begun {_moment(said['begun'])}")
    if state == "running" and _is_number(said.get("pid")):
        parts.append(f"process {said['pid']}")
    words = ", ".join(parts)
    reason = inert(_text(said.get("reason")))
    return f"{words}: {reason}" if words and reason else words or reason


def _colon(text: str) -> str:
    return f": {text}" if text else ""


def _text(value: object) -> str:
    return value[:500] if isinstance(value, str) else ""


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e11


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
