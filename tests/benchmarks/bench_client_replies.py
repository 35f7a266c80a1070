"""How many verified replies a client takes in each second, over the loopback connector, on one core.

    python -m tests.benchmarks.bench_client_replies [REPLIES] [KEY TYPE ...]

Each reply is signed by a node's certificate (issued by a CA of the same key type), bound to the request, and comes through
Client and Collector as a result. All nodes' replies are sealed before the clock starts.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from mcollective_py.client.audience import Audience
from mcollective_py.client.client import Client
from mcollective_py.config import Config
from mcollective_py.connector.loopback import LoopbackBroker
from mcollective_py.message import Delivery, Destination, Kind, Reply
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin
from tests.benchmarks.report import figure, ratio

WANTED = 5_000  # replies a second
KEYS = ("p256", "ed25519", "rsa2048", "rsa4096")
NODES = 16  # certificates; names beyond that are alternative names of them


class Recorded:
    """A connector that keeps the request and then hands out replies prepared for it."""

    def __init__(self):
        self.publications, self.deliveries = [], iter(())

    def connect(self, timeout=None):
        pass

    def subscribe(self, destinations):
        pass

    unsubscribe = subscribe

    def publish(self, publications, *, confirm=None):
        self.publications.extend(publications)

    def receive(self, timeout=None):
        return next(self.deliveries, None)

    def close(self):
        pass


def settings(folder, name):
    ca = folder / "ca.pem", folder / "crl.pem"
    return (
        f"plugin.x509.ca = {ca[0]}\nplugin.x509.crl = {ca[1]}\n"
        f"plugin.x509.cert = {folder}/certs/{name}.pem\nplugin.x509.key = {folder}/private_keys/{name}.pem\n"
    )


def measure(folder, key_type, count):
    authority = CertificateAuthority.create(folder, key_type=key_type)
    authority.issue("alice.mcollective", "caller", key_type=key_type)
    names = [f"node{number}" for number in range(count)]
    securities = []
    for number in range(NODES):
        own = f"signer{number}"
        authority.issue(own, "node", key_type=key_type, sans=names[number::NODES])
        securities.append(security_plugin(Config.from_text(settings(folder, own), "server"), "server", time.time))
    config = Config.from_text("connection_timeout = 5\n", "client")
    alice = security_plugin(Config.from_text(settings(folder, "alice.mcollective"), "client"), "client", time.time)
    # The replies must exist before the clock starts, and the request before the replies: it is sealed by a first, unmeasured call.
    connector = Recorded()
    client = Client(config, connector, alice, identity="desk")
    replies = client.call("rpcutil", "ping", {}, Audience(tuple(names)), timeout=600)
    replies.wait_published(60)
    payloads = []
    by_name = {publication.destination.name: publication.payload for publication in connector.publications}
    for number, name in enumerate(names):
        security = securities[number % NODES]
        request = security.open_request(security.read(by_name[name]))
        reply = Reply(request.id, request.digest, name, "rpcutil", "ping", {"pong": 1_700_000_000}, time.time())
        payloads.extend(security.seal_reply(reply, request))
    loopback = LoopbackBroker().connector("desk", is_daemon=False)
    source = Destination(Kind.REPLY, "mcollective", "/queue/mcollective.reply.desk")
    connector.receive = loopback.receive
    started, spent = time.perf_counter(), time.process_time()
    taken = 0
    for at in range(0, count, 1000):  # a reader's inbox is bounded; no broker sends everything at once either
        for payload in payloads[at : at + 1000]:
            loopback.take(Delivery(payload, source))
        for _ in range(min(1000, count - at)):
            next(replies)
            taken += 1
    wall, cpu = time.perf_counter() - started, time.process_time() - spent
    assert (taken, replies.stats.ok, replies.stats.unverified) == (count, count, 0)
    return count / wall, cpu / count * 1e6


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for key_type in sys.argv[2:] or KEYS:
        with tempfile.TemporaryDirectory() as folder:
            rate, cost = measure(Path(folder), key_type, count)
        figure(f"verified replies, {key_type}", rate, "/s")
        figure(f"  processor time each, {key_type}", cost, "us")
        ratio(f"  against {WANTED:,} /s", rate / WANTED, 1.0)


if __name__ == "__main__":
    main()
