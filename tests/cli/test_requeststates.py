import time

import pytest

from mcollective_py.cli.requeststates import Told, exitcode, lines, told_by

T0 = 1_700_000_000.0
WHEN = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(T0))


def told(host: str, state: str, **more: object) -> Told:
    return Told(host, {"state": state, **more})


def test_the_worst_comes_first_and_hosts_with_no_more_to_say_share_a_line() -> None:
    found = [
        told("web2", "ok", code=0, begun=T0),
        told("web1", "ok", code=0, begun=T0),
        told("db1", "failed", code=5, begun=T0, reason="it broke"),
        told("db2", "unknown outcome", begun=T0),
        told("db3", "refused", stage="policy", reason="cert=a may not"),
        told("db4", "running", begun=T0, pid=4711),
        told("db5", "not seen", since=T0 - 1),
    ]
    assert lines(found, T0) == [
        "unknown outcome on 1 host: it had begun, and the daemon or its host died before it could say how it ended: look before you "
        "send it again",
        f"   db2: begun {WHEN}",
        "failed on 1 host",
        f"   db3: status code 5, begun {WHEN}: it broke".replace("db3", "db1"),
        "running on 1 host",
        f"   db4: begun {WHEN}, process 4711",
        "refused on 1 host",
        "   db3: at the stage policy: cert=a may not",
        "not seen on 1 host",
        "   db5",
        "ok on 2 hosts",
        "   web1                           web2",
    ]


def test_a_host_that_knows_of_nothing_so_early_says_so() -> None:
    assert lines([told("db1", "not seen", since=T0)], T0 - 60)[1] == f"   db1: but it knows of nothing before {WHEN}"


def test_whatever_a_host_says_is_shown_as_inert_text() -> None:
    found = [told("web1", "\x1b[2Jhm", reason="\x1b[31mred"), told("web2", "failed", code="many", begun="then", reason=["x"])]
    shown = "\n".join(lines(found, None))
    assert "\x1b" not in shown and "web2" in shown


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["ok", "ok"], 0),
        (["ok", "not seen"], 0),
        (["not seen"], 2),
        (["ok", "failed"], 2),
        (["ok", "running"], 2),
        (["unknown outcome"], 2),
        (["ok", "anything"], 2),
        ([], 2),
    ],
)
def test_all_is_well_where_it_ran_well_wherever_it_was_seen(states: list[str], code: int) -> None:
    assert exitcode([told(f"web{number}", state) for number, state in enumerate(states)]) == code


def test_of_any_caller_there_is_a_row_for_each() -> None:
    data = {"requests": [{"caller": "cert=a", "state": "ok"}, {"caller": "cert=b", "state": "refused"}, "rubbish"], "since": T0}
    found = told_by("web1", data, of_any_caller=True)
    assert [(each.caller, each.state) for each in found] == [("cert=a", "ok"), ("cert=b", "refused")]
    assert found[0].to_dict() == {"host": "web1", "caller": "cert=a", "state": "ok", "since": T0}
    assert [each.state for each in told_by("web1", {"requests": []}, of_any_caller=True)] == ["not seen"]
    assert [each.state for each in told_by("web1", {"requests": "x"}, of_any_caller=True)] == ["not seen"]
