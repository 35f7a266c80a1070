"""In CI a real part that is missing is a failure: what a desk may skip must have run somewhere. And signals are as on a terminal."""

import gc
import os
import signal
from collections import Counter

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


# The order in which workers take files, so that all end together: what takes longest, other real parts, what takes long of the rest.
LONGEST = (
    "tests/parts/test_ruby_fleet.py",
    "tests/parts/test_puppet_agent.py",
    "tests/parts/test_puppetdb.py",
    "tests/parts/test_ruby_serializers.py",
    "tests/parts/test_demo.py",
    "tests/parts/test_stories.py",
    "tests/parts/test_main_job.py",
    "tests/parts/test_exim_command.py",
    "tests/parts/test_exim_acting.py",
    "tests/parts/test_iptables_packets.py",
    "tests/parts/test_faults.py",
    "tests/trust/test_attackers.py",
    "tests/parts/test_service_systemd.py",
    "tests/parts/test_package_apt.py",
    "tests/parts/test_endings.py",
    "tests/parts/test_connectors.py",
    "tests/parts/test_package_hosts.py",
    "tests/parts/test_plugin_package.py",
    "tests/parts/test_embedded_broker.py",
    "tests/parts/test_least_privilege.py",
    "tests/parts/",
    "tests/cli/applications/test_rpc.py",
    "tests/cli/applications/test_find.py",
    "tests/cli/test_finding.py",
    "tests/wire/test_rubyyaml.py",
    "tests/test_recipes.py",
    "tests/wire/test_marshal.py",
    "tests/cli/test_waiting.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where workers share the files, in the order of LONGEST; a file that is not named there goes with its folder, or last."""
    known = {name: number for number, name in enumerate(LONGEST)}

    def place(item: pytest.Item) -> int:
        name = item.nodeid.partition("::")[0]
        return known.get(name, known.get(f"{name.rpartition('/')[0]}/", len(known)))

    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=place)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: looking through them again and again would cost a busy test a third of a second."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and _skipped_parts(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _slowest_files(terminalreporter: pytest.TerminalReporter, count: int) -> list[str]:
    """Lines of seconds and tests for each of the files that took longest, and for real parts and all else together."""
    seconds: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                name = report.nodeid.partition("::")[0]
                for counted in (name, "all real parts" if "parts" in report.keywords else "all others"):
                    seconds[counted] += report.duration  # type: ignore[assignment]  # a Counter counts what can be added
                    tests[counted] += report.when == "call"
    return [f"{taken:7.1f} s {tests[name]:6} tests  {name}" for name, taken in seconds.most_common(count)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.config.getoption("numprocesses", None):
        terminalreporter.section("where the time went")
        for line in _slowest_files(terminalreporter, 20):
            terminalreporter.write_line(line)
    for node in _skipped_parts(terminalreporter.config):
        terminalreporter.write_line(f"FAILED {node}: its real part is missing, and in CI none may be; see .ci/parts")
