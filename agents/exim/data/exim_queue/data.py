"""exim_queue('frozen and age>1d').size in filters; exim_queue() for all mail."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.node.data import Data


class EximQueue(Data):
    """Numbers of the mail that a selection means."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Only where there is an Exim."""
        from ...places import program_of

        return program_of(config) is not None

    def query(self, query: str | None) -> Mapping[str, Any]:
        """See Data."""
        from ...reader import Reader
        from ...tallies import counted

        reader = Reader(self.config)
        numbers = counted(reader.listing({"select": query or ""}).messages, reader.now)
        return {"size": numbers["messages"], **{name: numbers[name] for name in ("frozen", "bounces", "bytes", "oldest")}}
