"""In CI a real part that is missing is a failure: what a desk may skip must have run somewhere."""

import os

import pytest


def _skipped_parts(config: pytest.Config) -> list[str]:
    """Node ids of the skipped tests that are marked `parts`, and of modules that skipped themselves as a whole."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI", "").lower() not in ("1", "true", "yes"):
        return []
    skipped = reporter.stats.get("skipped", [])
    return [report.nodeid for report in skipped if "parts" in report.keywords or isinstance(report, pytest.CollectReport)]


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and _skipped_parts(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for node in _skipped_parts(terminalreporter.config):
        terminalreporter.write_line(f"FAILED {node}: its real part is missing, and in CI none may be; see .ci/parts")
