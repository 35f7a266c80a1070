import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError
from mcollective_py.server.supervision import PidFile, next_loglevel, notify_systemd, start_logging


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, put back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def config(text: str) -> Config:
    return Config.from_text(text, side="server", file="server.cfg")


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


def test_logs_go_to_the_file_at_the_level_that_the_configuration_names(tmp_path: Path, root_logger: logging.Logger) -> None:
    path = tmp_path / "mco.log"
    start_logging(config(f"logger_type = file\nlogfile = {path}\nloglevel = warn\n"), is_detached=True)
    logging.getLogger("mcollective_py.test").info("not this")
    logging.getLogger("mcollective_py.test").warning("but this")
    assert [line.partition(" WARNING ")[2] for line in path.read_text().splitlines()] == ["mcollective_py.test: but this"]


def test_a_log_file_is_rotated_at_its_size(tmp_path: Path, root_logger: logging.Logger) -> None:
    path = tmp_path / "mco.log"
    start_logging(config(f"logger_type = file\nlogfile = {path}\nmax_log_size = 300\nkeeplogs = 2\n"), is_detached=True)
    for number in range(20):
        logging.getLogger("mcollective_py.test").info("line %d of some length to fill the file", number)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["mco.log", "mco.log.1", "mco.log.2"]


def test_a_log_file_moved_away_is_made_anew_when_logging_starts_again(tmp_path: Path, root_logger: logging.Logger) -> None:
    path = tmp_path / "mco.log"
    settings = config(f"logger_type = file\nlogfile = {path}\n")
    start_logging(settings, is_detached=True)
    path.rename(tmp_path / "moved")
    start_logging(settings, is_detached=True)
    logging.getLogger("mcollective_py.test").info("after the move")
    assert "after the move" in path.read_text()


def test_a_detached_daemon_without_a_log_file_is_told_to_name_one(root_logger: logging.Logger) -> None:
    with pytest.raises(ConfigError, match="logfile = "):
        start_logging(config("logger_type = file\n"), is_detached=True)


def test_a_log_file_in_a_missing_folder_is_named(root_logger: logging.Logger, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"/nosuch/mco\.log cannot be written"):
        start_logging(config(f"logger_type = file\nlogfile = {tmp_path}/nosuch/mco.log\n"), is_detached=True)


def test_levels_are_cycled_round(root_logger: logging.Logger) -> None:
    root_logger.setLevel(logging.INFO)
    assert [next_loglevel() for _ in range(5)] == ["warn", "error", "fatal", "debug", "info"]
