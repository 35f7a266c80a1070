"""Results of tests in words, and what words of the command line mean."""

from pathlib import Path

import pytest

from mcollective_py.errors import UsageError
from mcollective_py.plugins.modules import load_module

wording = load_module("nettest", Path(__file__).parents[1], "wording")
application = load_module("nettest", Path(__file__).parents[1], "application")

GONE = {"connect": False, "connect_status": "Connection Refused", "address": "10.0.0.1", "error": "No route to host"}


@pytest.mark.parametrize(
    ("action", "data", "line", "short"),
    [
        ("ping", {"rtt": 0.388, "sent": 1}, "time = 0.388 ms", "0.388 ms"),
        (
            "ping",
            {"rtt": 2.0, "rtt_min": 1.0, "rtt_max": 3.0, "sent": 4, "received": 3, "loss": 25.0},
            "time = 2 ms, 1 to 3 ms, 3 of 4 answered",
            "2 ms, 25% lost",
        ),
        ("connect", {"connect": True, "connect_status": "Connected", "connect_time": 0.0012}, "status = Connected, 1.2 ms", "1.2 ms"),
        ("connect", GONE, "status = Connection Refused (10.0.0.1: No route to host)", "Connection Refused"),
        ("dns", {"answers": ["a", "b"], "time": 1.5, "resolver": "system"}, "a, b (1.5 ms, system)", "a, b"),
        ("dns", {"answers": []}, "no such records ( ms, )", "none"),
        ("http", {"status": 200, "reason": "OK", "time": 3.0, "bytes": 5}, "200 OK, 3 ms, 5 bytes", "200, 3 ms"),
    ],
)
def test_a_result_has_its_line_and_its_cell(action, data, line, short):
    assert wording.said(action, data) == line
    assert wording.cell(action, data, None) == short


@pytest.mark.parametrize("action", ["ping", "connect", "dns", "tls", "http"])
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"rtt": "x", "answers": {"a": 1}, "state": 5, "connect_time": [], "days": None, "redirects": 1, "url": 2},
        {"redirects": ["x"]},
    ],
)
def test_anything_may_come_from_a_host(action, data):
    assert "\n\n" not in wording.said(action, data) and len(wording.cell(action, data, "x" * 100)) == 40


def test_bad_news_is_told_from_failures():
    assert wording.is_bad("connect", GONE) and wording.is_bad("tls", {"state": "CRITICAL"}) and wording.is_bad("tls", {})
    assert not wording.is_bad("connect", {"connect": True}) and not wording.is_bad("tls", {"state": "WARNING"})
    assert not wording.is_bad("http", {"status": 500})
    asked = (
        ("ping", True, {"loss": 0}),
        ("ping", True, {"loss": 50.0}),
        ("tls", True, {"state": "WARNING"}),
        ("connect", True, GONE),
        ("ping", False, {}),
    )
    codes = [wording.nagios_code(*words) for words in asked]
    assert codes == [0, 1, 1, 2, 2]


def test_a_matrix_has_hosts_down_and_targets_across():
    assert wording.matrix({"web1": ["0.4 ms", "x"], "web10": ["", "y"]}, ["db1:1", "db2:2"]) == [
        "       db1:1   db2:2",
        "web1   0.4 ms  x",
        "web10          y",
    ]


@pytest.mark.parametrize(
    ("action", "things", "inputs"),
    [
        ("ping", ["a", "b"], [{"fqdn": "a"}, {"fqdn": "b"}]),
        ("connect", ["db1", "5432"], [{"fqdn": "db1", "port": 5432}]),
        ("connect", ["db1:1", "[fd77::1]:2"], [{"fqdn": "db1", "port": 1}, {"fqdn": "fd77::1", "port": 2}]),
        ("tls", ["a", "b:25", "fd77::1"], [{"fqdn": "a"}, {"fqdn": "b", "port": 25}, {"fqdn": "fd77::1"}]),
        ("dns", ["a", "b", "mx"], [{"fqdn": "a", "type": "MX"}, {"fqdn": "b", "type": "MX"}]),
        ("dns", ["mx"], [{"fqdn": "mx", "type": "A"}]),
        ("http", ["http://a/"], [{"url": "http://a/"}]),
    ],
)
def test_words_mean_targets(action, things, inputs):
    assert [target for _, target in application.targets_of(action, things)] == inputs


@pytest.mark.parametrize(
    ("action", "things", "said"),
    [
        ("ping", [], "ping of what"),
        ("connect", ["db1"], "connect to which port of db1"),
        ("connect", ["db1", "db2"], "which port of db1"),
        ("connect", ["db1", "99999"], "'99999' is no port"),
        ("tls", ["a:x"], "'x' is no port"),
        ("http", ["http://a/", "b"], "'b' is no URL: it begins with http"),
    ],
)
def test_words_that_mean_none_are_answered(action, things, said):
    with pytest.raises(UsageError, match=said):
        application.targets_of(action, things)
