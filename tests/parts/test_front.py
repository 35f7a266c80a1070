"""A daemon that runs as root, whose front does not: what the front has, and that neither its death nor its lies do harm."""

import os
import pwd
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.cli.demosite import SiteHost
from tests.parts.embedded import EmbeddedBroker
from tests.parts.faulty import fleet_on
from tests.parts.fleet import Fleet
from tests.parts.require import missing
from tests.waiting import wait_until

pytestmark = pytest.mark.parts

FRONT = "mcollective_py.connector.frontprocess"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    if os.geteuid() != 0:
        missing("only root can have a front that is somebody else")
    with EmbeddedBroker(user="mcollective", password="for-this-test") as broker:
        fleet = fleet_on(tmp_path_factory.mktemp("front"), broker, ["web1"])
        fleet.hosts["web1"] = SiteHost("web1", settings={"plugin.front.user": "nobody"})
        with fleet:
            yield fleet


def front_of(fleet: Fleet) -> int:
    """The pid of the front: the one child of the daemon that is called so."""
    daemon = fleet.processes["web1"].pid
    lists = Path(f"/proc/{daemon}/task").glob("*/children")  # each thread has its own
    children = [pid for children in lists for pid in children.read_text().split()]
    (found,) = (int(pid) for pid in children if FRONT in Path(f"/proc/{pid}/cmdline").read_text())
    return found


def status_of(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def test_it_has_no_rights_and_no_file_of_the_host_and_the_daemon_no_connection(fleet: Fleet):
    assert fleet.rpc("rpcutil", "ping")["replies"]
    front, nobody = front_of(fleet), pwd.getpwnam("nobody")
    status = status_of(front)
    assert status["Uid"] == [str(nobody.pw_uid)] * 4 and status["Gid"] == [str(nobody.pw_gid)] * 4
    assert status["Groups"] == [] and status["NoNewPrivs"] == ["1"]
    assert {status[name][0].strip("0") for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {""}
    opened = {os.readlink(entry) for entry in Path(f"/proc/{front}/fd").iterdir()}
    assert {path for path in opened if path.startswith("/") and not path.startswith("/memfd:")} <= {"/dev/null"}
    environment = Path(f"/proc/{front}/environ").read_bytes()
    assert b"for-this-test" not in environment + Path(f"/proc/{front}/cmdline").read_bytes()
    daemon = fleet.processes["web1"].pid
    tcp = {f"socket:[{line.split()[9]}]" for line in Path(f"/proc/{daemon}/net/tcp").read_text().splitlines()[1:]}
    held = [{os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()} & tcp for pid in (daemon, front)]
    assert [len(sockets) for sockets in held] == [0, 1]


def test_a_killed_front_loses_no_running_action_and_its_reply_comes_by_the_next(fleet: Fleet):
    known = len(fleet.ledger)
    asked = fleet.start_mco("rpc", "nap", "nap", "seconds=4", "-I", "web1", "--json")
    wait_until("it runs", lambda: len(fleet.ledger) > known, 30)
    first = front_of(fleet)
    os.kill(first, signal.SIGKILL)
    output, errors = asked.communicate(timeout=60)
    assert asked.returncode == 0, errors
    assert '"statuscode": 0' in output
    assert len(fleet.ledger) == known + 1
    assert front_of(fleet) != first
    assert "lost the front, which has the connection to the broker" in fleet.log("web1").read_text()


def test_one_that_hangs_is_ended_with_its_daemon(fleet: Fleet):
    front = front_of(fleet)
    handle = os.pidfd_open(front)
    os.kill(front, signal.SIGSTOP)
    assert fleet.kill("web1", signal.SIGTERM, timeout=40) == 0
    wait_until("it is gone", lambda: not Path(f"/proc/{front}").exists() or status_of(front)["State"][0] == "Z", 20)
    os.close(handle)
    fleet.start_daemon("web1")
    fleet.wait_for(["web1"], 60)


def test_a_killed_daemon_takes_its_front_along(fleet: Fleet):
    front = front_of(fleet)
    fleet.kill("web1", signal.SIGKILL, timeout=40)
    wait_until("it is gone", lambda: not Path(f"/proc/{front}").exists() or status_of(front)["State"][0] == "Z", 20)
    fleet.start_daemon("web1")
    fleet.wait_for(["web1"], 60)


def test_a_reload_that_moves_the_host_has_another_front(fleet: Fleet):
    front, config = front_of(fleet), fleet.site.folder / "hosts" / "web1" / "server.cfg"
    text = config.read_text()
    config.write_text(f"{text}plugin.stomp.connect_timeout = 20\n")
    fleet.processes["web1"].send_signal(signal.SIGHUP)
    wait_until("there is another", lambda: Path(f"/proc/{front}").exists() is False, 30)
    assert front_of(fleet) != front
    fleet.wait_for(["web1"], 60)
