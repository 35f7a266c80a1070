"""Blocks and exceptions of a host's firewall, with an end, a reason and a way back. Everything is imported where it is used."""

from collections.abc import Mapping
from typing import Any

from mcollective_py.agent import RPCAborted, RPCReply, RPCRequest, action

from .altering import Altering
from .lifecycle import Lifecycle
from .looking import Looking
from .reconciling import Reconciling


class Iptables(Looking, Lifecycle, Altering, Reconciling):
    """Blocks addresses, and lets go of them; what else changes things, and what only looks, stands in files of its own."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Where there is a firewall to be had; and what was kept is made true again, as after a boot."""
        import logging

        from .programs import none_ready
        from .settings import settings_of

        logger, settings = logging.getLogger("mcollective_py.agents.iptables"), settings_of(config)
        if (reason := none_ready(settings)) is not None:
            logger.info("there is no firewall to be had: %s", reason)
            return False
        if settings.store_file.is_file() or config.get("list") or settings.setup_at_start:
            from .keeping import ensure_keeper

            try:
                ensure_keeper(settings, config, brokers=node.brokers)
            except RPCAborted as error:
                logger.error("what is blocked could not be restored: %s", error)
        return True

    @action
    def block(self, request: RPCRequest, reply: RPCReply) -> None:
        """Drop what comes from an address or a network."""
        import time

        from .acting import entry_asked
        from .changing import Changes
        from .entry import BLOCK, shown_key
        from .state import State

        entry = entry_asked(request, round(time.time(), 3), BLOCK, self.config)
        was_there = False

        def plan(state: State, now: float) -> Changes:
            nonlocal was_there
            was_there = entry.key in state.entries or entry.key in state.foreign
            return Changes() if was_there else Changes(adds=[entry])

        outcome = self._change(request, reply, plan, f"block of {shown_key(entry.key)}")
        reply["blocked"] = (not request.noop or was_there) and not any(block.key == entry.key for block, _ in outcome.vain)
        if was_there and not outcome.drift:
            reply.fail(f"{shown_key(entry.key)} is already blocked")

    @action
    def unblock(self, request: RPCRequest, reply: RPCReply) -> None:
        """Let go of what was blocked."""
        import time

        from .acting import entry_asked
        from .changing import Changes
        from .entry import BLOCK, shown_key
        from .state import State, holding

        key = entry_asked(request, round(time.time(), 3), BLOCK, self.config).key

        def plan(state: State, now: float) -> Changes:
            if key in state.entries or key in state.foreign:
                reply["blocked"] = True  # what it is until it has been taken away
                return Changes(removes=[key])
            others = [shown_key(other) for other in state.entries if other[:2] == key[:2]]
            wider = holding(state.entries, key)
            but = f", but {others[0]} is" if others else f" by itself, but by {shown_key(wider[0])}, which holds it" if wider else ""
            raise RPCAborted(f"{shown_key(key)} is not blocked{but}{': allow lets it through' if wider and not others else ''}")

        self._change(request, reply, plan, f"unblock of {shown_key(key)}", is_guarded=True)
        reply["blocked"] = request.noop
