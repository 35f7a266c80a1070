"""DDL values: what an agent says of itself, and what each action takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INPUT_TYPES = ("string", "list", "boolean", "integer", "float", "number", "hash", "array", "path", "duration", "any")
RUBY_LEVEL = (2, 12, 5)  # the MCollective whose wire and features this has: what a DDL may require
IMPACTS = ("read", "change", "destructive")
DISPLAYS = ("failed", "ok", "always", "flatten")
PLAIN_TIMEOUT = 10.0  # seconds for an agent without a DDL that names none: on the host, and what a client waits for beside discovery


@dataclass(frozen=True, slots=True)
class Metadata:
    """Who and what; timeout in seconds."""

    name: str
    description: str
    author: str
    license: str
    version: str
    url: str
    timeout: float


@dataclass(frozen=True, slots=True)
class Input:
    """One input of an action. maxlength: characters, 0 for no limit. validation: a validator's name, or a regex matched whole.

    choices: what a `list` input may be. sensitive: never shown in logs, audit or progress, and never sent unencrypted.
    """

    name: str
    prompt: str
    description: str
    type: str
    optional: bool = False
    default: Any = None
    validation: str | None = None
    maxlength: int = 0
    choices: tuple[str, ...] = ()
    sensitive: bool = False


# What every action has that supports it and does not say otherwise.
NOOP = Input("noop", "Only try", "Say what would be done, and do nothing", "boolean", optional=True)


@dataclass(frozen=True, slots=True)
class Output:
    """One output of an action: what it means, the label to show it under, and what it is when the action left it unset.

    sensitive: replies of this action are never sent unencrypted. It is shown to who asked for it.
    """

    name: str
    description: str
    display_as: str
    type: str | None = None
    default: Any = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One summary over all replies: the function's name, the output it reads, a `%` format or None, the function's own options."""

    function: str
    output: str
    format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class ActionDDL:
    """One action. impact: read, change or destructive. timeout: seconds, None for the agent's own.

    supports_noop: it takes the input `noop`, and then only says what it would do. needs_confirm: `mco` asks first, whatever the filter.
    implemented_by: the file in the agent's folder that answers it, a program of any language; None where the agent itself does.
    """

    name: str
    description: str
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    display: str = "failed"
    impact: str = "change"
    supports_noop: bool = False
    additional_inputs: bool = False
    timeout: float | None = None
    aggregates: tuple[Aggregate, ...] = ()
    implemented_by: str | None = None
    needs_confirm: bool = False

    @property
    def only_reads(self) -> bool:
        """True where the action changes nothing: it may run in a thread and needs no sync to disk first."""
        return self.impact == "read"

    def secrets(self, inputs: Mapping[str, Any]) -> tuple[str, ...]:
        """What of a call with these inputs may not travel unencrypted: names of sensitive inputs that are given, and of sensitive
        outputs."""
        given = (name for name, wanted in self.inputs.items() if wanted.sensitive and inputs.get(name) is not None)
        return (*given, *(name for name, output in self.outputs.items() if output.sensitive))


@dataclass(frozen=True, slots=True)
class DDL:
    """All that a client needs to call an agent, and a node to check a call.

    notes: what a file of Ruby or Choria says that could not be taken as it is; a ddl.yaml has none. aliases: other names that the
    agent answers to.
    """

    metadata: Metadata
    actions: Mapping[str, ActionDDL] = field(default_factory=dict)
    usage: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)
    aliases: tuple[str, ...] = ()

    def timeout(self, action: str) -> float:
        """Seconds that an action may take."""
        own = self.actions[action].timeout if action in self.actions else None
        return self.metadata.timeout if own is None else own


@dataclass(frozen=True, slots=True)
class DataDDL:
    """A data plugin: `name('query').output` in -S filters. query: what it may be asked, None where it takes no query."""

    metadata: Metadata
    description: str
    query: Input | None
    outputs: Mapping[str, Output] = field(default_factory=dict)
    usage: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def needs_query(self) -> bool:
        """True where the query must be given."""
        return self.query is not None and not self.query.optional


@dataclass(frozen=True, slots=True)
class PluginDDL:
    """A plugin of any other kind: a validator, an aggregate, a connector, a discovery method with its capabilities."""

    metadata: Metadata
    usage: str = ""
    capabilities: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=(), compare=False)
