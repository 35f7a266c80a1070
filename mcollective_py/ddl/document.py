"""Document: the plain values of a YAML or JSON text, each with the line it stands on; bounded, nothing constructed."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import DDLError

MAX_TEXT = 512 * 1024  # characters
MAX_DEPTH = 16
MAX_VALUES = 20_000

Path = tuple[str | int, ...]

# YAML 1.2's core: `yes`, `off`, 010 and dates, which YAML 1.1 turns into something else, stay the text they look like.
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. plugin: whose it is. file: its name for messages. lines: where values stand, by path; empty for JSON."""

    plugin: str
    file: str
    value: Any
    lines: Mapping[Path, int] = field(default_factory=dict)

    def error(self, path: Path, problem: str) -> DDLError:
        """A DDLError that names plugin, file, line and key."""
        line = next((self.lines[path[:depth]] for depth in range(len(path), 0, -1) if path[:depth] in self.lines), self.lines.get(()))
        place = f"{self.file}:{line}" if line else self.file
        key = ".".join(f"[{part}]" if isinstance(part, int) else part for part in path).replace(".[", "[")
        return DDLError(self.plugin, ": ".join(part for part in (place, key, problem) if part))


def from_yaml(text: str, plugin: str, file: str = "ddl.yaml", *, max_text: int = MAX_TEXT, max_values: int = MAX_VALUES) -> Document:
    """One YAML document without tags, anchors or duplicate keys. Raises DDLError."""
    import yaml

    _check_size(text, plugin, file, max_text)
    # Only events are taken from libyaml: its composer recurses in C and can be made to overflow the stack.
    reader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines: dict[Path, int] = {}
    try:
        value = _Builder(yaml.parse(text, Loader=reader), plugin, file, lines, max_values).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark else file
        raise DDLError(plugin, f"{place}: no YAML: {getattr(error, 'problem', None) or error}") from error
    return Document(plugin, file, value, lines)


def from_json(text: str, plugin: str, file: str = "ddl.json", *, max_text: int = MAX_TEXT) -> Document:
    """One JSON value without duplicate keys or NaN. Raises DDLError."""
    _check_size(text, plugin, file, max_text)
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError as error:
        raise DDLError(plugin, f"{file}: nested deeper than {MAX_DEPTH}") from error
    except ValueError as error:
        raise DDLError(plugin, f"{file}: no JSON: {error}") from error
    document = Document(plugin, file, value)
    if _depth(value) > MAX_DEPTH:
        raise document.error((), f"nested deeper than {MAX_DEPTH}")
    return document


def plain_value(text: str) -> Any:
    """What a word without quotes means in YAML as it is read here: a number, true, false, null, or itself."""
    if text in _PLAIN:
        return _PLAIN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Builder:
    """Values out of a stream of YAML events."""

    def __init__(self, events: Iterator[Any], plugin: str, file: str, lines: dict[Path, int], most: int) -> None:
        self.events, self.plugin, self.file, self.lines, self.count, self.most = events, plugin, file, lines, 0, most

    def document(self) -> Any:
        self._skip("StreamStartEvent")
        event = next(self.events)
        if _kind(event) == "StreamEndEvent":
            raise DDLError(self.plugin, f"{self.file}: empty")
        value = self._value(next(self.events), ())
        self._skip("DocumentEndEvent")
        event = next(self.events)
        if _kind(event) != "StreamEndEvent":
            raise self._error(event, "a second document")
        return value

    def _value(self, event: Any, path: Path) -> Any:
        self.count += 1
        self.lines[path] = event.start_mark.line + 1
        if self.count > self.most:
            raise self._error(event, f"more than {self.most} values")
        if len(path) > MAX_DEPTH:
            raise self._error(event, f"nested deeper than {MAX_DEPTH}")
        if _kind(event) == "AliasEvent" or event.anchor:
            raise self._error(event, "anchors and aliases are not used here: write the value out")
        if event.tag not in (None, "!"):
            raise self._error(event, f"the tag {event.tag[:40]} is not used here")
        if _kind(event) == "MappingStartEvent":
            return self._mapping(path)
        if _kind(event) == "SequenceStartEvent":
            return self._sequence(path)
        return event.value if event.style or event.tag == "!" else plain_value(event.value)

    def _mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while _kind(event := next(self.events)) != "MappingEndEvent":
            if _kind(event) != "ScalarEvent":
                raise self._error(event, "a key is a plain word")
            if event.value in values:
                raise self._error(event, f"{event.value!r} stands here twice")
            values[event.value] = self._value(next(self.events), (*path, event.value))
            self.lines[(*path, event.value)] = event.start_mark.line + 1
        return values

    def _sequence(self, path: Path) -> list[Any]:
        values: list[Any] = []
        while _kind(event := next(self.events)) != "SequenceEndEvent":
            values.append(self._value(event, (*path, len(values))))
        return values

    def _skip(self, kind: str) -> None:
        event = next(self.events)
        assert _kind(event) == kind, kind

    def _error(self, event: Any, problem: str) -> DDLError:
        return DDLError(self.plugin, f"{self.file}:{event.start_mark.line + 1}: {problem}")


def _kind(event: Any) -> str:
    return type(event).__name__


def _check_size(text: str, plugin: str, file: str, most: int = MAX_TEXT) -> None:
    if len(text) > most:
        raise DDLError(plugin, f"{file}: {len(text)} characters, {most} are allowed")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        twice = next(key for index, (key, _) in enumerate(pairs) if key in dict(pairs[:index]))
        raise ValueError(f"{twice[:64]!r} stands in one object twice")
    return values


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        parts = [part.values() if isinstance(part, dict) else part for part in level if isinstance(part, (dict, list))]
        level = [item for part in parts for item in part]
    return deepest
