"""What a plugin of Nagios prints: text, long text and performance data, and the numbers in these; pure.

By the guidelines for plugin development: `TEXT | PERFDATA`, then lines of long text, of which one may end in `| PERFDATA`, and all
lines after it are performance data.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

MAX_METRICS = 1000
# An item begins where a word does: tried at every character, a long word that is none would take the square of its length.
_ITEM = re.compile(r"(?<!\S)(?:'((?:[^']++|'')+)'|([^\s='][^\s=]*+))=(\S*)")
_VALUE = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)([^\s0-9;'\"+\-.,]{0,12})")


@dataclass(frozen=True, slots=True)
class PluginOutput:
    """text: the first line. long: further lines. perfdata: of all lines, a blank between."""

    text: str
    long: str
    perfdata: str


def parse_output(stdout: str) -> PluginOutput:
    """The three parts of what a plugin printed."""
    lines = stdout.rstrip("\n").split("\n")
    text, _, first = lines[0].partition("|")
    long: list[str] = []
    data = [first]
    is_data = False
    for line in lines[1:]:
        if is_data:
            data.append(line)
            continue
        said, bar, rest = line.partition("|")
        long.append(said.rstrip() if bar else line)
        if bar:
            data.append(rest)
            is_data = True
    return PluginOutput(text.rstrip(), "\n".join(long), " ".join(part.strip() for part in data if part.strip()))


def parse_perfdata(perfdata: str) -> list[dict[str, Any]]:
    """The metrics, at most 1000: label, value, uom, warn, crit, min, max; what is no metric is left out.

    value, min, max: numbers, None where there is none (`U`). warn, crit: as parse_range has them.
    """
    found: list[dict[str, Any]] = []
    for item in _ITEM.finditer(perfdata):
        quoted, plain, rest = item.groups()
        value, *limits = [*rest.split(";"), "", "", "", ""][:5]
        number = _VALUE.fullmatch(value)
        if number is None and not value.startswith("U"):
            continue
        warn, crit, low, high = limits
        found.append(
            {
                "label": quoted.replace("''", "'") if quoted is not None else plain,
                "value": None if number is None else _number(number[1]),
                "uom": "" if number is None else number[2],
                "warn": parse_range(warn),
                "crit": parse_range(crit),
                "min": _number(low),
                "max": _number(high),
            }
        )
        if len(found) == MAX_METRICS:
            break
    return found


def parse_range(text: str) -> dict[str, Any] | None:
    """A threshold `[@][low:][high]`: low and high, None where open; inside: it alerts within and not without. None for no range."""
    inside = text.startswith("@")
    low, colon, high = text.removeprefix("@").rpartition(":")
    if not text or (colon and not low and not high):
        return None
    bottom, top = (None if low == "~" else _number(low) if low else 0.0), _number(high)
    if (bottom is None and low != "~") or (top is None and high):
        return None
    return {"low": bottom, "high": top, "inside": inside}


def _number(text: str) -> float | None:
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    value = float(found[1])
    return value if math.isfinite(value) else None
