"""S-50: rubbish in any amount costs a host little, and keeps nobody's request from it."""

import threading
import time
from pathlib import Path

from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.config import Config
from mcollective_py.connector.inbox import Inbox
from mcollective_py.connector.loopback import LoopbackBroker
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Publication, Request
from mcollective_py.node.state import NodeState
from mcollective_py.node.view import NodeView
from mcollective_py.security.load import security_plugin
from mcollective_py.server.call import Outcome
from mcollective_py.server.executor import ThreadExecutor
from mcollective_py.server.host import build_host
from mcollective_py.server.runner import Runner
from mcollective_py.server.stats import Stats

TOPIC = Destination(Kind.AGENT, "mcollective", "rpcutil")
ANSWERS = Destination(Kind.REPLY, "mcollective", "/queue/mcollective.reply.ops_1.abc")


class Watched(NodeState):
    """Counts how often somebody asks what this host is at the moment, for which files are looked at."""

    asked = 0

    def view(self) -> NodeView:
        self.asked += 1
        return super().view()


def test_s50_a_good_request_behind_any_amount_of_rubbish_is_answered_and_the_rubbish_costs_no_look_at_files(tmp_path: Path) -> None:
    site = Site(tmp_path)
    client = Config.from_file(site.write_client(SiteBroker(61613)), "client")
    config = Config.from_file(site.write_host(SiteHost("web1", (), {}), SiteBroker(61613)), "server")
    host = build_host(config, time.time)
    host.node.__class__ = Watched
    broker, done = LoopbackBroker(time.time), ThreadExecutor(lambda call: Outcome(body={"pong": 1}))
    subscribed = threading.Event()
    runner = Runner(host, broker.connector("web1"), done, done, Stats(0.0), time.time, lambda identity: subscribed.set())
    receiving = threading.Thread(target=runner.run, daemon=True)
    receiving.start()
    assert subscribed.wait(10)
    security, ops = security_plugin(client, "client", time.time), broker.connector("ops", is_daemon=False)
    ops.connect()
    ops.subscribe([ANSWERS])
    now = time.time()
    ops.publish([Publication(b"rubbish", TOPIC, "mallory", now, 60)] * 30_000)
    request = Request(
        "1" * 32, security.caller, "ops", "mcollective", "rpcutil", "ping", {}, Filter(agents=("rpcutil",)), now, 60, ANSWERS.name
    )
    ops.publish([Publication(security.seal_request(request).payload, TOPIC, "ops", now, 60, ANSWERS.name)])
    assert ops.receive(10.0) is not None
    assert host.node.asked == 1
    runner.stop(5.0)
    receiving.join(5)


def test_s50_what_waits_is_bounded_in_bytes_whatever_comes() -> None:
    inbox = Inbox()
    for _ in range(200):
        inbox.put(Delivery(bytes(1 << 20), TOPIC))
    assert inbox.dropped == 200 - 64
