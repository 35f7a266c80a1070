"""Brokers and fleets for tests of faults, on the embedded broker and on ActiveMQ alike."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mcollective_py.cli.demosite import SiteBroker
from tests.parts.activemq import ActiveMQ
from tests.parts.embedded import EmbeddedBroker
from tests.parts.fleet import Fleet
from tests.parts.require import require_activemq

HEARTBEAT = 2  # seconds, for both sides; the default is 30 and the arithmetic is the same
BROKERS = ["embedded", "activemq"]

Broker = EmbeddedBroker | ActiveMQ


@contextmanager
def running_broker(kind: str, folder: Path) -> Iterator[Broker]:
    """A broker of a kind, `embedded` or `activemq`, to kill and to start again on its port."""
    if kind == "embedded":
        with EmbeddedBroker(user="mcollective", password="for-this-test") as ours:
            yield ours
    else:
        require_activemq()
        with ActiveMQ(folder / "activemq") as theirs:
            yield theirs


def fleet_on(folder: Path, broker: Broker, names: Sequence[str], ports: Sequence[int] = ()) -> Fleet:
    """A fleet whose pool has these ports, by default the broker's own."""
    connector = "activemq" if isinstance(broker, ActiveMQ) else "stomp"
    prefix, ports = f"plugin.{connector}", ports or (broker.port,)
    settings = {f"{prefix}.heartbeat_interval": str(HEARTBEAT), f"{prefix}.pool.size": str(len(ports))}
    for number, port in enumerate(ports, 1):
        member = f"{prefix}.pool.{number}"
        settings |= {f"{member}.host": "127.0.0.1", f"{member}.port": str(port)}
        settings |= {f"{member}.user": str(broker.user), f"{member}.password": str(broker.password)}
    address = SiteBroker(ports[0], "127.0.0.1", connector, broker.user, broker.password)
    return Fleet(folder, names, broker=address, settings=settings)
