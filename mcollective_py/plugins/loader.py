"""Agents and facts sources out of their folders: loaded, checked against their DDL, and the index of those active on a host."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from ..agent.base import Agent, actions_of
from ..config import Config
from ..ddl.model import DDL, IMPACTS, PLAIN_TIMEOUT, Metadata
from ..ddl.validators import VALIDATORS, Validator
from ..errors import PluginError
from ..node.deadline import Ask, at_once
from ..node.factsource import FactsSource
from ..node.view import NodeView
from ..settings import FLAGS
from .ddlfiles import read_folder_ddl
from .finder import survey
from .folder import check_folder, checks_owners
from .modules import load_class
from .sitevalidators import validators_for

_MAX_TIMEOUT = 86_400.0
_ALWAYS = frozenset({"discovery"})  # without it no host is found: activate_agents = false does not mean this one


@dataclass(frozen=True, slots=True)
class LoadedAgent:
    """One agent, ready to be called. ddl: None for a plain class. actions: all that can be called from the wire, by name.

    impact: what a plain class says of itself, `change` where it says nothing. external: actions that programs of other languages
    answer: they always run in a process of their own. validators: all that its inputs are checked by.
    """

    name: str
    cls: type[Any]
    folder: Path
    ddl: DDL | None
    metadata: Metadata
    actions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    impact: str = "change"
    external: frozenset[str] = frozenset()
    validators: Mapping[str, Validator] = field(default_factory=lambda: VALIDATORS, compare=False)

    def timeout(self, action: str | None) -> float:
        """Seconds that a call may take."""
        return self.metadata.timeout if self.ddl is None or action is None else self.ddl.timeout(action)

    def defaults(self, action: str) -> Mapping[str, Any]:
        """What the outputs of an action are until it sets them."""
        known = None if self.ddl is None else self.ddl.actions.get(action)
        return {} if known is None else {name: output.default for name, output in known.outputs.items()}

    def only_reads(self, action: str | None) -> bool:
        """True where a call changes nothing and may share a process with others; False for an action that is not there."""
        if self.ddl is None:
            return self.impact == "read"
        if action in self.external:
            return False
        return action is not None and action in self.ddl.actions and self.ddl.actions[action].only_reads

    def describe(self, name: str | None = None) -> dict[str, Any]:
        """The agent's entry in `rpcutil agent_inventory`. name: another one that it answers to."""
        data = self.metadata
        texts = {key: getattr(data, key) for key in ("name", "description", "author", "license", "version", "url")}
        # Ruby's DDLs have whole seconds, and its nodes send them so.
        return {"agent": name or self.name, **texts, "timeout": int(data.timeout) if data.timeout.is_integer() else data.timeout}


class AgentIndex(Mapping[str, LoadedAgent]):
    """The active agents by name, and by each other name that their DDLs say, where no agent has it.

    skipped: the broken ones with their reasons. inactive: name -> why it is not wanted here.
    """

    def __init__(
        self, agents: Mapping[str, LoadedAgent], skipped: Sequence[PluginError] = (), inactive: Mapping[str, str] | None = None
    ) -> None:
        self._agents, self.skipped, self.inactive = dict(agents), tuple(skipped), dict(inactive or {})

    def __getitem__(self, name: str) -> LoadedAgent:
        return self._agents[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._agents)

    def __len__(self) -> int:
        return len(self._agents)

    @classmethod
    def load_all(
        cls, libdirs: Sequence[Path], config: Config, view: NodeView, only_owned: bool | None = None, ask: Ask = at_once
    ) -> "AgentIndex":
        """Every agent of the libdirs that loads and is wanted; a broken one never keeps the others away.

        only_owned: refuse folders that others than root and this user could change; default: where root loads them.
        ask: by what the site's validators are asked.
        """
        found = survey("agents", libdirs)
        check = checks_owners(only_owned)
        agents: dict[str, LoadedAgent] = {}
        skipped, inactive = list(found.refused), {}
        for name in sorted(found.found):
            settings = config.plugin(name)
            try:
                reason = not_wanted(name, settings, config.text("activate_agents"))
                agent = None if reason else load_agent(found.found[name], only_owned=check, libdirs=libdirs, ask=ask)
                if agent is not None and not _activates(agent, view, settings):
                    reason = "its activate_when says no"
            except PluginError as error:
                skipped.append(error)
                continue
            if reason or agent is None:
                inactive[name] = reason or ""
            else:
                agents[name] = agent
        aliases = {
            alias: agent for agent in agents.values() for alias in (agent.ddl.aliases if agent.ddl else ()) if alias not in found.found
        }
        return cls({**agents, **aliases}, skipped, inactive) if aliases else cls(agents, skipped, inactive)


def load_agent(folder: Path, only_owned: bool = False, libdirs: Sequence[Path] | None = (), ask: Ask = at_once) -> LoadedAgent:
    """The agent in a folder of its name. only_owned: first check who could change it. Raises PluginError or DDLError.

    libdirs: where validators are that it has not in its own folder; None where no input will be checked by this one any more.
    ask: by what those are asked.
    """
    name = folder.name
    check_folder(name, folder, only_owned)
    if not (folder / "agent.py").is_file():
        if not any((folder / file).exists() for file in ("ddl.yaml", "ddl.json")):
            raise PluginError(name, "there is no agent.py in its folder")
        from .externals import external_agent  # few daemons have one

        return _rpc_agent(name, external_agent(name, folder), folder, only_owned, libdirs, ask, has_code=False)
    agent = load_class(name, folder, "agent")
    if issubclass(agent, Agent):
        return _rpc_agent(name, agent, folder, only_owned, libdirs, ask)
    if not callable(getattr(agent, "handlemsg", None)):
        raise PluginError(name, f"the class {agent.__name__} is neither an Agent nor has it a handlemsg")
    return _plain_agent(name, agent, folder)


def load_code(folder: Path, only_owned: bool = False) -> LoadedAgent:
    """An RPC agent without its DDL, for actions that were checked by that already. only_owned: as above. Raises PluginError."""
    name = folder.name
    check_folder(name, folder, only_owned)
    agent = load_class(name, folder, "agent")
    actions = actions_of(agent) if issubclass(agent, Agent) else {}
    return LoadedAgent(name, agent, folder, None, Metadata(name, "", "", "", "", "", PLAIN_TIMEOUT), MappingProxyType(actions))


def load_ddl(folder: Path) -> DDL:
    """The DDL in an agent's folder, strictly, as a host needs it; nothing of the agent's code is run. Raises DDLError."""
    return read_folder_ddl(folder, is_strict=True)


def load_facts_source(name: str, folder: Path, settings: Mapping[str, str], only_owned: bool | None = None) -> FactsSource:
    """The facts source in a folder of that name, made with its settings. only_owned: as for load_all. Raises PluginError."""
    check_folder(name, folder, checks_owners(only_owned))
    source = load_class(name, folder, "source")
    missing = [method for method in ("load", "fingerprint") if not callable(getattr(source, method, None))]
    if missing:
        raise PluginError(name, f"the class {source.__name__} has no {' and no '.join(missing)}")
    try:
        return cast(FactsSource, source(settings))
    except PluginError:
        raise
    except Exception as error:  # a plugin's load may raise anything
        raise PluginError(name, f"{type(error).__name__}: {error}") from error


def _rpc_agent(
    name: str, agent: type[Agent], folder: Path, only_owned: bool, libdirs: Sequence[Path] | None, ask: Ask, *, has_code: bool = True
) -> LoadedAgent:
    if hasattr(agent, "handlemsg"):
        raise PluginError(name, "an RPC agent's handlemsg is never called: use actions, or a plain class")
    ddl = load_ddl(folder)
    actions, external = actions_of(agent), _external_actions(name, folder, ddl, has_code=has_code)
    if twice := sorted(set(actions) & set(external)):
        raise PluginError(name, f"agent.py has actions that ddl.yaml says programs answer: {', '.join(twice)}")
    actions |= external
    if undeclared := sorted(set(actions) - set(ddl.actions)):
        raise PluginError(name, f"agent.py has actions that ddl.yaml does not declare: {', '.join(undeclared)}")
    if missing := sorted(set(ddl.actions) - set(actions)):
        raise PluginError(name, f"ddl.yaml declares actions that agent.py does not have: {', '.join(missing)}")
    if asked := sorted({"before_processing", "after_processing"} & set(actions)):
        raise PluginError(name, f"{asked[0]} is asked around every action, and cannot be one")
    for action, method in actions.items():
        _check_arguments(name, action, method, ("self", "request", "reply"))
    found = MappingProxyType(actions)
    validators = VALIDATORS if libdirs is None else _validators(name, ddl, libdirs, folder, only_owned, ask)
    return LoadedAgent(name, agent, folder, ddl, ddl.metadata, found, external=frozenset(external), validators=validators)


def _validators(name: str, ddl: DDL, libdirs: Sequence[Path], folder: Path, only_owned: bool, ask: Ask) -> Mapping[str, Validator]:
    try:
        inputs = (wanted for declared in ddl.actions.values() for wanted in declared.inputs.values())
        return validators_for(inputs, libdirs, folder, only_owned=only_owned, ask=ask)
    except PluginError as error:
        raise PluginError(name, f"ddl.yaml: {error.reason}") from error


def _external_actions(name: str, folder: Path, ddl: DDL, *, has_code: bool) -> Mapping[str, Callable[..., Any]]:
    if has_code and all(action.implemented_by is None for action in ddl.actions.values()):
        return {}
    from .externals import external_actions

    return external_actions(name, folder, ddl, has_code=has_code)


def _plain_agent(name: str, agent: type[Any], folder: Path) -> LoadedAgent:
    _check_arguments(name, "handlemsg", agent.handlemsg, ("self", "msg"))
    timeout = getattr(agent, "timeout", PLAIN_TIMEOUT)
    if not isinstance(timeout, (int, float)) or isinstance(timeout, bool) or not 0 < timeout <= _MAX_TIMEOUT:
        raise PluginError(name, "timeout must be seconds, above 0")
    impact = getattr(agent, "impact", "change")
    if impact not in IMPACTS:
        raise PluginError(name, f"impact must be one of {', '.join(IMPACTS)}")
    texts = {key: str(getattr(agent, key, "")) for key in ("author", "license", "version", "url")}
    description = (inspect.getdoc(agent) or "").partition("\n")[0]
    return LoadedAgent(name, agent, folder, None, Metadata(name, description, timeout=float(timeout), **texts), impact=impact)


def _check_arguments(name: str, method: str, function: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    try:
        inspect.signature(function).bind(*arguments)
    except (TypeError, ValueError) as error:
        raise PluginError(name, f"{method} must take {', '.join(arguments)}") from error


def not_wanted(name: str, settings: Mapping[str, str], activate_agents: str | None) -> str | None:
    own = settings.get("activate_agent")
    if own is not None:
        return f"plugin.{name}.activate_agent is {own}" if _is_no(own) else None
    if name not in _ALWAYS and activate_agents is not None and _is_no(activate_agents):
        return "activate_agents is off"
    return None


def _is_no(text: str) -> bool:
    return FLAGS.get(text.strip().lower()) is False


def _activates(agent: LoadedAgent, view: NodeView, settings: Mapping[str, str]) -> bool:
    if agent.ddl is None:
        return True
    try:
        return bool(agent.cls.activate_when(view, settings))
    except Exception as error:  # this too is part of a plugin's load
        raise PluginError(agent.name, f"activate_when: {type(error).__name__}: {error}") from error
