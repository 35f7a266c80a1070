"""The one call that a forked child makes; importing this warms the fork server, so that its children start quickly."""

# ruff: noqa: F401
import os
import secrets
import socket
import subprocess  # what most agents run programs by, with the three lines around it: 10 ms, once here instead of in every child

from ..agent import kept, ownsettings
from ..errors import PluginError
from ..node import pipes
from ..plugins.loader import load_agent, load_code
from .call import Call, Outcome
from .dispatch import perform
from .warm import WarmCode


def run_call(call: Call, warm: WarmCode) -> Outcome:
    """Perform the call by the agent of its folder, loaded in this process alone where there is no warm copy of it.

    As root only what none but root can change is run. An action in agent.py needs nothing of the DDL but what the call brings:
    reading it would take longer than many an action.
    """
    is_owned = os.geteuid() == 0
    if call.action is None or call.defaults is None:
        return perform(load_agent(call.folder, is_owned, libdirs=None), call, None)
    agent = warm.agent(call.folder) or load_code(call.folder, is_owned)
    if call.action not in agent.actions:
        raise PluginError(agent.name, f"agent.py has no action {call.action} any more: the daemon has to be told to reload")
    return perform(agent, call, None)
