import time

import pytest

from agents.service.application import Service
from mcollective_py.cli.options import parse, parser_for
from mcollective_py.client.results import RPCResult
from mcollective_py.errors import UsageError


def called(words):
    service = Service()
    return service.call(parse(parser_for("service", service), words.split()))


@pytest.mark.parametrize(
    ("words", "action", "inputs"),
    [
        ("restart exim4", "restart", {"service": "exim4"}),
        ("exim4 restart", "restart", {"service": "exim4"}),
        ("restart nginx php-fpm", "restart", {"services": "nginx,php-fpm"}),
        ("nginx php-fpm status", "status", {"services": "nginx,php-fpm"}),
        ("try-restart exim4", "try_restart", {"service": "exim4"}),
        ("stop sshd --force --wait 5", "stop", {"service": "sshd", "force": True, "wait": 5.0}),
        ("show exim4", "show", {"service": "exim4"}),
        ("logs exim4 --lines 5 --since 60", "logs", {"service": "exim4", "lines": 5, "since": 60.0}),
        ("list", "list", {}),
        ("list *.timer --state all", "list", {"pattern": "*.timer", "state": "all"}),
        ("daemon-reload", "daemon_reload", {}),
    ],
)
def test_words_are_an_action_and_its_inputs(words, action, inputs):
    assert called(words) == (action, inputs)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "which action?"),
        ("restart", "which service"),
        ("exim4 restrat", "did you mean restart"),
        ("show a b", "one service at a time"),
        ("list a b", "one pattern at a time"),
        ("daemon_reload ssh", "daemon_reload takes no 'ssh'"),
        ("status ssh --force", "--force is for start, stop, restart, try_restart, enable, disable, mask, not for status"),
        ("restart ssh --lines 5", "--lines is for logs, not for restart"),
        ("restart ssh --state all", "--state is for list"),
    ],
)
def test_what_makes_no_sense_is_told(words, said):
    with pytest.raises(UsageError, match=said):
        called(words)


def line(action, **data):
    return Service().line(RPCResult("web1", "service", action, 0, "OK", data))


@pytest.mark.parametrize(
    ("action", "data", "said"),
    [
        ("restart", {"status": "running", "message": "exim4.service restarted"}, None),
        ("restart", {"status": "stopped", "message": "once.service ran and ended well"}, "stopped: once.service ran and ended well"),
        ("stop", {"status": "stopped"}, None),
        (
            "stop",
            {"status": "stopped", "warning": "it can still be activated by:\n  a.socket"},
            "it can still be activated by:\n  a.socket",
        ),
        ("start", {"status": "stopped"}, "stopped"),
        ("enable", {"status": "stopped", "message": "exim4.service enabled"}, None),
        ("restart", {"status": "running", "message": "would restart exim4.service"}, "would restart exim4.service"),
        ("restart", {"status": "running", "message": "this daemon will restart in a moment"}, "this daemon will restart in a moment"),
        ("status", {"status": "running"}, "running"),
        ("status", {"status": "stopped", "active": "failed", "substate": "failed"}, "stopped (failed)"),
        ("status", {"status": "running", "active": "active", "substate": "running"}, "running"),
        ("status", {"status": "unknown", "message": "Unit x.service not found."}, "unknown: Unit x.service not found."),
        (
            "status",
            {"services": [{"service": "a", "status": "running"}, {"service": "b", "status": "stopped"}]},
            "a running, b stopped",
        ),
        ("is_active", {"is_active": False, "active": "failed"}, "no (failed)"),
        ("is_enabled", {"is_enabled": True, "enabled": "static"}, "yes (static)"),
        ("list", {"count": 0, "units": []}, None),
        ("list", {"count": 3, "units": [{"unit": "a", "active": "failed", "sub": "failed"}]}, "a failed failed\n... and 2 more"),
        ("logs", {"lines": ["one", "two"]}, "\none\ntwo"),
        ("logs", {"lines": []}, "no lines"),
    ],
)
def test_a_host_has_a_line_where_there_is_something_to_say(action, data, said):
    assert line(action, **data) == said


def test_what_a_unit_is_like_is_laid_out(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    shown = line(
        "show", status="running", active="active", substate="running", pid=7, memory=5 << 20, since=0, age=7200, result="success",
        properties={"wanted_by": ["multi-user.target"]},
    )  # fmt: skip
    assert shown == "running\n  pid: 7\n  memory: 5.0 MiB\n  since: 1970-01-01 00:00:00, 2 h ago\n  wanted by: multi-user.target"


@pytest.mark.parametrize("action", ["status", "show", "list", "logs", "restart", "is_active"])
@pytest.mark.parametrize("value", [None, 5, "x", [1], {"a": 1}])
def test_a_host_that_answers_nonsense_does_no_harm(action, value):
    names = ("status", "services", "units", "count", "lines", "message", "since", "age", "memory", "properties", "is_active")
    said = line(action, **dict.fromkeys(names, value))
    assert said is None or isinstance(said, str)
