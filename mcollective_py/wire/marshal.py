"""Ruby Marshal 4.8, plain data alone: whatever a message names, no object is made of it.

A value is a tag byte and what belongs to it (Ruby's marshal.c): packed integers, so many bytes, so many values. Linked to (`@` and a
number) are strings, floats, big integers, regular expressions, arrays and hashes, counted from 0 as their tags appear; symbols have
numbers of their own (`;`). The other direction is in marshalwriter.py.
"""

from typing import Any, Final

from ..errors import Malformed
from . import marshalpieces as pieces
from .marshalwriter import dumps as dumps
from .marshalwriter import packed
from .rubylimits import REQUEST, RubyLimits
from .symbol import Symbol

_NIL, _TRUE, _FALSE, _INTEGER, _BIG, _FLOAT, _STRING, _SYMBOL, _SYMBOL_LINK, _LINK, _REGEXP, _ARRAY, _HASH, _HASH_AND_DEFAULT, _WITH = (
    b'0TFilf":;@/[{}I'
)
_PLUS, _MINUS = b"+-"

# Names that most messages have, ready made: a third of the time that an envelope takes.
_KNOWN: Final = {
    name: Symbol(name)
    for name in (
        "E", "body", "senderid", "requestid", "senderagent", "msgtime", "hash", "filter", "collective", "agent", "callerid", "ttl",
        "action", "caller", "data", "process_results", "statuscode", "statusmsg", "ssl_msg", "ssl_ttl", "ssl_msgtime", "fact", "value",
        "operator", "pong", "facts", "agents", "classes", "version", "main_collective", "collectives", "data_plugins",
    )
}  # fmt: skip
_E: Final = _KNOWN["E"]

# How a string with an encoding goes on: one instance variable, E, by name the first time and then by the symbol's number.
_FIRST_E: Final = b"\6:\6E"
_NUMBERED_E: Final = tuple(bytes((6, _SYMBOL_LINK, pieces.SMALL.index(number))) for number in range(123))

_OPEN: Final = object()  # stands among the objects for one that is still being read


def loads(data: bytes, limits: RubyLimits = REQUEST) -> Any:
    """The value that Marshal bytes stand for: None, bool, int, float, str, bytes, Symbol, Regexp, list or dict.

    Strings without an encoding, in one unknown here, or wrong in theirs are bytes. A hash loses its default. What a link points to is
    the same object again, and counts again: a message may hold no more than it could without links. Raises Malformed, nothing else.
    """
    if len(data) > limits.size:
        raise Malformed(f"Marshal of {len(data)} bytes, the limit is {limits.size}")
    if data[:2] != b"\4\x08":
        raise Malformed("no Marshal of version 4.8")
    try:
        return _read(data, limits)
    except IndexError:
        raise Malformed("Marshal that is cut short") from None


def _read(data: bytes, limits: RubyLimits) -> Any:
    """One loop over all values: a call for each would take longer than to read it. IndexError where the data end too soon.

    No length is compared with what is left: a slice beyond the end is short, then the next byte is not there or the last check fails.
    """
    end = len(data)
    text = data.decode("latin-1")  # a piece of it that is ASCII is what the same bytes stand for
    repeats_keys = limits.repeats_keys
    small, counts, known, from_bytes = pieces.SMALL, pieces.COUNTS, _KNOWN, int.from_bytes
    symbols: list[Symbol] = []
    objects: list[Any] = []
    weights: dict[int, tuple[int, int, int]] = {}
    ending, ending_size = _FIRST_E, len(_FIRST_E)
    room, spare = limits.values, limits.size - end  # how many more values, and bytes that links repeat
    number_keys, wide = limits.number_keys, limits.wide  # how many more of these
    # The container being read: what it holds so far (keys and values in turn), how many are to come, its tag, its object number; and
    # the same of those around it.
    items: list[Any] = []
    left, kind, number = 1, _ARRAY, -1
    around: list[tuple[list[Any], int, int, int]] = []
    at = 2
    value: Any
    while True:
        tag = data[at]
        if tag == _WITH and data[at + 1] == _STRING:
            start = at + 3
            if (size := counts[data[at + 2]]) is None:
                size, start = pieces.read_count(data, at + 2)
            stop = start + size
            at = stop + ending_size
            if data[stop:at] == ending and ((flag := data[at]) == _TRUE or flag == _FALSE):
                at += 1
                value = text[start:stop]
                if not value.isascii():
                    value = None  # it may have megabytes, of which the text is made a second time
                    value, wide = pieces.wide_text(data, start, stop, "utf-8" if flag == _TRUE else "ascii", wide)
                objects.append(value)
                if ending is _FIRST_E:
                    ending = _NUMBERED_E[len(symbols)] if len(symbols) < 123 else b"\6;" + packed(len(symbols))
                    ending_size = len(ending)
                    symbols.append(_E)
            else:
                objects.append(_OPEN)
                last = len(objects) - 1
                codec, at = pieces.read_codec(data, stop, symbols, objects, limits)
                value, wide = pieces.wide_text(data, start, stop, codec, wide)
                objects[last] = value
        elif tag == _SYMBOL:
            start = at + 2
            if (size := counts[data[at + 1]]) is None:
                size, start = pieces.read_count(data, at + 1)
            at = start + size
            name = text[start:at]
            value = known.get(name) or pieces.new_symbol(name, len(symbols), limits)
            symbols.append(value)
        elif tag == _INTEGER:
            value = small[data[at + 1]]
            at += 2
            if value is None:
                value, at = pieces.packed_integer(data, at - 1)
        elif tag == _SYMBOL_LINK:
            linked = counts[data[at + 1]]
            at += 2
            if linked is None:
                linked, at = pieces.read_count(data, at - 1)
            if linked >= len(symbols):
                raise Malformed(f"a link to symbol {linked}, and only {len(symbols)} have come so far")
            value = symbols[linked]
        elif tag in b"[{}":
            size = counts[data[at + 1]]
            at += 2
            if size is None:
                size, at = pieces.read_count(data, at - 1)
            if tag != _ARRAY:
                size += size + (tag == _HASH_AND_DEFAULT)
            if len(around) >= limits.depth:
                raise Malformed(f"Marshal nested deeper than {limits.depth}")
            if size > end - at:
                raise Malformed("Marshal that is cut short")
            room -= size + 1  # a container counts twice: it takes more memory than other values
            if room < 0:
                raise Malformed(f"Marshal of more than {limits.values} values")
            if size:
                around.append((items, left, kind, number))
                items, left, kind, number = [], size, tag, len(objects)
                objects.append(_OPEN)
                continue
            value = [] if tag == _ARRAY else {}
            objects.append(value)
        elif tag == _STRING:
            start = at + 2
            if (size := counts[data[at + 1]]) is None:
                size, start = pieces.read_count(data, at + 1)
            at = start + size
            value = data[start:at]
            objects.append(value)
        elif tag == _NIL:
            value = None
            at += 1
        elif tag == _TRUE:
            value = True
            at += 1
        elif tag == _FALSE:
            value = False
            at += 1
        elif tag == _BIG:
            sign, start = data[at + 1], at + 3
            if (size := counts[data[at + 2]]) is None:
                size, start = pieces.read_count(data, at + 2)
            at = start + size + size
            value = from_bytes(data[start:at], "little")
            if size > 3:
                pieces.check_digits(value, 2 * size, limits)
            if sign == _MINUS:
                value = -value
            elif sign != _PLUS:
                raise Malformed("an integer that is neither positive nor negative")
            objects.append(value)
        elif tag == _FLOAT:
            start = at + 2
            if (size := counts[data[at + 1]]) is None:
                size, start = pieces.read_count(data, at + 1)
            at = start + size
            value = pieces.read_float(text[start:at])
            objects.append(value)
        elif tag == _LINK:
            linked = counts[data[at + 1]]
            at += 2
            if linked is None:
                linked, at = pieces.read_count(data, at - 1)
            if linked >= len(objects):
                raise Malformed(f"a link to object {linked}, and only {len(objects)} have come so far")
            value = objects[linked]
            if value is _OPEN:
                raise Malformed("a value that contains itself")
            if type(value) is list or type(value) is dict:
                values, size, height = pieces.weigh(value, weights)
                room -= values
                if len(around) + height > limits.depth:
                    raise Malformed(f"Marshal nested deeper than {limits.depth}, by a link")
            else:
                size = pieces.size_of(value)
            spare -= size
            if room < 0 or spare < 0:
                raise Malformed(f"Marshal that by its links stands for more than {limits.values} values or {limits.size} bytes")
        elif tag == _REGEXP or (tag == _WITH and data[at + 1] == _REGEXP):
            room -= 16  # it takes as long as so many other values
            if room < 0:
                raise Malformed(f"Marshal of more than {limits.values} values, its regular expressions counted sixteen times")
            objects.append(_OPEN)
            last = len(objects) - 1
            value, at = pieces.read_regexp(data, at, symbols, objects, limits)
            objects[last] = value
        elif tag == _WITH and data[at + 1] == _SYMBOL:
            value, at = pieces.symbol_with_encoding(data, at, symbols, objects, limits)
        else:
            pieces.refuse(data, at, symbols, limits)
        items.append(value)
        left -= 1
        while not left:
            if number < 0:
                if at != end:
                    raise Malformed("Marshal that is cut short" if at > end else f"{end - at} bytes after the Marshal value")
                return value
            if kind == _ARRAY:
                value = items
            else:
                if kind == _HASH_AND_DEFAULT:
                    items.pop()
                if len(items) > pieces.FEW_ITEMS:
                    number_keys = pieces.count_number_keys(items, number_keys)
                pairs = iter(items)
                try:
                    value = {key: next(pairs) for key in pairs}
                except TypeError:
                    raise Malformed("an array or a hash as the key of a hash") from None
                if not repeats_keys and 2 * len(value) < len(items):
                    raise Malformed("a hash with the same key twice")
            objects[number] = value
            items, left, kind, number = around.pop()
            items.append(value)
            left -= 1
