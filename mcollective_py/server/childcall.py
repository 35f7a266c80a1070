"""The one call that a forked child makes; importing this warms the fork server, so that its children start quickly."""

# ruff: noqa: F401
import os
import secrets
import socket
import subprocess  # what most agents run programs by, with the three lines around it: 10 ms, once here instead of in every child

from ..agent import kept, ownsettings
from ..errors import PluginError
from ..node import pipes
from ..plugins.loader import LoadedAgent, load_agent, load_code
from .call import Call, Outcome
from .dispatch import perform
from .warm import WarmCode


def run_call(call: Call, warm: WarmCode) -> Outcome:
    """Perform the call by the agent of its folder."""
    return perform_by(agent_of(call, warm), call)


def needs_ddl(call: Call) -> bool:
    """Whether its agent is loaded with the DDL: an action in agent.py needs nothing of it but what the call brings."""
    return call.action is None or call.defaults is None


def agent_of(call: Call, warm: WarmCode) -> LoadedAgent:
    """The agent of a call's folder, loaded in this process alone where there is no warm copy of it. Raises PluginError or DDLError.

    As root only what none but root can change is run. Reading a DDL would take longer than many an action.
    """
    is_owned = os.geteuid() == 0
    if needs_ddl(call):
        return load_agent(call.folder, is_owned, libdirs=None)
    return warm.agent(call.folder) or load_code(call.folder, is_owned)


def perform_by(agent: LoadedAgent, call: Call) -> Outcome:
    """Perform the call by an agent that `agent_of` gave. Raises PluginError for an action that it has not any more."""
    if call.action is not None and call.action not in agent.actions:
        raise PluginError(agent.name, f"agent.py has no action {call.action} any more: the daemon has to be told to reload")
    return perform(agent, call, None)
