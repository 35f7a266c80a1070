"""The calls of a Ruby DDL -> what they declare, as the Ruby classes hold it: metadata, requirements, usage, entities."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ..errors import DDLError
from ..wire.symbol import Symbol
from .model import RUBY_LEVEL
from .rubycalls import Call
from .rubysource import READ_NOT_RUN
from .rubyvalues import Function

_METADATA = ("name", "description", "author", "license", "version", "url", "timeout")
_INPUT = ("prompt", "description", "type")
_DISPLAYS = ("ok", "failed", "flatten", "always")
_CAPABILITIES = ("classes", "facts", "identity", "agents", "compound")
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}", re.ASCII)

# Kind of DDL -> the words that only it has, and where they stand.
_WORDS = {"agent": ("action",), "data": ("dataquery",), "discovery": ("discovery",), "other": ()}
_INSIDE = {
    "action": ("display", "input", "output", "summarize"),
    "summarize": ("aggregate",),
    "dataquery": ("input", "output"),
    "discovery": ("capabilities",),
}
# What to write where a word is missing.
_EXAMPLES = {
    "validation": ":validation => '.'",
    "maxlength": ":maxlength => 0 for any length",
    "list": ':list => ["one", "other"]',
    "optional": ":optional => false",
    "timeout": ":timeout => 60",
}
_EVERYWHERE = ("metadata", "requires", "usage")

Path = tuple[str, ...]


@dataclass(slots=True)
class Declared:
    """What one DDL declares. kind: agent, data, discovery or other (validators, aggregates, connectors).

    entities: of an agent by the action's name, {action, description, display, input, output, aggregate?}; of a data plugin {data:
    {description, input, output}}; of a discovery method {discovery: {capabilities}}. Symbols are Symbol, regular expressions Regexp.
    places: line and column by path, as ("input", "status", "service") or ("metadata",).
    """

    plugin: str
    file: str
    kind: str
    metadata: dict[Any, Any] = field(default_factory=dict)
    requirements: dict[Any, Any] = field(default_factory=dict)
    usage: str = ""
    entities: dict[str, dict[str, Any]] = field(default_factory=dict)
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)


def kind_of(calls: Sequence[Call]) -> str:
    """Which kind of DDL it is, by its words."""
    names = {call.name for call in calls}
    return next((kind for kind, words in _WORDS.items() if names.intersection(words)), "other")


def declared(calls: Sequence[Call], kind: str, plugin: str, file: str) -> Declared:
    """What the calls of a DDL of a kind declare; what the Ruby classes refuse is refused. Raises DDLError with line and column."""
    return _Reading(Declared(plugin, file, kind)).read(calls)


class _Reading:
    def __init__(self, result: Declared) -> None:
        self.result = result

    def read(self, calls: Sequence[Call]) -> Declared:
        known = (*_EVERYWHERE, *_WORDS[self.result.kind])
        for call in calls:
            if call.name not in known:
                raise self.unknown(call, known)
            _READERS[call.name](self, call)
        if not self.result.metadata:
            raise DDLError(self.result.plugin, f"{self.result.file}: metadata is missing")
        return self.result

    # --- everywhere ---------------------------------------------------------------------------------------------------

    def metadata(self, call: Call) -> None:
        pairs = self.pairs(call, 0)
        self.wants(call, pairs, _METADATA)
        self.result.metadata = dict(pairs)
        self.place(call, "metadata")

    def requires(self, call: Call) -> None:
        for key, value in self.pairs(call, 0).items():
            if key != "mcollective":
                raise self.error(call, f'requires {key} is not known: only mcollective is, as requires :mcollective => "2.2.1"')
            if not isinstance(value, str) or not _VERSION.fullmatch(value):
                raise self.error(call, 'the version that is required is a text of numbers and dots, as "2.2.1"')
            if tuple(map(int, value.split("."))) > RUBY_LEVEL:
                raise self.error(call, f"requires MCollective {value}, and here is what {'.'.join(map(str, RUBY_LEVEL))} has")
            self.result.requirements[key] = value

    def usage(self, call: Call) -> None:
        (text,) = self.args(call, 1)
        self.result.usage = self.text(call, text, "usage")
        self.place(call, "usage")

    # --- agents -------------------------------------------------------------------------------------------------------

    def action(self, call: Call) -> None:
        name = self.named(call)
        pairs = self.pairs(call, 1)
        self.wants(call, pairs, ("description",))
        first = {"action": name, "input": {}, "output": {}, "display": Symbol("failed"), "description": pairs["description"]}
        entity = self.result.entities.setdefault(name, first)
        self.place(call, "action", name)
        for inner in self.block(call):
            if inner.name == "display":
                self.display(inner, entity)
            elif inner.name == "input":
                self.input(inner, entity, name, needs_optional=True)
            elif inner.name == "output":
                self.output(inner, entity, name)
            else:
                for aggregate in self.block(inner):
                    self.aggregate(aggregate, entity, name)

    def display(self, call: Call, entity: dict[str, Any]) -> None:
        (choice,) = self.args(call, 1)
        if not isinstance(choice, Symbol) or choice not in _DISPLAYS:
            raise self.error(call, f"display is one of :{', :'.join(_DISPLAYS)}")
        entity["display"] = choice

    def input(self, call: Call, entity: dict[str, Any], owner: str, *, needs_optional: bool) -> None:
        name = self.named(call)
        pairs = self.pairs(call, 1)
        self.wants(call, pairs, ("optional", *_INPUT) if needs_optional else _INPUT)
        wanted = {key: pairs.get(key) for key in (*_INPUT, "default", "optional")}
        more = {"string": ("validation", "maxlength"), "list": ("list",)}
        kind = pairs["type"]
        for key in more.get(kind, ()) if isinstance(kind, Symbol) else ():
            if key not in pairs:
                raise self.error(call, f"the input {name} of type :{kind} needs :{key}, as {_EXAMPLES[key]}")
            wanted[key] = pairs[key]
        entity["input"][name] = wanted
        self.place(call, "input", owner, name)

    def output(self, call: Call, entity: dict[str, Any], owner: str) -> None:
        name = self.named(call)
        pairs = self.pairs(call, 1)
        self.wants(call, pairs, ("description", "display_as"))
        entity["output"][name] = {key: pairs.get(key) for key in ("description", "display_as", "default")}
        if pairs.get("type") is not None:  # Choria's; 2.12 passes over it
            entity["output"][name]["type"] = pairs["type"]
        self.place(call, "output", owner, name)

    def aggregate(self, call: Call, entity: dict[str, Any], owner: str) -> None:
        if not 1 <= len(call.args) <= 2 or not isinstance(call.args[0], Function):
            raise self.error(call, "aggregate is given a function of an output, as aggregate summary(:status)")
        function, more = call.args[0], call.args[1] if len(call.args) == 2 else {}
        if not isinstance(more, dict) or (len(call.args) == 2 and "format" not in more):
            raise self.error(call, 'behind the function stands at most a :format => "..."')
        if any(isinstance(value, Function) for value in function.args):
            raise self.error(call, f"{function.name} is given an output's name and options")
        found: dict[str, Any] = {"function": Symbol(function.name), "args": list(function.args)}
        if more.get("format") is not None:
            found |= more
        aggregates = entity.setdefault("aggregate", [])
        self.place(call, "aggregate", owner, str(len(aggregates)))
        aggregates.append(found)

    # --- data plugins and discovery methods ---------------------------------------------------------------------------

    def dataquery(self, call: Call) -> None:
        pairs = self.pairs(call, 0)
        self.wants(call, pairs, ("description",))
        if "data" in self.result.entities:
            raise self.error(call, "a data plugin has one dataquery")
        entity: dict[str, Any] = {"description": pairs["description"], "input": {}, "output": {}}
        self.result.entities["data"] = entity
        self.place(call, "dataquery")
        for inner in self.block(call):
            if inner.name == "output":
                self.output(inner, entity, "data")
            elif self.named(inner) != "query":
                raise self.error(inner, "the only input of a data plugin is called query")
            else:
                self.input(inner, entity, "data", needs_optional=False)

    def discovery(self, call: Call) -> None:
        if "discovery" in self.result.entities:
            raise self.error(call, "a discovery method is declared once")
        found: list[Any] = []
        self.result.entities["discovery"] = {"capabilities": found}
        for inner in self.block(call):
            wanted = [one for arg in inner.args for one in (arg if isinstance(arg, list) else [arg])]
            wrong = [one for one in wanted if not isinstance(one, Symbol) or one not in _CAPABILITIES]
            if wrong or not wanted:
                raise self.error(inner, f"capabilities are some of :{', :'.join(_CAPABILITIES)}")
            found.extend(wanted)

    # --- arguments ----------------------------------------------------------------------------------------------------

    def args(self, call: Call, count: int) -> tuple[Any, ...]:
        if len(call.args) != count or any(isinstance(value, Function) for value in call.args):
            raise self.error(call, f"{call.name} is given {'one value' if count == 1 else f'{count} values'}")
        return call.args

    def pairs(self, call: Call, before: int) -> Mapping[Any, Any]:
        """The hash that a call is given, behind so many values."""
        if len(call.args) != before + 1 or not isinstance(call.args[-1], dict):
            raise self.error(call, f'{call.name} is given {"a name and " if before else ""}pairs, as :description => "..."')
        return call.args[-1]

    def named(self, call: Call) -> str:
        if not call.args or not isinstance(call.args[0], str):
            raise self.error(call, f"{call.name} is given a name first")
        return call.args[0]

    def text(self, call: Call, value: Any, what: str) -> str:
        if not isinstance(value, str):
            raise self.error(call, f"{what} is a text")
        return str(value)

    def wants(self, call: Call, pairs: Mapping[Any, Any], keys: Sequence[str]) -> None:
        missing = [key for key in keys if key not in pairs]
        if missing:
            raise self.error(
                call, f"{call.name} needs :{missing[0]}" + (f", as {example}" if (example := _EXAMPLES.get(missing[0])) else "")
            )

    def block(self, call: Call) -> Sequence[Call]:
        """The calls inside a call, each one of those that may stand there."""
        known = _INSIDE[call.name]
        for inner in call.block or ():
            if inner.name not in known:
                raise self.unknown(inner, known)
            if inner.block is not None and inner.name not in _INSIDE:
                raise self.error(inner, f"{inner.name} has no block")
        return call.block or ()

    def place(self, call: Call, *path: str) -> None:
        self.result.places[path] = call.line, call.column

    def unknown(self, call: Call, known: Sequence[str]) -> DDLError:
        homes = [home for home, words in _INSIDE.items() if call.name in words]
        if homes:
            return self.error(call, f"{call.name} stands in {' or '.join(homes)} ... do, not here")
        near = get_close_matches(call.name, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"{READ_NOT_RUN}, and here may stand {', '.join(known)}"
        return self.error(call, f"{call.name[:40]} is not a word of this DDL: {hint}")

    def error(self, call: Call, problem: str) -> DDLError:
        return DDLError(self.result.plugin, f"{self.result.file}:{call.line}:{call.column}: {problem}")


_READERS: Mapping[str, Callable[[_Reading, Call], None]] = {
    "metadata": _Reading.metadata,
    "requires": _Reading.requires,
    "usage": _Reading.usage,
    "action": _Reading.action,
    "dataquery": _Reading.dataquery,
    "discovery": _Reading.discovery,
}
