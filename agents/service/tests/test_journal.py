"""Lines of a journal in the message of a failure."""

from agents.service.journal import worded

DIES = [
    "2026-11-23T16:09:22+0000 sd1 systemd[1]: Started dies.service.",
    "2026-11-23T16:09:22+0000 sd1 sh[160]: cannot read /etc/dies.conf",
    "2026-11-23T16:09:22+0000 sd1 systemd[1]: dies.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED",
]
ELSEWHERE = [
    "2026-11-23T16:09:25+0000 sd2 systemd[1]: Started dies.service.",
    "2026-11-23T16:09:25+0000 sd2 systemd[1]: dies.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED",
    "2026-11-23T16:09:25+0000 sd2 sh[1297]: cannot read /etc/dies.conf",
]


def test_two_hosts_that_failed_alike_say_the_same():
    assert (
        worded(DIES)
        == worded(ELSEWHERE)
        == [
            "sh: cannot read /etc/dies.conf",
            "systemd: dies.service: Main process exited, code=exited, status=3/NOTIMPLEMENTED",
        ]
    )


def test_what_the_message_says_already_is_not_said_twice():
    skipped = "cond.service was skipped because of an unmet condition check (ConditionPathExists=/nosuch/file)."
    assert worded([f"2026-11-23T16:24:00+0000 sd1 systemd[1]: {skipped}"], f"{skipped}\nit is inactive (dead)") == []


def test_what_a_service_says_of_its_own_start_stays():
    assert worded(["2026-11-23T16:09:22+0000 h my app[7]: Started: at last"]) == ["my app: Started: at last"]


def test_a_line_of_another_shape_stays_as_it_is():
    assert worded(["no such thing"]) == ["no such thing"]
