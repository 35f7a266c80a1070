"""Chains and tables made and taken away, and changes that wait: confirmed, or undone."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mcollective_py.agent import RPCReply, RPCRequest, action

from .acting import MOST_SPARED, Acting, confirm_of, id_of, summary_of

if TYPE_CHECKING:
    from .changing import Outcome, Step
    from .guard import Guard
    from .state import Pending, State


class Lifecycle(Acting):
    """setup, teardown, confirm, undo."""

    @action
    def setup(self, request: RPCRequest, reply: RPCReply) -> None:
        """Make table or chains, hook them in, and put there what is kept."""
        from .choosing import ready_backend
        from .restoring import without_refused

        settings, guard = self._place.settings, self._guard(request)
        refused: list[str] = []

        def step(state: "State", now: float) -> "State":
            # This host may have other addresses and gateways than when it was taken down.
            return without_refused(replace(state, installed=ready_backend(settings, state).name), guard, refused.append)

        self._step(request, reply, step, guard=lambda: guard)
        reply["output"] = "; ".join([str(reply["output"]), *refused[:5]])

    @action
    def teardown(self, request: RPCRequest, reply: RPCReply) -> None:
        """Take away what is ours, and keep what is blocked for the next setup."""
        from .state import DOWN

        def step(state: "State", now: float) -> "State":
            return state if state.installed in ("", DOWN) else replace(state, installed=DOWN)

        self._step(request, reply, step)

    @action
    def confirm(self, request: RPCRequest, reply: RPCReply) -> None:
        """What waited is for good."""
        from . import pending

        self._settle(request, reply, lambda state, now: pending.confirm(state, request["id"]))

    @action
    def undo(self, request: RPCRequest, reply: RPCReply) -> None:
        """What waited is undone now."""
        from . import pending

        self._settle(request, reply, lambda state, now: pending.undo(state, request["id"], now))

    def _settle(self, request: RPCRequest, reply: RPCReply, way: "Step") -> None:
        waited: Pending | None = None

        def step(state: "State", now: float) -> "State":
            nonlocal waited
            waited = state.pendings.get(request["id"])
            return way(state, now) if waited else state

        outcome = self._step(request, reply, step, may_wait=False, guard=lambda: self._guard(request))
        if waited is None:  # no failure: hosts that refused the change have nothing to confirm
            reply["output"] = f"no change of the id {request['id']} waits here"
        elif request.action == "confirm":
            told = [f"{'would be ' if request.noop else ''}confirmed: {waited.what}", *outcome.spared[:MOST_SPARED]]
            reply["output"] = "; ".join(told)

    def _step(
        self, request: RPCRequest, reply: RPCReply, step: "Step", *, may_wait: bool = True, guard: "Callable[[], Guard] | None" = None
    ) -> "Outcome":
        from .changing import transact

        seconds = confirm_of(request) if may_wait else None
        outcome = transact(
            self._place,
            step,
            by=request.caller,
            confirm=seconds,
            id=id_of(request),
            noop=request.noop,
            what=request.action,
            needs_setup=False,
            guard=guard,
        )
        self._tell(request, reply, outcome, summary_of(outcome, request.noop))
        return outcome
