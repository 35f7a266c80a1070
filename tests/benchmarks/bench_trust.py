"""B-12: what a host spends on one request before its action runs, by stages, and on signing its answer.

    python -m tests.benchmarks.bench_trust [KEY TYPE ...]

One core, the real pipeline over a folder as a host has it: verification, time, replay, filter, the DDL's validation, a policy of 200
lines of which the last decides, the audit log and the journal. The calls only read, so that neither waits for the disk: a change adds
two fsyncs, which are the disk's and not the processor's.
"""

import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from mcollective_py.cli.demosite import OPERATOR, Site, SiteBroker, SiteHost
from mcollective_py.config import Config
from mcollective_py.filter import Filter
from mcollective_py.message import Delivery, Destination, Kind, Reply, Request
from mcollective_py.node.view import NodeView
from mcollective_py.security.load import security_plugin
from mcollective_py.server.actionpolicy import Asked, decide
from mcollective_py.server.host import Host, build_host
from mcollective_py.server.journal import Journal
from mcollective_py.server.pipeline import admit, authorize_call, open_delivery
from mcollective_py.server.policytext import parse_groups, parse_policy
from mcollective_py.server.statefolder import open_state_folder
from tests.benchmarks.report import figure, ratio

KEYS = ("p256", "rsa2048", "rsa4096")
REQUESTS, WANTED = 2_000, 350.0  # us
TOPIC = Destination(Kind.AGENT, "mcollective", "service")


def policy(lines: int = 200) -> str:
    """As large sites write them: callers, groups, an expression, conditions; the last line allows the operator."""
    chance = random.Random(12)
    made = ["policy default deny"]
    actions = ("status", "start stop", "restart", "*")
    facts = ("*", "environment=staging", "os.family=Debian cpus>=4", "country=uk or (country=de and not environment=production)")
    for number in range(lines - 2):
        caller = chance.choice(
            (f"cert=user{number}.mcollective", "admins", f"/cert=team{number}-.+/", f"ext:pp_role=role{number}", "*")
        )
        inputs = "*" if caller != "*" else f"service=app{number}"
        made.append("\t".join((chance.choice(("allow", "deny")), caller, chance.choice(actions), chance.choice(facts), "*", inputs)))
    return "\n".join([*made, f"allow\tcert={OPERATOR}\tstatus\tenvironment=staging\t*\tservice=exim4", ""])


GROUPS = "admins cert=alice.mcollective cert=bob.mcollective\n"
FACTS = {"environment": "staging", "country": "fr", "os": {"family": "RedHat"}, "cpus": 8}


class Bench:
    """A host in a folder and a caller; seals requests beforehand, and times what the host does with them."""

    def __init__(self, folder: Path, key_type: str) -> None:
        site = Site(folder, policies={"service": policy()}, key_type=key_type)
        broker = SiteBroker(61613)
        config = Config.from_file(site.write_host(SiteHost("web1", facts=FACTS), broker), "server")
        (folder / "hosts" / "web1" / "policies" / "groups").write_text(GROUPS)
        self.client = security_plugin(Config.from_file(site.write_client(broker), "client"), "client", time.time)
        self.host: Host = build_host(config, time.time)
        self.journal = Journal(open_state_folder(config), self.host.rules, clock=time.time)
        self.journal.open()
        self._ids = (f"{number:032x}" for number in itertools.count())

    def sealed(self, count: int) -> list[bytes]:
        now, made = time.time(), []
        for _ in range(count):
            asked = Request(
                next(self._ids),
                self.client.caller,
                "desk",
                "mcollective",
                "service",
                "status",
                {"service": "exim4"},
                Filter.parse(facts=["country=fr"]),
                now,
                60,
                "/queue/mcollective.reply.desk.1",
            )
            made.append(self.client.seal_request(asked).payload)
        return made

    def run(self, count: int) -> dict[str, float]:
        """Microseconds of processor time a request, by stage."""
        host, view = self.host, self.host.node.view()
        deliveries = [Delivery(payload, TOPIC) for payload in self.sealed(count)]
        clock = time.process_time
        began = clock()
        opened = [open_delivery(delivery, host.security, host.identity) for delivery in deliveries]
        verified, now = clock(), time.time()
        for request, delivery in zip(opened, deliveries, strict=True):
            admit(request, delivery, view, self.journal.replay, host.rules, host.audit, now)
        admitted = clock()
        checked = [
            authorize_call(request, view, host.agents, host.authorization, host.audit, lambda order: None)[1] for request in opened
        ]
        authorized = clock()
        for request in checked:
            self.journal.begin(request, now, only_reads=True)
        written = clock()
        replies = [
            Reply(request.id, request.digest, host.identity, "service", "status", {"status": "running"}, now)
            for request in checked[:300]
        ]
        signing = clock()
        for request, reply in zip(checked, replies, strict=False):
            host.security.seal_reply(reply, request)
        signed = clock()
        return {
            "verify the signature, read it": 1e6 * (verified - began) / count,
            "time, replay, filter": 1e6 * (admitted - verified) / count,
            "DDL, policy of 200 lines, audit": 1e6 * (authorized - admitted) / count,
            "journal": 1e6 * (written - authorized) / count,
            "sign the reply": 1e6 * (signed - signing) / len(replies),
        }


def micros(work: Callable[[], object], count: int = 2_000) -> float:
    """Microseconds of processor time for one call; the best of five rounds, since others use the machine too."""
    found = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(count):
            work()
        found.append(time.process_time() - began)
    return 1e6 * min(found) / count


def main(keys: tuple[str, ...]) -> None:
    text, groups = policy(), parse_groups(GROUPS, "groups")
    found, view = parse_policy(text, "p"), NodeView("web1", facts=FACTS)
    assert not found.problems and len(found.rules) == 199
    asked = Asked(f"cert={OPERATOR}", "status", {"service": "exim4"}, {})
    assert decide(found, asked, view, groups).line == 200
    each = micros(lambda: decide(found, asked, view, groups))
    figure("a policy of 200 lines, the last decides", each, "us")
    ratio("100 us / that", 100 / each, wanted=1.0)
    plain = parse_policy("".join(f"allow\tcert=user{number}\tstatus\tenvironment=staging\t*\n" for number in range(200)), "p")
    figure("a policy of 200 lines for single callers, none matches", micros(lambda: decide(plain, asked, view)), "us")
    figure("reading a policy of 200 lines, once a change", micros(lambda: parse_policy(text, "p"), 20), "us")
    for key_type in keys:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder), key_type)
            bench.run(100)
            rounds = [bench.run(REQUESTS) for _ in range(3)]
            stages = {name: min(one[name] for one in rounds) for name in rounds[0]}
            for name, value in stages.items():
                figure(f"{key_type}: {name}", value, "us")
            total = sum(value for name, value in stages.items() if name != "sign the reply")
            figure(f"{key_type}: all before the action", total, "us")
            if key_type == "p256":
                total += stages["sign the reply"]
                figure("p256: with the reply's signature", total, "us")
            ratio(f"{key_type}: {WANTED:g} us / that", WANTED / total, wanted=1.0)


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or KEYS)
