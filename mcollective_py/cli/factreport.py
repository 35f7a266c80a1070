"""The values of one fact over a fleet -> lines of text or a document; pure. Values are what hosts say: they are shown inert."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..client.results import RPCResult
from ..matching.nodeset import fold, natural
from ..wire.plainjson import plain_json
from .inert import inert

_WIDEST = 60  # characters of a value in a table


class Value(NamedTuple):
    """One value, as JSON so that 1 and "1" stay apart, with the hosts that have it."""

    text: str
    hosts: tuple[str, ...]

    @property
    def is_absent(self) -> bool:
        """True for hosts that have no such fact."""
        return self.text == "null"

    @property
    def shown(self) -> str:
        """As the report has it: a text as it is, anything nested as JSON."""
        value = json.loads(self.text)
        return inert(value if isinstance(value, str) else "(no such fact)" if value is None else self.text)


def counted(results: Iterable[RPCResult], *, rarest_first: bool = False) -> list[Value]:
    """Each value with its hosts: the most frequent first (or the rarest), those of one frequency by value, 9 before 10."""
    hosts: dict[str, list[str]] = defaultdict(list)
    for result in results:
        if result.is_ok:
            data: Mapping[str, Any] = result.data if isinstance(result.data, Mapping) else {}
            text = json.dumps(plain_json(data.get("value")), sort_keys=True, ensure_ascii=False)
            hosts[text].append(result.sender)
    values = [Value(text, tuple(sorted(hosts[text]))) for text in sorted(hosts, key=_as_people_count)]
    return sorted(values, key=lambda value: len(value.hosts) if rarest_first else -len(value.hosts))


def report_lines(values: Sequence[Value], *, nodes: str = "") -> list[str]:
    """The historic report. nodes: `folded` has a node set below each value, `each` a line for each host."""
    width = max(40, *(min(len(value.shown), _WIDEST) for value in values)) if values else 40
    lines: list[str] = []
    for value in values:
        lines.append(f"        {value.shown:<{width}} found {len(value.hosts)} times")
        if nodes == "folded":
            lines.append(f"            {inert(fold(value.hosts))}")
        elif nodes:
            lines += [*(f"            {inert(host)}" for host in value.hosts), ""]
    return lines


def table_lines(values: Sequence[Value], *, nodes: str = "") -> list[str]:
    """A table: value, number of hosts, their share of all that answered, and with nodes who they are."""
    total = sum(len(value.hosts) for value in values)
    texts = [_cut(value.shown) for value in values]
    width = max(5, *(len(text) for text in texts)) if texts else 5
    lines = [f"{'Value':<{width}}  {'Hosts':>6}  {'Share':>6}{'  Which' if nodes else ''}"]
    lines.append(f"{'-' * width}  {'-' * 6}  {'-' * 6}{'  -----' if nodes else ''}")
    for value, text in zip(values, texts, strict=True):
        share = f"{100 * len(value.hosts) / total:.1f}%"
        which = f"  {inert(fold(value.hosts))}" if nodes else ""
        lines.append(f"{text:<{width}}  {len(value.hosts):>6}  {share:>6}{which}")
    return lines


def values_document(values: Iterable[Value]) -> list[dict[str, Any]]:
    """As they stand in the document of --json."""
    return [{"value": json.loads(value.text), "count": len(value.hosts), "hosts": list(value.hosts)} for value in values]


def _as_people_count(text: str) -> tuple[object, str]:
    """What sorts values. Of a long one only the beginning counts: a host may send a number of any length."""
    return natural(text[:200]), text


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
