"""What it costs to encrypt a request for its hosts, to open it there, and the same of a reply, beside messages that are only signed.

    python -m tests.benchmarks.bench_encryption [KEY TYPE ...]

One core; a request of two hosts and one of twenty (the most that a client puts into one), a reply of 1 KiB.
"""

import itertools
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mcollective_py.client.addressing import SECRET_CHUNK
from mcollective_py.config import Config
from mcollective_py.filter import Filter
from mcollective_py.message import Reply, Request
from mcollective_py.security.ca import CertificateAuthority
from mcollective_py.security.load import security_plugin
from tests.benchmarks.report import figure

KEYS = ("p256", "rsa2048", "rsa4096")
SECONDS = 1.0


def micros(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Microseconds of processor time for one call."""
    work()
    started, until, count = time.process_time(), time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        work()
        count += 1
    return (time.process_time() - started) / count * 1e6


class Meeting:
    """A caller that has heard of its hosts, of which the first opens and answers."""

    def __init__(self, folder: Path, key_type: str) -> None:
        authority = CertificateAuthority.create(folder)
        authority.issue("alice.mcollective", "caller", key_type=key_type)
        self.names = [f"web{number}" for number in range(SECRET_CHUNK)]
        for name in self.names:
            authority.issue(name, "node", key_type=key_type)

        def plugin(name: str, side: str):
            text = (
                f"plugin.x509.ca = {folder}/ca.pem\nplugin.x509.crl = {folder}/crl.pem\n"
                f"plugin.x509.cert = {authority.certificate_file(name)}\nplugin.x509.key = {authority.key_file(name)}\n"
            )
            return security_plugin(Config.from_text(text, side), side, time.time)

        self.client, self.nodes = plugin("alice.mcollective", "client"), [plugin(name, "server") for name in self.names]
        self._ids = (f"{number:032x}" for number in itertools.count())
        for name, node in zip(self.names, self.nodes, strict=True):
            asked = self.opened(self.client.seal_request(self.request()).payload, node)
            self.client.open_reply(self.client.read(node.seal_reply(self.reply(asked, name), asked)[0]))

    def request(self, targets: int | None = None, *, is_secret: bool = False) -> Request:
        plain = Request(
            next(self._ids), self.client.caller, "desk", "mcollective", "vault", "put", {"value": "x" * 200}, Filter(agents=("vault",)),
            time.time(), 60, "/queue/mcollective.reply.desk",
        )  # fmt: skip
        return replace(plain, targets=None if targets is None else tuple(self.names[:targets]), is_secret=is_secret)

    def opened(self, payload: bytes, node=None) -> Request:
        node = node or self.nodes[0]
        return node.open_request(node.read(payload))

    @staticmethod
    def reply(request: Request, name: str) -> Reply:
        return Reply(request.id, request.digest, name, request.agent, request.action, {"out": "x" * 1024}, time.time())


def measure(key_type: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        meeting = Meeting(Path(folder) / "ca", key_type)
        client, node, name = meeting.client, meeting.nodes[0], meeting.names[0]
        for is_secret in (False, True):
            how = f"{key_type}, {'encrypted' if is_secret else 'signed alone'}"
            for targets in (2, SECRET_CHUNK):
                cost = micros(lambda count=targets, secret=is_secret: client.seal_request(meeting.request(count, is_secret=secret)))
                figure(f"{how}: a request for {targets} hosts, made", cost, "µs")
            payload = client.seal_request(meeting.request(SECRET_CHUNK, is_secret=is_secret)).payload
            figure(f"{how}: its size for {SECRET_CHUNK} hosts", len(payload), "bytes")
            # Each is another one: of what was opened before a host keeps the data key. And not too many in one second.
            payloads = [client.seal_request(meeting.request(SECRET_CHUNK, is_secret=is_secret)).payload for _ in range(150)]
            started = time.process_time()
            for each in payloads:
                meeting.opened(each)
            figure(f"{how}: a request, opened", (time.process_time() - started) / len(payloads) * 1e6, "µs")
            asked = meeting.opened(payload)
            answer = meeting.reply(asked, name)
            figure(f"{how}: a reply, made", micros(lambda a=answer, q=asked: node.seal_reply(a, q)), "µs")
            (sealed,) = node.seal_reply(answer, asked)
            figure(f"{how}: a reply, opened", micros(lambda p=sealed: client.open_reply(client.read(p))), "µs")


if __name__ == "__main__":
    for wanted in sys.argv[1:] or KEYS:
        measure(wanted)
