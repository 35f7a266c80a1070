"""`--format csv`: RFC 4180, a row for each host, a column for each output by its name."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...client.results import RPCResult
from ...ddl.model import DDL
from ...wire.plainjson import plain_json
from ..inert import inert
from ..render import Style
from .base import Ending
from .columns import output_names

_FIRST = ("sender", "statuscode", "statusmsg", "refusal", "time_ms")
# A spreadsheet takes what begins so for a formula, which may run programs; the wide signs of an East Asian keyboard are the same.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20].*", re.DOTALL)
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


class CSVRows:
    """A head line and the rows; made when all is in, because hosts may send outputs that the DDL does not name."""

    def __init__(self, ddl: DDL | None, style: Style) -> None:
        self._ddl = ddl
        self._rows: list[tuple[bool, str, list[str], dict[str, str]]] = []  # as text, which takes a fraction of the values' memory

    def result(self, result: RPCResult) -> str:
        """See Output."""
        first = (result.sender, result.statuscode, result.statusmsg, result.refusal, round(result.latency * 1000, 3))
        cells = {name: cell(value) for name, value in result.data.items()}
        self._rows.append((result.is_ok, result.sender, [cell(value) for value in first], cells))
        return ""

    def end(self, ending: Ending) -> str:
        """See Output."""
        written: list[str] = []
        rows = csv.writer(_Written(written.append), lineterminator="\r\n")
        names = output_names((cells for *_, cells in self._rows), self._ddl, ending.stats.action)
        rows.writerow([*_FIRST, *(cell(str(name)) for name in names)])
        self._rows.sort(key=lambda row: row[:2])  # failures first
        self._rows.reverse()  # and taken from the end
        while self._rows:
            _, _, first, cells = self._rows.pop()
            rows.writerow([*first, *(cells.get(name, "") for name in names)])
        return "".join(written)


@dataclass(frozen=True, slots=True)
class _Written:
    """What csv wants of a file."""

    write: Callable[[str], None]


def cell(value: Any) -> str:
    """One value as the text of its cell: nothing for None, JSON for what is nested, a formula made a text by a `'` before it."""
    plain = plain_json(value)
    if plain is None:
        return ""
    if not isinstance(plain, str):
        return inert(json.dumps(plain, ensure_ascii=False, allow_nan=False))
    text = inert(plain.replace("\r\n", "\n"), keep_lines=True)
    return f"'{text}" if _FORMULA.fullmatch(text) and not _NUMBER.fullmatch(text) else text
