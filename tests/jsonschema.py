"""A checker of JSON documents against the part of JSON Schema that docs/json-schema/ uses, and no more than that."""

import json
from pathlib import Path

_TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float),
}  # fmt: skip
_KNOWN = {
    "$schema", "$ref", "title", "description", "type", "properties", "required", "items", "minimum", "const", "oneOf",
    "additionalProperties",
}  # fmt: skip


def faults(document, file: Path) -> list[str]:
    """What in a document is not as the schema says; a key that the schema does not know is a fault, for nobody could read of it."""
    return list(_faults(document, json.loads(file.read_text()), file, "document"))


def _faults(value, schema, file, place):
    assert set(schema) <= _KNOWN, f"{file}: this checker does not know {sorted(set(schema) - _KNOWN)}"
    if "$ref" in schema:
        other = file.parent / schema["$ref"]
        yield from _faults(value, json.loads(other.read_text()), other, place)
    if "oneOf" in schema:
        found = [list(_faults(value, one, file, place)) for one in schema["oneOf"]]
        if sum(not each for each in found) != 1:
            yield f"{place}: is not exactly one of {len(found)}: {min(found, key=len)}"
    if "const" in schema and value != schema["const"]:
        yield f"{place}: {value!r} is not {schema['const']!r}"
    words = schema.get("type", [])
    words = [words] if isinstance(words, str) else words
    if words and not any(_is(value, word) for word in words):
        yield f"{place}: {value!r} is no {' or '.join(words)}"
    elif "minimum" in schema and value is not None and value < schema["minimum"]:
        yield f"{place}: {value!r} is less than {schema['minimum']}"
    elif isinstance(value, dict):
        known = schema.get("properties", {})
        yield from (f"{place}: lacks {name}" for name in schema.get("required", ()) if name not in value)
        if words and not schema.get("additionalProperties", False):
            yield from (f"{place}: {name} is not in {file.name}: describe it there" for name in value if name not in known)
        for name in value.keys() & known.keys():
            yield from _faults(value[name], known[name], file, f"{place}.{name}")
    elif isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from _faults(item, schema["items"], file, f"{place}[{number}]")


def _is(value, word):
    return isinstance(value, _TYPES[word]) and not (isinstance(value, bool) and word in ("integer", "number"))
