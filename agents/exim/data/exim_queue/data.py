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
        from ...queue import counted
        from ...reader import Reader

        reader = Reader(self.config)
        found = reader.listing({"select": query or ""})
        numbers = counted(found)
        oldest = max((int(reader.now) - mail.arrived for mail in found.messages), default=0)
        return {
            "size": numbers["messages"],
            "frozen": numbers["frozen"],
            "bounces": numbers["bounces"],
            "bytes": numbers["bytes"],
            "oldest": oldest,
        }
