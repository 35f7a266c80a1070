"""Writes down who registered with what; the twin of rubyplugins/mcollective/agent/registration.rb."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any


class Registration:
    """`plugin.registration.ledger` names the file; without it nothing is written."""

    timeout = 2  # seconds
    impact = "read"
    config: Mapping[str, str] = MappingProxyType({})

    def handlemsg(self, msg: Any) -> None:
        ledger = self.config.get("ledger")
        if ledger is not None:
            names = sorted(str(name) for name in msg.body) if isinstance(msg.body, list) else []
            with Path(ledger).open("a") as file:
                file.write(f"python {msg.sender} {','.join(names)}\n")
