"""mcollectived's own: arguments and exit codes. What it does once it runs is tested with real brokers in tests/parts/test_daemon.py."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcollective_py import __version__
from mcollective_py.server.daemon import main, options_of, warn_of_fixed_hashes


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    """The root logger as a new process has it, and put back afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    root.handlers[:] = []
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    assert capsys.readouterr().out == f"mcollectived {__version__}\n"


def test_a_configuration_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "nosuch.cfg")]) == 1
    assert f"{tmp_path}/nosuch.cfg" in capsys.readouterr().err


def test_a_mistake_in_the_configuration_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "server.cfg"
    path.write_text("collectives = mcollective\nconector = stomp\n")
    path.chmod(0o600)
    assert main(["--config", str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"mcollectived: {path}:2:") and "connector" in line


def test_a_configuration_without_keys_says_which_are_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "server.cfg"
    path.write_text("logger_type = console\nplugin.x509.cert = /nonexistent/cert.pem\nplugin.x509.key = /nonexistent/key.pem\n")
    path.chmod(0o600)
    assert main(["--config", str(path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "plugin.x509.ca: no CA: set it" in line


def test_files_named_from_where_it_was_started_are_found_again_by_a_daemon_in_the_background(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = options_of(["--config", "lit/server.cfg", "--pid", "run.pid"])
    assert (options.config, options.pid) == (f"{tmp_path}/lit/server.cfg", f"{tmp_path}/run.pid")
    assert options_of([]).config is None


@pytest.mark.parametrize(("environ", "warns"), [({}, 0), ({"PYTHONHASHSEED": "random"}, 0), ({"PYTHONHASHSEED": "0"}, 1)])
def test_hash_values_without_chance_are_warned_of(environ: dict[str, str], warns: int, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_fixed_hashes(environ)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * warns
