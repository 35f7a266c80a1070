"""A DDL as text for people: what `mco plugin doc` prints."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .model import DDL, ActionDDL, Aggregate, DataDDL, Input, Metadata, Output, PluginDDL
from .validate import can_check

_WIDTH = 12  # of the labels, so that their colons stand below each other


def agent_doc(ddl: DDL) -> str:
    """The whole description of an agent, ending in a newline."""
    return "\n".join(_lines(ddl)) + "\n"


def action_doc(action: ActionDDL) -> str:
    """The description of one action, ending in a newline."""
    return "\n".join(_action(action)) + "\n"


def any_doc(ddl: DDL | DataDDL | PluginDDL) -> str:
    """The whole description of whatever has a DDL, ending in a newline."""
    return agent_doc(ddl) if isinstance(ddl, DDL) else data_doc(ddl) if isinstance(ddl, DataDDL) else plugin_doc(ddl)


def data_doc(ddl: DataDDL) -> str:
    """The whole description of a data plugin, ending in a newline."""
    lines = [*_head(ddl.metadata, "data plugin", ddl.usage, ddl.notes), ""]
    name = ddl.metadata.name
    query = f"'{ddl.query.prompt}'" if ddl.query is not None else ""
    lines += [*_heading("Query", "="), "", f"   {name}({query}).OUTPUT in a filter of -S; {ddl.description}"]
    if ddl.query is not None:
        lines += _input(ddl.query)
    lines += ["", "      Outputs:", *(line for output in ddl.outputs.values() for line in _output(output))]
    return "\n".join(lines) + "\n"


def plugin_doc(ddl: PluginDDL) -> str:
    """The whole description of a plugin of any other kind, ending in a newline."""
    lines = [*_head(ddl.metadata, "plugin", ddl.usage, ddl.notes)]
    if ddl.capabilities:
        lines += ["", f"   Finds hosts by {', '.join(ddl.capabilities)}"]
    return "\n".join(lines) + "\n"


def _head(metadata: Metadata, kind: str, usage: str, notes: Iterable[str]) -> Iterator[str]:
    yield from _heading(f"{metadata.name} {kind}", "=")
    yield from ["", metadata.description, ""]
    facts = {
        "Author": metadata.author,
        "Version": metadata.version,
        "License": metadata.license,
        "Timeout": f"{metadata.timeout:g} s",
        "Home page": metadata.url,
    }
    yield from _labelled(facts)
    if usage:
        yield from ["", *usage.splitlines()]
    if notes := list(notes):
        yield from ["", *_heading("Not taken from its DDL as it is", "="), "", *(f"   {note}" for note in notes)]


def _lines(ddl: DDL) -> Iterator[str]:
    yield from _head(ddl.metadata, "agent", ddl.usage, ddl.notes)
    yield from ["", *_heading("Actions", "=")]
    yield from ["", "   " + ", ".join(sorted(ddl.actions))]
    for name in sorted(ddl.actions):
        yield ""
        yield from _action(ddl.actions[name])


def _action(action: ActionDDL) -> Iterator[str]:
    yield from _heading(action.name, "-", indent="   ")
    yield f"      {action.description}"
    yield ""
    facts = {"Impact": action.impact, "Shown": {"failed": "when it fails", "ok": "when it succeeds"}.get(action.display, "always")}
    if action.timeout is not None:
        facts["Timeout"] = f"{action.timeout:g} s"
    if action.supports_noop:
        facts["Noop"] = "--noop, or noop=true: it says what it would do"
    if action.needs_confirm:
        facts["Asks first"] = "always, unless --yes is given"
    yield from _labelled(facts, indent="      ")
    if action.inputs or action.additional_inputs:
        yield from ["", "      Inputs:"]
        for name in action.inputs:
            yield from _input(action.inputs[name])
        if action.additional_inputs:
            yield "         any others"
    if action.outputs:
        yield from ["", "      Outputs:"]
        for name in action.outputs:
            yield from _output(action.outputs[name])
    if action.aggregates:
        yield from ["", "      Summaries:"]
        for aggregate in action.aggregates:
            yield f"         {_aggregate(aggregate)}"


def _input(wanted: Input) -> Iterator[str]:
    yield f"         {wanted.name}"
    facts: dict[str, Any] = {"Description": wanted.description, "Prompt": wanted.prompt, "Type": wanted.type}
    facts["Required"] = "no" if wanted.optional else "yes"
    if wanted.choices:
        facts["Choices"] = ", ".join(wanted.choices)
    if wanted.validation:
        facts["Validation"] = wanted.validation if can_check(wanted.validation) else f"{wanted.validation} (checked by hosts alone)"
    if wanted.maxlength:
        facts["Length"] = f"{wanted.maxlength} characters at most"
    if wanted.default is not None:
        facts["Default"] = _value(wanted.default)
    if wanted.sensitive:
        facts["Sensitive"] = "yes, never logged, and sent encrypted"
    yield from _labelled(facts, indent="            ")


def _output(output: Output) -> Iterator[str]:
    yield f"         {output.name}"
    facts = {"Description": output.description, "Shown as": output.display_as}
    if output.type:
        facts["Type"] = output.type
    if output.default is not None:
        facts["Default"] = _value(output.default)
    if output.sensitive:
        facts["Sensitive"] = "yes, sent encrypted"
    yield from _labelled(facts, indent="            ")


def _aggregate(aggregate: Aggregate) -> str:
    return f"{aggregate.function} of {aggregate.output}" + (f", as {aggregate.format}" if aggregate.format else "")


def _value(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _heading(text: str, line: str, indent: str = "") -> list[str]:
    return [indent + text, indent + line * len(text)]


def _labelled(facts: Mapping[str, str], indent: str = "   ") -> Iterator[str]:
    for label, text in facts.items():
        first, *rest = text.splitlines() or [""]
        yield f"{indent}{label:>{_WIDTH}}: {first}".rstrip()
        for line in rest:
            yield f"{indent}{'':>{_WIDTH}}  {line}".rstrip()
