"""`mco doctor`: what keeps this client, or with --server this host, from working, and the exact fix."""

import argparse
import sys
import time
from collections.abc import Callable, Iterator

from ...client.client import Client
from ...config import Config
from ...names import is_agent
from ...plugins.finder import find
from ..application import Application
from ..calls import interruptible
from ..doctor import clock, files
from ..doctor.brokers import pool, walk
from ..doctor.check import FAIL, Check, exitcode, lines, skip, summary
from ..doctor.fleet import fleet
from ..session import print_json, wants_color

_STEP = 5.0  # seconds for each step on the way to a broker


class Doctor(Application):
    """Walks from the configuration file to the answers of the hosts, and stops nowhere for what fails."""

    description = "Check this client, or with --server this host, and say how to mend it"
    sections = ("common", "json")

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--server", action="store_true", help="check this host's server.cfg and its daemon, as root")

    def run(self, options: argparse.Namespace) -> int:
        found: list[Check] = []
        color = wants_color(sys.stdout, configured=True)
        window = options.timeout
        step = options.connection_timeout or _STEP
        checks = server(options.config, step) if options.server else client(options.config, step, window)
        with interruptible() as wait:
            for check in checks:
                found.append(check)
                if not options.json:
                    print("\n".join(lines(check, color=color)), flush=True)
        code = exitcode(found, strict=options.strict)
        if options.json:
            side = "server" if options.server else "client"
            shown = [check.to_dict() for check in found]
            print_json({"side": side, "ok": code == 0, "interrupted": wait.is_interrupted, "checks": shown})
        else:
            print(f"\n{summary(found)}")
            wait.remark("these are the checks up to now")
        return wait.exitcode(code)


def client(
    explicit: str | None, step: float = _STEP, window: float | None = None, now: Callable[[], float] = time.time
) -> Iterator[Check]:
    """All checks of a client. explicit: its file. step: seconds for each step to a broker. window: seconds for the hosts' answers.

    now: the clock that requests are signed by.
    """
    config, found = files.configuration(explicit, "client")
    yield from found
    if config is None:
        yield skip("all else", "the configuration cannot be used")
        return
    yield from files.plugins(config)
    plugin, found = files.keys(config, "client", now)
    yield from found
    reachable = 0
    for check in _brokers(config, "client", step):
        reachable += check.outcome != FAIL and check.name.endswith("login")
        yield check
    yield from clock.synchronized(clock.is_synchronized())
    if plugin is None or not reachable:
        yield skip("hosts", "no broker takes this client" if plugin is not None else "there is no key to sign with")
        return
    yield from fleet(config, lambda: Client.from_config(config, clock=now), window or max(config.seconds("discovery_timeout"), 1.0))


def server(explicit: str | None, step: float = _STEP, now: Callable[[], float] = time.time) -> Iterator[Check]:
    """All checks of a host, from its own side."""
    from ..doctor import daemon

    config, found = files.configuration(explicit, "server")
    yield from found
    if config is None:
        yield skip("all else", "the configuration cannot be used, so that no daemon starts with it")
        return
    yield from files.plugins(config)
    _, found = files.keys(config, "server", now)
    yield from found
    yield from daemon.reads(config, now())
    yield from _brokers(config, "server", step)
    yield from clock.synchronized(clock.is_synchronized())
    brokers, _ = pool(config, "server")
    ports = frozenset(broker.port for _, broker in brokers)
    yield from daemon.daemon(config, ports, daemon.running_daemons(), lambda pid: daemon.is_connected(pid, ports))


def _brokers(config: Config, side: str, step: float) -> Iterator[Check]:
    brokers, found = pool(config, side)
    yield from found
    for number, broker in brokers:
        use = None
        if side == "server":
            from ...connector.factory import broker_targets
            from ..doctor.daemon import subscribes

            agents = sorted(name for name in find("agents", config.paths("libdir")) if is_agent(name))
            use = subscribes(config, broker, broker_targets(config), agents, step)
        yield from walk(config, number, broker, step, use)
