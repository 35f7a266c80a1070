"""What a plugin folder says of itself: its DDL where it has one, else its docstring; no code of it is run."""

import ast
from dataclasses import dataclass

from ...ddl.choria import ddl_from_json
from ...ddl.dataload import data_ddl_from_yaml, plugin_ddl_from_yaml
from ...ddl.document import from_yaml
from ...ddl.load import ddl_from_yaml
from ...ddl.model import DDL, PLAIN_TIMEOUT, DataDDL, Metadata, PluginDDL
from ...errors import DDLError
from ...plugins.finder import KINDS
from ...plugins.modules import class_name
from .source import Source

_HAS_DDL = ("agents", "data", "discovery")  # the kinds that cannot do without


def ddl_of(source: Source) -> DDL | DataDDL | PluginDDL | None:
    """The DDL as strictly as a host reads it; None for a plugin that has none. Raises DDLError."""
    if source.kind == "agents" and "ddl.yaml" not in source.files and "ddl.json" in source.files:
        return ddl_from_json(_text(source, "ddl.json"), source.name, is_strict=True)
    if "ddl.yaml" not in source.files:
        return None
    text = _text(source, "ddl.yaml")
    if source.kind == "agents":
        return ddl_from_yaml(text, source.name)
    if source.kind == "data":
        return data_ddl_from_yaml(text, source.name)
    if source.kind == "discovery":
        return discovery_ddl(text, source.name)
    return plugin_ddl_from_yaml(text, source.name)


def discovery_ddl(text: str, name: str, file: str = "ddl.yaml") -> PluginDDL:
    """The DDL of a discovery method: metadata, of which only the name must be there, capabilities, usage. Raises DDLError."""
    from ...client.discovery.siteplugins import capabilities_of

    document = from_yaml(text, name, file)
    found = capabilities_of(document)
    given = document.value["metadata"]
    texts = {key: str(given.get(key) or "") for key in ("name", "description", "author", "license", "version", "url")}
    timeout = given.get("timeout")
    seconds = float(timeout) if isinstance(timeout, int | float) and not isinstance(timeout, bool) else PLAIN_TIMEOUT
    return PluginDDL(Metadata(**texts, timeout=seconds), str(document.value.get("usage") or ""), found)


def metadata_of(source: Source) -> Metadata:
    """The metadata; without a DDL the class's docstring and attributes. Raises DDLError for a DDL that cannot be used."""
    ddl = ddl_of(source)
    if ddl is not None:
        return ddl.metadata
    if source.kind in _HAS_DDL and not (source.kind == "agents" and source.files.keys() & {"agent.py", "application.py"}):
        raise DDLError(source.name, "there is no ddl.yaml in its folder")
    said = said_by_class(source.text(KINDS[source.kind][0]) or source.text("application.py") or "", class_name(source.name))
    texts = {key: said.texts.get(key, "") for key in ("author", "license", "version", "url")}
    return Metadata(source.name, said.description.partition("\n")[0], timeout=said.timeout, **texts)


@dataclass(frozen=True, slots=True)
class SaidByClass:
    """What the source of a class says: its docstring, its attributes that are plain texts, and its timeout."""

    description: str
    texts: dict[str, str]
    timeout: float


def said_by_class(text: str, name: str | None) -> SaidByClass:
    """Of the class of this name, or of the module where name is None or there is no such class; nothing of it is run."""
    try:
        tree: ast.Module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return SaidByClass("", {}, PLAIN_TIMEOUT)
    found = next((node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name), None)
    values: dict[str, object] = {}
    for node in found.body if found else ():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            values |= {target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)}
    timeout = values.get("timeout")
    return SaidByClass(
        (found and ast.get_docstring(found)) or ast.get_docstring(tree) or "",
        {key: value for key, value in values.items() if isinstance(value, str)},
        float(timeout) if isinstance(timeout, int | float) and not isinstance(timeout, bool) else PLAIN_TIMEOUT,
    )


def _text(source: Source, file: str) -> str:
    text = source.text(file)
    if text is None:
        raise DDLError(source.name, f"{file}: cannot be read: it is no UTF-8")
    return text
