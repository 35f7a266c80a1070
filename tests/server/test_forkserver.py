"""The fork server by itself, spoken to over its socket; test_child.py has it together with its executor."""

import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from time import monotonic

import pytest

from mcollective_py.filter import Filter
from mcollective_py.message import Request
from mcollective_py.node.view import NodeView
from mcollective_py.server.call import Call
from mcollective_py.server.callwire import BEGUN, CALL, ENDED, FAILED, OUTCOME, READY, VIEW, Frame, Frames, encode_call, encode_view
from mcollective_py.server.isolation import ChildLimits


class Server:
    """A fork server and our end of its socket."""

    def __init__(self):
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(20)
        settings = {
            "limits": asdict(ChildLimits()),
            "perform": "child_performer:perform",
            "import_path": [str(Path(__file__).parent)],
            "log_level": 20,
            "cold": [],
        }
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-m", "mcollective_py.server.forkserver", str(theirs.fileno()), json.dumps(settings)],
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self._frames, self._got = Frames(), []
        assert self.next().kind == READY
        self.send(Frame(VIEW, payload=encode_view(NodeView("web1"))))

    def send(self, frame):
        self.socket.sendall(frame.to_bytes())

    def call(self, number, action, body=None, timeout=20.0):
        request = Request("0" * 32, "cert=alice", "desk", "mcollective", "service", action, body or {}, Filter(), 1700000000.0, 60)
        call = Call(request, Path("/srv/agents/service"), NodeView("web1"), timeout, False)
        self.send(Frame(CALL, number, timeout, encode_call(call)))

    def next(self):
        while not self._got:
            data = self.socket.recv(65536)
            assert data, "the fork server closed its end"
            self._got += self._frames.feed(data)
        return self._got.pop(0)


@pytest.fixture
def server():
    server = Server()
    yield server
    server.socket.close()
    server.process.kill()
    server.process.wait(20)


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "pids")
    file = os.open(tmp_path / "pids", os.O_RDWR | os.O_NONBLOCK)

    def pids():
        assert select.select([file], [], [], 20)[0], "no child wrote its pids"
        return json.loads(os.read(file, 4096))

    yield str(tmp_path / "pids"), pids
    os.close(file)


def assert_ends(pid):
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    assert select.select([handle], [], [], 20)[0], f"process {pid} is still there"
    os.close(handle)


def test_a_call_is_begun_answered_and_ended_in_this_order(server):
    server.call(7, "trivial")
    begun, outcome, ended = server.next(), server.next(), server.next()
    assert [frame.kind for frame in (begun, outcome, ended)] == [BEGUN, OUTCOME, ENDED]
    assert {frame.number for frame in (begun, outcome, ended)} == {7}
    assert json.loads(outcome.payload)["body"] == {"pid": int(begun.payload)}
    assert 0 < outcome.seconds < 5


def test_it_has_one_thread_and_waits_without_computing(server):
    server.call(1, "trivial")
    while server.next().kind != ENDED:
        pass
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    assert "Threads:\t1\n" in status
    before = Path(f"/proc/{server.process.pid}/stat").read_text().split()[13:15]
    assert not select.select([server.socket], [], [], 0.5)[0]
    assert Path(f"/proc/{server.process.pid}/stat").read_text().split()[13:15] == before


def test_signals_that_stop_a_service_do_not_stop_it(server):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        server.process.send_signal(number)
    server.call(1, "trivial")
    assert [server.next().kind for _ in range(3)] == [BEGUN, OUTCOME, ENDED]


def test_a_call_that_cannot_be_read_hurts_its_child_alone(server):
    server.send(Frame(CALL, 1, 5.0, b"no call"))
    frames = [server.next()]
    while frames[-1].kind != ENDED:
        frames.append(server.next())
    outcome = next(json.loads(frame.payload) for frame in frames if frame.kind == OUTCOME)
    assert outcome["statuscode"] == 5
    server.call(2, "trivial")
    assert [server.next().kind for _ in range(3)] == [BEGUN, OUTCOME, ENDED]


def test_when_the_daemon_dies_what_runs_comes_to_its_end_and_then_it_exits(server, fifo, tmp_path):
    path, pids = fifo
    os.mkfifo(tmp_path / "gate")
    server.call(1, "wait", {"fifo": path, "gate": str(tmp_path / "gate"), "mark": str(tmp_path / "mark")})
    (child,) = pids()
    server.socket.close()
    assert server.process.poll() is None
    (tmp_path / "gate").write_text("go")
    assert server.process.wait(20) == 0
    assert_ends(child)
    assert (tmp_path / "mark").read_text() == "finished"


def test_when_the_daemon_dies_timeouts_hold_all_the_same(server, fifo):
    path, pids = fifo
    server.call(1, "hang", {"fifo": path}, timeout=0.5)
    leader, other = pids()
    started = monotonic()
    server.socket.close()
    assert server.process.wait(20) == 0
    assert monotonic() - started < 15
    assert_ends(leader)
    assert_ends(other)


def test_when_the_daemon_dies_and_nothing_runs_it_exits_at_once(server):
    server.socket.close()
    assert server.process.wait(20) == 0


def test_where_no_process_can_be_had_the_call_is_answered(server):
    # A limit of open files that leaves room for one pipe, not for two.
    taken = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    old = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (taken + 2, old[1]))
    server.call(1, "trivial")
    failed, ended = server.next(), server.next()
    assert (failed.kind, failed.payload) == (FAILED, b"got no process to run in: Too many open files")
    assert ended.kind == ENDED
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, old)
    server.call(2, "trivial")
    assert [server.next().kind for _ in range(3)] == [BEGUN, OUTCOME, ENDED]
    assert len(os.listdir(f"/proc/{server.process.pid}/fd")) == taken


GONE = """
import socket, sys
from pathlib import Path
from mcollective_py.server.forkserver import ForkServer
from mcollective_py.server.isolation import ChildLimits
ours, its = socket.socketpair()
server = ForkServer(its, print, ChildLimits())
server._harmless[Path(sys.argv[1])] = []
ours.close()
server.run()
"""


def test_a_daemon_that_goes_while_code_is_warmed_is_noticed(tmp_path):
    folder = tmp_path / "echo"
    folder.mkdir()
    (folder / "agent.py").write_text("class Echo:\n    def handlemsg(self, msg):\n        return msg.body\n")
    ended = subprocess.run([sys.executable, "-c", GONE, str(folder)], timeout=20, check=False)
    assert ended.returncode == 0
