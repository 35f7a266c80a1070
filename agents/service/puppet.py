"""The provider `puppet`: services as Puppet sees them, by `puppet resource`; its options are `plugin.service.puppet.*`."""

import re
from collections.abc import Mapping, Sequence
from time import sleep
from typing import Any

from mcollective_py.agent import RPCAborted, run
from mcollective_py.agent.puppetresource import ENVIRONMENT, find_puppet, parse_errors, parse_resource, puppet_resource

from .choice import is_booted
from .provider import RUNNING, STOPPED, Listed, Outcome, Provider, ServiceState
from .systemd import Systemd
from .sysv import SysV

_READ = 30.0  # seconds: one second of work, on a host that is not busy
_SETTLE = 0.5  # seconds, as ever: looking at it again and again would take a second each
_VERBS: Mapping[str, Mapping[str, Any]] = {
    "start": {"ensure": "running"},
    "stop": {"ensure": "stopped"},
    "enable": {"enable": True},
    "disable": {"enable": False},
    "mask": {"enable": "mask"},
    "unmask": {"enable": False},
}
_ENABLED = {"true": "enabled", "false": "disabled", "mask": "masked", "manual": "manual", "delayed": "delayed"}


def options_of(config: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of the service type that the settings give: `puppet.hasrestart = true`. config: keys without `plugin.service.`."""
    given = {key.removeprefix("puppet."): value for key, value in config.items() if key.startswith("puppet.")}
    return {
        name: {"true": True, "1": True, "false": False, "0": False}.get(value.lower(), value)
        for name, value in given.items()
        if re.fullmatch(r"[a-z][a-z0-9_]*", name) and name != "command"
    }


def restart_manifest(name: str, options: Mapping[str, Any]) -> str:
    """The manifest that restarts a service: it runs, and is told of a change. A name has neither quotes nor blanks."""
    parameters = {"ensure": "running", **options}
    written = "".join(f"  {key} => {_literal(value)},\n" for key, value in sorted(parameters.items()))
    return f"notify {{ 'restart':\n  notify => Service[{_literal(name)}],\n}}\nservice {{ {_literal(name)}:\n{written}}}\n"


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def state_from(name: str, properties: Mapping[str, Any]) -> ServiceState:
    """The state that the properties of the resource tell. Puppet says `stopped` of what is not there, too."""
    enable = str(properties.get("enable", "")).lower()
    status = RUNNING if properties.get("ensure") == "running" else STOPPED
    return ServiceState(
        name, status, kind="puppet", enabled=_ENABLED.get(enable, enable), details={"provider": str(properties.get("provider", ""))}
    )


class Puppet:
    """Services by Puppet's providers. config: the agent's settings."""

    name = "puppet"
    tells = frozenset(("try_restart", "enable", "disable", "mask", "unmask"))

    def __init__(self, config: Mapping[str, str]) -> None:
        self._program, self._options = find_puppet(config.get("puppet.command")), options_of(config)

    def state(self, service: str) -> ServiceState:
        """See Provider."""
        # A parameter of the type would be a change to be made: the state is asked for without any.
        told = run(puppet_resource("service", service, program=self._puppet()), env=ENVIRONMENT, timeout=_READ)
        properties = parse_resource(told.stdout)
        if not properties:
            raise RPCAborted("\n".join(parse_errors(told.stderr)) or f"puppet told nothing of it, and ended with {told.exitcode}")
        return state_from(service, properties)

    def act(self, verb: str, service: str, timeout: float) -> Outcome:
        """See Provider."""
        limit = max(timeout, _READ)
        if verb in ("restart", "try_restart"):
            words = [self._puppet(), "apply", "--color=false"]
            done = run(words, env=ENVIRONMENT, timeout=limit, stdin=restart_manifest(service, self._options))
        else:
            properties = {**_VERBS[verb], **self._options}
            done = run(puppet_resource("service", service, properties, program=self._puppet()), env=ENVIRONMENT, timeout=limit)
        if done.timed_out:
            return Outcome(timed_out=True)
        if errors := parse_errors(done.stderr + done.stdout):
            return Outcome("\n".join(errors))
        if done.exitcode:
            return Outcome(f"puppet ended with {done.exitcode}")
        if verb in ("start", "restart", "try_restart"):
            sleep(_SETTLE)
        return Outcome()

    def is_own(self, state: ServiceState) -> bool:
        """See Provider."""
        return state.name.removesuffix(".service") == "mcollectived"

    def act_later(self, verb: str, service: str, mark: str) -> Outcome:
        """See Provider: a Puppet that is run by the daemon would end with it, so what runs the host does it."""
        native: Provider = Systemd() if is_booted() else SysV()
        return native.act_later(verb, service, mark)

    def listed(self, which: str, pattern: str) -> Sequence[Listed]:
        """See Provider."""
        raise RPCAborted("the puppet provider lists nothing: plugin.service.provider = systemd, or service, does")

    def log(self, service: str, lines: int, since: float | None = None) -> list[str]:
        """See Provider."""
        return []

    def _puppet(self) -> str:
        if self._program is None:
            raise RPCAborted("puppet is not installed: plugin.service.puppet.command says where it is")
        return self._program
