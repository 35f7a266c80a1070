from mcollective_py.cli.doctor.check import exitcode, fail, lines, misconfigured, ok, skip, summary, unreachable, warn

CHECKS = [
    ok("name", "is known"),
    warn("TLS", "expires soon", "renew it"),
    fail("hosts", "nobody", "start them"),
    skip("policy", "no host"),
]


def test_a_check_is_a_line_and_its_fix_another():
    assert lines(CHECKS[0]) == ["ok    name                    is known"]
    assert lines(CHECKS[2]) == ["fail  hosts                   nobody", "                              fix: start them"]
    assert lines(CHECKS[3])[0].endswith("not tried: no host")


def test_what_others_said_cannot_move_the_cursor():
    assert "\x1b" not in lines(fail("x", "\x1b[2Jred", "\x1b]0;title"))[0]


def test_colours_are_for_terminals_that_want_them():
    assert lines(CHECKS[0], color=True)[0].startswith("\x1b[32mok  \x1b[0m")


def test_the_last_line_counts():
    assert summary(CHECKS) == "4 checks: 1 ok, 1 to look at, 1 failed, 1 not tried"


def test_the_exit_code_is_1_for_any_failure_and_strict_tells_the_first_apart():
    assert exitcode(CHECKS[:2]) == 0
    assert exitcode(CHECKS) == exitcode(CHECKS, strict=True) == 1
    assert exitcode([ok("a", ""), misconfigured("b", "", ""), unreachable("c", "", "")], strict=True) == 78
    assert exitcode([unreachable("c", "", "")], strict=True) == 69


def test_json_has_the_same_words():
    assert CHECKS[1].to_dict() == {"name": "TLS", "outcome": "warn", "seen": "expires soon", "fix": "renew it"}
