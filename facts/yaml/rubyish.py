"""YAML as Ruby programs write it -> plain values: symbols and objects survive as the text or mapping they hold.

Built from the parser's events: the ready-made C loader dies of SIGSEGV at 50,000 brackets, and a few aliases may stand for millions
of values.
"""

import base64
import binascii
import re
from typing import Any

import yaml

MAX_DEPTH = 24
MAX_VALUES = 100_000  # each counted every time an alias repeats it

# C where it was built with it: nine times as fast, and on events alone it needs no stack for nesting.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_SYMBOL = re.compile(r":(?:\"(?P<quoted>.*)\"|(?P<name>.+))", re.DOTALL)
# Whole numbers as people write them. What YAML 1.1 makes of 0644, 0x1f, 1:30 and dates is left as the text it was written as.
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]{0,300})", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:0|[1-9][0-9_]{0,300})\.[0-9]{1,300}(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "yes", "on"), True),
    **dict.fromkeys(("false", "no", "off"), False),
    **dict.fromkeys(("null", "~", ""), None),
}


class OddYAML(ValueError):
    """Text that is no YAML, or more of it than facts need; the message is the reason."""


def read_yaml(text: str, loader: Any = _LOADER) -> Any:
    """The first document as mappings with text keys, lists, text, integers, floats, booleans and None; OddYAML where it is none.

    `:name` and `!ruby/sym name` become `name`, `!ruby/object:X` the mapping of its parts, a Puppet facts object its values.
    """
    try:
        events = _Events(yaml.parse(text, Loader=loader))
        while not isinstance(event := next(events), yaml.StreamEndEvent):
            if isinstance(event, yaml.DocumentStartEvent):
                return events.value(next(events), 0)[0]
    except StopIteration:
        return None
    except yaml.YAMLError as error:
        raise OddYAML(_where(error)) from error
    except (RecursionError, UnicodeError) as error:  # the parser in Python, where there is none in C
        raise OddYAML("it cannot be parsed") from error
    return None


class _Events:
    """Builds values from events, with their weight: how many values they are."""

    def __init__(self, events: Any) -> None:
        self._events = events
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def __next__(self) -> Any:
        return next(self._events)

    def value(self, event: Any, depth: int) -> tuple[Any, int]:
        begun = self._count
        self._add(1)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise OddYAML(f"the alias *{event.anchor} stands for nothing, or for itself")
            value, weight = self._anchors[event.anchor]
            self._add(weight)
            return value, weight
        if depth > MAX_DEPTH:
            raise OddYAML(f"it is nested deeper than {MAX_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            value = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = _object(event.tag or "", self._mapping(depth))
        weight = self._count - begun
        if event.anchor:
            self._anchors[event.anchor] = value, weight
        return value, weight

    def _add(self, weight: int) -> None:
        self._count += weight
        if self._count > MAX_VALUES:
            raise OddYAML(f"it holds more than {MAX_VALUES} values")

    def _sequence(self, depth: int) -> list[Any]:
        items = []
        while not isinstance(event := next(self), yaml.SequenceEndEvent):
            items.append(self.value(event, depth + 1)[0])
        return items

    def _mapping(self, depth: int) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self), yaml.MappingEndEvent):
            is_merge = isinstance(event, yaml.ScalarEvent) and event.value == "<<" and not event.style
            key = self._key(event, depth)
            value = self.value(next(self), depth + 1)[0]
            if not is_merge:
                own[key] = value
                continue
            for source in value if isinstance(value, list) else [value]:
                if isinstance(source, dict):
                    self._add(len(source))
                    merged = source | merged
        return merged | own

    def _key(self, event: Any, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent):
            self.value(event, depth + 1)  # for an anchor on it
            return event.value if event.style else _unsymbol(event.value)
        value = self.value(event, depth + 1)[0]
        if isinstance(value, dict | list):
            raise OddYAML("it has a mapping or a list as a key")
        return str(value)


def _scalar(event: Any) -> Any:
    text, tag = event.value, event.tag or ""
    if tag.endswith(":binary") or tag == "!binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return text
    if tag.startswith(("!ruby/sym", "tag:ruby.yaml.org,2002:sym")):
        return _unsymbol(text) if text.startswith(":") else text
    if event.style or tag:  # no style: written plain; the C parser says so by "", the other by None
        return text
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    return _unsymbol(text)


def _unsymbol(text: str) -> str:
    symbol = _SYMBOL.fullmatch(text)
    return (symbol["quoted"] or symbol["name"] or text) if symbol else text


def _object(tag: str, parts: dict[str, Any]) -> Any:
    if "hash-with-ivars" in tag and isinstance(parts.get("elements"), dict):
        return parts["elements"]
    if tag.endswith("Puppet::Node::Facts") and isinstance(parts.get("values"), dict):
        return parts["values"]
    return parts


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is no YAML"
    return f"line {mark.line + 1}: {problem}" if mark else str(problem)
