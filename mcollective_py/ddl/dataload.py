"""The text of the ddl.yaml of a data plugin, and of a plugin of any other kind that is no agent."""

from types import MappingProxyType
from typing import Any

from .document import Document, from_yaml
from .load import (
    MAPPING,
    PLUGIN_KEYS,
    REQUIRED,
    TEXT,
    check_requirements,
    input_from_document,
    metadata_from_document,
    output_from_document,
    read_keys,
)
from .model import DataDDL, PluginDDL

_DATA_KEYS = {**PLUGIN_KEYS, "dataquery": (MAPPING, REQUIRED)}
_QUERY_KEYS = {"description": (TEXT, REQUIRED), "input": (MAPPING, {}), "output": (MAPPING, REQUIRED)}
_QUERY_TYPES = ("string", "list", "integer", "float", "number", "boolean", "path")


def data_ddl_from_yaml(text: str, name: str, file: str = "ddl.yaml") -> DataDDL:
    """The DDL of a data plugin. name: the plugin's, which the metadata must repeat. file: for messages. Raises DDLError."""
    document = from_yaml(text, name, file)
    table = read_keys(document, (), document.value, _DATA_KEYS)
    check_requirements(document, table["requires"])
    asked = read_keys(document, ("dataquery",), table["dataquery"], _QUERY_KEYS)
    for key in asked["input"]:
        if key != "query":
            raise document.error(("dataquery", "input", key), "a data plugin has one input at most, and it is called query")
    query = asked["input"].get("query")
    wanted = None if query is None else input_from_document(document, ("dataquery", "input", "query"), query, None)
    if wanted is not None and wanted.type not in _QUERY_TYPES:
        raise document.error(("dataquery", "input", "query", "type"), f"a query is one of {', '.join(_QUERY_TYPES)}")
    outputs = {key: output_from_document(document, ("dataquery", "output", key), entry) for key, entry in asked["output"].items()}
    if not outputs:
        raise document.error(("dataquery", "output"), "a data plugin has at least one output")
    _check_defaults(document, {key: output.default for key, output in outputs.items()})
    metadata = metadata_from_document(document, table["metadata"])
    return DataDDL(metadata, asked["description"], wanted, MappingProxyType(outputs), table["usage"])


def plugin_ddl_from_yaml(text: str, name: str, file: str = "ddl.yaml") -> PluginDDL:
    """The DDL of a validator or an aggregate: metadata and usage alone. Raises DDLError."""
    document = from_yaml(text, name, file)
    table = read_keys(document, (), document.value, PLUGIN_KEYS)
    check_requirements(document, table["requires"])
    return PluginDDL(metadata_from_document(document, table["metadata"]), table["usage"])


def _check_defaults(document: Document, defaults: dict[str, Any]) -> None:
    for key, default in defaults.items():
        if not (default is None or isinstance(default, str | int | float)):
            raise document.error(("dataquery", "output", key, "default"), "must be text, a number, true or false")
