"""Writes down who registered with what; the twin of rubyplugins/mcollective/agent/registration.rb."""

import os
from pathlib import Path
from typing import Any


class Registration:
    """REGISTRATION_LEDGER in the daemon's environment names the file; without it nothing is written."""

    timeout = 2  # seconds
    impact = "read"

    def handlemsg(self, msg: Any) -> None:
        ledger = os.environ.get("REGISTRATION_LEDGER")
        if ledger is not None:
            names = sorted(str(name) for name in msg.body) if isinstance(msg.body, list) else []
            with Path(ledger).open("a") as file:
                file.write(f"python {msg.sender} {','.join(names)}\n")
