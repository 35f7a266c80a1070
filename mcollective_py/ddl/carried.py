"""What a Ruby DDL declares -> a document of the shape of a ddl.yaml, and notes of what it has no place for."""

from collections.abc import Mapping
from typing import Any

from ..names import is_action
from ..wire.symbol import Regexp, Symbol
from .document import Document, Path
from .model import INPUT_TYPES, PLAIN_TIMEOUT
from .rubyentities import Declared
from .searched import searched

_MAX_TIMEOUT = 86_400.0  # seconds, as in load.py
_MAX_LENGTH = 10_000_000
_TEXTS = ("description", "author", "license", "version", "url")
_DELEGATED = ("integer", "boolean", "float", "number", "string")  # as a `validation` Ruby takes these for types


def carried(declared: Declared) -> tuple[Document, list[str]]:
    """The document of an agent, and the notes."""
    return _Carrier(declared).agent()


def carried_metadata(declared: Declared) -> tuple[Document, list[str]]:
    """The document of any plugin, with `metadata` and `usage` alone; of a data plugin with `description`, `input` and `output` too."""
    return _Carrier(declared).plugin()


class _Carrier:
    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        self.notes: list[str] = []
        self.lines: dict[Path, int] = {}

    def agent(self) -> tuple[Document, list[str]]:
        actions: list[dict[str, Any]] = []
        for name, entity in self.declared.entities.items():
            action = self.action(name, entity, len(actions))
            if action is not None:
                actions.append(action)
        value = {**self.head(), "actions": actions}
        return Document(self.declared.plugin, self.declared.file, value, self.lines), self.notes

    def plugin(self) -> tuple[Document, list[str]]:
        value = self.head()
        entity = self.declared.entities.get("data")
        if entity is not None:
            value["description"] = self.text(entity["description"])
            value["input"] = {str(name): self.input(entity, "data", name, ("input", name)) for name in entity["input"]}
            value["output"] = self.outputs(entity, "data", ())
        return Document(self.declared.plugin, self.declared.file, value, self.lines), self.notes

    def head(self) -> dict[str, Any]:
        from textwrap import dedent

        metadata = self.declared.metadata
        self.lines[("metadata",)] = self.line("metadata")
        head: dict[str, Any] = {
            "metadata": {"name": self.declared.plugin}
            | {key: self.text(metadata.get(key)) for key in _TEXTS}
            | {"timeout": self.timeout(metadata.get("timeout"))}
        }
        if usage := self.text(dedent(self.declared.usage)).strip():
            head["usage"] = usage
        return head

    def timeout(self, value: Any) -> float:
        """Seconds; Ruby's 0 is no limit at all, which nothing here has."""
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self.declared_error("metadata", problem="timeout is a number of seconds")
        if value == 0:
            if self.declared.kind == "agent":
                self.note(("metadata",), f"metadata: a timeout of 0 is none: {PLAIN_TIMEOUT:g} s are taken")
            return PLAIN_TIMEOUT
        if value > _MAX_TIMEOUT:
            self.note(("metadata",), f"metadata: a timeout above {_MAX_TIMEOUT:g} s: it is lowered to that")
        return min(value, _MAX_TIMEOUT)

    def action(self, name: str, entity: Mapping[str, Any], index: int) -> dict[str, Any] | None:
        if not is_action(name):
            self.note(("action", name), f"action {name[:64]}: a name is letters, digits and _: it is left out")
            return None
        required = [key for key, wanted in entity["input"].items() if not is_action(key) and not _truth(wanted["optional"])]
        if required:
            self.note(("action", name), f"action {name}: its input {required[0][:64]!r} cannot be named here: the action is left out")
            return None
        path: Path = ("actions", index)
        self.lines[path] = self.line("action", name)
        action: dict[str, Any] = {
            "action": str(name),
            "description": self.text(entity["description"]),
            "display": str(entity["display"]),
            "input": {},
            "output": self.outputs(entity, name, path),
        }
        for key in entity["input"]:
            if not is_action(key):
                self.note(("input", name, key), f"{name}: input {key[:64]!r}: a name is letters, digits and _: it is left out")
                continue
            self.lines[(*path, "input", str(key))] = self.line("input", name, key)
            action["input"][str(key)] = self.input(entity, name, key, ("input", name, key))
        aggregates = [self.aggregate(found, name, action["output"], at) for at, found in enumerate(entity.get("aggregate", ()))]
        action["aggregate"] = [found for found in aggregates if found is not None]
        return action

    # --- inputs -------------------------------------------------------------------------------------------------------

    def input(self, entity: Mapping[str, Any], owner: str, name: str, place: tuple[str, ...]) -> dict[str, Any]:
        wanted = entity["input"][name]
        what = f"{owner}: input {name}"
        found: dict[str, Any] = {
            "prompt": self.text(wanted["prompt"]),
            "description": self.text(wanted["description"]),
            "type": self.type(wanted["type"], place, what),
            "optional": _truth(wanted["optional"]),
        }
        if wanted["default"] is not None:
            found["default"] = self.value(wanted["default"], place, what)
        if found["type"] == "string":
            found["maxlength"] = _length(wanted["maxlength"])
            self.validation(wanted["validation"], found, place, what)
        elif found["type"] == "list":
            self.choices(wanted["list"], found, place, what)
        return found

    def type(self, value: Any, place: tuple[str, ...], what: str) -> str:
        if isinstance(value, Symbol) and value in INPUT_TYPES:
            return str(value)
        self.note(place, f"{what}: the type {_shown(value)} is not known here: anything is taken, hosts check it")
        return "any"

    def validation(self, value: Any, found: dict[str, Any], place: tuple[str, ...], what: str) -> None:
        if isinstance(value, Symbol):
            if value in _DELEGATED:
                if value != "string":
                    self.note(place, f"{what}: no text is a valid {value}, so hosts refuse it always")
            elif is_action(value) and value.islower():
                found["validation"] = str(value)
            else:
                self.note(place, f"{what}: {_shown(value)} is no validator's name: only hosts check it")
        elif isinstance(value, str | Regexp):
            pattern = searched(value)
            if pattern is not None:
                found["validation"] = pattern
        elif isinstance(value, list):
            found["type"] = "list"
            del found["maxlength"]
            self.choices(value, found, place, what)
        else:
            self.note(place, f"{what}: the validation {_shown(value)} checks nothing")

    def choices(self, value: Any, found: dict[str, Any], place: tuple[str, ...], what: str) -> None:
        choices = value if isinstance(value, list) else []
        if choices and all(isinstance(choice, str) for choice in choices):
            # A text and a symbol of one word are two choices in Ruby; the first stands for both.
            found["list"] = list(dict.fromkeys(choices))
            return
        is_whole = choices and all(isinstance(choice, int) and not isinstance(choice, bool) for choice in choices)
        found["type"] = "integer" if is_whole else "any"
        listed = ", ".join(map(_shown, choices[:20])) or "nothing"
        kind = "whole number" if is_whole else "value"
        self.note(place, f"{what}: a list of choices has texts here, not {listed}: any {kind} is taken, hosts check it")

    # --- outputs and aggregates ---------------------------------------------------------------------------------------

    def outputs(self, entity: Mapping[str, Any], owner: str, path: Path) -> dict[str, Any]:
        outputs: dict[str, Any] = {}
        for name, output in entity["output"].items():
            place = ("output", owner, name)
            if not is_action(name):
                self.note(place, f"{owner}: output {name[:64]!r}: a name is letters, digits and _: it is left out")
                continue
            self.lines[(*path, "output", str(name))] = self.line(*place)
            found = {"description": self.text(output["description"]), "display_as": self.text(output["display_as"])}
            kind = output.get("type")
            if isinstance(kind, str) and kind in INPUT_TYPES:
                found["type"] = str(kind)
            if output["default"] is not None:
                found["default"] = self.value(output["default"], place, f"{owner}: output {name}")
            outputs[str(name)] = found
        return outputs

    def aggregate(self, found: Mapping[str, Any], owner: str, outputs: Mapping[str, Any], at: int) -> dict[str, Any] | None:
        place = ("aggregate", owner, str(at))
        args = list(found["args"])
        options = args.pop() if len(args) == 2 and isinstance(args[-1], dict) else {}
        if len(args) != 1 or not isinstance(args[0], str) or args[0] not in outputs:
            self.note(place, f"{owner}: the summary {found['function']} is of no output of the action: it is left out")
            return None
        options = {str(key): self.value(value, place, f"{owner}: summary") for key, value in options.items()}
        options |= {str(key): self.value(found[key], place, f"{owner}: summary") for key in found if key not in ("function", "args")}
        if not isinstance(options.get("format"), str):
            options.pop("format", None)
        return {"function": str(found["function"]), "args": [str(args[0]), *([options] if options else [])]}

    # --- values -------------------------------------------------------------------------------------------------------

    def value(self, value: Any, place: tuple[str, ...], what: str) -> Any:
        """A value as YAML and JSON have it: symbols as text, keys as text."""
        if isinstance(value, Regexp):
            self.note(place, f"{what}: a regular expression as a value becomes text")
            return value.source
        if isinstance(value, str):
            return str(value)
        if isinstance(value, list):
            return [self.value(item, place, what) for item in value]
        if isinstance(value, dict):
            return {_key(key): self.value(item, place, what) for key, item in value.items()}
        return value

    def text(self, value: Any) -> str:
        """A text for people: what is no text is written as one, what cannot be printed becomes a space."""
        if value is None:
            return ""
        text = value if isinstance(value, str) else _shown(value)
        return "".join(letter if letter.isprintable() or letter in "\n\t" else " " for letter in text)

    def note(self, place: tuple[str, ...], text: str) -> None:
        self.notes.append(f"{self.declared.file}:{self.line(*place)}: {text}")

    def line(self, *place: str) -> int:
        return self.declared.places.get(place, (1, 1))[0]

    def declared_error(self, *place: str, problem: str) -> Exception:
        return Document(self.declared.plugin, self.declared.file, None, {place: self.line(*place)}).error(place, problem)


def _truth(value: Any) -> bool:
    """As Ruby has it: all but nil and false."""
    return value is not None and value is not False


def _length(value: Any) -> int:
    """Characters, 0 for no limit; a text of digits is a number, as Ruby's to_i has it."""
    if isinstance(value, str):
        digits = value.strip()
        value = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return min(max(int(value), 0), _MAX_LENGTH)


def _key(key: Any) -> str:
    return key if type(key) is str else str(key) if isinstance(key, str) else _shown(key)


def _shown(value: Any) -> str:
    """A value as its author wrote it, about."""
    if isinstance(value, Symbol):
        return f":{value}"[:64]
    if isinstance(value, bool | None):
        return {True: "true", False: "false", None: "nil"}[value]
    return (repr(value) if isinstance(value, str) else f"/{value.source}/" if isinstance(value, Regexp) else str(value))[:64]
