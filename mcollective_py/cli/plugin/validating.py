"""`mco plugin validate PATH...`: what is wrong with plugin folders, and what could be better; exit code 1 where something is wrong."""

import argparse
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...ddl.document import from_yaml
from ...ddl.model import DDL, DataDDL
from ...ddl.validators import VALIDATORS
from ...errors import DDLError, UsageError
from ...plugins.finder import KINDS, find
from ..inert import inert
from ..session import print_json
from .codelint import lint_code
from .ddllint import lint_data, lint_ddl, lint_metadata
from .finding import Finding, found
from .loadcheck import check_loading
from .metadata import ddl_of
from .source import Source, read_sources


def validate(paths: Sequence[str], libdirs: Sequence[Path], options: argparse.Namespace) -> int:
    """Print the findings; 1 where one is an error, with --strict also for a warning."""
    reports: list[dict[str, Any]] = []
    failed = False
    for path in paths or (".",):
        try:
            sources = read_sources(Path(path))
        except UsageError as error:
            reports.append({"kind": None, "name": None, "path": path, "findings": [Finding("", None, str(error))]})
            continue
        for source in sources:
            findings = lint(source, libdirs, loads=options.load)
            reports.append({"kind": source.one, "name": source.name, "path": str(source.path), "findings": findings})
    for report in reports:
        failed = failed or any(one.is_error or options.strict for one in report["findings"])
    if options.json:
        print_json({"ok": not failed, "plugins": [{**report, "findings": list(map(_plain, report["findings"]))} for report in reports]})
    else:
        for report in reports:
            _print(report)
    return int(failed)


def lint(source: Source, libdirs: Sequence[Path] = (), *, loads: bool = False) -> list[Finding]:
    """All findings of one plugin, errors first.

    libdirs: where validators are that it does not carry. loads: its code is run too, in a process of its own.
    """
    findings: list[Finding] = []
    # What a collection holds beside it counts as well: validators of agents, above all.
    around = [source.path.parent.parent, *libdirs] if source.path.parent.name in KINDS else list(libdirs)
    ddl: Any = None
    try:
        ddl = ddl_of(source)
    except DDLError as error:
        findings.append(found(error.reason, "ddl.yaml"))
    else:
        findings += _missing(source, ddl)
        findings += _of_ddl(source, ddl, around)
    texts = {name: source.text(name) for name in source.files if name.endswith(".py")}
    findings += [Finding(name, None, "it is no UTF-8") for name, text in texts.items() if text is None]
    code = {name: text for name, text in texts.items() if text is not None}
    findings += lint_code(source.kind, source.name, code, ddl if isinstance(ddl, DDL) else None)
    findings += _carried(source, around)
    findings += _modes(source)
    if source.kind == "agents" and isinstance(ddl, DDL) and not any(one.is_error for one in findings):
        findings += _programs(source, ddl)
    if "README.md" not in source.files:
        findings.append(Finding("", None, "there is no README.md: who gets it does not know what it is for", False))
    if loads and not any(one.is_error for one in findings):
        findings += check_loading(source.kind, source.path, around)
    return sorted(dict.fromkeys(findings), key=lambda one: (not one.is_error, one.file, one.line or 0))


def _missing(source: Source, ddl: Any) -> list[Finding]:
    code = KINDS[source.kind][0]
    if ddl is None and source.kind in ("data", "discovery"):
        return [Finding("ddl.yaml", None, f"there is none: a {source.one} plugin needs one")]
    if ddl is None and source.kind == "agents":
        if code not in source.files:
            return [Finding("ddl.yaml", None, "there is neither agent.py nor ddl.yaml")]
        if _is_rpc(source):
            return [Finding("ddl.yaml", None, "there is none: an RPC agent needs one")]
    if source.kind not in ("agents", "data") and code not in source.files:
        return [Finding(code, None, "there is none")]
    return []


def _is_rpc(source: Source) -> bool:
    return "(Agent)" in (source.text("agent.py") or "")


def _of_ddl(source: Source, ddl: Any, around: Sequence[Path]) -> list[Finding]:
    text = source.text("ddl.yaml")
    if ddl is None or text is None:
        return []
    document = from_yaml(text, source.name)
    carried = {name.split("/")[1] for name in source.files if name.startswith("validators/")}
    validators = frozenset({*VALIDATORS, *find("validators", around), *carried})
    if isinstance(ddl, DDL):
        from ...client.aggregate.load import OURS

        inner = {name.split("/")[1] for name in source.files if name.startswith("aggregates/")}
        return lint_ddl(document, ddl, validators, frozenset({*OURS, *find("aggregates", around), *inner}))
    if isinstance(ddl, DataDDL):
        return lint_data(document, ddl.query, validators)
    return lint_metadata(document)


def _carried(source: Source, around: Sequence[Path]) -> list[Finding]:
    """Of the plugins that an agent's folder holds."""
    if source.kind != "agents":
        return []
    told: list[Finding] = []
    for kind in ("data", "validators", "aggregates"):
        for name in sorted({file.split("/")[1] for file in source.files if file.startswith(f"{kind}/") and file.count("/") > 1}):
            prefix = f"{kind}/{name}/"
            files = {file.removeprefix(prefix): content for file, content in source.files.items() if file.startswith(prefix)}
            inner = Source(kind, name, source.path / kind / name, files)
            told += [replace(one, file=prefix + one.file) for one in lint(inner, around) if one.file]
    return told


def _modes(source: Source) -> list[Finding]:
    found = []
    for name in source.files:
        try:
            mode = (source.path / name).stat().st_mode
        except OSError:
            continue
        if mode & stat.S_IWOTH:
            found.append(Finding(name, None, "can be written by everybody, so root does not load it: chmod o-w"))
    return found


def _programs(source: Source, ddl: DDL) -> list[Finding]:
    """Of an agent in another language: each of its programs is there and may be run."""
    from ...errors import PluginError
    from ...plugins.externals import external_actions

    has_code = "agent.py" in source.files
    if has_code and all(action.implemented_by is None for action in ddl.actions.values()):
        return []
    try:
        external_actions(source.name, source.path, ddl, has_code=has_code)
    except PluginError as error:
        return [found(error.reason)]
    return []


def _plain(one: Finding) -> dict[str, Any]:
    return {"severity": one.severity, "file": one.file, "line": one.line, "text": one.text}


def _print(report: dict[str, Any]) -> None:
    findings: list[Finding] = report["findings"]
    what = f"{report['kind']}/{report['name']}" if report["name"] else "not read"
    wrong = sum(one.is_error for one in findings)
    for one in findings:
        base = report["path"] if not one.file else f"{report['path']}/{one.file}"
        place = f"{base}:{one.line}: " if one.line else f"{base}: " if report["name"] else ""
        print(inert(f"{place}{one.severity}: {one.text}"))
    counted = f"{_count(wrong, 'error')}, {_count(len(findings) - wrong, 'warning')}" if findings else "nothing wrong"
    print(inert(f"{what}: {counted}"))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
