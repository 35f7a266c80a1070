"""The text of a ddl.yaml, or of Choria's JSON, as a DDL. A key nobody knows is a mistake, and is named with the nearest one."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from ..names import is_action, is_agent
from .document import Document, Path, from_json, from_yaml
from .model import DDL, DISPLAYS, IMPACTS, INPUT_TYPES, ActionDDL, Aggregate, Input, Metadata, Output
from .validate import check_input, is_validator_name
from .validators import check_pattern

_REQUIRED = object()
_MAX_TIMEOUT = 86_400.0  # seconds

# What a value must be: a test and its words.
_Kind = tuple[Callable[[Any], bool], str]
_TEXT: _Kind = (
    lambda value: isinstance(value, str) and all(character.isprintable() or character in "\n\t" for character in value),
    "text (in quotes, should it look like a number)",
)
_FLAG: _Kind = (lambda value: isinstance(value, bool), "true or false")
_COUNT: _Kind = (lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000_000, "a whole number")
_SECONDS: _Kind = (
    lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _MAX_TIMEOUT,
    "seconds, above 0",
)
_TABLE: _Kind = (lambda value: isinstance(value, dict), "a mapping")
_LIST: _Kind = (lambda value: isinstance(value, list), "a list")
_ANY: _Kind = (lambda value: True, "anything")


def _one_of(choices: tuple[str, ...]) -> _Kind:
    return (lambda value: value in choices, f"one of {', '.join(choices)}")


_Keys = Mapping[str, tuple[_Kind, Any]]  # key -> what its value must be, and its default
_DDL: _Keys = {"metadata": (_TABLE, _REQUIRED), "actions": (_LIST, _REQUIRED), "usage": (_TEXT, "")}
_METADATA: _Keys = {
    **dict.fromkeys(("name", "description", "author", "license", "version", "url"), (_TEXT, _REQUIRED)),
    "timeout": (_SECONDS, _REQUIRED),
}
_ACTION: _Keys = {
    "action": (_TEXT, _REQUIRED),
    "description": (_TEXT, _REQUIRED),
    "display": (_one_of(DISPLAYS), "failed"),
    "impact": (_one_of(IMPACTS), "change"),
    "supports_noop": (_FLAG, False),
    "additional_inputs": (_FLAG, False),
    "timeout": (_SECONDS, None),
    "input": (_TABLE, {}),
    "output": (_TABLE, {}),
    "aggregate": (_LIST, []),
}
_INPUT: _Keys = {
    "prompt": (_TEXT, _REQUIRED),
    "description": (_TEXT, _REQUIRED),
    "type": (_one_of(INPUT_TYPES), _REQUIRED),
    "optional": (_FLAG, False),
    "default": (_ANY, None),
    "validation": (_TEXT, None),
    "maxlength": (_COUNT, 0),
    "list": (_LIST, []),
    "sensitive": (_FLAG, False),
}
_OUTPUT: _Keys = {
    "description": (_TEXT, _REQUIRED),
    "display_as": (_TEXT, _REQUIRED),
    "type": (_one_of(INPUT_TYPES), None),
    "default": (_ANY, None),
}
_AGGREGATE: _Keys = {"function": (_TEXT, _REQUIRED), "args": (_LIST, _REQUIRED)}

# Choria's own keys, that say nothing to us.
_CHORIA_DDL: _Keys = {**_DDL, "$schema": (_ANY, None)}
_CHORIA_METADATA: _Keys = {**_METADATA, "provider": (_ANY, None), "service": (_ANY, None)}
_CHORIA_OUTPUT: _Keys = {**_OUTPUT, "type": (_TEXT, None)}


def ddl_from_yaml(text: str, name: str, file: str = "ddl.yaml") -> DDL:
    """The DDL in a ddl.yaml. name: the plugin's, which the metadata must repeat. file: for messages. Raises DDLError."""
    return _ddl(from_yaml(text, name, file), _DDL, _METADATA, _OUTPUT)


def ddl_from_json(text: str, name: str, file: str = "ddl.json") -> DDL:
    """The DDL in a JSON file as Choria writes them; the same fields, strictly read as well. Raises DDLError."""
    return _ddl(from_json(text, name, file), _CHORIA_DDL, _CHORIA_METADATA, _CHORIA_OUTPUT)


def _ddl(document: Document, keys: _Keys, metadata_keys: _Keys, output_keys: _Keys) -> DDL:
    table = _read(document, (), document.value, keys)
    actions: dict[str, ActionDDL] = {}
    for index, value in enumerate(table["actions"]):
        action = _action(document, ("actions", index), value, output_keys)
        if action.name in actions:
            raise document.error(("actions", index, "action"), f"{action.name} is declared twice")
        actions[action.name] = action
    if not actions:
        raise document.error(("actions",), "an agent has at least one action")
    return DDL(_metadata(document, table["metadata"], metadata_keys), MappingProxyType(actions), table["usage"])


def _metadata(document: Document, value: Any, keys: _Keys) -> Metadata:
    table = _read(document, ("metadata",), value, keys)
    if not is_agent(table["name"]):
        raise document.error(("metadata", "name"), "a name is lower case letters, digits and _")
    if table["name"] != document.plugin:
        raise document.error(("metadata", "name"), f"says {table['name']}, but the folder is called {document.plugin}")
    return Metadata(**{key: table[key] for key in _METADATA if key != "timeout"}, timeout=float(table["timeout"]))


def _action(document: Document, path: Path, value: Any, output_keys: _Keys) -> ActionDDL:
    table = _read(document, path, value, _ACTION)
    name = _name(document, (*path, "action"), table["action"])
    inputs = {key: _input(document, (*path, "input", key), entry) for key, entry in table["input"].items()}
    outputs = {key: _output(document, (*path, "output", key), entry, output_keys) for key, entry in table["output"].items()}
    return ActionDDL(
        name=name,
        description=table["description"],
        inputs=MappingProxyType(inputs),
        outputs=MappingProxyType(outputs),
        display=table["display"],
        impact=table["impact"],
        supports_noop=table["supports_noop"],
        additional_inputs=table["additional_inputs"],
        timeout=None if table["timeout"] is None else float(table["timeout"]),
        aggregates=tuple(
            _aggregate(document, (*path, "aggregate", index), entry, outputs) for index, entry in enumerate(table["aggregate"])
        ),
    )


def _input(document: Document, path: Path, value: Any) -> Input:
    name = _name(document, path, path[-1])
    table = _read(document, path, value, _INPUT)
    choices = table["list"]
    if not all(isinstance(choice, str) for choice in choices):
        raise document.error((*path, "list"), "choices are texts: put them in quotes")
    if (table["type"] == "list") != bool(choices):
        raise document.error(path, "the type list and a list of choices go together")
    if table["type"] != "string" and (table["validation"] or table["maxlength"]):
        raise document.error(path, "validation and maxlength are for the type string")
    _check_validation(document, (*path, "validation"), table["validation"])
    wanted = Input(
        name=name,
        **{key: table[key] for key in ("prompt", "description", "type", "optional", "default", "validation", "maxlength", "sensitive")},
        choices=tuple(choices),
    )
    if wanted.default is not None:
        try:
            check_input(wanted, wanted.default)
        except ValueError as error:
            raise document.error((*path, "default"), f"the default itself {error}") from error
    return wanted


def _check_validation(document: Document, path: Path, validation: str | None) -> None:
    if validation is None or is_validator_name(validation):
        return
    try:
        check_pattern(validation)
    except ValueError as error:
        raise document.error(path, f"neither a validator's name nor a regex that can be used ({error})") from error


def _output(document: Document, path: Path, value: Any, keys: _Keys) -> Output:
    name = _name(document, path, path[-1])
    table = _read(document, path, value, keys)
    return Output(name=name, **{key: table[key] for key in ("description", "display_as", "type", "default")})


def _aggregate(document: Document, path: Path, value: Any, outputs: Mapping[str, Output]) -> Aggregate:
    table = _read(document, path, value, _AGGREGATE)
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


def _read(document: Document, path: Path, value: Any, keys: _Keys) -> dict[str, Any]:
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
            if default is _REQUIRED:
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
