"""Ruby's daemons and ours behind two brokers: one is killed, and either client finds everybody again on the other."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import SiteHost
from tests.parts.activemq import ActiveMQ
from tests.parts.historic import HistoricSite, Listening
from tests.parts.mixed import MixedFleet
from tests.parts.require import require_activemq, require_programs
from tests.parts.ruby import RUBY_DAEMON, RUBY_MCO
from tests.waiting import wait_until

pytestmark = [pytest.mark.parts, pytest.mark.timed]

OURS, RUBY = ("py1", "py2"), ("ruby1", "ruby2")
OURS_AGAIN = 10.0  # seconds until ours are back, at most
RUBY_AGAIN = 30.0  # the same of Ruby's daemons, whose pauses grow to this


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[tuple[ActiveMQ, ActiveMQ]]:
    require_activemq()
    with ActiveMQ(tmp_path / "first", heap=256) as first, ActiveMQ(tmp_path / "second", heap=256) as second:
        yield first, second


def test_everybody_is_found_again_when_a_broker_is_killed(brokers: tuple[ActiveMQ, ActiveMQ], tmp_path: Path) -> None:
    require_programs("ruby", RUBY_MCO, RUBY_DAEMON)
    first, second = brokers
    site = HistoricSite(
        tmp_path / "site",
        connector="activemq",
        security="psk",
        brokers=[Listening(broker.port, broker.user, broker.password) for broker in brokers],
    )
    with MixedFleet(site, ruby=[SiteHost(name) for name in RUBY], python=[SiteHost(name) for name in OURS]) as fleet:
        everybody = [*OURS, *RUBY]

        def found(*wanted: str) -> Callable[[], bool]:
            return lambda: set(fleet.python_mco("find", "--dt", "1", "--full-discovery").stdout.split()) >= set(wanted)

        def check_both_clients() -> None:
            ended = fleet.both("find", "--dt", "2")
            for process in (ended.ruby, ended.python):
                assert (sorted(process.stdout.split()), process.returncode) == (everybody, 0), process
            called = fleet.both("rpc", "rpcutil", "ping", *(f"-I{name}" for name in everybody))
            for process in (called.ruby, called.python):
                assert process.returncode == 0, process

        check_both_clients()
        first.kill()
        wait_until("our daemons on the second broker", found(*OURS), OURS_AGAIN)
        wait_until("Ruby's daemons on the second broker", found(*RUBY), RUBY_AGAIN)
        check_both_clients()

        # And back: the clients begin with the first of the pool, so that both must be on it again.
        first.start()
        second.kill()
        wait_until("our daemons on the first broker again", found(*OURS), OURS_AGAIN)
        wait_until("Ruby's daemons on the first broker again", found(*RUBY), RUBY_AGAIN)
        check_both_clients()
