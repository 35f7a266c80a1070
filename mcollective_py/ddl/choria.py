"""The text of Choria's JSON DDL -> our model: the fields of a ddl.yaml, with what Choria's own reader makes of them."""

from collections.abc import Mapping
from typing import Any

from .document import Document, Path, from_json
from .load import ACTION_KEYS, AGGREGATE_KEYS, DDL_KEYS, INPUT_KEYS, METADATA_KEYS, OUTPUT_KEYS, ddl_from_document
from .model import DDL, INPUT_TYPES, PLAIN_TIMEOUT
from .searched import searched
from .validate import is_validator_name

_OWN_KEYS = frozenset({"$schema", "provider", "service"})  # that say nothing to us
_TYPES = {"": "any", "int": "integer"}


def ddl_from_json(text: str, name: str, file: str = "ddl.json", *, is_strict: bool = True) -> DDL:
    """The DDL in a JSON file as Choria writes them. Raises DDLError.

    is_strict: as a host must read it, whose own check this is. Otherwise what is not known or cannot be checked here is said in the
    DDL's notes, and left to hosts.
    """
    document = from_json(text, name, file)
    notes: list[str] | None = None if is_strict else []
    value = _ddl(document, notes) if isinstance(document.value, dict) else document.value
    return ddl_from_document(Document(name, file, value), notes)


def _ddl(document: Document, notes: list[str] | None) -> dict[str, Any]:
    value = _known(document, (), document.value, DDL_KEYS, notes)
    metadata = value.get("metadata")
    if isinstance(metadata, dict):
        metadata = _known(document, ("metadata",), metadata, METADATA_KEYS, notes)
        if metadata.get("timeout") == 0:  # Choria has it so
            metadata["timeout"] = PLAIN_TIMEOUT
        value["metadata"] = metadata
    actions = value.get("actions")
    if isinstance(actions, list):
        value["actions"] = [_action(document, ("actions", index), action, notes) for index, action in enumerate(actions)]
    return value


def _action(document: Document, path: Path, value: Any, notes: list[str] | None) -> Any:
    if not isinstance(value, dict):
        return value
    action = _known(document, path, value, ACTION_KEYS, notes)
    if action.get("display") == "":
        del action["display"]
    for key, change in (("input", _input), ("output", _output)):
        entries = action.get(key)
        if isinstance(entries, dict):
            action[key] = {name: change(document, (*path, key, name), entry, notes) for name, entry in entries.items()}
    aggregates = action.get("aggregate")
    if isinstance(aggregates, list):
        action["aggregate"] = [
            _known(document, (*path, "aggregate", index), one, AGGREGATE_KEYS, notes) if isinstance(one, dict) else one
            for index, one in enumerate(aggregates)
        ]
    return action


def _input(document: Document, path: Path, value: Any, notes: list[str] | None) -> Any:
    if not isinstance(value, dict):
        return value
    wanted = _known(document, path, value, INPUT_KEYS, notes)
    kind = wanted.get("type")
    if isinstance(kind, str):
        kind = wanted["type"] = _TYPES.get(kind.lower(), kind.lower())
    if kind != "string":  # Choria reads them for texts alone
        for key in ("validation", "maxlength"):
            wanted.pop(key, None)
    if kind != "list":
        wanted.pop("list", None)
    validation = wanted.get("validation")
    if validation == "":
        del wanted["validation"]
    elif isinstance(validation, str) and not is_validator_name(validation):
        wanted["validation"] = searched(validation)
    return wanted


def _output(document: Document, path: Path, value: Any, notes: list[str] | None) -> Any:
    if not isinstance(value, dict):
        return value
    output = _known(document, path, value, OUTPUT_KEYS, notes)
    kind = output.get("type")
    if isinstance(kind, str) and (kind := _TYPES.get(kind.lower(), kind.lower())) in INPUT_TYPES:
        output["type"] = kind
    elif "type" in output:
        del output["type"]  # it is for readers alone
    return output


def _known(
    document: Document, path: Path, value: Mapping[str, Any], keys: Mapping[str, Any], notes: list[str] | None
) -> dict[str, Any]:
    """The mapping without Choria's own keys. One that nobody knows is left out with a note; a strict reader will refuse it."""
    unknown = [key for key in value if key not in keys and key not in _OWN_KEYS]
    if notes is not None:
        notes.extend(document.error((*path, key[:64]), "unknown key: it is left out").reason for key in unknown)
    return {key: entry for key, entry in value.items() if key in keys or (notes is None and key in unknown)}
