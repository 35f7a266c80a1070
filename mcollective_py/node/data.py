"""The data plugin port; agent, collective, fact and fstat data."""

from collections.abc import Mapping
from typing import Any, Protocol

from .view import NodeView


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
