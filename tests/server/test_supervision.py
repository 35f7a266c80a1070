import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from mcollective_py.errors import ConfigError
from mcollective_py.server import supervision
from mcollective_py.server.supervision import PidFile, Watchdog, notify_systemd


@pytest.mark.parametrize("is_abstract", [True, False])
def test_systemd_hears_what_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_abstract: bool) -> None:
    address = f"@mco-{os.getpid()}" if is_abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address.replace("@", "\0", 1))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify_systemd("READY=1")
        assert systemd.recv(100) == b"READY=1"


def test_without_systemd_a_notification_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify_systemd("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "/nonexistent/socket")
    notify_systemd("READY=1")  # said in the log, never fatal


def test_a_supervisor_that_reads_nothing_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervision, "_PATIENCE_AT_END", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as deaf:
        deaf.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        while not caplog.records:
            notify_systemd("STOPPING=1")  # until its queue is full
    assert "systemd does not listen" in caplog.text


def test_a_supervisor_that_is_slow_hears_of_a_start_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "_PATIENCE_AT_END", 0.05)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as slow, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        slow.bind(str(tmp_path / "notify"))
        filler.setblocking(False)
        queued = 0
        with suppress(BlockingIOError):
            while True:
                filler.sendto(b"WATCHDOG=1", str(tmp_path / "notify"))
                queued += 1
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        telling = threading.Thread(target=notify_systemd, args=("READY=1",), daemon=True)
        telling.start()
        telling.join(0.3)  # longer than the end of a daemon would wait
        assert telling.is_alive()
        heard = [slow.recv(100) for _ in range(queued + 1)]
        telling.join(10)
    assert heard[-1] == b"READY=1"


def test_a_pid_file_holds_our_pid_and_goes_away(tmp_path: Path) -> None:
    path = tmp_path / "mcollectived.pid"
    pidfile = PidFile(path)
    assert path.read_text() == f"{os.getpid()}\n"
    pidfile.remove()
    assert not path.exists()


def test_a_stale_pid_file_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "mcollectived.pid"
    path.write_text("999999999 left by a crash")
    PidFile(path).remove()


def test_a_second_daemon_with_the_same_pid_file_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "mcollectived.pid"
    first = PidFile(path)
    child = os.fork()  # the lock is one of processes
    if child == 0:
        try:
            PidFile(path)
        except ConfigError as error:
            os._exit(0 if f"with pid {os.getppid()}" in str(error) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    first.remove()


def test_a_pid_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nosuch/x\.pid"):
        PidFile(tmp_path / "nosuch" / "x.pid")


def test_a_pid_file_is_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "x.pid").symlink_to(tmp_path / "victim")
    with pytest.raises(ConfigError):
        PidFile(tmp_path / "x.pid")
    assert (tmp_path / "victim").read_text() == "precious"


def test_the_watchdog_gives_signs_of_life_while_there_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trouble, asked = "", []

    def of(patience: float) -> str:
        asked.append(patience)
        return trouble

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        watchdog = Watchdog(of, {"WATCHDOG_USEC": "8000000", "WATCHDOG_PID": str(os.getpid())})
        assert watchdog.interval == 2.0
        watchdog.sign()
        assert systemd.recv(100) == b"WATCHDOG=1"
        trouble = "one message has been in hand for 5 s"
        watchdog.sign()
        watchdog.sign()
        systemd.setblocking(False)
        with pytest.raises(BlockingIOError):
            systemd.recv(100)
    assert set(asked) == {4.0}
    assert [record.levelname for record in caplog.records] == ["ERROR"] and trouble in caplog.text


@pytest.mark.parametrize(
    "environ",
    [{}, {"WATCHDOG_USEC": ""}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "8000000", "WATCHDOG_PID": "1"}],
)
def test_nobody_waits_for_signs_of_life_that_were_not_asked_of_this_process(environ: dict[str, str]) -> None:
    assert Watchdog(lambda patience: "", environ).interval is None
