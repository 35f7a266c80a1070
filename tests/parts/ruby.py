"""Real Ruby mcollectived and the Ruby mco, from Debian's packages, for tests and benchmarks beside ours."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from mcollective_py.cli.demosite import SiteHost
from tests.parts.historic import HistoricSite
from tests.parts.typed import typed

RUBY_MCO = "/usr/bin/mco"
RUBY_DAEMON = "/usr/sbin/mcollectived"
_HERE = Path(__file__).parent
_ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")  # whatever ends the tests


def ruby_environ() -> dict[str, str]:
    """This process's environment, with what makes Debian's MCollective run on Debian's Ruby."""
    return {**os.environ, "RUBYOPT": f"-r{_HERE / 'rubycompat.rb'}", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


class RubyFleet:
    """One Ruby daemon for each host of a site, and the Ruby clients to drive it.

    Entering starts them all and returns once each has answered. The daemons end with the `with` block, by pid.
    """

    def __init__(self, site: HistoricSite, hosts: Iterable[SiteHost], *, client_settings: Mapping[str, str] | None = None) -> None:
        self.site, self.hosts = site, {host.name: host for host in hosts}
        self.client_config = site.write_client(settings=client_settings)
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> "RubyFleet":
        try:
            self.start()
            self.wait_until_subscribed()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()

    def start(self) -> None:
        """Start every daemon, without waiting."""
        for name in self.hosts:
            self.start_daemon(name)

    def start_daemon(self, name: str) -> None:
        """Start one host's daemon."""
        config = self.site.write_server(self.hosts[name])
        with (config.parent / "output.log").open("ab") as output:
            self._daemons[name] = subprocess.Popen(
                [*_ENDS_WITH_US, RUBY_DAEMON, "--config", str(config), "--no-daemonize"], env=ruby_environ(), cwd="/",
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def wait_until_subscribed(self, seconds: float = 120.0) -> None:
        """Return once every daemon has answered a discovery."""
        deadline = time.monotonic() + seconds
        with self.calls() as calls:
            missing = set(self.hosts)
            while missing:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"within {seconds:g} s these did not answer: {self._ends(missing)}")
                missing -= set(calls.find(1))

    def mco(self, *words: str, timeout: float = 120.0, config: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the Ruby client. config: another client.cfg than the fleet's."""
        return subprocess.run(
            [RUBY_MCO, *words, "--config", str(config or self.client_config)], env=ruby_environ(), cwd="/",
            capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def calls(self, config: Path | None = None) -> "RubyCalls":
        """Ruby's RPC client as a process that stays."""
        return RubyCalls(config or self.client_config)

    def pids(self) -> list[int]:
        """The daemons' pids."""
        return [daemon.pid for daemon in self._daemons.values()]

    def end(self) -> None:
        """End every daemon."""
        for daemon in self._daemons.values():
            if daemon.poll() is None:
                os.killpg(daemon.pid, signal.SIGKILL)
        for daemon in self._daemons.values():
            daemon.wait(10)

    def _ends(self, names: Iterable[str]) -> str:
        logs = [path for name in sorted(names) for path in (self.site.log(name), self.site.log(name).with_name("output.log"))]
        return "\n".join([", ".join(sorted(names)), *(path.read_text(errors="replace")[-1500:] for path in logs if path.exists())])


class RubyCalls:
    """rubycalls.rb: Ruby's RPC client in one process for many calls, one after the other. `with fleet.calls() as calls`.

    within: a command that runs it elsewhere, as in a lab's host; environ: of that command.
    """

    def __init__(self, config: Path, within: Sequence[str] = _ENDS_WITH_US, environ: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [*within, "ruby", str(_HERE / "rubycalls.rb"), str(config)], env=environ or ruby_environ(), cwd="/",
            text=True, encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def __enter__(self) -> "RubyCalls":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.kill()
        self._process.wait(10)
        self._process.stdin.close()
        self._process.stdout.close()

    def find(self, seconds: int) -> list[str]:
        """Who answers a discovery within that time."""
        return sorted(self._ask({"find": seconds})["found"])

    def call(self, agent: str, action: str, data: Mapping[str, Any], nodes: Sequence[str], **more: Any) -> dict[str, Any]:
        """Call an action: `replies` with sender, code, message and data (see typed.py), and `silent`. more: see rubycalls.rb.

        data: plain values; names become symbols, as Ruby's own client sends them.
        """
        inputs = {"h": [[{"y": name}, typed(value)] for name, value in data.items()]}
        return self._ask({"agent": agent, "action": action, "data": inputs, "nodes": list(nodes), **more})

    def _ask(self, document: Mapping[str, Any]) -> dict[str, Any]:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(document) + "\n")
        self._process.stdin.flush()
        watchdog = threading.Timer(60.0, self._process.kill)
        watchdog.start()
        try:
            line = self._process.stdout.readline()
        finally:
            watchdog.cancel()
        assert line, f"no answer to {document}"
        answer: dict[str, Any] = json.loads(line)
        assert "error" not in answer, f"{document}: {answer['error']}"
        return answer
