"""Templates of `mco inventory --script`: text with fields in braces -> one piece of text a host; pure, nothing in it is run.

[heading]                                     above everything, and anew on each page
Name                 System      Mail
[host]                                        once for each host, sorted by name; a file without sections is all this
{identity:<20} {facts.os.name|?:<11} {class role::mail}
[footing]                                     at the end
{count} hosts, {time}

# at the beginning of a line is a comment; `page_length = 20` among the first lines begins a page each 20 hosts
{facts.a.b}           a fact, dots lead into structured ones        {facts.a|none}      what stands there without one
{identity} {version} {main_collective} {collectives} {classes} {agents} {data_plugins}   lists have commas between
{class NAME} {agent NAME} {collective NAME}   yes or no
{number} {count} {page} {time}                of the host; hosts in all; of the page; now
{field:<20} {field:>8} {field:^9} {field:20.20}   filled up with blanks to a width, and after a dot cut to one
{{ }} \\t \\n                                 braces, tab, new line
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import UsageError
from ..wire.plainjson import plain_json
from .inert import inert

MAX_TEXT = 64 * 1024  # characters of a template
_MAX_WIDTH = 1000
_SECTION = re.compile(r"\[([a-z_]+)\]\s*")
_LENGTH = re.compile(r"page_length\s*=\s*(\d{1,6})\s*")
_ROOM = r"(?::(?P<align>[<>^]?)(?P<width>\d{1,4})(?:\.(?P<cut>\d{1,4}))?)?"
_FIELD = re.compile(r"(?P<name>[^{}|]+?)(?:\|(?P<default>[^{}]*?))?" + _ROOM)
# A class has colons in its name: only the last one, before digits, is that of a width.
_MEMBERSHIP = re.compile(r"(?P<name>(?:class|agent|collective) [\w.\-:/]+?)(?P<default>)" + _ROOM, re.ASCII)
_LISTS = ("collectives", "classes", "agents", "data_plugins")
_TEXTS = ("version", "main_collective")
_OF_ALL = ("count", "page", "time")
_MEMBER = {"class": "classes", "agent": "agents", "collective": "collectives"}
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\\\": "\\", "{{": "{", "}}": "}"}
_PIECE = re.compile(r"\\[tn\\]|\{\{|\}\}|\{[^{}]*\}|[{}]")


class TemplateError(UsageError):
    """A template that says what cannot be; the message names the line."""


class Field(NamedTuple):
    """One field. name: as written; default: what stands for a value that is not there; width, cut: characters, 0 for any number."""

    name: str
    default: str
    align: str
    width: int
    cut: int

    def shown(self, value: str) -> str:
        """A value in its room."""
        text = value[: self.cut] if self.cut else value
        return f"{text:{self.align or '<'}{self.width}}" if self.width else text


_Line = tuple["str | Field", ...]


class Template(NamedTuple):
    """A template that has been read. page_length: hosts on a page, 0 for one page."""

    heading: tuple[_Line, ...] = ()
    host: tuple[_Line, ...] = ()
    footing: tuple[_Line, ...] = ()
    page_length: int = 0

    def of_host(self, identity: str, inventory: Mapping[str, Any], number: int = 1, moment: str = "") -> str:
        """The text of one host. inventory: what rpcutil's inventory says. {count} and {page} are for the other sections."""
        return self._text(self.host, lambda field: _of_host(field, identity, inventory, {"number": str(number), "time": moment}))

    def of_all(self, hosts: Sequence[str], moment: str) -> Iterator[str]:
        """The pieces of the whole report, from the texts of the hosts in their order; a form feed begins each further page."""
        length = self.page_length or max(len(hosts), 1)
        pages = [hosts[at : at + length] for at in range(0, len(hosts), length)] or [()]
        said = {"count": str(len(hosts)), "time": moment}
        for number, page in enumerate(pages, 1):
            if number > 1:
                yield "\f"
            yield self._text(self.heading, _of_report(said, str(number)))
            yield from page
        yield self._text(self.footing, _of_report(said, str(len(pages))))

    @staticmethod
    def _text(lines: Sequence[_Line], value: Callable[[Field], str]) -> str:
        return "".join(
            "".join(piece if isinstance(piece, str) else piece.shown(value(piece)) for piece in line).rstrip(" ") + "\n"
            for line in lines
        )


def read_template(text: str, file: str) -> Template:
    """The template of a text. Raises TemplateError with file and line for what it cannot say."""
    if len(text) > MAX_TEXT:
        raise TemplateError(f"{file}: a template has at most {MAX_TEXT} characters")
    if re.search(r"^\s*(formatted_)?inventory\s+do\b", text, re.MULTILINE):
        raise TemplateError(
            f"{file}: this is a script of Ruby's mco, which is not run here: write its format as `[host]` and a line such as "
            '`{identity}: {facts.kernel}` for `format "%s: %s"` and `fields { [identity, facts["kernel"]] }`'
        )
    sections: dict[str, list[_Line]] = {"heading": [], "host": [], "footing": []}
    current, length = None, 0
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{file}:{number}"
        if line.startswith("#"):
            continue
        if section := _SECTION.fullmatch(line):
            if section[1] not in sections:
                raise TemplateError(f"{where}: there is no section [{section[1]}]: [heading], [host] and [footing] there are")
            current = section[1]
        elif current is None and (said := _LENGTH.fullmatch(line)):
            length = int(said[1])
        elif current is None and not line.strip():
            continue
        else:
            current = current or "host"
            sections[current].append(tuple(_pieces(line, current, where)))
    for lines in sections.values():  # a blank line before the next section is for the eye
        while lines and not lines[-1]:
            lines.pop()
    if not sections["host"]:
        raise TemplateError(f"{file}: nothing is said of a host: write a line such as `{{identity}}: {{facts.kernel}}`")
    heading, host, footing = (tuple(lines) for lines in sections.values())
    return Template(heading, host, footing, length)


def _pieces(line: str, section: str, where: str) -> Iterator[str | Field]:
    at = 0
    for found in _PIECE.finditer(line):
        if found.start() > at:
            yield line[at : found.start()]
        at = found.end()
        if found[0] in _ESCAPES:
            yield _ESCAPES[found[0]]
        elif found[0] in ("{", "}"):
            raise TemplateError(f"{where}: a {found[0]} stands alone: a field is {{name}}, and a brace itself is {found[0] * 2}")
        else:
            yield _field(found[0][1:-1], section, where)
    if at < len(line):
        yield line[at:]


def _field(text: str, section: str, where: str) -> Field:
    is_member = text.startswith(tuple(f"{kind} " for kind in _MEMBER))
    found = (_MEMBERSHIP if is_member else _FIELD).fullmatch(text)
    if found is None:
        raise TemplateError(f"{where}: {{{text}}} is no field: write {{facts.kernel}}, {{facts.kernel|none}} or {{facts.kernel:<20}}")
    name = found["name"].strip()
    if section != "host" and name not in _OF_ALL:
        raise TemplateError(f"{where}: [{section}] is not about one host: it may have {', '.join(f'{{{one}}}' for one in _OF_ALL)}")
    if section == "host" and not _is_of_host(name):
        from difflib import get_close_matches

        near = get_close_matches(name, ("identity", "number", "time", *_LISTS, *_TEXTS, "facts."), 1)
        hint = f": did you mean {{{near[0]}}}?" if near else "; `mco help inventory` lists them"
        raise TemplateError(f"{where}: {{{name}}} is no field of a host{hint}")
    width, cut = int(found["width"] or 0), int(found["cut"] or 0)
    if max(width, cut) > _MAX_WIDTH:
        raise TemplateError(f"{where}: a field is at most {_MAX_WIDTH} characters wide")
    return Field(name, found["default"] or "", found["align"] or "", width, cut)


def _is_of_host(name: str) -> bool:
    kind, _, rest = name.partition(" ")
    if rest:
        return kind in _MEMBER
    return name in ("identity", "number", "time", *_LISTS, *_TEXTS) or (name.startswith("facts.") and len(name) > len("facts."))


def _of_report(said: Mapping[str, str], page: str) -> Callable[[Field], str]:
    return lambda field: said.get(field.name, page)


def _of_host(field: Field, identity: str, inventory: Mapping[str, Any], said: Mapping[str, str]) -> str:
    if field.name == "identity":
        return inert(identity)
    if field.name in said:
        return said[field.name]
    kind, _, name = field.name.partition(" ")
    if name:
        members = inventory.get(_MEMBER[kind])
        return "yes" if isinstance(members, list) and name in members else "no"
    value = _fact(inventory.get("facts"), field.name.removeprefix("facts.")) if kind.startswith("facts.") else inventory.get(kind)
    return field.default if value in (None, "", []) else inert(_plain(value))


def _fact(facts: object, path: str) -> object:
    """A fact by its name; where there is none of the whole name, dots lead into structured ones."""
    if isinstance(facts, Mapping) and path in facts:
        return facts[path]
    value: object = facts
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and len(part) < 6 and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(sorted(str(item) for item in value))
    return json.dumps(plain_json(value), sort_keys=True, ensure_ascii=False)
