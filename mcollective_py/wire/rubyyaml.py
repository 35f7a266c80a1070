"""YAML as Ruby writes and reads it on the wire: plain data, symbols and inert regular expressions; every object refused.

The envelope is read before its signature can be checked, so the reader takes hostile bytes. PyYAML's parser gives events, and
values are built from them here, within limits: its ready-made C loader dies of SIGSEGV at 50,000 brackets. Aliases are refused, as
Ruby refuses them. Psych rests on the same libyaml, so that both read the same syntax. The other direction is in rubyyamlwriter.py.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import yaml
from yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from ..errors import Malformed
from ..text import is_utf8
from .rubylimits import REQUEST, RubyLimits
from .rubyscalars import STRING_TAG, RubyScalars
from .rubyyamlwriter import dumps as dumps


class PythonParser(yaml.SafeLoader):
    """The parser for where PyYAML is built without libyaml: its events, and a refusal of the half characters that it lets through."""

    def get_event(self) -> Any:
        event: Any = super().get_event()  # type: ignore[no-untyped-call]  # no types in PyYAML's stubs either
        if event.__class__ is ScalarEvent and not is_utf8(event.value):
            raise Malformed("half of a surrogate pair is no character")
        return event


_PARSER: Any
try:
    from yaml._yaml import CParser as _PARSER
except ImportError:
    _PARSER = PythonParser  # seventeen times slower

_NO_KEY: Final = object()
_COLLECTION_TAGS: Final = (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")
_TAG_DIRECTIVE: Final = re.compile(rb"(?:^|\r|\xc2\x85|\xe2\x80[\xa8\xa9])%TAG", re.MULTILINE)
_MOST_TAG_DIRECTIVES: Final = 16
_FEW_KEYS: Final = 64  # of a hash that is quick to build whatever its keys are
_WIDE_KEY: Final = 64  # what an integer of more than 60 bits counts for as a key: chosen ones all have one hash value, and are compared
_MARK: Final = b"\xef\xbb\xbf"
_FOUR_BYTES_EACH: Final = tuple(bytes((byte,)) for byte in range(0xF0, 0xF5))  # such a character makes each of a text take four
_ESCAPED: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\U00(?:0[1-9A-Fa-f]|10)")  # one of these, in double quotes
_CONTINUED: Final = tuple(bytes((byte,)) for byte in range(0x80, 0xC0))


def loads(data: bytes, limits: RubyLimits = REQUEST, *, parser: Any = _PARSER) -> Any:
    """The value of one YAML document: None, bool, int, float, str, bytes, Symbol, Regexp, list or dict.

    A later duplicate key wins, as in Ruby. parser: one of PyYAML's classes. Raises Malformed, nothing else.
    """
    if len(data) > limits.size:
        raise Malformed(f"YAML of {len(data)} bytes, the limit is {limits.size}")
    try:
        data = bytes(data)  # and no text: libyaml reads bytes, and one emoji would make a text of four times their size
        _check_text(data, limits)
        next_event = parser(data).get_event
        next_event()  # the start of the stream
        if next_event().__class__ is not DocumentStartEvent:
            raise Malformed("YAML without a document")
        value = _value(next_event, limits)
        next_event()  # the end of the document
        if next_event().__class__ is not StreamEndEvent:
            raise Malformed("YAML of more than one document")
        return value
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise Malformed(f"no YAML: {_brief(error)}") from None


def _check_text(data: bytes, limits: RubyLimits) -> None:
    """Refuse what the parser would read as another encoding, too slowly or too largely, and Ruby never writes."""
    if data[:1] in (b"\xff", b"\xfe"):
        raise Malformed("YAML that is not UTF-8")
    if _MARK in data:
        raise Malformed("YAML with a byte order mark")
    # libyaml compares each directive with all before it: 900 KB of them took 5.8 s.
    if data.count(b"%TAG") > _MOST_TAG_DIRECTIVES and len(_TAG_DIRECTIVE.findall(data)) > _MOST_TAG_DIRECTIVES:
        raise Malformed(f"YAML of more than {_MOST_TAG_DIRECTIVES} tag directives")
    if len(data) * 4 > limits.wide and _needs_four_bytes(data):
        characters = len(data) - sum(map(data.count, _CONTINUED))
        if characters * 4 > limits.wide:
            raise Malformed(f"{characters} characters of YAML, of which some take four bytes, the limit is {limits.wide // 4}")


def _needs_four_bytes(data: bytes) -> bool:
    is_written = any(first in data for first in _FOUR_BYTES_EACH)
    return is_written or (b"\\U" in data and _ESCAPED.search(data) is not None)


def _value(next_event: Callable[[], Any], limits: RubyLimits) -> Any:
    """The value that starts with the next event, in one loop: a call for each would take half as long again."""
    scalars = RubyScalars(limits)
    plain = scalars.plain
    container: Any = []
    is_list, key, is_merge = True, _NO_KEY, False
    around: list[tuple[Any, bool, Any]] = []  # the same three of the containers that this one is in
    room, number_keys, repeats_keys = limits.values, limits.number_keys, limits.repeats_keys
    value: Any
    while True:
        event = next_event()
        kind = event.__class__
        if kind is ScalarEvent:
            room -= 1
            is_plain, is_quoted = event.implicit
            if is_quoted:
                value = event.value
            elif is_plain:
                value = plain(event.value)
            else:
                value = scalars.tagged(event.value, event.tag)
        elif kind is SequenceEndEvent or kind is MappingEndEvent:
            value = container
            container, is_list, key = around.pop()
            if not around:
                return value
            continue
        elif kind is SequenceStartEvent or kind is MappingStartEvent:
            room -= 2  # it takes more memory than other values
            if event.tag not in _COLLECTION_TAGS:
                raise Malformed(f"the YAML tag {event.tag!r:.80} is not taken: only plain data are")
            if is_merge:
                raise Malformed("a merge key (<<) in YAML is not taken")
            if not is_list and key is _NO_KEY:
                raise Malformed("an array or a hash as the key of a hash")
            if len(around) >= limits.depth:
                raise Malformed(f"YAML nested deeper than {limits.depth}")
            value = [] if kind is SequenceStartEvent else {}
        else:
            raise Malformed("an alias in YAML is not taken, nor does Ruby take one")
        if room < 0:
            raise Malformed(f"YAML of more than {limits.values} values")
        if is_list:
            container.append(value)
        elif key is not _NO_KEY:
            container[key] = value
            key, is_merge = _NO_KEY, False
        else:
            key = value
            if value.__class__ is str:
                # Ruby merges what is under this key, unless it is tagged as a string: its own writer always does that.
                is_merge = value == "<<" and event.tag != STRING_TAG
            elif (value.__class__ is int or value.__class__ is float) and len(container) >= _FEW_KEYS:
                number_keys -= _WIDE_KEY if isinstance(value, int) and value.bit_length() > 60 else 1
                if number_keys < 0:
                    raise Malformed("too many integers or floats as keys of hashes")
            if not repeats_keys and kind is ScalarEvent and value in container:
                raise Malformed("a hash with the same key twice")
        if kind is not ScalarEvent:
            around.append((container, is_list, key))
            container, is_list, key = value, kind is SequenceStartEvent, _NO_KEY
        elif not around:
            return value


def _brief(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
    return f"line {mark.line + 1}: {problem:.120}" if mark else f"{problem:.120}"
