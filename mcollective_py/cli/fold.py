"""Equal results shown once, with the node set of their hosts; of those that differ from the majority only what differs. Pure."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from ..client.results import RPCResult
from ..ddl.model import DDL
from ..matching.nodeset import fold, natural
from ..wire.plainjson import plain_json
from .inert import inert
from .render import GREEN, RED, Style, body_lines, first_names, head_line, labels, message_lines, value_lines

_MAX_COMPARED = 200  # lines of one value; comparing takes the square of it
_MAX_WORK = 20_000  # lines compared in one report; beyond it results are shown whole
_CONTEXT = 1  # lines around a difference


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts whose answers are the same. names: in the order people count. result: the answer of the first, as it is to be shown."""

    names: tuple[str, ...]
    result: RPCResult


def grouped(results: Iterable[RPCResult]) -> list[Group]:
    """Results by what they say: failures first, then the largest group, then by name."""
    found: dict[tuple[Any, ...], list[RPCResult]] = {}
    for result in results:
        found.setdefault(_said(result), []).append(result)
    groups = []
    for same in found.values():
        names = tuple(sorted((one.sender for one in same), key=natural))
        shown = same[0] if len({one.statusmsg for one in same}) == 1 else replace(same[0], statusmsg=_message(same[0]))
        groups.append(Group(names, shown))
    return sorted(groups, key=lambda group: (group.result.is_ok, -len(group.names), natural(group.names[0])))


def majority(groups: Sequence[Group]) -> Group | None:
    """The answer that more than half of those that succeeded have given; None where there is none."""
    good = [group for group in groups if group.result.is_ok]
    largest = max(good, key=lambda group: len(group.names), default=None)
    if largest is None or 2 * len(largest.names) <= sum(len(group.names) for group in good):
        return None
    return largest


def folded_lines(results: Iterable[RPCResult], ddl: DDL | None, style: Style) -> list[str]:
    """The report of all results."""
    groups = grouped(results)
    most = majority(groups)
    lines: list[str] = []
    work = _MAX_WORK
    for group in groups:
        differing = None
        if most is not None and group is not most and group.result.is_ok:
            differing = differences(group.result, most.result, ddl, style, work)
        lines += head_lines(group, style, "" if differing is None else "differs from the majority:")
        if differing is None:
            lines += body_lines(group.result, ddl, style)
        else:
            work -= differing[1]
            lines += [*differing[0], ""]
    return lines


def head_lines(group: Group, style: Style, word: str) -> list[str]:
    """The node set and how many hosts it has, in as many lines as it needs; what went wrong, or else the word, beside its end."""
    count = len(group.names)
    *before, last = _wrapped(fold(group.names) + (f" ({count})" if count > 1 else ""), style.width)
    return [*before, head_line(last, group.result, style) if not word else f"{last:<40} {word}"]


def differences(result: RPCResult, base: RPCResult, ddl: DDL | None, style: Style, work: int) -> tuple[list[str], int] | None:
    """What a result has and base has not, as lines marked + and -, and how many lines were compared; None where it takes too much.

    work: lines that may still be compared.
    """
    names, left_out = first_names({**base.data, **result.data})
    words = labels(ddl, result.action)
    changed: list[tuple[str, list[str] | None, list[str] | None]] = []
    compared = 0
    for name in names:
        old, new = (_lines_of(one, name) for one in (base, result))
        if old != new or _said_of(base, name) != _said_of(result, name):
            changed.append((inert(str(words.get(name, name))), old, new))
            compared += len(old or ()) + len(new or ())
            if max(len(old or ()), len(new or ())) > _MAX_COMPARED or compared > work:
                return None
    lines = message_lines(result, style) if _message(result) != _message(base) else []
    column = min(max((len(label) for label, _, _ in changed), default=0), 40) + 3
    for label, old, new in changed:
        lead = f"{label:>{column}}:"
        if len(old or [""]) == 1 == len(new or [""]):
            lines += [_marked("-", f"{lead} {old[0]}", style)] if old is not None else []
            lines += [_marked("+", f"{lead} {new[0]}", style)] if new is not None else []
        else:
            lines += [lead, *_changed_lines(old or [], new or [], " " * (column + 2), style)]
    return [*lines, *([f"   {left_out}"] if left_out else [])], compared


def _changed_lines(old: Sequence[str], new: Sequence[str], margin: str, style: Style) -> list[str]:
    """Two values line by line: what went, what came, a line around it, `...` for what is left out."""
    lines: list[str] = []
    end = 0
    for chunk in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        if chunk[0][1] > end:
            lines.append(f"{margin}...")
        for kind, old_from, old_to, new_from, new_to in chunk:
            if kind == "equal":
                lines += [f"{margin}{line}".rstrip() for line in old[old_from:old_to]]
            else:
                lines += [_marked("-", f"{margin}{line}", style) for line in old[old_from:old_to]]
                lines += [_marked("+", f"{margin}{line}", style) for line in new[new_from:new_to]]
        end = chunk[-1][2]
    return [*lines, f"{margin}..."] if end < len(old) else lines


def _marked(sign: str, line: str, style: Style) -> str:
    """A line with a sign in its margin, which is three blanks."""
    return style.paint(RED if sign == "-" else GREEN, f" {sign} {line[3:]}".rstrip())


def _lines_of(result: RPCResult, name: object) -> list[str] | None:
    return value_lines(result.data[name]) if name in result.data else None  # type: ignore[index]  # Ruby's wire has keys of any kind


def _said_of(result: RPCResult, name: object) -> str:
    return json.dumps(plain_json(result.data.get(name)), sort_keys=True)  # type: ignore[call-overload]  # as above


def _said(result: RPCResult) -> tuple[Any, ...]:
    """All that makes two results the same: 1 and "1" are two."""
    return result.statuscode, _message(result), result.refusal, json.dumps(plain_json(result.data), sort_keys=True)


def _message(result: RPCResult) -> str:
    """The message, `<host>` in place of the host's own name: a denial names the host, and is the same on all of them."""
    if result.sender not in result.statusmsg:
        return result.statusmsg
    return re.sub(rf"(?<![\w.-]){re.escape(result.sender)}(?![\w-]|\.\w)", "<host>", result.statusmsg)


def _wrapped(text: str, width: int) -> list[str]:
    """A node set in lines of the terminal's width, broken behind commas that stand in no bracket."""
    lines, line, depth, word = [], "", 0, ""
    for char in inert(text):
        depth += (char == "[") - (char == "]")
        word += char
        if char == "," and not depth:
            if line and len(line) + len(word) > width:
                lines.append(line)
                line = ""
            line, word = line + word, ""
    if line and len(line) + len(word) > width:
        lines.append(line)
        line = ""
    return [*lines, line + word]
