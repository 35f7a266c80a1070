"""A change of one service from its state before to what became of it: idempotent, watched, told."""

from collections.abc import Callable
from dataclasses import dataclass

from .journal import worded
from .provider import Outcome, Provider, ServiceState

STRICT = {"start": "Service is already running", "stop": "Service is already stopped"}  # historic: a failure
_WISHED = {"start": "is running already", "stop": "is stopped already", "reset_failed": "has not failed"}
_DONE = {
    "start": "started",
    "stop": "stopped",
    "restart": "restarted",
    "reload": "reloaded",
    "try_restart": "restarted",
    "enable": "enabled",
    "disable": "disabled",
    "mask": "masked",
    "unmask": "unmasked",
    "reset_failed": "no longer counted as failed",
}
_WATCHED = ("start", "restart", "try_restart")
# These say that they have started as soon as there is a process; whether it lives, only time tells.
_UNCERTAIN = ("simple", "exec", "idle", "")
_EVERY = 0.1  # seconds between two looks


@dataclass(frozen=True, slots=True)
class Watching:
    """How a change is waited for, in seconds: wait for the job (0: for nothing), settle while a service that has started must live."""

    wait: float
    settle: float
    log_lines: int = 10


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one service. message: in a few words; failure: why it did not work, with the tool's words, else empty.

    warning: what the tool said of it although it worked.
    """

    state: ServiceState
    changed: bool = False
    message: str = ""
    failure: str = ""
    warning: str = ""


def is_wished(verb: str, state: ServiceState) -> bool:
    """Whether a service is already as the verb would have it."""
    words = {"enable": ("enabled",), "disable": ("disabled",), "mask": ("masked", "masked-runtime")}
    if verb in words:
        return state.enabled in words[verb]
    return {
        "start": state.is_running,
        "stop": not state.is_running and not _is_coming(state),
        "try_restart": not state.is_running,
        "unmask": state.enabled not in ("masked", "masked-runtime"),
        "reset_failed": state.active != "failed",
    }.get(verb, False)


def _is_coming(state: ServiceState) -> bool:
    """A service that starts, or waits to be started again, is none that is stopped."""
    return state.active in ("activating", "reloading", "deactivating")


def refusal(verb: str, state: ServiceState, *, force: bool = False) -> str:
    """Why a verb makes no sense for a service in this state; empty where it does. force: a service to come may be masked."""
    if not state.exists:
        if verb in ("unmask", "reset_failed") or (verb == "mask" and force):
            return ""
        return state.details.get("load_error") or "there is no such service"
    if verb in ("start", "restart") and state.enabled in ("masked", "masked-runtime") and not state.is_running:
        return "it is masked"
    if verb == "reload" and not state.is_running:
        return "it is not running"
    return "it cannot be reloaded, only restarted" if verb == "reload" and not state.can_reload else ""


def planned(verb: str, state: ServiceState, *, force: bool = False) -> Change:
    """What a verb would do, told and not done."""
    if why := refusal(verb, state, force=force):
        return Change(state, failure=why)
    if is_wished(verb, state):
        return Change(state, message=_as_wished(verb, state))
    return Change(state, changed=True, message=f"would {verb.replace('_', '-')} {state.name}")


def carry_out(
    verb: str,
    service: str,
    before: ServiceState,
    provider: Provider,
    watching: Watching,
    *,
    force: bool = False,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    now: Callable[[], float],
) -> Change:
    """Do it, wait for it, and see that it lasts."""
    if why := refusal(verb, before, force=force):
        return Change(before, failure=why)
    if is_wished(verb, before):
        return Change(before, message=_as_wished(verb, before))
    began, started = now(), monotonic()
    outcome = provider.act(verb, service, watching.wait)
    after = provider.state(service)
    if verb in _WATCHED and not outcome.failure and not outcome.timed_out and watching.wait > 0:
        after = _watched(service, after, provider, started, watching, monotonic, sleep)
    failure = _failure(verb, after, outcome, watching)
    if not failure:
        is_begun = watching.wait <= 0 and verb in (*_WATCHED, "stop")
        warning = "\n".join(word for word in (outcome.warning, _harm(verb, before, after)) if word)
        return Change(after, is_begun or _has_changed(verb, before, after), _message(verb, after, watching), warning=warning)
    if verb in (*_WATCHED, "stop", "reload") and watching.log_lines:
        lines = worded(provider.log(service, watching.log_lines, began), failure)
        failure = "\n".join([failure, *(["last log lines:"] if lines else []), *(f"  {line}" for line in lines)])
    return Change(after, _has_changed(verb, before, after), failure=failure)


def _watched(
    service: str,
    state: ServiceState,
    provider: Provider,
    started: float,
    watching: Watching,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> ServiceState:
    """The state once it can be believed: a simple service has lived for a while, and whatever was still starting has come up."""
    settled = monotonic() + watching.settle
    while not state.has_trouble:
        moment = monotonic()
        is_coming = state.active == "activating" and moment - started < watching.wait
        is_coming = is_coming or (not state.active and not state.is_running and moment < settled)
        is_fresh = state.is_running and state.kind in _UNCERTAIN and moment < settled
        if not is_coming and not is_fresh:
            break
        sleep(_EVERY)
        state = provider.state(service)
    return state


def _failure(verb: str, after: ServiceState, outcome: Outcome, watching: Watching) -> str:
    if outcome.failure:
        return outcome.failure + _how_it_is(after)
    if outcome.timed_out:
        return f"not done after {watching.wait:g} s, it goes on by itself" + _how_it_is(after)
    if verb in _WATCHED and after.has_trouble:
        return "it did not stay up" + _how_it_is(after)
    if verb == "stop" and watching.wait > 0 and (after.is_running or _is_coming(after)):
        return "it is still there" + _how_it_is(after)
    if verb in _WATCHED and not after.active and not after.is_running and watching.wait > 0:
        return "it is not running"  # where there is no word for one that has done its work
    return ""


def _harm(verb: str, before: ServiceState, after: ServiceState) -> str:
    """What is to be said of a service that stopped, and not well: systemd had to kill it, or it ended with an error."""
    if verb != "stop" or not before.is_running or not after.has_trouble:
        return ""
    return f"{after.name} stopped, and not well" + _how_it_is(after)


def _how_it_is(state: ServiceState) -> str:
    if not state.exists:
        return ""
    words = [word for word in (state.active, state.substate) if word]
    said = f"{words[0]} ({words[1]})" if len(set(words)) == 2 else words[0] if words else state.status
    ended = [state.result] if state.result not in ("", "success") else []
    ended += [f"main process {state.details['exit']}"] if "exit" in state.details and state.details["exit"] != "exited 0" else []
    return f"\nit is {said}" + (f": {', '.join(ended)}" if ended else "")


def _has_changed(verb: str, before: ServiceState, after: ServiceState) -> bool:
    if verb in ("restart", "try_restart", "reload"):
        return True
    if verb == "start":
        return after.is_running != before.is_running or after.details.get("since") != before.details.get("since")
    if verb == "stop":
        return after.active != before.active or after.status != before.status
    return after.enabled != before.enabled or after.active != before.active


def _message(verb: str, state: ServiceState, watching: Watching) -> str:
    if watching.wait <= 0 and verb in (*_WATCHED, "stop"):
        return f"{verb.replace('_', '-')} of {state.name} has begun"
    if verb in _WATCHED and not state.is_running:
        return f"{state.name} ran and ended well"
    return f"{state.name} {_DONE[verb]}"


def _as_wished(verb: str, state: ServiceState) -> str:
    if verb == "try_restart":
        return f"{state.name} is not running, and stays so"
    return f"{state.name} {_WISHED.get(verb) or f'is {_DONE[verb]} already'}"
