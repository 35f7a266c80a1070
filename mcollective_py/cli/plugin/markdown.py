"""A DDL as a page of Markdown: what `mco plugin doc --markdown` prints; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...ddl.model import DDL, ActionDDL, DataDDL, Input, Metadata, Output, PluginDDL


def markdown(ddl: DDL | DataDDL | PluginDDL, kind: str) -> str:
    """The page, ending in a newline. kind: `agent`, `data plugin`, ..."""
    return "\n".join(_lines(ddl, kind)) + "\n"


def plain_page(title: str, text: str, facts: dict[str, str]) -> str:
    """The page of a plugin without a DDL."""
    return "\n".join([f"# {_text(title)}", "", _text(text), "", *_facts(facts)]).rstrip() + "\n"


def index(kinds: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """A table for each kind, of names and descriptions."""
    lines: list[str] = []
    for title, rows in kinds.items():
        lines += [f"## {title}", "", *_table(("Name", "Description"), ((f"`{name}`", _text(text)) for name, text in rows)), ""]
    return "\n".join(lines)


def _lines(ddl: DDL | DataDDL | PluginDDL, kind: str) -> Iterator[str]:
    data = ddl.metadata
    yield from [f"# {_text(data.name)} {kind}", "", _text(data.description), "", *_facts(_said(data))]
    if ddl.usage:
        yield from ["", "```", *(line.replace("```", "` ` `") for line in ddl.usage.splitlines()), "```"]
    if isinstance(ddl, DDL):
        for name in sorted(ddl.actions):
            yield from _action(ddl.actions[name])
    elif isinstance(ddl, DataDDL):
        query = [] if ddl.query is None else [ddl.query]
        yield from ["", "## Query", "", f"`{data.name}({'...' if query else ''}).OUTPUT` in a filter of `-S`. {_text(ddl.description)}"]
        yield from _inputs(query)
        yield from _outputs(ddl.outputs.values())
    elif ddl.capabilities:
        yield from ["", f"Finds hosts by {', '.join(ddl.capabilities)}."]
    if ddl.notes:
        yield from ["", "## Not taken from its DDL as it is", "", *(f"* {_text(note)}" for note in ddl.notes)]


def _action(action: ActionDDL) -> Iterator[str]:
    yield from ["", f"## {_text(action.name)}", "", _text(action.description), ""]
    facts = {"Impact": action.impact}
    if action.timeout is not None:
        facts["Timeout"] = f"{action.timeout:g} s"
    if action.supports_noop:
        facts["Noop"] = "`--noop` has it say what it would do"
    if action.needs_confirm:
        facts["Asks first"] = "always, unless `--yes` is given"
    yield from _facts(facts)
    yield from _inputs(action.inputs.values())
    yield from _outputs(action.outputs.values())
    if action.aggregates:
        yield from ["", "### Summaries", "", *(f"* {one.function} of `{one.output}`" for one in action.aggregates)]


def _inputs(inputs: Iterable[Input]) -> Iterator[str]:
    rows = [(f"`{one.name}`", one.type, "no" if one.optional else "yes", _rules(one), _text(one.description)) for one in inputs]
    if rows:
        yield from ["", "### Inputs", "", *_table(("Name", "Type", "Required", "Rules", "Description"), rows)]


def _outputs(outputs: Iterable[Output]) -> Iterator[str]:
    rows = [
        (
            f"`{one.name}`",
            _text(one.display_as),
            _code(one.default),
            _text(one.description) + ("; sent encrypted" if one.sensitive else ""),
        )
        for one in outputs
    ]
    if rows:
        yield from ["", "### Outputs", "", *_table(("Name", "Shown as", "Default", "Description"), rows)]


def _rules(wanted: Input) -> str:
    rules = []
    if wanted.choices:
        rules.append(f"one of {', '.join(map(_code, wanted.choices))}")
    if wanted.validation:
        rules.append(_code(wanted.validation))
    if wanted.maxlength:
        rules.append(f"at most {wanted.maxlength} characters")
    if wanted.default is not None:
        rules.append(f"default {_code(wanted.default)}")
    if wanted.sensitive:
        rules.append("never logged, sent encrypted")
    return "; ".join(rules)


def _said(data: Metadata) -> dict[str, str]:
    facts = {"Version": data.version, "Author": data.author, "License": data.license, "Home page": data.url}
    return facts | {"Timeout": f"{data.timeout:g} s"}


def _facts(facts: dict[str, str]) -> list[str]:
    return [f"* {label}: {_text(text)}" for label, text in facts.items() if text]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _text(text: str) -> str:
    """Text on one line in which nothing is markup."""
    line = " ".join(str(text).split())
    return "".join(f"\\{sign}" if sign in "\\*_[]<>|#" else sign for sign in line)


def _code(value: Any) -> str:
    """A value as code; empty for none."""
    if value is None:
        return ""
    text = " ".join(str({True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value).split())
    fence = "``" if "`" in text else "`"
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", "\\|")
