"""A collective in memory: several hosts with their agents, facts and classes, and an operator, in one process and without a broker.

All of it is real but the wire: requests are signed, checked, filtered, authorized and audited as on any host.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from ..cli.demosite import OPERATOR, Site, SiteBroker, SiteHost
from ..client.client import Client
from ..client.known import KnownHosts
from ..client.rpcclient import RPCClient
from ..config import Config
from ..connector.loopback import LoopbackBroker
from ..errors import NotReady
from ..filter import Filter
from ..plugins.ddlfiles import agent_ddl
from ..security.load import security_plugin
from ..server.dispatch import perform
from ..server.executor import ThreadExecutor
from ..server.host import build_host
from ..server.runner import Runner
from ..server.selfreport import SelfReport
from ..server.stats import Stats

_WAIT = 20.0  # seconds for a host to be there
_NOWHERE = SiteBroker(61613)  # the configuration names a broker; nobody connects to it


class CollectiveHost:
    """One host that runs. name: its identity. runner: its daemon, without the process."""

    def __init__(self, name: str, config: Config, broker: LoopbackBroker) -> None:
        self.name, self._is_there = name, Event()
        stats, host = Stats(time.time()), build_host(config, time.time)
        if host.agents.skipped:  # in a test nobody reads a log
            raise host.agents.skipped[0]
        report = SelfReport(
            lambda: self.runner.host,
            stats,
            lambda: {"dropped": self.runner.dropped, "late": 0},
            lambda asked, view: self.runner.explain(asked, view),
            lambda asked, of_any_caller: self.runner.request_status(asked, of_any_caller=of_any_caller),
        )
        reads = ThreadExecutor(lambda call: perform(self.runner.host.agents[call.request.agent], call, report))
        changes = ThreadExecutor(lambda call: perform(self.runner.host.agents[call.request.agent], call, None))
        self.runner = Runner(host, broker.connector(name), reads, changes, stats, time.time, lambda identity: self._is_there.set())
        self._thread = Thread(target=self.runner.run, name=name, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Return when it hears requests."""
        if not self._is_there.wait(_WAIT):
            raise NotReady(f"{self.name} is not ready in time")

    def stop(self) -> None:
        """As if its daemon were ended: it answers nothing from now on."""
        self.runner.stop(1.0)
        self._thread.join(_WAIT)


class Collective:
    """`with Collective(tmp_path, libdirs=[folder]) as collective:`, then `collective.add("web1", classes=["web"], facts={...})`.

    folder: where certificates, facts and logs go. libdirs: where agents are looked for, beside the shipped ones. policies: the text of
    an actionpolicy for an agent by its name; agents without one may be called by the operator. settings: of every host and the client.
    Actions with changes run in threads here, so that a test can look into them.
    """

    def __init__(
        self,
        folder: Path,
        *,
        libdirs: Sequence[Path] = (),
        policies: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder, self.broker = folder, LoopbackBroker()
        shared = {"plugin.actionpolicy.allow_unconfigured": "1"}
        if libdirs:
            shared["libdir"] = ":".join(str(path.absolute()) for path in libdirs)
        self._site = Site(folder / "site", policies=policies or {}, settings={**shared, **(settings or {})})
        self._site.write_client(_NOWHERE, {"discovery_timeout": "0.5"})
        self.hosts: dict[str, CollectiveHost] = {}
        self._clients: list[Client] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def add(
        self,
        *names: str,
        classes: Sequence[str] = (),
        facts: Mapping[str, Any] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> CollectiveHost:
        """Start hosts with these classes and facts; gives the last one. settings: of these hosts' server.cfg.

        Raises PluginError for an agent of the libdirs that does not load.
        """
        assert names, "which host?"
        for name in names:
            file = self._site.write_host(SiteHost(name, classes, facts or {"hostname": name}, settings or {}), _NOWHERE)
            self.hosts[name] = CollectiveHost(name, Config.from_file(file, "server"), self.broker)
        for name in names:
            self.hosts[name].wait()
        return self.hosts[names[-1]]

    def client(self) -> Client:
        """A new client of the operator, connected when first used and closed with the collective."""
        config = Config.from_file(self._site.client_config, "client")
        client = Client(
            config,
            self.broker.connector(f"desk{len(self._clients)}", is_daemon=False),
            security_plugin(config, "client", time.time),
            identity="desk",
            known=KnownHosts(self.folder / "known"),
        )
        self._clients.append(client)
        return client

    def rpcclient(self, agent: str, filter: Filter | None = None, **options: Any) -> RPCClient:
        """What calls an agent's actions; options: those of RPCClient."""
        client = self.client()
        return RPCClient(client, agent, agent_ddl(agent, client.config.paths("libdir")), filter=filter, **options)

    @property
    def caller(self) -> str:
        """The operator's caller id, for policies."""
        return f"cert={OPERATOR}"

    def close(self) -> None:
        """Stop all of it."""
        for client in self._clients:
            client.close(wait=False)
        for host in self.hosts.values():
            host.stop()
        self._clients.clear()
        self.hosts.clear()
