"""A DDL as the text of a ddl.yaml; loaded again it is the same DDL."""

from typing import Any

from ..errors import DDLError
from .document import plain_value
from .model import DDL, NOOP, ActionDDL, Aggregate, Input, Output

_METADATA = ("name", "description", "author", "license", "version", "url", "timeout")


def ddl_to_yaml(ddl: DDL) -> str:
    """The text of the ddl.yaml, ending in a newline. What has its default is left out, but for display and impact.

    Raises DDLError for a value that YAML as we read it does not have.
    """
    from textwrap import indent

    import yaml

    class Writer(yaml.SafeDumper):
        """Blocks, texts of several lines as they stand, nothing said by reference."""

        def ignore_aliases(self, data: object) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, False)  # a list stands further in than the key it belongs to

    def text(writer: Any, value: str) -> Any:
        style = "|" if "\n" in value else None if isinstance(plain_value(value), str) else "'"
        return writer.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Writer.add_representer(str, text)

    def block(value: Any) -> str:
        return str(yaml.dump(value, Dumper=Writer, sort_keys=False, allow_unicode=True, width=1_000_000))

    value = _plain(_document(ddl), ddl.metadata.name)
    actions = value.pop("actions")
    head = "\n".join(block({key: part}) for key, part in value.items())
    return f"{head}\nactions:\n" + "\n".join(indent(block([action]), "  ") for action in actions)


def _document(ddl: DDL) -> dict[str, Any]:
    metadata: dict[str, Any] = {key: getattr(ddl.metadata, key) for key in _METADATA}
    metadata["timeout"] = _seconds(ddl.metadata.timeout)
    document: dict[str, Any] = {"metadata": metadata}
    if ddl.usage:
        document["usage"] = ddl.usage
    if ddl.aliases:
        document["aliases"] = [*ddl.aliases]
    document["actions"] = [_action(action) for action in ddl.actions.values()]
    return document


def _action(action: ActionDDL) -> dict[str, Any]:
    found: dict[str, Any] = {
        "action": action.name,
        "description": action.description,
        "display": action.display,
        "impact": action.impact,
    }
    found |= {key: True for key in ("supports_noop", "needs_confirm", "additional_inputs") if getattr(action, key)}
    if action.timeout is not None:
        found["timeout"] = _seconds(action.timeout)
    if action.implemented_by is not None:
        found["implemented_by"] = action.implemented_by
    if inputs := {name: _input(wanted) for name, wanted in action.inputs.items() if wanted is not NOOP}:
        found["input"] = inputs
    if action.outputs:
        found["output"] = {name: _output(output) for name, output in action.outputs.items()}
    if action.aggregates:
        found["aggregate"] = [_aggregate(aggregate) for aggregate in action.aggregates]
    return found


def _input(wanted: Input) -> dict[str, Any]:
    found: dict[str, Any] = {"prompt": wanted.prompt, "description": wanted.description, "type": wanted.type}
    if wanted.choices:
        found["list"] = list(wanted.choices)
    optional = {"validation": wanted.validation, "maxlength": wanted.maxlength or None, "optional": wanted.optional or None}
    found |= {key: value for key, value in optional.items() if value is not None}
    if wanted.default is not None:
        found["default"] = wanted.default
    if wanted.sensitive:
        found["sensitive"] = True
    return found


def _output(output: Output) -> dict[str, Any]:
    found: dict[str, Any] = {"description": output.description, "display_as": output.display_as}
    if output.type is not None:
        found["type"] = output.type
    if output.default is not None:
        found["default"] = output.default
    if output.sensitive:
        found["sensitive"] = True
    return found


def _aggregate(aggregate: Aggregate) -> dict[str, Any]:
    options = ({"format": aggregate.format} if aggregate.format is not None else {}) | dict(aggregate.options)
    return {"function": aggregate.function, "args": [aggregate.output, *([options] if options else [])]}


def _seconds(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _plain(value: Any, plugin: str) -> Any:
    """Python's own types alone: a symbol is text."""
    if isinstance(value, dict):
        return {str(key): _plain(item, plugin) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, plugin) for item in value]
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 10**18) or _is_short(value):
        return value
    raise DDLError(plugin, f"{str(value)[:40]!r} cannot be written: a ddl.yaml has texts, lists, mappings, and numbers of 18 digits")


def _is_short(value: Any) -> bool:
    """A fraction that is read again as the number it is: `1.0e+20` is, infinity is not."""
    return isinstance(value, float) and isinstance(plain_value(_written(value)), float)


def _written(value: float) -> str:
    text = repr(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")
