"""Heredocs of a Ruby DDL: `<<WORD`, `<<-WORD` and `<<~WORD`, whose text stands on the lines below."""

import re

from .rubysource import READ_NOT_RUN, RubySource
from .rubytexts import Interpolate, read_unquoted

_HEREDOC = re.compile(r"<<([-~]?)(?:([A-Za-z_][A-Za-z0-9_]*)|\"([^\"\n]+)\"|'([^'\n]+)')")


def read_heredoc(source: RubySource, interpolate: Interpolate) -> str:
    """`<<-WORD`: the text on the lines below, up to the line with WORD."""
    start = source.pos
    found = source.match(_HEREDOC)
    if found is None:
        raise source.error(f"<< is code: {READ_NOT_RUN}; write the text in quotes, or as a heredoc with <<-WORD", start)
    indent, plain, double, single = found.groups()
    word = plain or double or single
    line_end, begin = source.body_begins()
    lines: list[tuple[int, int]] = []
    at = begin
    while True:
        if at >= len(source.text):
            raise source.error(f"the text of <<{indent}{word} does not end: the line {word} is missing", start)
        end = source.text.find("\n", at)
        end = len(source.text) if end < 0 else end
        line = source.text[at:end]
        if (line.lstrip(" \t\r\f\v") if indent else line).rstrip("\r") == word:
            break
        lines.append((at, min(end + 1, len(source.text))))
        at = end + 1
    margin = _margin([source.text[first:last] for first, last in lines]) if indent == "~" else 0
    here = source.pos
    text = _heredoc_body(source, lines, margin, None if single else interpolate)
    source.pos = here
    source.body_ends(line_end, min(end + 1, len(source.text)))
    return source.made(text)


def _heredoc_body(source: RubySource, lines: list[tuple[int, int]], margin: int, interpolate: Interpolate | None) -> str:
    parts, reached = [], 0
    for first, last in lines:
        if first < reached:  # an escaped line end or an interpolation has read this line already
            if reached >= last:
                continue
            raise source.error("this cannot run over the lines of a heredoc: write it on one")
        source.pos = first + _cut(source.text[first:last], margin)
        parts.append(read_unquoted(source, last, interpolate) if interpolate else source.text[source.pos : last])
        reached = max(last, source.pos) if interpolate else last
    return "".join(parts)


def _margin(lines: list[str]) -> int:
    """The least indentation of the lines that are not blank, a tab going on to the next eighth column."""
    widths = [_width(line) for line in lines if line.strip()]
    return min(widths, default=0)


def _width(line: str) -> int:
    width = 0
    for character in line:
        if character == "\t":
            width = (width // 8 + 1) * 8
        elif character == " ":
            width += 1
        else:
            break
    return width


def _cut(line: str, margin: int) -> int:
    """How many characters of a line's indentation fit into the margin."""
    width = 0
    for index, character in enumerate(line):
        step = (width // 8 + 1) * 8 - width if character == "\t" else 1
        if character not in " \t" or width + step > margin:
            return index
        width += step
    return len(line)
