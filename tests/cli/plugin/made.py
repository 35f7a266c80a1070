"""A parcel to be packed, with all that one can have."""

from pathlib import Path

from mcollective_py.cli.plugin.parcel import Dependency, Parcel, Script, parts_of
from mcollective_py.cli.plugin.source import Source, SourceFile
from mcollective_py.ddl.model import Metadata


def made(**fields):
    files = {
        "agent.py": SourceFile(b"from .words import x\n"),
        "ddl.yaml": SourceFile(b"metadata:\n"),
        "application.py": SourceFile(b""),
        "words.py": SourceFile(b""),
        "act.sh": SourceFile(b"#!/bin/sh\n", True),
    }
    data = Metadata("web_app", "Deploys 100% of\nthe web", "Ann <ann@example.net>", "MIT", "1.2", "https://example.net", 5.0)
    values = {
        "name": "web-app",
        "mcname": "mcollective-py",
        "metadata": data,
        "version": "1.2",
        "revision": "3",
        "vendor": "Example Site",
        "folder": "/usr/share/mcollective/plugins",
        "parts": parts_of([Source("agents", "web_app", Path("/x"), files)], "mcollective-py-web-app"),
        "time": 1_700_000_000,
        "mcversion": "0.1",
        "dependencies": (Dependency("jq", ">=", "1.5"),),
        "postinstall": Script("/bin/sh", "echo 100%\n"),
    }
    return Parcel(**{**values, **fields})
