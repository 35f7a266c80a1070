"""Data plugins of the site's own: `data/NAME/` of a libdir or an agent's folder, data.py with a class of that name, and a ddl.yaml."""

import logging
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..ddl.dataddl import builtin_data_ddls, checked_query
from ..ddl.model import DataDDL, Output
from ..ddl.validators import check_type
from ..errors import MCollectiveError, PluginError, RPCAborted
from ..node.data import Data
from ..node.deadline import Ask, at_once
from ..node.view import DataSource, NodeView
from .ddlfiles import read_data_folder
from .finder import survey
from .folder import checks_owners, load_plugin
from .modules import carrier_of
from .sitevalidators import validators_for

_MAX_TEXT = 64 * 1024  # characters of one output


class SiteData:
    """One such plugin behind the node's port: queries and answers are checked by its DDL, and whatever it raises is said in words."""

    def __init__(self, source: DataSource, ddl: DataDDL, cls: type[Data], ask: Ask, only_owned: bool) -> None:
        self.source, self.ddl, self._cls, self._ask = source, ddl, cls, ask
        self.name, self.description = source.name, ddl.description
        self.outputs: Mapping[str, str] = {name: output.description for name, output in ddl.outputs.items()}
        self.query_is_optional = not ddl.needs_query or (ddl.query is not None and ddl.query.default is not None)
        inputs = () if ddl.query is None else (ddl.query,)
        carrier = source.folder.parent.parent  # an agent's folder, or a libdir: either may have validators
        self._validators = validators_for(inputs, source.libdirs, carrier, only_owned=only_owned)

    def activates(self, view: NodeView) -> bool:
        """Whether it is wanted on this host. Raises PluginError where it cannot say."""
        try:
            return bool(self._cls.activate_when(view, self.source.config))
        except Exception as error:  # this too is part of a plugin's load
            raise PluginError(self.name, f"activate_when: {type(error).__name__}: {error}") from error

    def query(self, query: Any, node: NodeView) -> Mapping[str, Any]:
        """Every declared output. Raises InvalidRPCData for a query, RPCAborted for an answer, that the DDL does not allow."""
        asked = checked_query(self.ddl, query, self._validators)
        logger = logging.getLogger(f"mcollective_py.data.{self.name}")

        def answer() -> Any:
            return self._cls(node, self.source.config, logger).query(asked)

        try:
            answered = self._ask(f"data plugin {self.name}", answer, self.ddl.metadata.timeout)
        except MCollectiveError:
            raise
        except Exception as error:
            logger.exception("the query failed")
            raise RPCAborted(f"the data plugin {self.name} failed: {type(error).__name__}: {error}") from error
        return self._checked(answered)

    def _checked(self, answered: Any) -> Mapping[str, Any]:
        if not isinstance(answered, Mapping):
            raise RPCAborted(f"the data plugin {self.name} gave a {type(answered).__name__} and no mapping of outputs")
        if unknown := sorted(str(name) for name in answered if name not in self.outputs):
            raise RPCAborted(f"the data plugin {self.name} gave {unknown[0][:64]}, which its DDL does not declare")
        return {name: self._value(output, answered.get(name)) for name, output in self.ddl.outputs.items()}

    def _value(self, output: Output, value: Any) -> Any:
        """One output, its default where the plugin left it alone."""
        if value is None:
            return output.default
        is_plain = isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
        if not is_plain:
            raise RPCAborted(f"the data plugin {self.name} gave {output.name} as {type(value).__name__}, which no filter can compare")
        if isinstance(value, str) and len(value) > _MAX_TEXT:
            raise RPCAborted(f"the data plugin {self.name} gave {output.name} with {len(value)} characters, {_MAX_TEXT} are allowed")
        try:
            if output.type is not None:
                check_type(value, output.type)
        except ValueError as error:
            raise RPCAborted(f"the data plugin {self.name} gave {output.name}, which {error}") from error
        return value


@dataclass(frozen=True, slots=True)
class DataIndex:
    """The site's data plugins of a host. skipped: the broken ones with their reasons. inactive: those that say they are not wanted."""

    plugins: tuple[SiteData, ...] = ()
    skipped: tuple[PluginError, ...] = ()
    inactive: tuple[str, ...] = field(default=())


def load_data(
    libdirs: Sequence[Path],
    settings: Callable[[str], Mapping[str, str]],
    view: NodeView,
    ask: Ask = at_once,
    only_owned: bool | None = None,
) -> DataIndex:
    """Every data plugin of the libdirs that loads and is wanted; a broken one never keeps the others away.

    settings: those of a plugin by its name; one that an agent's folder carries has the agent's too. only_owned: see
    folder.check_folder.
    """
    found, builtin = survey("data", libdirs), builtin_data_ddls()
    plugins: list[SiteData] = []
    skipped, inactive = list(found.refused), []
    for name in sorted(found.found):
        folder = found.found[name]
        if not (folder / "data.py").is_file():
            continue  # a client's copy, for the DDL alone
        try:
            if name in builtin:
                raise PluginError(name, f"{folder}: every host has a data plugin of this name, which cannot be replaced")
            carrier = carrier_of(folder)
            own = settings(name) if carrier is None else {**settings(carrier.name), **settings(name)}
            plugin = load_one(DataSource(name, folder, own, tuple(libdirs)), ask, only_owned)
            if plugin.activates(view):
                plugins.append(plugin)
            else:
                inactive.append(name)
        except PluginError as error:
            skipped.append(error)
    return DataIndex(tuple(plugins), tuple(skipped), tuple(inactive))


def load_one(source: DataSource, ask: Ask = at_once, only_owned: bool | None = None) -> SiteData:
    """The data plugin of one folder. Raises PluginError or DDLError."""
    name, check = source.name, checks_owners(only_owned)
    cls = load_plugin("data", name, source.folder, check)
    if not issubclass(cls, Data):
        raise PluginError(name, f"the class {cls.__name__} does not inherit Data of mcollective_py.node.data")
    return SiteData(source, read_data_folder(source.folder), cls, ask, check)
