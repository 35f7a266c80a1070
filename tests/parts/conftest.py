"""Real parts as fixtures, one of each for a whole run of a worker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.activemq import ActiveMQ
from tests.parts.require import require_activemq


@pytest.fixture(scope="session")
def activemq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ActiveMQ]:
    """A running ActiveMQ that tests share: use names of your own; start another to kill it."""
    require_activemq()
    folder: Path = tmp_path_factory.mktemp("activemq")
    with ActiveMQ(folder) as broker:
        yield broker
