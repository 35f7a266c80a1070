"""Fixtures for authors of agents: `pytest_plugins = ["mcollective_py.testing.pytest_plugin"]` in the root conftest.py or a test file.

For a test that lies in an agent's folder (agents/NAME/tests/) nothing more has to be said: `agent` is that agent.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..node.view import NodeView
from .harness import AgentHarness, DaemonStandIn

if TYPE_CHECKING:
    from ..broker.thread import ThreadedBroker
    from .collective import Collective

_SAYS_AGENT = ("agent.py", "ddl.yaml", "ddl.json")


@pytest.fixture
def agent_folder(request: pytest.FixtureRequest) -> Path:
    """The agent's folder: the nearest one above the test with an agent in it. Override it where tests lie elsewhere."""
    for folder in request.path.parents:
        if folder.parent.name == "agents" and any((folder / name).is_file() for name in _SAYS_AGENT):
            return folder
    raise pytest.UsageError(f"{request.path} lies in no agent's folder: override the fixture agent_folder")


@pytest.fixture
def agent_node(agent_folder: Path) -> NodeView:
    """What the agent finds in self.node. Override it for facts and classes of your own."""
    return NodeView("node1.example.net", agents=frozenset({agent_folder.name}))


@pytest.fixture
def agent_config() -> Mapping[str, str]:
    """What it finds in self.config: its settings, keys without `plugin.NAME.`."""
    return {}


@pytest.fixture
def agent_daemon() -> DaemonStandIn:
    """What it finds in self.daemon."""
    return DaemonStandIn()


@pytest.fixture
def agent(agent_folder: Path, agent_node: NodeView, agent_config: Mapping[str, str], agent_daemon: DaemonStandIn) -> AgentHarness:
    """The agent of agent_folder: `agent.call("status", service="exim4")`, `agent.send("hello")`."""
    return AgentHarness(agent_folder, node=agent_node, config=agent_config, daemon=agent_daemon)


@pytest.fixture
def agent_problems(agent_folder: Path) -> list[str]:
    """What is wrong with the agent's folder: `assert agent_problems == []`."""
    from .conformance import conformance_problems

    return conformance_problems(agent_folder)


@pytest.fixture
def new_collective(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., "Collective"]]:
    """Makes collectives, closed after the test: `new_collective(libdirs=[...], policies={...})`; arguments as of testing.Collective."""
    from .collective import Collective

    made: list[Collective] = []

    def new(**fields: Any) -> Collective:
        made.append(Collective(tmp_path_factory.mktemp("collective"), **fields))
        return made[-1]

    yield new
    for collective in made:
        collective.close()


@pytest.fixture
def collective(agent_folder: Path, new_collective: Callable[..., "Collective"]) -> "Collective":
    """An empty collective whose hosts have the agent: `collective.add("web1", facts={"country": "uk"})` starts one."""
    return new_collective(libdirs=[agent_folder.parents[1]])


@pytest.fixture(scope="session")
def stomp_broker() -> Iterator["ThreadedBroker"]:
    """The embedded broker, listening on loopback: stomp_broker.host, stomp_broker.port; anybody on this machine may log in."""
    from ..broker.thread import ThreadedBroker

    with ThreadedBroker() as broker:
        yield broker
