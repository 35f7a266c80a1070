"""Facts that Python and psutil can tell, under Facter's names: nothing needs to be installed."""

from collections.abc import Mapping
from typing import Any

from .legacy import legacy_facts
from .machine import machine_facts
from .network import networking_facts
from .system import system_facts


class Native:
    """Structured facts of operating system, network and machine, and the flat names of old (`osfamily`, `ipaddress`).

    There are no settings. Custom and external facts are not read: for those use `facter` or `yaml`.
    """

    def __init__(self, settings: Mapping[str, str]) -> None:
        del settings

    def fingerprint(self) -> object:
        """None: only age tells."""
        return None

    def load(self) -> Mapping[str, Any]:
        """All facts of this host; what cannot be told is left out."""
        facts = {**system_facts(), **machine_facts(), "networking": networking_facts()}
        return {**legacy_facts(facts), **facts}
