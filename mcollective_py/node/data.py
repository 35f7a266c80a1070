"""The data plugin port, and Data, which a site's own inherit; agent, collective, fact and fstat data."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InvalidRPCData, RPCAborted, RPCError
from .deadline import Ask, at_once
from .facts import MISSING, as_text, find_fact
from .filestatus import FILE_OUTPUTS, file_status
from .ordered import OrderedText
from .view import DataSource, NodeView

if TYPE_CHECKING:
    from .command import CommandResult, run

__all__ = ["CommandResult", "Data", "DataPlugin", "DataPlugins", "OrderedText", "RPCAborted", "builtin_data", "run"]

Describe = Callable[[str], Mapping[str, Any] | None]


class DataPlugin(Protocol):
    """A question about a host with a small answer: `name('query').output` in -S filters and in `rpcutil get_data`.

    name: as in filters. outputs: output names and what each means. query_is_optional: True where the query may be left out.
    """

    name: str
    description: str
    outputs: Mapping[str, str]
    query_is_optional: bool

    def query(self, query: str | None, node: NodeView) -> Mapping[str, Any]:
        """Every declared output, values text, integer, float, boolean or None. Raises RPCAborted where there is no answer."""
        ...


class Data:
    """Base class of a site's data plugins, `data/NAME/` of a libdir with data.py and ddl.yaml; every query gets a new instance.

    node: what this host knows of itself. config: the settings `plugin.NAME.*`, keys without that prefix. logger: the plugin's.
    """

    def __init__(self, node: NodeView, config: Mapping[str, str], logger: logging.Logger) -> None:
        self.node, self.config, self.logger = node, config, logger

    @classmethod
    def activate_when(cls, node: NodeView, config: Mapping[str, str]) -> bool:
        """False where the plugin makes no sense on this host: it is then not loaded."""
        return True

    def query(self, query: Any) -> Mapping[str, Any]:
        """The outputs; those left out have the DDL's default. query: of the type that the DDL says, None for none.

        Raise RPCAborted where there is no answer.
        """
        raise NotImplementedError(f"{type(self).__name__} has no query")

    def fact(self, name: str) -> Any:
        """A fact of this host by its dotted name (`os.family`), None where it is not known."""
        value = find_fact(self.node.facts or {}, name)
        return None if value is MISSING else value


class DataPlugins:
    """The data plugins of a host by name; the first of a name wins, as with every plugin."""

    def __init__(self, plugins: Iterable[DataPlugin] = ()) -> None:
        self._plugins: dict[str, DataPlugin] = {}
        for plugin in plugins:
            self._plugins.setdefault(plugin.name, plugin)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all, sorted."""
        return tuple(sorted(self._plugins))

    @property
    def sources(self) -> tuple[DataSource, ...]:
        """Where the site's own come from, sorted."""
        found = (getattr(plugin, "source", None) for plugin in self._plugins.values())
        return tuple(sorted((source for source in found if isinstance(source, DataSource)), key=lambda source: source.name))

    def get(self, name: str) -> DataPlugin | None:
        """The plugin of this name, None where it is not here."""
        return self._plugins.get(name)

    def query(self, name: str, query: str | None, node: NodeView) -> Mapping[str, Any] | None:
        """A plugin's outputs, None where the plugin is not here.

        Raises InvalidRPCData for a query that is missing, RPCAborted for an answer that has not exactly the declared outputs.
        """
        plugin = self._plugins.get(name)
        if plugin is None:
            return None
        if (
            not query and not plugin.query_is_optional and not isinstance(query, int | float)
        ):  # in the words of a Ruby node, which get_data sends on
            wrong = "value should be a string" if query is None else "value should not be empty"
            raise InvalidRPCData(f"Cannot validate input query: {wrong}")
        answer = plugin.query(query, node)
        if set(answer) != set(plugin.outputs):
            wrong = ", ".join(sorted(set(answer) ^ set(plugin.outputs)))
            raise RPCAborted(f"the data plugin {name} does not give its declared outputs: {wrong}")
        # An answer of another type finds its values out when they are asked for, and vouches for them.
        for output, value in answer.items() if isinstance(answer, dict) else ():
            if value is not None and not isinstance(value, str | int | float):
                raise RPCAborted(f"the data plugin {name} gives {output} as {type(value).__name__}, which no filter can compare")
        return answer


def __getattr__(name: str) -> Any:
    """What runs programs, imported when first asked for: a plugin that runs none pays for none."""
    if name not in ("CommandResult", "run"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import command

    return getattr(command, name)


def builtin_data(describe: Describe = lambda agent: None, ask: Ask = at_once) -> list[DataPlugin]:
    """The four data plugins that every host has; describe: an active agent's metadata by its name, None where it is unknown.

    ask: by what the one is asked that looks at files: a mount whose server is gone may never answer, and digests take time.
    """
    return [AgentData(describe), CollectiveData(), FactData(), FileData(ask)]


class AgentData:
    """The metadata of an agent on this host."""

    name = "agent"
    description = "Metadata of an agent that is active on the host"
    outputs: Mapping[str, str] = {
        "agent": "Its name",
        "description": "What it does",
        "author": "Who wrote it",
        "license": "Under which terms",
        "version": "Its version",
        "url": "Where more is written about it",
        "timeout": "Seconds that its actions may take",
    }
    query_is_optional = False

    def __init__(self, describe: Describe) -> None:
        self._describe = describe

    def query(self, query: str | None, node: NodeView) -> Mapping[str, Any]:
        metadata = self._describe(query) if query in node.agents and query is not None else None
        if metadata is None:
            raise RPCError(f"No agent called {query} found")  # the code and words of a Ruby node
        return {output: metadata.get(output) for output in self.outputs}


class CollectiveData:
    """Whether this host is in a collective."""

    name = "collective"
    description = "Membership of the host in a collective"
    outputs: Mapping[str, str] = {"member": "True where the host is in the collective"}
    query_is_optional = False

    def query(self, query: str | None, node: NodeView) -> Mapping[str, Any]:
        return {"member": query in node.collectives}


class FactData:
    """One fact, structured ones as JSON."""

    name = "fact"
    description = "A fact of the host by its dotted name"
    outputs: Mapping[str, str] = {
        "exists": "True where the host has the fact",
        "value": "The fact as text, a structured one as JSON, false where there is none",
        "value_encoding": "text/plain, or application/json for a structured fact, false where there is none",
    }
    query_is_optional = False

    def query(self, query: str | None, node: NodeView) -> Mapping[str, Any]:
        if node.facts is None:  # "there is no such fact" would be a guess
            raise RPCAborted("no facts are known on this host: see the daemon's log")
        value = MISSING if query is None else find_fact(node.facts, query)
        if value is MISSING:
            return {"exists": False, "value": False, "value_encoding": False}
        if isinstance(value, Mapping | list | tuple):
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))  # to the letter as Ruby writes it
            return {"exists": True, "value": text, "value_encoding": "application/json"}
        return {"exists": True, "value": as_text(value), "value_encoding": "text/plain"}


class FileData:
    """What a file is: its type, size, times, owner and digest."""

    name = "fstat"
    description = "Status of a file on the host"
    outputs: Mapping[str, str] = FILE_OUTPUTS
    query_is_optional = False

    def __init__(self, ask: Ask = at_once) -> None:
        self._ask = ask

    def query(self, query: str | None, node: NodeView) -> Mapping[str, Any]:
        return file_status(query or "", ask=self._ask)
