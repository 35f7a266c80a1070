"""Results and statistics -> lines of text or one JSON document; pure. Whatever a host sent is shown inert."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.results import RPCResult, RPCStats
from ..ddl.model import DDL
from ..wire.plainjson import plain_json
from .endings import ending, in_brackets
from .inert import inert, inert_lines

RED, GREEN, _YELLOW, _BOLD, _PLAIN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[0m"
_STATUS = {
    1: (RED, "Request Aborted"),
    2: (_YELLOW, "Unknown Action"),
    3: (_YELLOW, "Missing Request Data"),
    4: (_YELLOW, "Invalid Request Data"),
    5: (RED, "Unknown Request Status"),
}
_REFUSED = {
    "denied": "Denied",
    "busy": "Busy",
    "clockskew": "Clock Skew",
    "ttlexpired": "Request Expired",
    "unknownagent": "Unknown Agent",
    "inclear": "Not Encrypted",
}
_MAX_OUTPUTS = 1000  # of one host as text; JSON has them all
_MOST_LATE = 10  # names in one line


@dataclass(frozen=True, slots=True)
class Style:
    """How to draw. width: columns of the terminal. verbose: times and all data. is_terminal: somebody looks at it.

    fold_above: equal results of more hosts than this are shown once; None for never.
    """

    color: bool = False
    verbose: bool = False
    width: int = 80
    is_terminal: bool = False
    fold_above: int | None = None

    def paint(self, code: str, text: str) -> str:
        """text in a colour, where colours are wanted; an empty code is none."""
        return f"{code}{text}{_PLAIN}" if self.color and code else text

    def bold(self, text: str) -> str:
        """text as a heading, where colours are wanted."""
        return self.paint(_BOLD, text)


# --- one result -------------------------------------------------------------------------------------------------------


def wants_display(mode: str, result: RPCResult) -> bool:
    """Whether a result is shown under a display mode: ok, failed, always (all), none, flatten."""
    if mode == "none":
        return False
    if mode in ("always", "all", "flatten"):
        return True
    return result.is_ok if mode == "ok" else not result.is_ok


def result_lines(result: RPCResult, ddl: DDL | None, style: Style) -> list[str]:
    """One host's answer in the historic layout: name and status, the message, then the outputs by label; verbose: as it came."""
    if style.verbose:
        return raw_lines(result, style)
    return [head_line(inert(result.sender), result, style), *body_lines(result, ddl, style)]


def head_line(name: str, result: RPCResult, style: Style) -> str:
    """Who it is, and beside it what went wrong."""
    code, word = status_word(result)
    return f"{name:<40} {style.paint(code, word)}" if word else name


def body_lines(result: RPCResult, ddl: DDL | None, style: Style) -> list[str]:
    """What stands below: the message unless it is OK, the outputs of what succeeded, an empty line."""
    data = data_lines(result.data, labels(ddl, result.action)) if result.is_ok and result.data else []
    return [*message_lines(result, style), *data, ""]


def message_lines(result: RPCResult, style: Style) -> list[str]:
    """The message, unless it is OK."""
    if result.statusmsg in ("", "OK"):
        return []
    return [style.paint("" if result.is_ok else _YELLOW, f"   {line}") for line in inert_lines(result.statusmsg)]


def raw_lines(result: RPCResult, style: Style) -> list[str]:
    """One host's answer as it came: the message, then the outputs by their own names as JSON, also of an action that gave up."""
    code, word = status_word(result)
    said = result.statusmsg if not word else f"{result.statusmsg} ({word})" if result.statusmsg else word
    first, *more = inert_lines(said)
    lines = [f"{inert(result.sender):<40}: {style.paint(code, first)}", *(f"    {line}" for line in more)]
    if result.statuscode in (0, 1) and result.data:
        names, left_out = first_names(result.data)
        lines += [f"    {line}" for line in value_lines({name: result.data[name] for name in names})]
        lines += [f"    {left_out}"] if left_out else []
    return [*lines, ""]


def status_word(result: RPCResult) -> tuple[str, str]:
    """What went wrong, in words, and their colour; both empty for what succeeded."""
    if result.is_ok:
        return "", ""
    code, word = _STATUS.get(result.statuscode, _STATUS[5])
    return code, _REFUSED.get(result.refusal, f"Refused ({inert(result.refusal)})") if result.refusal else word


def labels(ddl: DDL | None, action: str | None) -> Mapping[str, str]:
    """The names of an action's outputs, and what to call them."""
    found = ddl.actions.get(action or "") if ddl else None
    return {name: output.display_as for name, output in found.outputs.items()} if found else {}


def data_lines(data: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> list[str]:
    """Outputs sorted by name, labels to the right of one column; texts of several lines and nested values indented below."""
    names, left_out = first_names(data)
    shown = {name: inert(str((labels or {}).get(name, name))) for name in names}
    column = min(max((len(label) for label in shown.values()), default=0), 40) + 3
    lines = []
    for name, label in shown.items():
        value = value_lines(data[name])
        lead = f"{label:>{column}}:"
        if len(value) == 1:
            lines.append(f"{lead} {value[0]}".rstrip())
        else:
            lines += [lead, *(f"{'':{column + 2}}{line}".rstrip() for line in value)]
    return [*lines, f"   {left_out}"] if left_out else lines


def first_names(names: Iterable[Any]) -> tuple[list[Any], str]:
    """Names in order, as many as one host may have printed; and a word on those left out, empty where there are none."""
    ordered = sorted(names, key=str)
    more = len(ordered) - _MAX_OUTPUTS
    return ordered[:_MAX_OUTPUTS], f"... and {more} more: --json has them all" if more > 0 else ""


def value_lines(value: object) -> list[str]:
    """One value as lines of text; of bytes that are no UTF-8 each such byte as `\\xff`."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return inert_lines(value.rstrip("\n"))
    if value is None:
        return [""]
    if isinstance(value, bool | int | float):
        return [str(value).lower() if isinstance(value, bool) else str(value)]
    if isinstance(value, list) and not value:
        return ["[]"]
    if isinstance(value, list) and all(isinstance(item, str | int | float | bool) for item in value):
        return [inert(f"[{', '.join(_short(item) for item in value)}]")]
    return inert_lines(json.dumps(plain_json(value), indent=2, sort_keys=True, ensure_ascii=False))


def _short(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(plain_json(item))


# --- all results ------------------------------------------------------------------------------------------------------


def summary_line(stats: RPCStats, style: Style) -> str:
    """`Finished processing 24 / 25 hosts in 413.20 ms`, red where hosts are missing; and how many failed, where some did."""
    answered, asked = stats.responses, len(stats.discovered)
    complete = answered >= asked > 0 and not stats.failed and not stats.unverified
    if asked:
        count = f"{answered} / {asked}"
        count = style.paint(GREEN if complete else RED if answered < asked else _YELLOW, count)
        denied = f" ({stats.denied} denied)" if stats.denied else ""
        failed = f": {stats.ok} ok, {stats.failed} failed{denied}" if stats.failed else ""
        return f"Finished processing {count} hosts in {stats.agent_time * 1000:.2f} ms{failed}"
    return style.paint(RED, "No hosts discovered: no request was sent")


def name_columns(names: Iterable[str], width: int = 80, field: int = 30) -> list[str]:
    """Names sorted in columns of at least field characters."""
    shown = [inert(name) for name in sorted(names)]
    field = max([field, *(len(name) for name in shown)])
    per_line = max((width - 3) // (field + 1), 1)
    rows = -(-len(shown) // per_line)
    return [("   " + " ".join(f"{name:<{field}}" for name in shown[row::rows])).rstrip() for row in range(rows)]


def remark_lines(stats: RPCStats, style: Style) -> list[str]:
    """Who is missing or should not be there, by name; what was refused or dropped. Empty when all is well."""
    lines: list[str] = []
    if stats.late:
        many = "host" if len(stats.late) == 1 else "hosts"
        more = "" if len(stats.late) <= _MOST_LATE else f" and {len(stats.late) - _MOST_LATE} more"
        lines += [
            "",
            inert(f"{len(stats.late)} {many} answered after the time of their batch: {', '.join(stats.late[:_MOST_LATE])}{more}"),
        ]
    if stats.stopped:
        lines += ["", style.paint(RED, inert(f"The roll-out {stats.stopped}"))]
    for caption, names in (
        ("Not sent to, for --publish_timeout was over", stats.not_sent),
        ("No response from", stats.no_response),
        ("Not asked", stats.not_asked),
        ("Unexpected response from", stats.unexpected),
        ("Known from before and silent now", stats.silent_known),
    ):
        if names:
            lines += ["", style.paint(_YELLOW, f"{caption}:"), "", *name_columns(names, style.width)]
    if stats.refusals:
        lines += ["", style.paint(RED, "Refused to be discovered:"), ""]
        for refusal in sorted(stats.refusals, key=lambda one: one.sender):
            lines.append(f"   {inert(refusal.sender)}: {inert(refusal.statusmsg)} ({inert(refusal.refusal)})")
    if stats.unverified:
        many = "reply" if stats.unverified == 1 else "replies"
        why = "unreadable, or not signed by whom it should be"
        lines += ["", style.paint(RED, f"{stats.unverified} {many} dropped as unverified: {why}")]
    if stats.duplicates:
        lines += ["", style.paint(_YELLOW, f"{stats.duplicates} duplicate replies ignored")]
    return lines


def stats_lines(stats: RPCStats, start_time: str, style: Style) -> list[str]:
    """The block of -v. start_time: as it is to be shown."""
    discovery = ending(stats.discovery_ended, stats.discovery_age) if stats.did_discovery else "named"
    rows = (
        ("Nodes", f"{len(stats.discovered)} / {stats.responses}"),
        ("Pass / Fail", f"{stats.ok} / {stats.failed}"),
        ("Request", stats.request_id),
        ("Start Time", start_time),
        ("Discovery Time", f"{stats.discovery_time * 1000:.2f}ms{in_brackets(discovery)}"),
        ("Agent Time", f"{stats.agent_time * 1000:.2f}ms"),
        ("Total Time", f"{stats.total_time * 1000:.2f}ms"),
    )
    return ["", style.paint(_YELLOW, "---- rpc stats ----"), *(f"{label:>18}: {value}" for label, value in rows)]


def result_document(result: RPCResult) -> dict[str, Any]:
    """One result as it stands in a JSON document."""
    return {
        "sender": result.sender,
        "agent": result.agent,
        "action": result.action,
        "statuscode": result.statuscode,
        "statusmsg": result.statusmsg,
        "refusal": result.refusal,
        "data": dict(result.data),
        "time_ms": round(result.latency * 1000, 3),
    }


def json_text(document: Mapping[str, Any] | Sequence[Any], *, indent: bool) -> str:
    """One JSON document; every control character and everything beyond ASCII is escaped, so that it is inert on a terminal.

    What JSON has not is written as wire/plainjson.py says.
    """
    return json.dumps(plain_json(document), indent=2 if indent else None, ensure_ascii=True, allow_nan=False)
