"""An action's inputs and outputs as JSON Schema (draft 2020-12); pure."""

import re
from collections.abc import Mapping
from typing import Any

from ...ddl.model import DDL, ActionDDL, Input, Output
from ...ddl.validate import is_validator_name

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: Mapping[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "list": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "number": {"type": "number"},
    "hash": {"type": "object"},
    "array": {"type": "array"},
    "path": {"type": "string", "pattern": "^/"},
    "duration": {"type": ["number", "string"]},
    "any": {},
}
_FORMATS = {"ipv4address": "ipv4", "ipv6address": "ipv6", "hostname": "hostname", "fqdn": "hostname"}
# What of our expressions means the same to ECMAScript, which JSON Schema's patterns are written in.
_ELSEWHERE = re.compile(r"\\[AzZGhHRXKpP]|\(\?(?!:)|\[\[:|&&|\\[0-9]|[*+?}]\+")


def agent_schema(ddl: DDL, only: str | None = None) -> dict[str, Any]:
    """All actions, or one: what a call takes, and what a host that succeeds answers."""
    actions = {name: action_schema(action) for name, action in ddl.actions.items() if only in (None, name)}
    return {
        "$schema": DIALECT,
        "title": ddl.metadata.name,
        "description": ddl.metadata.description,
        "version": ddl.metadata.version,
        "actions": actions,
    }


def action_schema(action: ActionDDL) -> dict[str, Any]:
    """`input` and `output`, each a schema of an object."""
    required = [name for name, wanted in action.inputs.items() if not wanted.optional and wanted.default is None]
    return {
        "description": action.description,
        "impact": action.impact,
        "input": {
            "$schema": DIALECT,
            "type": "object",
            "properties": {name: _input(wanted) for name, wanted in action.inputs.items()},
            "required": required,
            "additionalProperties": action.additional_inputs,
        },
        "output": {
            "$schema": DIALECT,
            "type": "object",
            "properties": {name: _output(output) for name, output in action.outputs.items()},
        },
    }


def _input(wanted: Input) -> dict[str, Any]:
    found = {"title": wanted.prompt, "description": wanted.description, **_TYPES[wanted.type]}
    if wanted.choices:
        found["enum"] = list(wanted.choices)
    if wanted.maxlength:
        found["maxLength"] = wanted.maxlength
    if wanted.validation:
        found |= _validation(wanted.validation)
    if wanted.default is not None:
        found["default"] = wanted.default
    if wanted.sensitive:
        found["writeOnly"] = True
    return found


def _validation(validation: str) -> dict[str, Any]:
    """A pattern or format where JSON Schema has one; x-validation is what the host checks in any case."""
    found: dict[str, Any] = {"x-validation": validation}
    if is_validator_name(validation):
        return found | ({"format": _FORMATS[validation]} if validation in _FORMATS else {})
    inner = re.sub(r"\A(?:\\A|\^)", "", validation)
    inner = re.sub(r"(?:\\z|\\Z|(?<!\\)\$)\Z", "", inner)
    if not _ELSEWHERE.search(inner):
        found["pattern"] = f"^(?:{inner})$"
    return found


def _output(output: Output) -> dict[str, Any]:
    found = {"title": output.display_as, "description": output.description, **_TYPES.get(output.type or "any", {})}
    if output.default is not None:
        found["default"] = output.default
    return found | ({"x-sensitive": True} if output.sensitive else {})
