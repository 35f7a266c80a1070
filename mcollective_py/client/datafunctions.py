"""Data functions in a compound filter, checked by the data plugins' DDLs before anything is sent."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..ddl.dataddl import check_query
from ..ddl.model import DataDDL
from ..errors import DDLError, FilterError, InvalidRPCData
from ..filter import Filter
from ..plugins.ddlfiles import data_ddl

_WHOLE = re.compile(r"[-+]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)
_BOOLEANS = {**dict.fromkeys(("true", "t", "yes", "y", "1"), True), **dict.fromkeys(("false", "f", "no", "n", "0"), False)}


def prepared(filter: Filter, libdirs: Sequence[Path]) -> tuple[Filter, float]:
    """The filter with each query in the type that its DDL says, and the seconds that its data plugins may take together.

    Ruby's nodes refuse the text "5" where they want a number. Raises FilterError for a data function or an output that no DDL here
    knows, and for a query that its DDL does not allow.
    """
    ddls: dict[str, DataDDL] = {}
    seconds = 0.0
    stacks = []
    for stack in filter.compound:
        elements = []
        for element in stack:
            call = element.get("fstatement")
            if call is not None:
                name = call["name"]
                if name not in ddls:
                    ddls[name] = _ddl(name, libdirs)
                element = {"fstatement": {**call, "params": _query(ddls[name], call)}}
                seconds += ddls[name].metadata.timeout
            elements.append(element)
        stacks.append(elements)
    return (replace(filter, compound=tuple(stacks)), seconds) if ddls else (filter, 0.0)


def _ddl(name: str, libdirs: Sequence[Path]) -> DataDDL:
    try:
        return data_ddl(name, libdirs)
    except DDLError as error:
        raise FilterError(f"compound filter: {error}", f"{name}(") from error


def _query(ddl: DataDDL, call: dict[str, Any]) -> Any:
    """The query of one call in its type, once its output is known too."""
    name, output, query = call["name"], call["value"], call["params"]
    if output not in ddl.outputs:
        near = get_close_matches(output, ddl.outputs, 1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(sorted(ddl.outputs))}"
        raise FilterError(f"compound filter: the data plugin {name} has no output {output}: {hint}", f".{output}")
    wanted = None if ddl.query is None else _TYPES.get(ddl.query.type)
    if wanted is not None and isinstance(query, str):
        value = wanted(query.strip())
        if value is None:
            raise FilterError(f"compound filter: the query of {name}() is of the type {ddl.query.type if ddl.query else ''}", query)
        return value
    if query is None or isinstance(query, str):
        try:
            check_query(ddl, query)
        except InvalidRPCData as error:
            raise FilterError(f"compound filter: {error}", query or f"{name}(") from error
    return query


def _whole(text: str) -> int | None:
    return int(text) if _WHOLE.fullmatch(text) else None


def _number(text: str) -> int | float | None:
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else None


def _decimal(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return _BOOLEANS.get(text.lower())


_TYPES: dict[str, Callable[[str], int | float | bool | None]] = {
    "integer": _whole,
    "number": _number,
    "float": _decimal,
    "boolean": _boolean,
}
