"""Lines of Exim's main log, recorded of Exim 4.96: as it writes them by itself, and with nearly everything that log_selector adds."""

import os
import time
from pathlib import Path

import pytest

from mcollective_py.plugins.modules import load_module

FOLDER, CASES = Path(__file__).parents[1], Path(__file__).parent / "cases"
logline = load_module("exim", FOLDER, "logline")


@pytest.fixture(autouse=True)
def greenwich(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    os.environ.pop("TZ", None)
    time.tzset()


def read(name):
    found = (logline.parse_line(line) for line in (CASES / f"{name}.txt").read_text().split("\n"))
    return [line for line in found if line is not None]


def test_an_arrival_over_the_network():
    line = read("mainlog-mx1")[3]
    assert (line.kind, line.id, line.at) == ("arrived", "1xVYlK-00000j-0F", 1795458454.0)
    assert (line.address, line.recipients) == ("alice@home.test", ("reject@chain.test",))
    assert (line.name, line.helo, line.ip) == ("", "client.lab.test", "127.0.0.1")
    assert (line.fields["A"], line.fields["P"], line.fields["S"]) == ("plain:alice", "esmtpa", "252")


def test_a_message_handed_to_another_exim_has_the_id_it_got_there():
    line = next(line for line in read("mainlog-mx1") if line.remote)
    assert (line.kind, line.address, line.remote) == ("delivered", "reject@chain.test", "1xVYlK-00000h-1H")
    assert (line.name, line.ip, line.fields["R"], line.fields["T"]) == ("mx2.lab.test", "10.77.0.4", "inward", "smtp")


def test_a_failure_a_deferral_and_the_bounce():
    lines = {line.kind: line for line in read("mainlog-mx3")}
    assert lines["failed"].text.endswith("550 5.1.1 nobody of that name")
    assert (lines["deferred"].address, lines["deferred"].code) == ("defer@chain.test", -44)
    assert lines["deferred"].text.endswith("451 4.3.0 come back later")
    bounce = next(line for line in read("mainlog-mx3") if line.kind == "arrived" and not line.address)
    assert (bounce.fields["R"], bounce.recipients) == (lines["failed"].id, ("alice@home.test",))


def test_what_operators_did():
    done = [(line.kind, line.address, line.text) for line in read("mainlog-mx1") if line.text.endswith("by root")]
    assert done == [
        ("frozen", "", "frozen by root"),
        ("thawed", "", "unfrozen by root"),
        ("changed", "", "sender address changed to <carol@home.test> by root"),
        ("changed", "eve@chain.test", "recipient <eve@chain.test> added by root"),
        ("marked", "bob@chain.test", "address <bob@chain.test> marked delivered by root"),
        ("marked", "bob@chain.test", "address <bob@chain.test> marked delivered by root"),
        ("marked", "dan@chain.test", "address <dan@chain.test> marked delivered by root"),
        ("marked", "eve@chain.test", "address <eve@chain.test> marked delivered by root"),
        ("removed", "", "removed by root"),
        ("cancelled", "", "cancelled by root"),
        ("frozen", "", "frozen by root"),
    ]
    assert any(line.text.startswith("moved from input") for line in read("mainlog-mx1"))


def test_everything_that_log_selector_adds():
    lines = read("mainlog-selectors")
    first = lines[0]
    assert (first.at, first.fields["id"], first.fields["T"]) == (1795458523.611, "abc.123@home.test", 'a "quoted" = thing => C="250"')
    assert first.recipients == ("everybody@alias.test", "bob@chain.test")
    local = lines[1]
    assert (local.address, local.original, local.fields["T"], local.name) == ("/tmp/mbox", "everybody@alias.test", "file", "")
    assert next(line for line in lines if line.port == 2525).ip == "10.77.0.2"
    assert [line.address for line in lines if " " in line.address] == ["two words@example.com"]
    assert {line.text for line in lines if line.kind == "deferred"} == {
        "SMTP error from remote mail server after RCPT TO:<defer2@example.com>: 451 4.3.0 come back later",
        "retry time not reached",
        "No route to host",
        "retry time not reached for any host for 'chain.test'",
    }
    assert [line.text for line in lines if line.kind == "failed"] == [
        "Child process of pipe transport returned 1 from command: /bin/false"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2026-11-23 18:27:34 Start queue run: pid=46",
        "2026-11-23 18:28:16 1xVYm0-00001k-1T Message is frozen",
        "2026-11-23 18:28:47.662 +0000 [101] 1xVYmS-00001T-1A H=10.77.0.9 [10.77.0.9]:25 No route to host",
        " continued",
        "2026-11-23 18:27:34 H=[10.0.0.1] rejected RCPT <bob@example.com>: relay not permitted",
    ],
)
def test_what_says_nothing_of_a_messages_way(line):
    assert logline.parse_line(line) is None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("2026-11-23 18:27:34 1xVYm0-00001k-1T ** bob@example.com: Unrouteable address", "Unrouteable address"),
        ("2026-11-23 18:27:34 1xVYm0-00001k-1T ** bob@example.com <Bob@example.com>: Unrouteable address", "Unrouteable address"),
        ("2026-11-23 18:27:34 1xVYm0-00001k-1T ** b@x.org R=dns T=smtp H=h [2001:db8::1]:25 DT=3s: timed out", "timed out"),
        ("9999-99-99 99:99:99 1xVYm0-00001k-1T ** b@x.org: never", "never"),
    ],
)
def test_reasons(line, text):
    found = logline.parse_line(line)
    assert (found.kind, found.text) == ("failed", text)


def test_an_id_of_exim_4_97_and_its_answer():
    line = logline.parse_line(
        "2026-11-23 18:27:34 1q2w3e-00000000abc-WXYZ => b@x.org R=r T=smtp H=h.x.org [2001:db8::1]"
        ' C="250 OK id=1q2w3f-00000000abd-WXYZ"'
    )
    assert (line.id, line.remote, line.ip) == ("1q2w3e-00000000abc-WXYZ", "1q2w3f-00000000abd-WXYZ", "2001:db8::1")
    other = logline.parse_line(
        '2026-11-23 18:27:34 1q2w3e-00000000abc-WXYZ => b@x.org R=r T=smtp H=h [192.0.2.1] C="250 2.0.0 Ok: queued as 4XyzAB"'
    )
    assert other.remote == ""


def test_a_line_as_long_as_it_gets_is_read_in_a_moment():
    assert logline.parse_line("2026-11-23 18:27:34 1xVYm0-00001k-1T => " + "a " * 8000).kind == "delivered"
    assert logline.parse_line("2026-11-23 18:27:34 1xVYm0-00001k-1T <= a H=(" + '"\\' * 8000).kind == "arrived"
