"""Real parts as fixtures, one of each for a whole run of a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.activemq import ActiveMQ
from tests.parts.rabbitmq import RabbitMQ
from tests.parts.require import require_activemq, require_rabbitmq


@pytest.fixture(scope="session")
def activemq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActiveMQ]:
    """A running ActiveMQ that tests share: use names of your own; start another to kill it."""
    require_activemq()
    folder: Path = tmp_path_factory.mktemp("activemq")
    with ActiveMQ(folder) as broker:
        yield broker


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A running RabbitMQ that tests share: `declare` collectives of your own; start another to kill it."""
    require_rabbitmq()
    folder: Path = tmp_path_factory.mktemp("rabbitmq")
    with RabbitMQ(folder) as broker:
        yield broker
