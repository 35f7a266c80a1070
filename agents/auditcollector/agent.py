"""Keeps the audit of other hosts in a file of this one."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class Auditcollector:
    """Appends what hosts send of their audit to a file, each line with the name that the sender's signature proves."""

    timeout = 10
    impact = "read"  # in the one process of all reads, not in one for each message
    config: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Only where the host says so: one host of a site collects, not all."""
        from .settings import settings_of

        return settings_of(config).is_enabled

    def handlemsg(self, msg: Any) -> None:
        """Keep a message's lines. Nobody is answered; what cannot be kept is in the log, and missing in the numbers."""
        from time import time

        from mcollective_py.agent import RPCAborted

        from .collecting import kept_lines
        from .keeping import append
        from .settings import settings_of

        settings = settings_of(self.config)
        try:
            append(settings.logfile, kept_lines(msg.caller, msg.sender, msg.body, time()), settings.min_free)
        except RPCAborted as error:
            logging.getLogger("mcollective_py.agents.auditcollector").warning("%s %s", msg.id, error)
            raise
