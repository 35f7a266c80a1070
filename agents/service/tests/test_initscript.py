from pathlib import Path

import pytest

from agents.service.initscript import enable_commands, enabled_word, parse_all, service_command, status_of

CASES = Path(__file__).parent / "cases"


def test_rows_of_all_scripts():
    rows = {row.unit: row.active for row in parse_all((CASES / "sysv-all.txt").read_text())}
    assert (rows["activemq"], rows["ssh"], len(rows)) == ("running", "stopped", 9)
    assert parse_all(" [ ? ]  hwclock.sh\n")[0].active == "unknown"


@pytest.mark.parametrize(
    ("exitcode", "output", "status"),
    [
        (0, "sshd is running.\n", "running"),
        (3, "sshd is not running ... failed!\n", "stopped"),
        (1, "", "stopped"),
        (4, "", None),
        (1, "Usage: hwclock.sh {stop|reload|force-reload|show}.\n", None),
        (2, "Unknown option status\n", None),
    ],
)
def test_the_status_of_a_script_is_its_exit_code_where_it_knows_status(exitcode, output, status):
    assert status_of(exitcode, output) == status


def test_words_of_commands():
    assert service_command("/usr/sbin/service", "ssh", "restart") == ["/usr/sbin/service", "ssh", "restart"]
    assert enable_commands("/u", None, "ssh", enables=True, has_links=False) == [["/u", "ssh", "defaults"], ["/u", "ssh", "enable"]]
    assert enable_commands("/u", "/c", "ssh", enables=False, has_links=True) == [["/u", "ssh", "disable"]]
    assert enable_commands(None, "/c", "ssh", enables=True, has_links=False) == [["/c", "ssh", "on"]]
    assert enable_commands(None, None, "ssh", enables=True, has_links=False) == []


def test_a_script_starts_with_the_host_where_a_link_says_so():
    assert enabled_word("ssh", ["K01puppet", "S01ssh"]) == "enabled"
    assert enabled_word("ssh", ["K01ssh", "S01sshguard"]) == "disabled"
    assert enabled_word("x.sh", ["S01xash"]) == "disabled"
