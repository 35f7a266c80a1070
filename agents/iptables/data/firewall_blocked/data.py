"""firewall_blocked('192.0.2.7').blocked: whether a host keeps an address out, why and for how long."""

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from mcollective_py.node.data import Data, RPCAborted


class FirewallBlocked(Data):
    """What is kept of one address, and whether the kernel has it: the entry that holds it, the narrowest where there are several."""

    def query(self, query: str) -> Mapping[str, Any]:
        """The outputs. Raises RPCAborted for what is no address."""
        from mcollective_py.agent import InvalidRPCData  # a host that is not asked does without all of these

        from ...addresses import parse_network, shown
        from ...entry import ALLOW
        from ...settings import settings_of
        from ...state import DOWN
        from ...store import Store
        from ...view import is_held

        try:
            network = shown(parse_network(query))
        except InvalidRPCData as error:
            raise RPCAborted(str(error)) from error
        now, settings = time.time(), settings_of(self.config)
        store = Store(settings.state_directory)
        identity = store.identity()
        state, around = store.glance(network)
        found = [one for one in around if not one.is_over(now)]
        if not found or state.installed == DOWN:  # what is kept then holds nobody
            return {}
        # An exception is looked at before any block. What holds for all protocols says more than what does not, then the narrowest.
        found.sort(key=lambda one: (one.kind == ALLOW and not one.protocol, one.kind != ALLOW, not one.protocol))
        entry, drift = found[-1], False
        with suppress(RPCAborted):  # where the kernel cannot be asked, there is nothing to be said of it
            drift = not is_held(settings, store, state, identity, entry, now)
        return {
            "blocked": entry.kind != ALLOW,
            "allowed": entry.kind == ALLOW,
            "network": entry.network,
            "protocol": entry.protocol,
            "ports": entry.ports,
            "reason": entry.reason,
            "ticket": entry.ticket,
            "by": entry.by,
            "at": int(entry.at),
            "expires": -1 if entry.expires is None else int(entry.expires),
            "remaining": -1 if entry.expires is None else max(0, int(entry.expires - now)),
            "unconfirmed": bool(entry.pending),
            "drift": drift,
        }
