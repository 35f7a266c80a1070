"""What a ddl.yaml leaves open although it loads; pure."""

from collections.abc import Mapping
from typing import Any

from ...client.aggregate.formats import check_format
from ...ddl.document import Document, Path
from ...ddl.model import DDL, ActionDDL, Input
from ...ddl.validate import is_validator_name
from ...ddl.validators import VALIDATORS, check_type
from .finding import Finding

_VAGUE = {"", "todo", "fixme", "tbd", "description", "a description", "none", "n/a"}
_BEGINS, _ENDS = ("^", r"\A"), ("$", r"\z", r"\Z")


def lint_ddl(
    document: Document, ddl: DDL, validators: frozenset[str] = frozenset(VALIDATORS), aggregates: frozenset[str] | None = None
) -> list[Finding]:
    """What could be better in an agent's ddl.yaml. document: where it stands. validators: those that its hosts have.

    aggregates: those that its clients have, None where nobody knows.
    """
    lint = _Lint(document)
    lint.texts(("metadata",), document.value["metadata"], ("description", "author", "license", "version"))
    for index, said in enumerate(document.value["actions"]):
        action = ddl.actions[str(said["action"]).strip()]
        lint.action(("actions", index), said, action, validators)
        for number, one in enumerate(action.aggregates):
            if aggregates is not None and one.function not in aggregates:
                lint.tell(("actions", index, "aggregate", number), f"there is no aggregate {one.function} here: no summary is made")
            if one.format is not None:
                try:
                    check_format(one.format)
                except ValueError as error:
                    lint.tell(("actions", index, "aggregate", number), f"{error}: no summary is made")
    return lint.findings


def lint_data(document: Document, query: Input | None, validators: frozenset[str] = frozenset(VALIDATORS)) -> list[Finding]:
    """What could be better in a data plugin's ddl.yaml."""
    lint = _Lint(document)
    lint.texts(("metadata",), document.value["metadata"], ("description", "author", "license", "version"))
    lint.texts(("dataquery",), document.value["dataquery"], ("description",))
    if query is not None:
        lint.input(("dataquery", "input", "query"), query, validators, document.value["dataquery"]["input"]["query"])
    lint.outputs(("dataquery", "output"), document.value["dataquery"]["output"])
    return lint.findings


def lint_metadata(document: Document) -> list[Finding]:
    """What could be better in the metadata of any other plugin."""
    lint = _Lint(document)
    lint.texts(("metadata",), document.value["metadata"], ("description", "author", "license", "version"))
    return lint.findings


class _Lint:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def tell(self, path: Path, text: str, *, is_error: bool = False) -> None:
        lines = self.document.lines
        line = next((lines[path[:depth]] for depth in range(len(path), -1, -1) if path[:depth] in lines), None)
        key = ".".join(f"[{part}]" if isinstance(part, int) else part for part in path).replace(".[", "[")
        self.findings.append(Finding(self.document.file, line, f"{key}: {text}" if key else text, is_error))

    def texts(self, path: Path, said: Mapping[str, Any], keys: tuple[str, ...]) -> None:
        for key in keys:
            if str(said.get(key) or "").strip().lower() in _VAGUE:
                self.tell((*path, key), f"says nothing: who reads `mco plugin doc` finds no {key}")

    def action(self, path: Path, said: Mapping[str, Any], action: ActionDDL, validators: frozenset[str]) -> None:
        self.texts(path, said, ("description",))
        if said.get("impact") is None:
            self.tell(path, f"{action.name} says no impact, so it is `change`: write read, change or destructive")
        if action.impact == "destructive" and not action.needs_confirm:
            text = f"{action.name} is destructive: `needs_confirm: true` has `mco` ask first whatever the filter"
            self.tell((*path, "impact"), text)
        if action.only_reads and action.supports_noop:
            self.tell((*path, "supports_noop"), "an action that only reads has nothing to leave out: supports_noop is for changes")
        if action.only_reads and action.needs_confirm:
            self.tell((*path, "needs_confirm"), "an action that only reads needs no question")
        if action.additional_inputs:
            self.tell((*path, "additional_inputs"), "inputs that are not declared are not checked")
        if not action.outputs:
            self.tell(path, f"{action.name} declares no outputs: a caller cannot tell what it did")
        inputs = said.get("input") or {}
        for name, wanted in action.inputs.items():
            if name in inputs:
                self.input((*path, "input", name), wanted, validators, inputs[name])
        self.outputs((*path, "output"), said.get("output") or {})

    def input(self, path: Path, wanted: Input, validators: frozenset[str], said: Mapping[str, Any]) -> None:
        self.texts(path, said, ("prompt", "description"))
        if wanted.type == "string" and not wanted.maxlength:
            what = "has no maxlength" if wanted.validation else "has neither validation nor maxlength: anybody may send any text"
            self.tell(path, f"{wanted.name} {what}")
        if wanted.optional and wanted.default is not None:
            self.tell((*path, "default"), "an optional input never gets its default: leave one of the two out")
        if wanted.type == "any":
            self.tell((*path, "type"), "anything may be sent: a type has it checked")
        validation = wanted.validation
        if validation is None:
            return
        if is_validator_name(validation):
            if validation not in validators:
                text = f"there is no validator {validation} here: a host that has it not does not load this"
                self.tell((*path, "validation"), text)
        elif not (validation.startswith(_BEGINS) and validation.endswith(_ENDS)):
            text = "the expression is matched whole here, and searched for elsewhere: begin it with ^ and end it with $"
            self.tell((*path, "validation"), text)

    def outputs(self, path: Path, said: Mapping[str, Any]) -> None:
        for name, output in said.items():
            self.texts((*path, name), output, ("description", "display_as"))
            wanted, default = output.get("type"), output.get("default")
            if wanted is not None and default is not None:
                try:
                    check_type(default, "number" if wanted == "float" else wanted)
                except ValueError as error:
                    self.tell((*path, name, "default"), f"the default itself {error}")
