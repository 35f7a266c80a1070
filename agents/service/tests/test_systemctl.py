from pathlib import Path

import pytest

from agents.service.systemctl import (
    is_not_installable,
    journalctl,
    oldest_first,
    own_words,
    parse_list,
    parse_log,
    parse_show,
    skipped,
    state_of,
    systemctl_act,
    systemctl_later,
    systemctl_list,
    systemctl_show,
)

CASES = Path(__file__).parent / "cases"


def case(name):
    return (CASES / f"{name}.txt").read_text()


def state(name):
    return state_of(parse_show(case(f"show-{name}")), booted=1_000_000.0)


def test_callers_words_never_stand_where_an_option_could():
    for words in (
        systemctl_show("systemctl", ["-x"]),
        systemctl_act("systemctl", "stop", "-x"),
        systemctl_list("systemctl", "all", "-x"),
    ):
        assert words[-2:] == ["--", "-x"]
    assert journalctl("journalctl", "-x", 5)[-1] == "--unit=-x"


def test_the_words_of_commands():
    assert systemctl_act("/bin/systemctl", "try_restart", "a.service") == [
        "/bin/systemctl", "try-restart", "--no-pager", "--no-ask-password", "--", "a.service",
    ]  # fmt: skip
    assert "--no-block" in systemctl_act("systemctl", "stop", "a.service", waits=False)
    assert "--state=failed" in systemctl_list("systemctl", "failed", "")
    assert {"--since=@17", "--lines=5", "--reverse"} < {*journalctl("journalctl", "a.service", 5, 17.9)}
    later = systemctl_later("/bin/systemd-run", "/bin/systemctl", "restart", "a.service", "t", 2)
    assert later[:4] == ["/bin/systemd-run", "--quiet", "--collect", "--unit=t"]
    assert later[-7:] == ["--", "/bin/systemctl", "restart", "--no-pager", "--no-ask-password", "--", "a.service"]
    assert "--on-active=2s" in later and "--timer-property=AccuracySec=100ms" in later


@pytest.mark.parametrize(
    ("name", "status", "active", "substate", "enabled", "pid", "has_trouble"),
    [
        ("good", "running", "active", "running", "enabled", 1170, False),
        ("dies", "stopped", "failed", "failed", "static", None, True),
        ("killed", "stopped", "failed", "failed", "static", None, True),
        ("later", "stopped", "activating", "auto-restart", "static", None, True),
        ("cond", "stopped", "inactive", "dead", "static", None, False),
        ("nosuch", "unknown", "inactive", "dead", "", None, False),
        ("ssh", "running", "active", "running", "masked", 295, False),
        ("timer", "running", "active", "waiting", "enabled", None, False),
        ("tpla-b", "running", "active", "running", "static", 1174, False),
        ("oddx2dname", "running", "active", "running", "static", 1216, False),
    ],
)
def test_the_state_of_a_unit(name, status, active, substate, enabled, pid, has_trouble):
    found = state(name)
    assert (found.status, found.active, found.substate, found.enabled) == (status, active, substate, enabled)
    assert (found.pid, found.has_trouble) == (pid, has_trouble)


def test_details_say_how_it_ended_and_since_when():
    assert state("dies").details["exit"] == "exited 3"
    assert state("killed").details["exit"] == "killed 9"
    assert state("good").details["since"] == 1_000_000 + 35568
    assert state("nosuch").details["load_error"] == "Unit nosuch.service not found."
    assert state("timer").details["triggers"] == ["once.service"]
    assert state("good").details["cpu_seconds"] == 0.002
    assert "memory" not in state("good").details, "systemd has no number where memory is not counted"


def test_a_number_of_memory_is_bytes():
    assert state_of({"MemoryCurrent": "4096", "LoadState": "loaded"}).details["memory"] == 4096
    assert "memory" not in state_of({"MemoryCurrent": "18446744073709551615", "LoadState": "loaded"}).details


def test_names_with_escapes_are_read_as_they_are():
    assert state("oddx2dname").name == r"odd\x2dname.service"
    assert state("oddx2dname").aliases == (r"odd\x2dname.service",)


def test_a_list_of_units():
    rows = parse_list(case("list-failed"))
    assert [(row.unit, row.active, row.description) for row in rows] == [
        ("dies.service", "failed", "Dies at once"),
        ("hangs.service", "failed", "hangs.service"),
    ]
    assert [(row.unit, row.sub) for row in parse_list(case("list-pattern"))] == [
        (r"odd\x2dname.service", "running"),
        ("once.service", "dead"),
    ]
    assert parse_list("") == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("start-fails", "Job for oncefails.service failed because the control process exited with error code."),
        ("start-dependency", "A dependency job for neednot.service failed."),
        ("start-nosuch", "Failed to start nosuch.service: Unit nosuch.service not found."),
        ("start-template", "Failed to start tpl@.service: Unit name tpl@.service is missing the instance name."),
        ("start-masked", "Failed to start ssh.service: Unit ssh.service is masked."),
        ("mask-exists", "Failed to mask unit: File /etc/systemd/system/good.service already exists."),
        ("reload-not-applicable", "Failed to reload good.service: Job type reload is not applicable for unit good.service."),
        ("stop-triggered", "Warning: Stopping sock.service, but it can still be activated by:\n  sock.socket"),
    ],
)
def test_what_systemctl_says_is_kept_without_its_hints_for_the_console(name, words):
    assert own_words(case(f"stderr-{name}")) == words


def test_a_unit_that_cannot_be_enabled_is_told_from_one_that_was():
    assert is_not_installable(case("stderr-enable-static"))
    assert not is_not_installable("Created symlink /etc/systemd/system/multi-user.target.wants/a.service -> /lib/a.service.\n")


def test_lines_of_a_log():
    lines = parse_log(case("log-dies"))
    assert len(lines) == 8 and lines[1].endswith("sh[73]: cannot read /etc/dies.conf")
    assert parse_log("-- No entries --\n") == []
    assert parse_log("-- Boot 17 --\na\n") == ["a"]


def test_the_newest_lines_come_last_and_what_goes_on_stays_together():
    lines = oldest_first(parse_log(case("log-reverse")))
    assert [line.partition(": ")[2] for line in (lines[0], lines[-1])] == [
        "Started dies.service.", "dies.service: Failed with result 'exit-code'.",
    ]  # fmt: skip
    assert oldest_first(["c: 1", "   2", "b", "a"]) == ["a", "b", "c: 1", "   2"]


def test_a_start_that_was_left_out_is_found_in_the_log():
    assert skipped(parse_log(case("log-skipped"))) == (
        "cond.service was skipped because of an unmet condition check (ConditionPathExists=/nosuch/file)."
    )
    old = "Nov 23 15:28:44 h systemd[1]: Condition check resulted in A daemon being skipped."
    assert skipped([old]) == "Condition check resulted in A daemon being skipped."
    assert skipped(parse_log(case("log-dies"))) == ""


@pytest.mark.parametrize("text", ["", "\n\n", "garbage", "=\n", "MainPID=\n"])
def test_an_answer_that_says_nothing_is_a_unit_that_is_not_there(text):
    assert state_of(parse_show(text)).status == "unknown"
