"""The text of a ddl.yaml as a DDL. A key nobody knows is a mistake, and is named with the nearest one.

What other files say, Ruby's and Choria's, comes here too, as a document of the same shape (rubyddl.py, choria.py).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ..names import is_action, is_agent
from .document import Document, Path, from_yaml
from .model import DDL, DISPLAYS, IMPACTS, INPUT_TYPES, NOOP, RUBY_LEVEL, ActionDDL, Aggregate, Input, Metadata, Output
from .validate import check_input, is_validator_name
from .validators import VALIDATORS, check_pattern

REQUIRED = object()  # in place of a default
_NEVER_SHOWN = "sensitive"  # as a type: a string that is sensitive
_MAX_TIMEOUT = 86_400.0  # seconds
_VERSION = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,5}", re.ASCII)

# What a value must be: a test and its words.
_Kind = tuple[Callable[[Any], bool], str]
TEXT: _Kind = (
    lambda value: isinstance(value, str) and all(character.isprintable() or character in "\n\t" for character in value),
    "text (in quotes, should it look like a number)",
)
_FLAG: _Kind = (lambda value: isinstance(value, bool), "true or false")
_COUNT: _Kind = (lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000_000, "a whole number")
_SECONDS: _Kind = (
    lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _MAX_TIMEOUT,
    "seconds, above 0",
)
MAPPING: _Kind = (lambda value: isinstance(value, dict), "a mapping")
_LIST: _Kind = (lambda value: isinstance(value, list), "a list")
_ANY: _Kind = (lambda value: True, "anything")


def _one_of(choices: tuple[str, ...]) -> _Kind:
    return (lambda value: value in choices, f"one of {', '.join(choices)}")


_Keys = Mapping[str, tuple[_Kind, Any]]  # key -> what its value must be, and its default
PLUGIN_KEYS: _Keys = {"metadata": (MAPPING, REQUIRED), "usage": (TEXT, ""), "requires": (MAPPING, {})}
DDL_KEYS: _Keys = {**PLUGIN_KEYS, "actions": (_LIST, REQUIRED), "aliases": (_LIST, [])}
METADATA_KEYS: _Keys = {
    **dict.fromkeys(("name", "description", "author", "license", "version", "url"), (TEXT, REQUIRED)),
    "timeout": (_SECONDS, REQUIRED),
}
ACTION_KEYS: _Keys = {
    "action": (TEXT, REQUIRED),
    "description": (TEXT, REQUIRED),
    "display": (_one_of(DISPLAYS), "failed"),
    "impact": (_one_of(IMPACTS), "change"),
    "supports_noop": (_FLAG, False),
    "needs_confirm": (_FLAG, False),
    "additional_inputs": (_FLAG, False),
    "timeout": (_SECONDS, None),
    "implemented_by": (TEXT, None),
    "input": (MAPPING, {}),
    "output": (MAPPING, {}),
    "aggregate": (_LIST, []),
}
INPUT_KEYS: _Keys = {
    "prompt": (TEXT, REQUIRED),
    "description": (TEXT, REQUIRED),
    "type": (_one_of((*INPUT_TYPES, _NEVER_SHOWN)), REQUIRED),
    "optional": (_FLAG, False),
    "default": (_ANY, None),
    "validation": (TEXT, None),
    "maxlength": (_COUNT, 0),
    "list": (_LIST, []),
    "sensitive": (_FLAG, False),
}
OUTPUT_KEYS: _Keys = {
    "description": (TEXT, REQUIRED),
    "display_as": (TEXT, REQUIRED),
    "type": (_one_of((*INPUT_TYPES, _NEVER_SHOWN)), None),
    "default": (_ANY, None),
    "sensitive": (_FLAG, False),
}
AGGREGATE_KEYS: _Keys = {"function": (TEXT, REQUIRED), "args": (_LIST, REQUIRED)}


def ddl_from_yaml(text: str, name: str, file: str = "ddl.yaml") -> DDL:
    """The DDL in a ddl.yaml. name: the plugin's, which the metadata must repeat. file: for messages. Raises DDLError."""
    return ddl_from_document(from_yaml(text, name, file))


def ddl_from_document(document: Document, notes: list[str] | None = None) -> DDL:
    """The DDL that a document of the shape of a ddl.yaml says. Raises DDLError.

    notes: None for a strict reading, as a host must have it. Otherwise a regular expression that our engine does not take stays in the
    DDL unchecked, a default that is not valid is left out, and each such thing is said in a note.
    """
    table = read_keys(document, (), document.value, DDL_KEYS)
    check_requirements(document, table["requires"])
    actions: dict[str, ActionDDL] = {}
    for index, value in enumerate(table["actions"]):
        action = _action(document, ("actions", index), value, notes)
        if action.name in actions:
            raise document.error(("actions", index, "action"), f"{action.name} is declared twice")
        actions[action.name] = action
    if not actions:
        raise document.error(("actions",), "an agent has at least one action")
    metadata = metadata_from_document(document, table["metadata"])
    for index, alias in enumerate(table["aliases"]):
        if not isinstance(alias, str) or not is_agent(alias) or alias == metadata.name:
            raise document.error(("aliases", index), "an alias is another name: lower case letters, digits and _")
    return DDL(metadata, MappingProxyType(actions), table["usage"], tuple(notes or ()), tuple(table["aliases"]))


def metadata_from_document(document: Document, value: Any) -> Metadata:
    """The metadata of any plugin, from what stands under `metadata`. Raises DDLError."""
    table = read_keys(document, ("metadata",), value, METADATA_KEYS)
    if not is_agent(table["name"]):
        raise document.error(("metadata", "name"), "a name is lower case letters, digits and _")
    if table["name"] != document.plugin:
        raise document.error(("metadata", "name"), f"says {table['name']}, but the folder is called {document.plugin}")
    return Metadata(**{key: table[key] for key in METADATA_KEYS if key != "timeout"}, timeout=float(table["timeout"]))


def check_requirements(document: Document, requires: Mapping[str, Any]) -> None:
    """Refuse a plugin that wants a newer version than this: of mcollective_py, or of the MCollective whose wire and agents it has.

    A version in development passes for the one it is to become. Raises DDLError.
    """
    from .. import __version__

    here = {"mcollective_py": __version__, "mcollective": ".".join(map(str, RUBY_LEVEL))}
    for name, wanted in requires.items():
        path: Path = ("requires", name)
        if name not in here:
            raise document.error(path, f"unknown key: there are {' and '.join(here)}")
        numbers = _version(wanted)
        if not isinstance(wanted, str) or numbers is None:
            raise document.error(path, 'must be a version of numbers and dots in quotes, as "1.2"')
        if numbers > (_version(here[name].partition("+")[0].partition(".dev")[0]) or ()):
            raise document.error(path, f"wants {wanted} or newer, and here is {here[name]}")


def _version(text: object) -> tuple[int, ...] | None:
    if not isinstance(text, str) or not _VERSION.fullmatch(text):
        return None
    numbers = [int(number) for number in text.split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _action(document: Document, path: Path, value: Any, notes: list[str] | None) -> ActionDDL:
    table = read_keys(document, path, value, ACTION_KEYS)
    name = _name(document, (*path, "action"), table["action"])
    inputs = {key: input_from_document(document, (*path, "input", key), entry, notes) for key, entry in table["input"].items()}
    outputs = {key: output_from_document(document, (*path, "output", key), entry) for key, entry in table["output"].items()}
    if table["supports_noop"] and inputs.setdefault("noop", NOOP).type != "boolean":
        raise document.error((*path, "input", "noop"), "an action that supports noop takes it as a boolean")
    return ActionDDL(
        name=name,
        description=table["description"],
        inputs=MappingProxyType(inputs),
        outputs=MappingProxyType(outputs),
        display=table["display"],
        impact=table["impact"],
        supports_noop=table["supports_noop"],
        needs_confirm=table["needs_confirm"],
        additional_inputs=table["additional_inputs"],
        timeout=None if table["timeout"] is None else float(table["timeout"]),
        implemented_by=table["implemented_by"],
        aggregates=tuple(
            _aggregate(document, (*path, "aggregate", index), entry, outputs) for index, entry in enumerate(table["aggregate"])
        ),
    )


def input_from_document(document: Document, path: Path, value: Any, notes: list[str] | None) -> Input:
    """One input, from what stands under a path that ends in its name. notes: as for ddl_from_document. Raises DDLError."""
    name = _name(document, path, path[-1])
    table = read_keys(document, path, value, INPUT_KEYS)
    choices = table["list"]
    if not all(isinstance(choice, str) for choice in choices):
        raise document.error((*path, "list"), "choices are texts: put them in quotes")
    if table["type"] == _NEVER_SHOWN:
        table |= {"type": "string", "sensitive": True}
    if (table["type"] == "list") != bool(choices):
        raise document.error(path, "the type list and a list of choices go together")
    if table["type"] not in ("string", "path") and (table["validation"] or table["maxlength"]):
        raise document.error(path, "validation and maxlength are for the types string and path")
    _check_validation(document, (*path, "validation"), table["validation"], notes)
    wanted = Input(
        name=name,
        **{key: table[key] for key in ("prompt", "description", "type", "optional", "default", "validation", "maxlength", "sensitive")},
        choices=tuple(choices),
    )
    if wanted.default is not None:
        try:
            # A site's own validator is not known yet: who loads the agent has it judge the default.
            is_sites = wanted.validation is not None and is_validator_name(wanted.validation) and wanted.validation not in VALIDATORS
            check_input(wanted, wanted.default, trusts_host=notes is not None or is_sites)
        except ValueError as error:
            problem = document.error((*path, "default"), f"the default itself {error}")
            if notes is None:
                raise problem from error
            notes.append(f"{problem.reason}: it is left out")
            return replace(wanted, default=None)
    return wanted


def _check_validation(document: Document, path: Path, validation: str | None, notes: list[str] | None) -> None:
    if validation is None or is_validator_name(validation):
        return
    try:
        check_pattern(validation)
    except ValueError as error:
        problem = document.error(path, f"neither a validator's name nor a regex that can be used ({error})")
        if notes is None:
            raise problem from error
        notes.append(f"{problem.reason}: only hosts check it")


def output_from_document(document: Document, path: Path, value: Any) -> Output:
    """One output, from what stands under a path that ends in its name. Raises DDLError."""
    name = _name(document, path, path[-1])
    table = read_keys(document, path, value, OUTPUT_KEYS)
    if table["type"] == _NEVER_SHOWN:
        table |= {"type": "string", "sensitive": True}
    return Output(name=name, **{key: table[key] for key in ("description", "display_as", "type", "default", "sensitive")})


def _aggregate(document: Document, path: Path, value: Any, outputs: Mapping[str, Output]) -> Aggregate:
    table = read_keys(document, path, value, AGGREGATE_KEYS)
    args = table["args"]
    if not 1 <= len(args) <= 2 or not isinstance(args[0], str) or (len(args) == 2 and not isinstance(args[1], dict)):
        raise document.error((*path, "args"), "an output, and after it at most one mapping of options")
    if args[0] not in outputs:
        raise document.error((*path, "args"), f"there is no output {args[0]}{_nearest(args[0], outputs)}")
    options = dict(args[1]) if len(args) == 2 else {}
    pattern = options.pop("format", None)
    if not is_agent(table["function"]) or not (pattern is None or isinstance(pattern, str)):
        raise document.error(path, "a function is a plugin's name, a format is text")
    return Aggregate(table["function"], args[0], pattern, MappingProxyType(options))


def read_keys(document: Document, path: Path, value: Any, keys: _Keys) -> dict[str, Any]:
    """A mapping with exactly these keys, defaults filled in; null counts as left out."""
    if not isinstance(value, dict):
        raise document.error(path, f"must be a mapping with {', '.join(keys)}")
    for key in value:
        if key not in keys:
            raise document.error((*path, key), f"unknown key{_nearest(key, keys)}")
    table: dict[str, Any] = {}
    for key, ((fits, words), default) in keys.items():
        found = value.get(key)
        if found is None:
            if default is REQUIRED:
                raise document.error(path, f"{key} is missing")
            table[key] = default
        elif not fits(found):
            raise document.error((*path, key), f"must be {words}")
        else:
            table[key] = found.strip() if isinstance(found, str) and key not in ("default", "validation") else found
    return table


def _name(document: Document, path: Path, name: Any) -> str:
    if not is_action(name):
        raise document.error(path, "a name is letters, digits and _, at most 64")
    return str(name)


def _nearest(word: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f", did you mean {near[0]}?" if near else f"; there are {', '.join(known)}" if known else ""
