import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mcollective_py.cli.demoprocesses import RunningSite, _Readiness, end_leftovers
from mcollective_py.cli.demosite import Site, SiteHost
from mcollective_py.errors import NotReady


def test_a_site_runs_while_its_block_does(tmp_path: Path) -> None:
    with RunningSite(Site(tmp_path), [SiteHost("web1")]) as running:
        pids = [process.pid for process in running.processes.values()]
        assert set(running.processes) == {"broker", "web1"}
        assert all(Path(f"/proc/{pid}").exists() for pid in pids)
        assert running.broker_port > 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_daemon_that_does_not_start_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    site = RunningSite(Site(tmp_path), [SiteHost("web1", settings={"factsource": "nosuch"})])
    with pytest.raises(NotReady, match=r"(?s)web1 ended with 1.*nosuch"), site:
        pass
    assert site.processes == {}


def test_leftovers_are_ended_by_pid_and_start_time() -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        started = float(Path(f"/proc/{sleeper.pid}/stat").read_text().rpartition(")")[2].split()[19])
        assert end_leftovers({str(sleeper.pid): started + 1}) == 0  # another process with a reused pid is left alone
        assert sleeper.poll() is None
        with ThreadPoolExecutor(1) as parent:  # a pid is gone when its parent has waited for it
            code = parent.submit(sleeper.wait, 20)
            assert end_leftovers({str(sleeper.pid): started, "999999999": 1.0}) == 1
            assert code.result() == -signal.SIGTERM
    finally:
        sleeper.kill()
        sleeper.wait()


def test_more_daemons_may_report_than_a_socket_keeps_unread() -> None:
    ready, names = _Readiness(), [f"web{number}" for number in range(50)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as daemon:
        daemon.setblocking(False)
        for name in names:
            daemon.sendto(f"STATUS=subscribed as {name}".encode(), ready.address.replace("@", "\0", 1))
            ready.take()
    assert all(ready.has(name, 0) for name in names)
    assert not ready.has("web1", 0)  # each is told once
    ready.close()
