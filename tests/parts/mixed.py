"""One fleet in two languages: Ruby's daemons and ours on the same broker, and the clients of both."""

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from subprocess import DEVNULL, CompletedProcess, run
from types import TracebackType
from typing import Any

from mcollective_py.cli.demoprocesses import MCO, RunningSite
from mcollective_py.cli.demosite import Site, SiteBroker, SiteHost
from mcollective_py.client.client import Audience, Client
from tests.parts.historic import HistoricSite, with_state
from tests.parts.ruby import RubyCalls, RubyFleet
from tests.parts.typed import typed
from tests.waiting import wait_until

_LONGEST = 300.0  # seconds for the last of the commands that wait for each other, on the slowest machine


class MixedFleet:
    """Daemons of both languages, each host's in the one that it is listed under, and clients of both with one client.cfg.

    client_settings: of both clients. Leaving the block ends every process, by pid.
    """

    def __init__(
        self,
        site: HistoricSite,
        *,
        ruby: Sequence[SiteHost] = (),
        python: Sequence[SiteHost] = (),
        client_settings: Mapping[str, str] | None = None,
    ) -> None:
        self.site = site
        self.ruby = RubyFleet(site, ruby, client_settings=client_settings)
        self.python = _OurFleet(_OurSite(site), python)
        self.client_config = self.ruby.client_config
        self._pool = ThreadPoolExecutor(6, thread_name_prefix="mco")
        self._ends = contextlib.ExitStack()

    def __enter__(self) -> "MixedFleet":
        with contextlib.ExitStack() as ends:
            ends.callback(self._pool.shutdown, cancel_futures=True)
            ends.callback(self.ruby.end)
            self.ruby.start()  # they take longest, and start while ours do
            ends.enter_context(self.python)
            if self.ruby.hosts:
                self.ruby.wait_until_subscribed()
            self._ends = ends.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ends.close()

    def ruby_mco(self, *words: str, config: Path | None = None) -> CompletedProcess[str]:
        """Run Ruby's mco."""
        return self.ruby.mco(*words, config=config)

    def python_mco(self, *words: str, config: Path | None = None) -> CompletedProcess[str]:
        """Run our mco."""
        environ = {**os.environ, "XDG_CACHE_HOME": str(self.site.folder / "cache")}
        return run(
            [*MCO, *words, "--config", str(config or self.client_config)], env=environ, stdin=DEVNULL, cwd="/",
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def start_python_mco(self, *words: str) -> "Future[CompletedProcess[str]]":
        """Run our mco, and do not wait for it yet."""
        return self._pool.submit(self.python_mco, *words)

    def both(self, *words: str, config: Path | None = None) -> "BothEnded":
        """Run the same words through both clients at once, and wait for neither yet."""
        return BothEnded(
            self._pool.submit(self.ruby_mco, *words, config=config),
            self._pool.submit(self.python_mco, *words, config=config),
        )

    def ruby_calls(self, config: Path | None = None) -> RubyCalls:
        """Ruby's RPC client as a process that stays."""
        return self.ruby.calls(config)

    def python_calls(self, config: Path | None = None) -> "PythonCalls":
        """Our client, in this process."""
        return PythonCalls(config or self.client_config)

    def wait_for_lines(self, path: Path, lines: Iterable[str], seconds: float = 15.0) -> list[str]:
        """Return the lines of a file, sorted, once all of these are there."""
        wanted = set(lines)

        def read() -> list[str]:
            return path.read_text().splitlines() if path.exists() else []

        wait_until(f"{sorted(wanted)} in {path.name}", lambda: wanted <= set(read()), seconds)
        return sorted(read())


class BothEnded:
    """What became of the same words in both languages; asking for either waits for it."""

    def __init__(self, ruby: "Future[CompletedProcess[str]]", python: "Future[CompletedProcess[str]]") -> None:
        self._ruby, self._python = ruby, python

    @property
    def ruby(self) -> CompletedProcess[str]:
        return self._ruby.result(_LONGEST)

    @property
    def python(self) -> CompletedProcess[str]:
        return self._python.result(_LONGEST)


class PythonCalls:
    """Our client with the calls and answers of ruby.RubyCalls."""

    def __init__(self, config: Path) -> None:
        self.client = Client.from_config(config)

    def __enter__(self) -> "PythonCalls":
        self.client.connect()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.client.close()

    def call(
        self, agent: str, action: str, data: Mapping[str, Any], nodes: Sequence[str], *, broadcast: bool = False, **more: Any
    ) -> dict[str, Any]:
        """As RubyCalls.call; keys of data are text on both sides here."""
        audience = Audience(tuple(nodes))
        if broadcast:
            audience = Audience(tuple(nodes), self.client.discover(timeout=1.0))
        replies = self.client.call(agent, action, dict(data), audience, **more)
        answered = [
            {"sender": reply.sender, "code": reply.statuscode, "message": reply.statusmsg, "data": typed(dict(reply.data))}
            for reply in replies
        ]
        return {"replies": answered, "silent": list(replies.stats.no_response)}


class _OurSite(Site):
    """A historic site as RunningSite wants one: no CA, no certificates."""

    def __init__(self, site: HistoricSite) -> None:
        self.folder, self._site = site.folder, site

    def write_client(self, broker: SiteBroker, settings: Mapping[str, str] | None = None) -> Path:
        return self._site.folder / "client.cfg"

    def write_host(self, host: SiteHost, broker: SiteBroker) -> Path:
        return with_state(self._site.write_server(host))


class _OurFleet(RunningSite):
    def __init__(self, site: Site, hosts: Iterable[SiteHost]) -> None:
        super().__init__(site, hosts, SiteBroker(0))


def data_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of each host in a call's answer, in the notation of typed.py, by plain names: their order is left out."""
    return {reply["sender"]: {_name(key): value for key, value in reply["data"]["h"]} for reply in answer["replies"]}


def _name(key: Mapping[str, str]) -> str:
    (name,) = key.values()
    return name
