"""What the data plugins of every host may be asked, and the check of a query before it is sent."""

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidRPCData
from ..node.data import DataPlugin, builtin_data
from .model import DataDDL, Input, Metadata, Output
from .validate import check_input, value_of
from .validators import VALIDATORS, Validator

_MAX_QUERY = 1024  # characters
_TIMEOUT = 1.0  # seconds, as the Ruby plugins of these names have it


def builtin_data_ddls() -> Mapping[str, DataDDL]:
    """The DDLs of the data plugins that come with every daemon, by name."""
    return {plugin.name: data_ddl_of(plugin) for plugin in builtin_data()}


def data_ddl_of(plugin: DataPlugin) -> DataDDL:
    """What a data plugin says of itself, as a DDL."""
    metadata = Metadata(plugin.name, plugin.description, "The mcollective_py authors", "Apache-2.0", "1.0", "", _TIMEOUT)
    query = Input("query", "Query", "What it is asked", "string", optional=plugin.query_is_optional, maxlength=_MAX_QUERY)
    outputs = {name: Output(name, meaning, name) for name, meaning in plugin.outputs.items()}
    return DataDDL(metadata, plugin.description, query, outputs)


def check_query(ddl: DataDDL, query: str | None) -> None:
    """A query that a data plugin may be asked, as a client can tell; None for none. Raises InvalidRPCData with what would do."""
    checked_query(ddl, query, trusts_host=True)


def checked_query(
    ddl: DataDDL, query: Any, validators: Mapping[str, Validator] = VALIDATORS, *, trusts_host: bool = False
) -> str | int | float | bool | None:
    """The query in the type that the DDL says. trusts_host: as for validate.validate. Raises InvalidRPCData with what would do."""
    name = ddl.metadata.name
    if query is None:
        if ddl.query is not None and not ddl.query.optional:
            if ddl.query.default is None:
                raise InvalidRPCData(f"{name}() needs a query, as {name}('...'): {ddl.query.description}")
            query = ddl.query.default
        return query  # type: ignore[no-any-return]  # a default is of the query's type, which is one of these
    if ddl.query is None:
        raise InvalidRPCData(f"{name}() takes no query")
    try:
        value = value_of(ddl.query.type, query) if isinstance(query, str) else query
        check_input(ddl.query, value, validators, trusts_host=trusts_host)
    except ValueError as error:
        raise InvalidRPCData(f"the query of {name}() {error}") from error
    return value  # type: ignore[no-any-return]  # checked to be one of these
