"""YAML as Ruby writes and reads it on the wire: plain data, symbols and inert regular expressions; every object refused.

The envelope is read before its signature can be checked, so the reader takes hostile bytes. PyYAML's parser gives events, and
values are built from them here, within limits: its ready-made C loader dies of SIGSEGV at 50,000 brackets. Aliases are refused, as
Ruby refuses them. Psych rests on the same libyaml, so that both read the same syntax.
"""

import re
from typing import Any

from ..errors import Malformed
from .rubylimits import REQUEST, RubyLimits
from .rubyscalars import STRING_TAG, RubyScalars
from .rubyyamlwriter import dumps as dumps

_NO_KEY = object()
_COLLECTION_TAGS = (None, "!", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")
_TAG_DIRECTIVE = re.compile(r"(?:^|[\r\x85\u2028\u2029\ufeff])%TAG", re.MULTILINE)
_MOST_TAG_DIRECTIVES = 16


def loads(data: bytes, limits: RubyLimits = REQUEST, *, parser: Any = None) -> Any:
    """The value of one YAML document: None, bool, int, float, str, bytes, Symbol, Regexp, list or dict.

    A later duplicate key wins, as in Ruby. parser: PyYAML's parser class; without one the C parser, or the one in Python where
    there is none in C. Raises Malformed, nothing else.
    """
    if len(data) > limits.size:
        raise Malformed(f"a document of {len(data)} bytes, the limit is {limits.size}")
    # Late: a daemon on another wire needs no YAML reader.
    from yaml import YAMLError

    try:
        text = bytes(data).decode()
        if text.count("%TAG") > _MOST_TAG_DIRECTIVES and len(_TAG_DIRECTIVE.findall(text)) > _MOST_TAG_DIRECTIVES:
            # libyaml compares each with all before it: 900 KB of them took 5.8 s
            raise Malformed(f"more than {_MOST_TAG_DIRECTIVES} %TAG directives")
        return _document((parser or _parser())(text).get_event, limits)
    except (YAMLError, ValueError, RecursionError) as error:
        raise Malformed(f"no YAML: {_brief(error)}") from None


def _parser() -> Any:
    try:
        from yaml._yaml import CParser
    except ImportError:
        from yaml import SafeLoader

        return SafeLoader
    return CParser


def _document(next_event: Any, limits: RubyLimits) -> Any:
    """The value of a stream of events that holds exactly one document."""
    from yaml import events

    next_event()  # the start of the stream
    if next_event().__class__ is not events.DocumentStartEvent:
        raise Malformed("no document")
    value = _value(next_event, limits)
    next_event()  # the end of the document
    if next_event().__class__ is not events.StreamEndEvent:
        raise Malformed("more than one document")
    return value


def _value(next_event: Any, limits: RubyLimits) -> Any:
    # One loop instead of recursion: it has the speed, and depth is a length.
    from yaml.events import MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

    scalars = RubyScalars(limits)
    plain = scalars.plain
    root: list[Any] = []
    container: Any = root
    key: Any = _NO_KEY
    is_list, is_merge = True, False
    outer: list[tuple[Any, Any, bool]] = []
    left = limits.values
    while True:
        event = next_event()
        kind = event.__class__
        if kind is ScalarEvent:
            is_plain, is_quoted = event.implicit
            if is_quoted:
                value = event.value
            elif is_plain:
                value = plain(event.value)
            else:
                value = scalars.tagged(event.value, event.tag)
        elif kind is SequenceEndEvent or kind is MappingEndEvent:
            container, key, is_list = outer.pop()
            if not outer:
                return root[0]
            continue
        elif kind is SequenceStartEvent or kind is MappingStartEvent:
            if event.tag not in _COLLECTION_TAGS:
                raise Malformed(f"the tag {event.tag!r:.80} is not taken")
            if is_merge:
                raise Malformed("a merge key (<<) is not taken")
            if not is_list and key is _NO_KEY:
                raise Malformed("a list or a mapping as a key")
            if len(outer) >= limits.depth:
                raise Malformed(f"nested deeper than {limits.depth}")
            value = [] if kind is SequenceStartEvent else {}
        else:
            raise Malformed("an alias")
        if event.anchor is not None:
            raise Malformed("an anchor")
        left -= 1
        if left < 0:
            raise Malformed(f"more than {limits.values} values")
        if is_list:
            container.append(value)
        elif key is _NO_KEY:
            key = value
            # Ruby merges a mapping under this key, unless it is tagged as a string; its own writer always tags it.
            is_merge = value == "<<" and value.__class__ is str and event.tag != STRING_TAG
        else:
            container[key] = value
            key = _NO_KEY
            is_merge = False
        if kind is not ScalarEvent:
            outer.append((container, key, is_list))
            container, key, is_list = value, _NO_KEY, kind is SequenceStartEvent
        elif not outer:
            return value


def _brief(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
    return f"line {mark.line + 1}: {problem:.120}" if mark else f"{problem:.120}"
