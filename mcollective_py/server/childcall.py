"""The one call that a forked child makes; importing this warms the fork server, so that its children start quickly."""

# ruff: noqa: F401
import os
import secrets
import socket
import subprocess  # what most agents run programs by, with the three lines around it: 10 ms, once here instead of in every child

import yaml  # reads a DDL: 13 ms

from ..agent import kept, ownsettings
from ..node import pipes
from ..plugins.loader import load_agent, load_code
from .call import Call, Outcome
from .dispatch import perform


def run_call(call: Call) -> Outcome:
    """Load the agent from its folder, in this process alone, and perform the call; as root only what none but root can change.

    An action in agent.py needs nothing of the DDL but what the call brings: reading it would take longer than many an action.
    """
    is_owned = os.geteuid() == 0
    if call.action is None or call.defaults is None:
        return perform(load_agent(call.folder, is_owned, libdirs=None), call, None)
    return perform(load_code(call.folder, call.action, is_owned), call, None)
