"""In CI a real part that is missing is a failure: what a desk may skip must have run somewhere. And signals are as on a terminal."""

import gc
import os
import signal

import pytest


def _skipped_parts(config: pytest.Config) -> list[str]:
    """Node ids of the skipped tests that are marked `parts`, and of modules that skipped themselves as a whole."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("CI", "").lower() not in ("1", "true", "yes"):
        return []
    skipped = reporter.stats.get("skipped", [])
    return [report.nodeid for report in skipped if "parts" in report.keywords or isinstance(report, pytest.CollectReport)]


def pytest_configure() -> None:
    """Take back what nohup and a shell's `&` leave ignored: programs that tests start would inherit it, and Ctrl-C mean nothing."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: looking through them again and again would cost a busy test a third of a second."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and _skipped_parts(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for node in _skipped_parts(terminalreporter.config):
        terminalreporter.write_line(f"FAILED {node}: its real part is missing, and in CI none may be; see .ci/parts")
