"""Whose messages there are most of, added up over hosts; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..sent import mappings, number

COUNT = 200  # rows that each host tells


@dataclass(slots=True)
class TopRow:
    """Messages, recipients, bytes and frozen messages of one name."""

    name: str
    messages: int = 0
    recipients: int = 0
    bytes: int = 0
    frozen: int = 0


class Tops:
    """The sums of what hosts told. matched: messages that were counted."""

    def __init__(self) -> None:
        self._rows: dict[str, TopRow] = {}
        self.matched = 0

    def take(self, data: Mapping[str, Any]) -> None:
        """A host's reply of `top`."""
        self.matched += max(number(data.get("matched")), 0)
        for row in mappings(data.get("top")):
            name = row.get("name")
            if not isinstance(name, str):
                continue
            own = self._rows.setdefault(name, TopRow(name))
            for part in ("messages", "recipients", "bytes", "frozen"):
                setattr(own, part, getattr(own, part) + max(number(row.get(part)), 0))

    @property
    def rows(self) -> list[TopRow]:
        """The most first."""
        return sorted(self._rows.values(), key=lambda row: (-row.messages, row.name))
