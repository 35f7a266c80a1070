"""An agent on a lab host as its daemon would run it, without a daemon: for settings that only a few calls want."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.parts.lab import Lab

_AGENTS = Path(__file__).parents[2] / "agents"
_PROGRAM = """
import json, sys
from pathlib import Path
from mcollective_py.testing import AgentHarness
folder, config, calls = sys.argv[1:]
agent = AgentHarness(Path(folder), config=json.loads(config))
replies = [agent.call(action, **inputs) for action, inputs in json.loads(calls)]
print(json.dumps([[reply.statuscode, reply.statusmsg, dict(reply.data)] for reply in replies]))
"""


def call_alone(lab: Lab, host: str, agent: str, config: Mapping[str, str], *calls: tuple[str, Mapping[str, Any]]) -> list[list[Any]]:
    """Status code, message and outputs of each call. config: the agent's settings; calls: action and inputs of each."""
    words = [str(_AGENTS / agent), json.dumps(config), json.dumps(calls)]
    done = lab.run(host, sys.executable, "-c", _PROGRAM, *words)
    assert done.returncode == 0, done.stderr
    answer: list[list[Any]] = json.loads(done.stdout)
    return answer
