"""The one call that a forked child makes; importing this warms the fork server, so that its children start quickly."""

import os

import yaml  # noqa: F401 - reads each DDL: 13 ms, once here instead of in every child

from ..plugins.loader import load_agent
from .call import Call, Outcome
from .dispatch import perform


def run_call(call: Call) -> Outcome:
    """Load the agent from its folder, in this process alone, and perform the call; as root only what none but root can change."""
    return perform(load_agent(call.folder, only_owned=os.geteuid() == 0, libdirs=None), call, None)
