import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py.config import Config
from mcollective_py.errors import ConfigError
from mcollective_py.server.logs import ClearedStream, next_loglevel, start_logging


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


def test_a_log_that_cannot_be_begun_leaves_the_old_one_as_it_is(tmp_path: Path, root_logger: logging.Logger) -> None:
    path = tmp_path / "mco.log"
    start_logging(config(f"logger_type = file\nlogfile = {path}\n"), is_detached=True)
    with pytest.raises(ConfigError):
        start_logging(config(f"logger_type = file\nlogfile = {tmp_path}/nosuch/mco.log\n"), is_detached=True)
    logging.getLogger("mcollective_py.test").error("reload refused")
    assert "reload refused" in path.read_text()


def test_a_message_cannot_forge_a_second_line(tmp_path: Path, root_logger: logging.Logger) -> None:
    path = tmp_path / "mco.log"
    start_logging(config(f"logger_type = file\nlogfile = {path}\n"), is_detached=True)
    logging.getLogger("mcollective_py.test").warning("from %s", "x: ok\n2026-11-23 00:00:00,000 INFO forged\x1b[2J")
    (line,) = path.read_text().splitlines()
    assert line.endswith(r"from x: ok\n2026-11-23 00:00:00,000 INFO forged\x1b[2J")


def test_what_is_logged_and_printed_loses_its_secrets_tracebacks_included(tmp_path):
    path = tmp_path / "mco.log"

    def cleared(text):
        return text.replace("hush", "***")

    start_logging(config(f"logger_type = file\nlogfile = {path}\n"), is_detached=True, cleared=cleared)
    try:
        raise ValueError("hush")
    except ValueError:
        logging.getLogger("mcollective_py.agents.vault").exception("given %s", "hush")
    assert "hush" not in path.read_text() and "given ***" in path.read_text() and "ValueError: ***" in path.read_text()
    stream = io.StringIO()
    print("said", "hush", file=ClearedStream(stream, cleared))
    assert stream.getvalue() == "said ***\n"
