import re

import pytest

from mcollective_py.client.results import RPCResult
from mcollective_py.testing import (
    assert_aborted,
    assert_data,
    assert_failed,
    assert_invalid,
    assert_missing,
    assert_ok,
    assert_refused,
)


def result(statuscode=0, statusmsg="OK", refusal=None, **data):
    return RPCResult("web1", "service", "status", statuscode, statusmsg, data, refusal)


def test_ok_gives_the_outputs():
    assert assert_ok(result(status="running", pid=5), status="running") == {"status": "running", "pid": 5}


@pytest.mark.parametrize(
    ("check", "statuscode"), [(assert_aborted, 1), (assert_missing, 3), (assert_invalid, 4), (assert_failed, 2), (assert_failed, 5)]
)
def test_each_failure_has_its_own(check, statuscode):
    check(result(statuscode, "no such service"), "no such" if check is not assert_failed else statuscode)
    with pytest.raises(AssertionError, match=r"status 0, 'OK', outputs \{\}"):
        check(result())


def test_the_message_is_searched_for_a_pattern():
    assert_aborted(result(1, "exim4 is masked"), r"\w+ is masked")
    with pytest.raises(AssertionError, match="no 'absent' in: status 1, 'exim4 is masked'"):
        assert_aborted(result(1, "exim4 is masked"), "absent")


def test_what_was_not_run_at_all_is_neither_ok_nor_an_abort_of_the_action():
    denied = result(1, "policy says no", refusal="denied")
    assert_refused(denied)
    with pytest.raises(AssertionError, match="refused as denied"):
        assert_ok(result(0, "OK", "denied"))
    with pytest.raises(AssertionError, match="not refused as busy"):
        assert_refused(denied, "busy")


def test_outputs_are_values_types_or_patterns():
    answer = result(status="running", pid=5)
    assert_data(answer, status=re.compile("run.*"), pid=int)
    for wanted, words in (
        ({"status": "stopped"}, "is 'running', not 'stopped'"),
        ({"pid": str}, "is no str"),
        ({"x": 1}, "no output x"),
    ):
        with pytest.raises(AssertionError, match=words):
            assert_data(answer, **wanted)
    with pytest.raises(AssertionError, match="does not match"):
        assert_data(answer, status=re.compile("run"))
