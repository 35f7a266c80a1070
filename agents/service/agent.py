"""Services of a host: what they are at, and changes that are watched until they hold."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcollective_py.agent import Agent, MissingRPCData, RPCAborted, RPCReply, RPCRequest, action

if TYPE_CHECKING:
    from .change import Change, Watching
    from .provider import Provider, ServiceState

_MOST_WAIT, _WAIT, _SETTLE, _LOG_LINES = 110.0, 100.0, 1.0, 10  # seconds, and lines
_MOST_LINES, _LINES, _MOST_UNITS = 1000, 20, 1000


class Service(Agent):
    """Starts, stops and reports on services and other units."""

    @classmethod
    def activate_when(cls, node: Any, config: Mapping[str, str]) -> bool:
        """Where something looks after services. A wrong setting is told by each action."""
        from .choice import name_of

        try:
            return bool(name_of(config))
        except RPCAborted:
            return True

    def after_processing(self, request: RPCRequest, reply: RPCReply) -> None:
        """Outputs of which there is nothing to say are left out."""
        for name in [name for name, value in reply.items() if value in (None, "")]:
            del reply[name]

    # --- what is ------------------------------------------------------------------------------------------------------

    @action
    def status(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether services run."""
        provider, names = self._provider(), self._names(request)
        if len(names) == 1:
            states = [self._state(provider, names[0])]
        else:
            states = [_told_state(provider, name) for name in names]
        reply["status"] = _status(names, states)
        _describe(reply, states[0])
        reply["message"] = "" if states[0].exists else _absence(states[0])
        if len(states) > 1 or "services" in request:
            reply["services"] = [
                {
                    "service": name,
                    "status": one.status,
                    "active": one.active,
                    "substate": one.substate,
                    "enabled": one.enabled,
                    "message": "" if one.exists else _absence(one),
                }
                for name, one in zip(names, states, strict=True)
            ]

    @action
    def is_active(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether a service runs."""
        state = self._one(request)
        reply["is_active"], reply["active"], reply["substate"] = state.is_running, state.active, state.substate

    @action
    def is_enabled(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether a service starts with the host."""
        state = self._one(request)
        reply["enabled"] = state.enabled
        reply["is_enabled"] = state.enabled in ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")

    @action
    def is_failed(self, request: RPCRequest, reply: RPCReply) -> None:
        """Whether a service failed."""
        state = self._one(request)
        reply["is_failed"], reply["active"], reply["result"] = state.has_trouble, state.active, state.result

    @action
    def show(self, request: RPCRequest, reply: RPCReply) -> None:
        """All that there is to know of a service."""
        state = self._one(request)
        reply["status"], reply["name"], reply["description"], reply["result"] = (
            state.status,
            state.name,
            state.description,
            state.result,
        )
        _describe(reply, state)
        details = dict(state.details)
        for name in ("load", "memory", "tasks", "restarts", "since", "fragment", "exit"):
            if name in details:
                reply[name] = details.pop(name)
        if "since" in state.details:
            from time import time

            reply["age"] = max(int(time()) - state.details["since"], 0)
        reply["properties"] = {"aliases": [name for name in state.aliases if name != state.name], **details}

    @action
    def list(self, request: RPCRequest, reply: RPCReply) -> None:
        """Units: those that failed, those that run, or all."""
        rows = self._provider().listed(request.get("state", "failed"), request.get("pattern", ""))
        reply["count"] = len(rows)
        reply["units"] = [
            {"unit": row.unit, "load": row.load, "active": row.active, "sub": row.sub, "description": row.description}
            for row in rows[:_MOST_UNITS]
        ]

    @action
    def logs(self, request: RPCRequest, reply: RPCReply) -> None:
        """The last lines of a service's log."""
        lines = int(request.between("lines", 1, _MOST_LINES, _LINES))
        provider, since = self._provider(), None
        if "since" in request:
            from time import time

            since = time() - request["since"]
        if provider.name != "systemd":
            reply.abort("there is no journal to read: the logs of init scripts are files of their own")
        reply["lines"] = provider.log(self._names(request)[0], lines, since)

    # --- what is to be ------------------------------------------------------------------------------------------------

    @action
    def start(self, request: RPCRequest, reply: RPCReply) -> None:
        """Start services."""
        self._change("start", request, reply)

    @action
    def stop(self, request: RPCRequest, reply: RPCReply) -> None:
        """Stop services."""
        self._change("stop", request, reply)

    @action
    def restart(self, request: RPCRequest, reply: RPCReply) -> None:
        """Restart services."""
        self._change("restart", request, reply)

    @action
    def try_restart(self, request: RPCRequest, reply: RPCReply) -> None:
        """Restart services that run."""
        self._change("try_restart", request, reply)

    @action
    def reload(self, request: RPCRequest, reply: RPCReply) -> None:
        """Have services read their configuration again."""
        self._change("reload", request, reply)

    @action
    def enable(self, request: RPCRequest, reply: RPCReply) -> None:
        """Have services start with the host."""
        self._change("enable", request, reply)

    @action
    def disable(self, request: RPCRequest, reply: RPCReply) -> None:
        """Have services start with the host no longer."""
        self._change("disable", request, reply)

    @action
    def mask(self, request: RPCRequest, reply: RPCReply) -> None:
        """Make it impossible to start services."""
        self._change("mask", request, reply)

    @action
    def unmask(self, request: RPCRequest, reply: RPCReply) -> None:
        """Make it possible again."""
        self._change("unmask", request, reply)

    @action
    def reset_failed(self, request: RPCRequest, reply: RPCReply) -> None:
        """Count services no longer as failed."""
        self._change("reset_failed", request, reply)

    @action
    def daemon_reload(self, request: RPCRequest, reply: RPCReply) -> None:
        """Have systemd read its units again."""
        provider = self._provider()
        _check_tells(provider, "daemon_reload")
        outcome = provider.act("daemon_reload", "", _WAIT)
        if outcome.timed_out or outcome.failure:
            reply.abort(f"Could not reload the units: {outcome.failure or 'it takes longer than expected'}")
        reply["message"] = "all units have been read again"

    # --- how ----------------------------------------------------------------------------------------------------------

    def _change(self, verb: str, request: RPCRequest, reply: RPCReply) -> None:
        """One verb for all services of the request, in its order; what fails keeps none of the others from it."""
        from time import monotonic

        from .change import Change

        provider, names = self._provider(), self._names(request)
        _check_tells(provider, verb)
        watching = self._watching(request)
        ends = monotonic() + _MOST_WAIT
        changes: list[tuple[str, Change]] = []
        for name in names:
            left = ends - monotonic()
            if watching.wait > left > 0:
                watching = self._watching(request, at_most=left)
            if left <= 0:
                change = Change(_told_state(provider, name), failure="the services before it took all the time there is")
            else:
                try:
                    change = self._changed(verb, name, provider, watching, request)
                except RPCAborted as error:
                    change = Change(_told_state(provider, name), failure=str(error))
            changes.append((name, change))
        _answer(verb, changes, reply, has_list=len(changes) > 1 or "services" in request)

    def _changed(self, verb: str, name: str, provider: "Provider", watching: "Watching", request: RPCRequest) -> "Change":
        from time import monotonic, sleep, time

        from .change import STRICT, Change, carry_out, is_wished, planned
        from .units import protection

        force = bool(request.get("force", False))
        before = provider.state(name)
        if before.exists and self._is_strict and verb in STRICT and is_wished(verb, before):
            return Change(before, failure=STRICT[verb])
        why = "" if force else protection(verb, (name, before.name, *before.aliases), self.config.get("protected", ""))
        if why and not is_wished(verb, before):
            return Change(before, failure=f"it is protected, {why}; force=true, or `mco service --force`, does it all the same")
        if request.noop:
            return planned(verb, before, force=force)
        if verb in ("stop", "restart", "try_restart") and before.is_running and provider.is_own(before):
            outcome = provider.act_later(verb.replace("try_", ""), name, request.id[:8])
            told = f"this daemon will {verb.replace('_', '-')} in a moment, when it has answered"
            return Change(before, not outcome.failure, told, outcome.failure)
        return carry_out(verb, name, before, provider, watching, force=force, monotonic=monotonic, sleep=sleep, now=time)

    def _watching(self, request: RPCRequest, at_most: float = _MOST_WAIT) -> "Watching":
        from .change import Watching

        wait = request.between("wait", 0, _MOST_WAIT, self._number("wait", _WAIT, _MOST_WAIT))
        settle = self._number("settle", _SETTLE)
        return Watching(min(wait, at_most), min(settle, wait), int(self._number("log_lines", _LOG_LINES)))

    def _provider(self) -> "Provider":
        from .choice import provider_of

        return provider_of(self.config)

    def _names(self, request: RPCRequest) -> Sequence[str]:
        from .units import listed_names

        names = listed_names(request.get("service", ""), request.get("services", ""))
        if not names:
            raise MissingRPCData(request.action, "service")
        return names

    def _one(self, request: RPCRequest) -> "ServiceState":
        """The state of the only service of a request; fails where the host has not got it."""
        state = self._state(self._provider(), self._names(request)[0])
        if not state.exists:
            raise RPCAborted(f"Could not determine status of service '{request['service']}': {_absence(state)}")
        return state

    def _state(self, provider: "Provider", name: str) -> "ServiceState":
        try:
            return provider.state(name)
        except RPCAborted as error:
            raise RPCAborted(f"Could not determine status of service '{name}': {error}") from error

    @property
    def _is_strict(self) -> bool:
        from mcollective_py.agent.ownsettings import flag

        return flag(self.config, "service", "strict", False)

    def _number(self, name: str, default: float, most: float = 3600) -> float:
        from mcollective_py.agent.ownsettings import number

        return number(self.config, "service", name, default, 0, most)


def _check_tells(provider: "Provider", verb: str) -> None:
    if verb not in ("start", "stop", "restart", *provider.tells):
        raise RPCAborted(f"the provider {provider.name} of this host cannot {verb.replace('_', '-')}")


def _told_state(provider: "Provider", name: str) -> "ServiceState":
    """The state, or one that tells why there is none: of one among several, which the others are to be told beside."""
    from .provider import ServiceState

    try:
        return provider.state(name)
    except RPCAborted as error:
        return ServiceState(name, details={"load_error": str(error)})


def _describe(reply: RPCReply, state: "ServiceState") -> None:
    reply["active"], reply["substate"], reply["enabled"], reply["pid"] = state.active, state.substate, state.enabled, state.pid


def _absence(state: "ServiceState") -> str:
    return str(state.details.get("load_error") or "there is no such service")


def _status(names: Sequence[str], states: Sequence["ServiceState"]) -> str | Sequence[str]:
    """The historic word for one service; for several `NAME WORD` of each: summaries count the elements of a list one by one."""
    return states[0].status if len(states) == 1 else [f"{name} {one.status}" for name, one in zip(names, states, strict=True)]


def _answer(verb: str, changes: "Sequence[tuple[str, Change]]", reply: RPCReply, *, has_list: bool) -> None:
    """The outputs, and the failures in their historic wording."""
    states = [change.state for _, change in changes]
    reply["status"] = _status([name for name, _ in changes], states)
    reply["changed"] = any(change.changed for _, change in changes)
    reply["message"] = "; ".join(change.message for _, change in changes if change.message)
    if "warning" in reply:
        reply["warning"] = "\n".join(change.warning for _, change in changes if change.warning)
    _describe(reply, states[0])
    if has_list:
        reply["services"] = [
            {"service": name, "status": one.state.status, "changed": one.changed, "message": one.failure or one.message}
            for name, one in changes
        ]
    word = verb.replace("_", "-")
    if failures := [f"Could not {word} service '{name}': {one.failure}" for name, one in changes if one.failure]:
        reply.fail("\n".join(failures))
