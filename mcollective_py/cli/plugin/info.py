"""`mco plugin info PATH`: what a plugin's folder says of itself, and the packages that would be made of it."""

import argparse
from pathlib import Path
from typing import Any

from ...ddl.model import DDL
from ..inert import inert
from ..session import print_json
from .metadata import ddl_of, metadata_of
from .packaging import preview
from .source import Source, read_sources


def info(path: str, options: argparse.Namespace) -> int:
    """Print it. Raises UsageError or DDLError for a folder that is no plugin, or a broken one."""
    sources = read_sources(Path(path))
    documents = [_document(source) for source in sources]
    if options.json:
        print_json({"plugins": documents})
        return 0
    for number, document in enumerate(documents):
        print("\n" * bool(number) + _text(document))
    return 0


def _document(source: Source) -> dict[str, Any]:
    data, ddl = metadata_of(source), ddl_of(source)
    packages = {part.name: list(part.files) for part in preview([source], source.name)}
    texts = {key: getattr(data, key) for key in ("description", "version", "author", "license", "url", "timeout")}
    inner = [name.split("/") for name in source.files if name.count("/") > 1]
    carries = sorted({f"{kind}/{name}" for kind, name, *_ in inner if kind in ("data", "validators", "aggregates")})
    return {
        "kind": source.one,
        "name": source.name,
        "path": str(source.path),
        **texts,
        "actions": sorted(ddl.actions) if isinstance(ddl, DDL) else [],
        "carries": carries if source.kind == "agents" else [],
        "packages": packages,
    }


def _text(document: dict[str, Any]) -> str:
    title = f"{document['name']} {document['kind']}" + ("" if document["kind"] == "agent" else " plugin")
    labels = {"Description": "description", "Version": "version", "Author": "author", "License": "license", "Home page": "url"}
    facts = {label: document[key] for label, key in labels.items()}
    facts |= {"Timeout": f"{document['timeout']:g} s", "Actions": ", ".join(document["actions"])}
    facts |= {"Carries": ", ".join(document["carries"]), "Folder": document["path"]}
    lines = [title, "=" * len(title), "", *(f"{label:>14}: {inert(text)}" for label, text in facts.items() if text)]
    lines += ["", "Packages that `mco plugin package` makes of it:"]
    for name, files in document["packages"].items():
        lines += ["", f"   {name}", *(f"      {file}" for file in files)]
    return "\n".join(lines)
